//! `Content-Disposition`: what a file is called, and whether it is shown or saved (RFC 6266).

use std::fmt::Write;

use hyper::header::HeaderValue;

/// The file's name that a header of an upload gives: `filename*` (RFC 8187) before `filename`.
#[must_use]
pub fn file_name(header: &HeaderValue) -> Option<String> {
    let text = String::from_utf8_lossy(header.as_bytes()).into_owned();
    let parameters = parameters(&text);
    let named = |name: &str| {
        let mut found = parameters.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    };
    let extended = named("filename*").and_then(extended);
    extended.or_else(|| named("filename").map(str::to_owned))
}

/// Writes the header of an answer: a name that every client reads, and the real one.
#[must_use]
pub fn header(is_shown: bool, name: &str) -> HeaderValue {
    let kind = if is_shown { "inline" } else { "attachment" };
    let plain: String = name.chars().map(plain).collect();
    let text = format!(
        "{kind}; filename=\"{plain}\"; filename*=UTF-8''{}",
        encoded(name)
    );
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// A name as it can stand in a URL and in an extended parameter.
#[must_use]
pub fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// What stands for a character that quotes, escapes or is not ASCII.
fn plain(c: char) -> char {
    match c {
        ' '..='~' if !matches!(c, '"' | '\\' | '%') => c,
        _ => '_',
    }
}

/// `name=value` and `name="value"` pairs, names in lower case.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, value)) = rest.split_once('=') {
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, after) = value.split_once(';').unwrap_or((value, ""));
                (value.trim().to_owned(), after)
            }
        };
        found.push((name.trim().to_ascii_lowercase(), value));
        rest = after;
    }
    found
}

/// A quoted value, and what follows its parameter.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => {
                let after = &text[at + 1..];
                return (value, after.split_once(';').map_or("", |(_, after)| after));
            }
            '\\' if !escaped => escaped = true,
            _ => {
                value.push(c);
                escaped = false;
            }
        }
    }
    (value, "")
}

/// `UTF-8'en'na%C3%AFve.txt`.
fn extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    decoded(encoded)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(header: &str) -> Option<String> {
        file_name(&HeaderValue::from_bytes(header.as_bytes()).unwrap())
    }

    #[test]
    fn a_name_is_read_in_every_form() {
        for (header, expected) in [
            ("attachment; filename=a.png", "a.png"),
            ("form-data; name=\"f\"; filename=\"a b.png\"", "a b.png"),
            ("attachment; filename=\"a \\\"b\\\".png\"", "a \"b\".png"),
            ("attachment; filename=\"a;b=c.png\"; x=y", "a;b=c.png"),
            (
                "attachment; filename=x; filename*=UTF-8''na%C3%AFve.txt",
                "naïve.txt",
            ),
            ("attachment; FILENAME*=utf-8'de'%e4; filename=ok", "ok"),
            ("attachment; filename=naïve.txt", "naïve.txt"),
        ] {
            assert_eq!(name(header).as_deref(), Some(expected), "{header}");
        }
        for header in [
            "attachment",
            "",
            "attachment; name=x",
            "attachment; filename*=UTF-8''%",
        ] {
            assert_eq!(name(header), None, "{header}");
        }
    }

    #[test]
    fn a_name_cannot_split_the_header() {
        for hostile in ["a\"; x=\"y", "a\r\nset-cookie: b", "a\\", "%22", "日本.png"] {
            let header = header(false, hostile);
            let text = header.to_str().unwrap();
            assert_eq!(text.matches('"').count(), 2, "{text}");
            assert!(!text.contains(['\r', '\n', '\\']), "{text}");
            assert_eq!(file_name(&header).as_deref(), Some(hostile));
        }
    }

    #[test]
    fn what_is_shown_is_inline() {
        let shown = header(true, "a.png");
        assert_eq!(shown, "inline; filename=\"a.png\"; filename*=UTF-8''a.png");
        assert!(
            header(false, "a.pdf")
                .to_str()
                .unwrap()
                .starts_with("attachment;")
        );
    }
}
