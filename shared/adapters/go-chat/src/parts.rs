//! A text that is longer than a message may be, as several that are not.

/// The longest character, in bytes.
const CHARACTER: usize = 4;

/// The text in parts of at most `max` bytes, cut between characters. One part where it is short
/// enough, also where it is empty.
pub(crate) fn parts(text: &str, max: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > max.max(CHARACTER) {
        let end = rest.floor_char_boundary(max.max(CHARACTER));
        let (part, later) = rest.split_at(end);
        parts.push(part);
        rest = later;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_no_character_is_cut() {
        for (text, max, expected) in [
            ("", 8, vec![""]),
            ("12345678", 8, vec!["12345678"]),
            ("123456789", 8, vec!["12345678", "9"]),
            ("ééééé", 5, vec!["éé", "éé", "é"]),
            ("ab", 0, vec!["ab"]),
        ] {
            assert_eq!(parts(text, max), expected);
            assert_eq!(parts(text, max).concat(), text);
        }
    }
}
