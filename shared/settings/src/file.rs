//! The configuration file as a layer, with the line of each key.

use std::{collections::BTreeMap, fs, path::Path};

use toml::{
    Table, Value,
    de::{DeTable, DeValue},
};

use crate::{
    keys::{Keys, join},
    layer::Layer,
    problem::{Origin, Problems},
};

/// Reads the file; what is wrong with it goes to `problems`.
pub(crate) fn read(path: &Path, keys: &Keys, problems: &mut Problems) -> Layer {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text, keys, problems),
        Err(error) => {
            let text = format!("{} cannot be read: {error}", path.display());
            problems.add(None, None, text);
            Layer::default()
        }
    }
}

fn parse(path: &Path, text: &str, keys: &Keys, problems: &mut Problems) -> Layer {
    let at = |line| Origin::File {
        path: path.to_owned(),
        line,
    };
    let parsed = toml::from_str::<Table>(text).and_then(|table| Ok((table, DeTable::parse(text)?)));
    let (table, spans) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            problems.add(Some(at(line)), None, one_line(error.message()));
            return Layer::default();
        }
    };
    let mut lines = BTreeMap::new();
    collect_lines(text, "", spans.get_ref(), &mut lines);
    let mut walk = Walk {
        keys,
        problems,
        origin: |key: &str| at(lines.get(key).copied().unwrap_or(1)),
        layer: Layer::default(),
    };
    walk.table("", &table);
    walk.layer
}

/// Sorts the file's keys into the layer, and those that do not exist or do not fit into problems.
struct Walk<'a, F> {
    keys: &'a Keys,
    problems: &'a mut Problems,
    origin: F,
    layer: Layer,
}

impl<F: Fn(&str) -> Origin> Walk<'_, F> {
    fn table(&mut self, prefix: &str, table: &Table) {
        for (name, value) in table {
            let key = join(prefix, name);
            match value {
                Value::Table(inner) if self.is_section(&key, inner) => self.table(&key, inner),
                value if self.fits(&key, value) => {
                    self.list(&key, value);
                    self.layer.set(&key, value.clone(), (self.origin)(&key));
                }
                _ => {}
            }
        }
    }

    /// Also a misspelt section is looked into, so that each of its keys is told where it belongs.
    fn is_section(&self, key: &str, table: &Table) -> bool {
        let misspelt = self.keys.kind(key).is_none() && !table.is_empty();
        misspelt || self.keys.is_section(key)
    }

    fn fits(&mut self, key: &str, value: &Value) -> bool {
        let verdict = match self.keys.kind(key) {
            Some(kind) => kind.accept(value),
            None => Err(self.keys.unknown(key)),
        };
        if let Err(text) = &verdict {
            self.problems.add(Some((self.origin)(key)), Some(key), text);
        }
        verdict.is_ok()
    }

    /// Looks at the tables of a list, which stay in it.
    fn list(&mut self, key: &str, value: &Value) {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            let item_key = format!("{key}[{index}]");
            self.layer.place(&item_key, (self.origin)(&item_key));
            for (name, value) in item.as_table().into_iter().flatten() {
                let key = join(&item_key, name);
                if self.fits(&key, value) {
                    self.layer.place(&key, (self.origin)(&key));
                }
            }
        }
    }
}

fn collect_lines(
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    lines: &mut BTreeMap<String, usize>,
) {
    for (name, value) in table {
        let key = join(prefix, name.get_ref());
        lines.insert(key.clone(), line_of(text, name.span().start));
        match value.get_ref() {
            DeValue::Table(inner) => collect_lines(text, &key, inner, lines),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let key = format!("{key}[{index}]");
                    lines.insert(key.clone(), line_of(text, item.span().start));
                    if let DeValue::Table(inner) = item.get_ref() {
                        collect_lines(text, &key, inner, lines);
                    }
                }
            }
            _ => {}
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

fn one_line(text: &str) -> String {
    format!("not TOML: {}", text.replace('\n', ", "))
}
