//! JSON as the document's system writes it: safe to paste into HTML and JavaScript.

use serde::Serialize;

/// Writes one of our own types, whose keys are all strings. `<`, `>`, `&`, U+2028 and U+2029 are
/// written as `\u003c` and so on; they can stand only inside strings.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    let plain = serde_json::to_string(value).expect("our own types have string keys only");
    if plain.contains(is_risky) {
        escape(&plain)
    } else {
        plain
    }
}

fn is_risky(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

fn escape(plain: &str) -> String {
    let mut safe = String::with_capacity(plain.len() + 32);
    for c in plain.chars() {
        if is_risky(c) {
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}
