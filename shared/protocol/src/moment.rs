//! Moments as clients of documented systems read them: with as many digits behind the second as
//! their document shows, every time, since some read no others.

use domain::Timestamp;
use serde::{Serialize, Serializer};

/// A moment in Coordinated Universal Time with this many digits behind the second, and a `Z`. What
/// is finer is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment<const DIGITS: usize>(pub(crate) Timestamp);

/// Whole seconds.
pub(crate) type Seconds = Moment<0>;

/// As fine as our own times are.
pub(crate) type Millis = Moment<3>;

/// With the six digits that most of the documented systems write.
pub(crate) type Micros = Moment<6>;

impl<const DIGITS: usize> From<Timestamp> for Moment<DIGITS> {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl<const DIGITS: usize> Serialize for Moment<DIGITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.*}", DIGITS, self.0))
    }
}

/// The same as [`Micros`] without saying which time zone it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unzoned(pub(crate) Timestamp);

impl Serialize for Unzoned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{:.6}", self.0);
        serializer.serialize_str(text.trim_end_matches('Z'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<const DIGITS: usize>(at: &str) -> String {
        let at: Timestamp = at.parse().unwrap();
        let text = serde_json::to_value(Moment::<DIGITS>(at)).unwrap();
        text.as_str().unwrap().to_owned()
    }

    #[test]
    fn a_moment_has_as_many_digits_as_ever() {
        for (at, seconds, millis, micros) in [
            (
                "2026-11-22T07:00:00Z",
                "2026-11-22T07:00:00Z",
                "2026-11-22T07:00:00.000Z",
                "2026-11-22T07:00:00.000000Z",
            ),
            (
                "2026-11-22T07:00:00.3Z",
                "2026-11-22T07:00:00Z",
                "2026-11-22T07:00:00.300Z",
                "2026-11-22T07:00:00.300000Z",
            ),
            (
                "2026-11-22T07:00:59.999999Z",
                "2026-11-22T07:00:59Z",
                "2026-11-22T07:00:59.999Z",
                "2026-11-22T07:00:59.999999Z",
            ),
        ] {
            assert_eq!(written::<0>(at), seconds);
            assert_eq!(written::<3>(at), millis);
            assert_eq!(written::<6>(at), micros);
        }
    }
}
