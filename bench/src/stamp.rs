//! What every text of the benchmark carries: who said it, as which of theirs, and when it was
//! meant to be said. It is found in whatever a server wraps around it.

use std::fmt;

const MARK: u8 = b'~';
/// Digits of the three numbers.
const DIGITS: usize = 4 + 8 + 16;

/// Sender, number and time of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Who said it, counted through all rooms.
    pub(crate) sender: u16,
    /// As which of theirs, from 0.
    pub(crate) number: u32,
    /// When it was meant to be said, in nanoseconds since the generator began.
    pub(crate) at: u64,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sender, number, at } = self;
        write!(f, "~{sender:04x}{number:08x}{at:016x}~")
    }
}

impl Stamp {
    /// The stamp in a frame; `None` where there is none.
    pub(crate) fn find(frame: &[u8]) -> Option<Self> {
        let begin = memchr::memchr(MARK, frame)? + 1;
        let digits = frame.get(begin..begin + DIGITS)?;
        (frame.get(begin + DIGITS) == Some(&MARK)).then_some(())?;
        let (sender, rest) = digits.split_at(4);
        let (number, at) = rest.split_at(8);
        Some(Self {
            sender: u16::try_from(hexadecimal(sender)?).ok()?,
            number: u32::try_from(hexadecimal(number)?).ok()?,
            at: hexadecimal(at)?,
        })
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value: u64, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(value << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_found_in_any_wrapping() {
        let stamp = Stamp {
            sender: 0xabcd,
            number: 7,
            at: u64::MAX,
        };
        let frame = format!(r#"{{"content":"{stamp} and more"}}"#);
        assert_eq!(Stamp::find(frame.as_bytes()), Some(stamp));
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for frame in ["", "~", "~12~", "no mark", &"~".repeat(40)] {
            assert_eq!(Stamp::find(frame.as_bytes()), None, "{frame}");
        }
    }
}
