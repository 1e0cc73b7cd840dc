//! The doc comments of the settings, read from their source, so that they are written once.

const MODEL: &str = include_str!("../../src/model.rs");
const ISSUER: &str = include_str!("../../src/issuer.rs");
const LIMITS: &str = include_str!("../../../domain/src/limits.rs");

/// A struct of settings.
pub(crate) struct Section {
    /// Its doc comment.
    pub(crate) doc: String,
    /// Its fields, in order.
    pub(crate) fields: Vec<Field>,
}

/// A field of a struct, or an associated constant.
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// What stands behind the colon.
    pub(crate) rest: String,
    /// Its doc comment, in one line.
    pub(crate) doc: String,
}

/// The struct of this name, and what it says of itself.
pub(crate) fn section(name: &str) -> Section {
    let text = match name {
        "Limits" => LIMITS,
        "IssuerSetting" => ISSUER,
        _ => MODEL,
    };
    let head = format!("pub struct {name} {{");
    let lines: Vec<_> = text.lines().collect();
    let start = lines.iter().position(|line| **line == head);
    let start = start.unwrap_or_else(|| panic!("there is no struct {name}"));
    Section {
        doc: doc_above(&lines[..start]),
        fields: items(lines[start + 1..].iter().take_while(|line| **line != "}")),
    }
}

/// The constants of the limits.
pub(crate) fn deadlines() -> Vec<Field> {
    let named = items(LIMITS.lines().collect::<Vec<_>>().iter());
    let constant = |field: &Field| field.name.starts_with("const ");
    named.into_iter().filter(constant).collect()
}

fn items<'a>(lines: impl Iterator<Item = &'a &'a str>) -> Vec<Field> {
    let (mut fields, mut doc) = (Vec::new(), Vec::new());
    for line in lines.map(|line| line.trim()) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.trim());
            continue;
        }
        if let Some((name, rest)) = line.strip_prefix("pub ").and_then(|l| l.split_once(": ")) {
            fields.push(Field {
                name: name.to_owned(),
                rest: rest.trim_end_matches([',', ';']).to_owned(),
                doc: doc.join(" "),
            });
        }
        if !line.starts_with("#[") {
            doc.clear();
        }
    }
    fields
}

fn doc_above(lines: &[&str]) -> String {
    let above = lines.iter().rev().skip_while(|line| line.starts_with("#["));
    let doc = above.map_while(|line| line.strip_prefix("///"));
    let mut doc: Vec<_> = doc.map(str::trim).collect();
    doc.reverse();
    doc.join(" ")
}
