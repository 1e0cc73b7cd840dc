//! The generated pages say what the code says.

#[path = "../examples/manual/pages.rs"]
mod pages;
#[path = "../examples/manual/source.rs"]
mod source;

use std::fs;

use settings::{Inputs, Settings, load};
use tempfile::TempDir;
use toml::{Table, Value};

const REGENERATE: &str = "run `cargo run -p settings --example manual` and commit what it writes";

#[test]
fn the_generated_pages_are_up_to_date() {
    for (path, text) in pages::all() {
        let written = fs::read_to_string(pages::root().join(path)).unwrap_or_default();
        assert!(written == text, "{path} is out of date: {REGENERATE}");
    }
}

fn shipped() -> String {
    fs::read_to_string(pages::root().join("hubbub.toml")).expect("hubbub.toml is shipped")
}

fn uncommented() -> String {
    pages::uncommented(&shipped())
}

#[test]
fn the_shipped_file_changes_nothing() {
    let table: Table = toml::from_str(&shipped()).unwrap();
    for (name, section) in &table {
        assert!(says_nothing(section), "{name} says something");
    }
}

/// Whether there are only headings of sections.
fn says_nothing(section: &Value) -> bool {
    let table = section.as_table();
    table.is_some_and(|table| table.values().all(says_nothing))
}

#[test]
fn the_shipped_file_holds_every_key_with_its_default() {
    let mut written: Table = toml::from_str(&uncommented()).unwrap();
    let mut defaults = Table::try_from(Settings::default()).unwrap();
    let archive = written.insert("archive".into(), Value::Boolean(true));
    defaults.insert("archive".into(), Value::Boolean(true));
    assert_eq!(written, defaults);
    let policies = &archive.unwrap()["policies"];
    let policy = policies[0].as_table().unwrap();
    let fields = source::section("PolicySetting").fields;
    let known: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(policy.len(), known.len());
    assert!(
        known.iter().all(|name| policy.contains_key(*name)),
        "{known:?}"
    );
}

#[test]
fn the_shipped_file_is_valid_with_everything_uncommented() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("hubbub.toml"), uncommented()).unwrap();
    let inputs = Inputs {
        folder: folder.path().to_owned(),
        ..Inputs::default()
    };
    let loaded = load(&inputs).unwrap();
    assert_eq!(loaded.settings.archive.policies[0].name, "nightly");
}

#[test]
fn every_field_and_code_is_described() {
    for (path, page) in pages::all() {
        let blank = page.lines().find(|line| line.ends_with("|  |"));
        assert_eq!(blank, None, "{path}");
    }
}
