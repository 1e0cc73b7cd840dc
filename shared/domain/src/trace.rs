//! The trace that a piece of work belongs to, as it travels between processes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How long a `traceparent` of the known version is.
const LENGTH: usize = 55;

/// Longest `traceparent` of a later version that is looked at.
const LONGEST: usize = 256;

/// The one flag that is known: somebody keeps this trace.
const SAMPLED: u8 = 1;

/// Where a piece of work stands in a trace: the `traceparent` of W3C Trace Context.
///
/// It prints as version 00, with no flag but `sampled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl TraceParent {
    /// Puts one together; `None` when the trace or the span is 0, which means that there is none.
    #[must_use]
    pub fn new(trace: u128, span: u64, sampled: bool) -> Option<Self> {
        let parent = Self {
            trace,
            span,
            sampled,
        };
        (trace != 0 && span != 0).then_some(parent)
    }

    /// Reads `00-{trace}-{span}-{flags}` in lower-case hexadecimal. Of a later version what is
    /// known of it is read, as the standard asks. `None` when it is ill formed: then it is to be
    /// ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut fields = known.split('-');
        let mut field = |digits| hexadecimal(fields.next()?, digits);
        let (version, trace, span, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        let fine = match version {
            0 => more.is_empty(),
            0xff => false,
            _ => (more.is_empty() || more.starts_with('-')) && text.len() <= LONGEST,
        };
        if !fine {
            return None;
        }
        let sampled = flags & u128::from(SAMPLED) != 0;
        Self::new(trace, u64::try_from(span).ok()?, sampled)
    }

    /// The trace.
    #[must_use]
    pub fn trace(self) -> u128 {
        self.trace
    }

    /// The piece of work that led to this one.
    #[must_use]
    pub fn span(self) -> u64 {
        self.span
    }

    /// Whether somebody keeps the trace.
    #[must_use]
    pub fn sampled(self) -> bool {
        self.sampled
    }
}

/// A number of exactly so many digits.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fine = text.len() == digits && text.bytes().all(is_digit);
    fine.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.sampled { SAMPLED } else { 0 };
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

impl Serialize for TraceParent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a field that may hold one. What is ill formed counts as nothing: no work is refused for
/// its trace.
///
/// # Errors
/// When it is no text.
pub fn if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TraceParent>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| TraceParent::parse(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard.
    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_read_is_written() {
        let parent = TraceParent::parse(GOOD).unwrap();
        assert_eq!(parent.to_string(), GOOD);
        assert!(parent.sampled());
        let not_kept = GOOD.replace("-01", "-00");
        let parent = TraceParent::parse(&not_kept).unwrap();
        assert_eq!(parent.to_string(), not_kept);
        assert!(!parent.sampled());
    }

    #[test]
    fn of_a_later_version_the_known_part_is_read() {
        for (later, written) in [
            (GOOD.replacen("00", "cc", 1), GOOD.to_owned()),
            (GOOD.replacen("00", "01", 1) + "-what-else", GOOD.to_owned()),
            (GOOD.replace("-01", "-03"), GOOD.to_owned()),
            (GOOD.replace("-01", "-fe"), GOOD.replace("-01", "-00")),
        ] {
            let read = TraceParent::parse(&later).unwrap();
            assert_eq!(read.to_string(), written, "{later}");
        }
    }

    #[test]
    fn what_is_ill_formed_is_nothing() {
        let zeros = |from: &str| GOOD.replace(from, &"0".repeat(from.len()));
        for bad in [
            String::new(),
            "00".to_owned(),
            GOOD.to_uppercase(),
            GOOD.replace("4bf9", "+bf9"),
            GOOD.replace("4bf9", "gbf9"),
            GOOD.replace('-', "_"),
            GOOD.replacen("00", "ff", 1),
            GOOD[..54].to_owned(),
            format!("{GOOD}-"),
            format!(" {GOOD}"),
            format!("{GOOD}0"),
            GOOD.replacen("00", "01", 1) + "0",
            GOOD.replacen("00", "01", 1) + "-" + &"x".repeat(LONGEST),
            GOOD.replace("-00f067aa0ba902b7", "-00f067aa0ba902b-7"),
            zeros("4bf92f3577b34da6a3ce929d0e0e4736"),
            zeros("00f067aa0ba902b7"),
            format!("{}ü", &GOOD[..54]),
        ] {
            assert_eq!(TraceParent::parse(&bad), None, "{bad}");
        }
    }
}
