//! The generated pages.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use domain::{Code, Kind};
use serde::{Serialize, de::DeserializeOwned};
use settings::{IssuerSetting, PolicySetting, Settings, variable};
use toml::{Table, Value};

use crate::source::{self, Field};

/// The struct of each section of the file.
const SECTIONS: [(&str, &str); 12] = [
    ("backends", "Backends"),
    ("auth", "Auth"),
    ("server", "Server"),
    ("server.tls", "TlsFiles"),
    ("http", "Http"),
    ("limits", "Limits"),
    ("files", "Files"),
    ("friends", "Friends"),
    ("s3", "S3"),
    ("archive", "Archive"),
    ("log", "Log"),
    ("telemetry", "Telemetry"),
];

const CONFIGURATION: &str = "\
Flags beat variables, variables beat the file, the file beats the defaults.

- **File**: `--config FILE`, else `hubbub.toml` in the working directory if it is there. An unknown
  key is an error that names the nearest key. The repository's `hubbub.toml` holds every key with
  its default.
- **Variables**: every key is one, `HUBBUB_SECTION__KEY`. Lists are separated by commas, or written
  as in the file (`HUBBUB_ARCHIVE__POLICIES='[{name = \"old\", …}]'`). An empty variable says
  nothing. `STORE_URL`, `CACHE_URL`, `BUS_URL` and `QUEUE_URL` are understood plainly.
- **Secrets**: `…_FILE` instead of a variable names a file that holds the value, as orchestrators
  hand them out: `HUBBUB_AUTH__SECRET_FILE=/run/secrets/hubbub`.
- **The Go original's** `MONGO_URI` (store), `REDIS_URI` (cache and bus) and `SECRET_KEY`
  (`auth.legacy_secret`) are understood where ours are absent.

`hubbub config show` prints every value with its origin, secrets as `***`; `hubbub config check`
says all that is wrong, and what to do.
";

const FILE: &str = "\
# Hubbub's configuration: every key, with its default. Uncomment what you change.
# Flags beat variables (HUBBUB_SECTION__KEY), variables beat this file; `hubbub config show` says
# where each value came from, `hubbub config check` what is wrong. More: docs/configuration.md

";

const POLICY: &str = "\
# One table for each policy. This one moves what is older than 90 days, at two every night:
#[[archive.policies]]
#name = \"nightly\"
#rooms = []
#older_than = \"90 days\"
#action = \"archive\"
#schedule = \"every day at 02:00\"
#timezone = \"UTC\"
#catch_up = \"run_once\"
#enabled = true
";

const ISSUER: &str = "\
[[auth.issuers]]
tenant = \"acme\"
issuer = \"https://login.acme.example\"
audience = \"chat\"
algorithm = \"RS256\"
secret = \"\"
jwks_file = \"\"
jwks_url = \"https://login.acme.example/.well-known/jwks.json\"
user_claim = \"user.id\"
tenant_claim = \"\"
tenants = []
";

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every generated page: its path from the root, and its text.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    vec![
        ("hubbub.toml", file()),
        ("docs/configuration.md", configuration()),
        ("docs/limits.md", limits()),
        ("docs/codes.md", codes()),
    ]
}

fn generated(title: &str) -> String {
    format!(
        "# {title}\n\n<!-- Generated: `cargo run -p settings --example manual` writes this page. -->\n\n"
    )
}

fn configuration() -> String {
    let mut page = generated("Configuration") + CONFIGURATION;
    let defaults = defaults();
    page += "\n## At the top\n\n";
    page += &table("", &defaults, &top());
    for (name, ty) in SECTIONS {
        let section = source::section(ty);
        let _ = write!(page, "\n## `[{name}]`\n\n{}\n\n", section.doc);
        page += &table(name, inner(&defaults, name), &values(name, section.fields));
    }
    page += &list::<IssuerSetting>("auth.issuers", "IssuerSetting", ISSUER);
    let _ = write!(page, "\n```toml\n{}```\n", filled(ISSUER));
    page += &list::<PolicySetting>("archive.policies", "PolicySetting", &uncommented(POLICY));
    page
}

/// A sample without the keys that it leaves empty.
fn filled(sample: &str) -> String {
    let empty = |line: &str| line.ends_with("\"\"") || line.ends_with("[]");
    let lines = sample.lines().filter(|line| !empty(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The keys of the tables of a list, of which `sample` is one that has them all.
fn list<T: DeserializeOwned + Serialize>(name: &str, ty: &str, sample: &str) -> String {
    let section = source::section(ty);
    let mut text = format!("\n## `[[{name}]]`\n\n{}\n\n", section.doc);
    text += "| key | default | meaning |\n| --- | --- | --- |\n";
    for Field { name: key, doc, .. } in &section.fields {
        let default = default_of::<T>(sample, name, key);
        let _ = writeln!(text, "| `{key}` | {default} | {doc} |");
    }
    text
}

/// What a table of a list takes for a key that it leaves out.
fn default_of<T: DeserializeOwned + Serialize>(sample: &str, name: &str, key: &str) -> String {
    let file: Value = toml::from_str(sample).expect("the sample is TOML");
    let list = name.split('.').fold(&file, |value, part| &value[part]);
    let mut item = list[0].clone();
    let keys = item.as_table_mut().expect("an item is a table");
    keys.remove(key).expect("the sample has every key");
    match T::deserialize(item) {
        Ok(item) => {
            let item = Table::try_from(item).expect("an item is plain values");
            format!("`{}`", item[key])
        }
        Err(_) => "required".to_owned(),
    }
}

/// Takes the `#` from the lines that hold a key or a table, and leaves the prose.
pub(crate) fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn table(section: &str, defaults: &Table, fields: &[Field]) -> String {
    let mut text = "| key | default | variable | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for Field { name, doc, .. } in fields {
        let key = if section.is_empty() {
            name.clone()
        } else {
            format!("{section}.{name}")
        };
        let (default, variable) = (&defaults[name.as_str()], variable(&key));
        let _ = writeln!(text, "| `{name}` | `{default}` | `{variable}` | {doc} |");
    }
    text
}

fn file() -> String {
    let defaults = defaults();
    let mut text = FILE.to_owned();
    text += &keys(&defaults, &top());
    for (name, ty) in SECTIONS {
        let section = source::section(ty);
        let _ = write!(text, "\n# {}\n[{name}]\n", section.doc);
        if name == "archive" {
            text += POLICY;
        } else {
            text += &keys(inner(&defaults, name), &values(name, section.fields));
        }
    }
    text
}

fn keys(defaults: &Table, fields: &[Field]) -> String {
    let mut text = String::new();
    for Field { name, doc, .. } in fields {
        let _ = writeln!(
            text,
            "{}#{name} = {}",
            comment(doc),
            defaults[name.as_str()]
        );
    }
    text
}

/// Wraps at 100 columns.
fn comment(doc: &str) -> String {
    let (mut text, mut width) = ("#".to_owned(), 1);
    for word in doc.split(' ') {
        if width + 1 + word.chars().count() > 100 {
            text.push_str("\n#");
            width = 1;
        }
        text.push(' ');
        text.push_str(word);
        width += 1 + word.chars().count();
    }
    text + "\n"
}

fn limits() -> String {
    let mut page = generated("Limits");
    page += "Each is a key below `[limits]` of the configuration; `hello.limits` tells clients all of \
             them. `--no-limits` lifts the rates and the caps on sessions.\n\n";
    page += &table(
        "limits",
        inner(&defaults(), "limits"),
        &source::section("Limits").fields,
    );
    page += "\nDeadlines are fixed:\n\n| what | at most |\n| --- | --- |\n";
    for field in source::deadlines() {
        let _ = writeln!(page, "| {} | {} |", field.doc, duration(&field.rest));
    }
    page
}

/// `Duration = Duration::from_secs(5)` is `5 s`.
fn duration(rest: &str) -> String {
    let number = rest.split(['(', ')']).nth(1).unwrap_or_default();
    let unit = if rest.contains("from_millis") {
        "ms"
    } else {
        "s"
    };
    format!("{number} {unit}")
}

fn codes() -> String {
    let mut page = generated("Error codes");
    page += "One table for all: REST answers with `application/problem+json` (RFC 9457) and sockets \
             with an `error` frame, both with the stable `code` of this table. Names are never \
             changed and never used again.\n\n\
             `temporary` says whether the same request may succeed later, unchanged. Close codes \
             4000–4399 mean: reconnect; 4400 and 4500–4999: not as you are; 1003, 1009 and 1011 \
             are the protocol's own.\n\n\
             | code | HTTP | close | temporary | what it says | what to do |\n\
             | --- | --- | --- | --- | --- | --- |\n";
    for code in Code::ALL {
        let info = code.info();
        let temporary = if code.temporary() { "yes" } else { "no" };
        let _ = writeln!(
            page,
            "| <a id=\"{name}\"></a>`{name}` | {} | {} | {temporary} | {} | {} |",
            info.status,
            info.close,
            info.title,
            advice(info.kind),
            name = info.name,
        );
    }
    page
}

fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Unauthenticated => "Log in, and try again.",
        Kind::Forbidden => "Do not repeat it.",
        Kind::NotFound => "Look at what you ask for.",
        Kind::Invalid => "Mend the request.",
        Kind::Conflict => "Look at how things stand, then decide anew.",
        Kind::TooMany => "Wait as long as `Retry-After` says, then repeat it.",
        Kind::Unavailable => "Repeat it after a pause that grows.",
        Kind::Internal => {
            "Report it: over REST with the `request_id`, of a socket with the `session` of `hello`."
        }
    }
}

fn defaults() -> Table {
    Table::try_from(Settings::default()).expect("the defaults are plain values")
}

fn inner<'a>(defaults: &'a Table, name: &str) -> &'a Table {
    name.split('.').fold(defaults, |table, part| {
        let inner = table.get(part).and_then(Value::as_table);
        inner.unwrap_or_else(|| panic!("there is no section {name}"))
    })
}

/// The keys that stand before all sections.
fn top() -> Vec<Field> {
    values("", source::section("Settings").fields)
}

/// The keys of a section, without the sections in it.
fn values(section: &str, fields: Vec<Field>) -> Vec<Field> {
    let whole = |field: &Field| match section {
        "" => field.name.clone(),
        section => format!("{section}.{}", field.name),
    };
    let is_section = |field: &Field| SECTIONS.iter().any(|(name, _)| *name == whole(field));
    fields.into_iter().filter(|f| !is_section(f)).collect()
}
