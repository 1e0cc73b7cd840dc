//! Chance for tokens and names, from the operating system.

use std::fmt::Write;

/// So many random bytes as are asked for.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut random = [0; N];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    random
}

/// `bytes` random bytes, as twice as many hexadecimal digits.
#[must_use]
pub fn hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    to_hex(&random)
}

/// Bytes as hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
