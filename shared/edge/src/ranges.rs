//! Parts of an answer (RFC 9110, section 14).

use std::ops::Range;

/// Which part of something a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// From a byte to before another.
    Part(Range<u64>),
    /// A part that there is not.
    Nothing,
}

/// Reads a `Range` over something of `bytes` bytes. What cannot be read, and several ranges at
/// once, ask for all of it: a server may always answer with the whole.
#[must_use]
pub fn wanted(header: Option<&str>, bytes: u64) -> Wanted {
    let Some((first, last)) = header.and_then(ends) else {
        return Wanted::Whole;
    };
    let range = match (first, last) {
        (Some(first), Some(last)) if last < first => return Wanted::Whole,
        (Some(first), last) => first..last.map_or(bytes, |last| last.saturating_add(1)),
        (None, Some(suffix)) => bytes.saturating_sub(suffix)..bytes,
        (None, None) => return Wanted::Whole,
    };
    let range = range.start..range.end.min(bytes);
    if range.is_empty() {
        return Wanted::Nothing;
    }
    Wanted::Part(range)
}

/// `bytes=a-b`, either of which may be missing.
fn ends(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, set) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    Some((end(first)?, end(last)?))
}

/// Outer `None`: it is no number.
fn end(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_to_what_there_is() {
        for (header, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..100),
            ("bytes=10-19", 10..20),
            ("bytes=90-1000", 90..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
            ("Bytes = 99-", 99..100),
        ] {
            assert_eq!(wanted(Some(header), 100), Wanted::Part(part), "{header}");
        }
    }

    #[test]
    fn what_is_beyond_the_end_is_nothing() {
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(wanted(Some(header), 100), Wanted::Nothing, "{header}");
        }
    }

    #[test]
    fn what_is_no_range_asks_for_all() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-1",
            "bytes=a-b",
            "bytes=+1-2",
            "rows=0-1",
            "bytes=0-1,5-6",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(wanted(Some(header), 100), Wanted::Whole, "{header}");
        }
        assert_eq!(wanted(None, 100), Wanted::Whole);
    }
}
