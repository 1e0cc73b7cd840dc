//! HTML, written so that nothing of a document is taken for markup.

use serde_json::Value;

/// Text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            char => safe.push(char),
        }
    }
    safe
}

/// An element with a class around what is HTML already.
pub(super) fn element(tag: &str, class: &str, inner: &str) -> String {
    match class {
        "" => format!("<{tag}>{inner}</{tag}>"),
        class => format!("<{tag} class=\"{class}\">{inner}</{tag}>"),
    }
}

/// A link to a place on the page, or to another page.
pub(super) fn link(to: &str, inner: &str) -> String {
    format!("<a href=\"{}\">{inner}</a>", escaped(to))
}

/// Something as it is written in programs.
pub(super) fn code(text: &str) -> String {
    element("code", "", &escaped(text))
}

/// A line of text in which `code` is marked by backticks.
pub(super) fn line(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ => code(part),
    });
    parts.collect()
}

/// Paragraphs, parted by empty lines, and lists, whose lines begin with `- `.
pub(super) fn prose(text: &str) -> String {
    let blocks = text
        .split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty());
    let blocks = blocks.map(|block| match block.strip_prefix("- ") {
        Some(items) => {
            let items = items.split("\n- ");
            let items: String = items.map(|item| element("li", "", &line(item))).collect();
            element("ul", "", &items)
        }
        None => element("p", "", &line(block)),
    });
    blocks.collect()
}

/// A table with a head.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, cells: &[String]| -> String {
        let cells: String = cells.iter().map(|cell| element(tag, "", cell)).collect();
        element("tr", "", &cells)
    };
    let head: Vec<_> = head.iter().map(|name| escaped(name)).collect();
    let rows: String = rows.iter().map(|row| cells("td", row)).collect();
    let head = element("thead", "", &cells("th", &head));
    let table = element("table", "", &(head + &element("tbody", "", &rows)));
    element("div", "wide", &table)
}

/// JSON to be read.
pub(super) fn json(value: &Value) -> String {
    let text = pretty(value, 0);
    element("pre", "", &element("code", "", &escaped(&text)))
}

/// How wide a line of JSON may be.
const WIDTH: usize = 72;

/// JSON in lines: what fits on one stays on one, and a frame's `id` and `type` come first.
fn pretty(value: &Value, depth: usize) -> String {
    let short = value.to_string();
    let fits = short.len() + 2 * depth <= WIDTH;
    let (open, close, items) = match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_by_key(|(name, _)| match name.as_str() {
                "id" => 0,
                "type" => 1,
                _ => 2,
            });
            let item = |(name, value): (&String, &Value)| {
                format!(
                    "{}: {}",
                    Value::from(name.as_str()),
                    pretty(value, depth + 1)
                )
            };
            ('{', '}', fields.into_iter().map(item).collect::<Vec<_>>())
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| pretty(item, depth + 1));
            ('[', ']', items.collect())
        }
        _ => return short,
    };
    if fits || items.is_empty() {
        return format!("{open}{}{close}", items.join(", "));
    }
    let indent = "  ".repeat(depth + 1);
    let lines = items.join(&format!(",\n{indent}"));
    format!("{open}\n{indent}{lines}\n{}{close}", "  ".repeat(depth))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_taken_for_markup() {
        assert_eq!(
            prose("a <b> `c<d>`"),
            "<p>a &lt;b&gt; <code>c&lt;d&gt;</code></p>"
        );
        assert_eq!(link("#a\"b", "x"), "<a href=\"#a&quot;b\">x</a>");
        assert!(json(&json!({"a": "</pre><script>"})).contains("&lt;/pre&gt;&lt;script&gt;"));
    }

    #[test]
    fn lists_and_paragraphs_are_told_apart() {
        let html = prose("One.\n\n- `a`: x\n- b");
        assert_eq!(
            html,
            "<p>One.</p><ul><li><code>a</code>: x</li><li>b</li></ul>"
        );
    }

    #[test]
    fn a_frame_begins_with_what_it_is() {
        assert_eq!(
            pretty(&json!({"a": 1, "type": "x", "id": "c"}), 0),
            r#"{"id": "c", "type": "x", "a": 1}"#
        );
        let long = json!({"text": "x".repeat(WIDTH), "list": []});
        assert!(pretty(&long, 0).starts_with("{\n  \"list\": [],\n  \"text\""));
    }
}
