//! Files that people share.
//!
//! A file is known before its bytes come in (`uploading`), so that whatever a crash leaves behind
//! is found again by its record. It is kept for as long as a message refers to it, and a day
//! longer: each [`FileLink`] is a row of its own, so that referring twice counts once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{FileId, MediaType, MessageId, RoomId, TenantId, Timestamp, UserId};

/// How long a file stays that no message refers to.
pub const KEPT_LOOSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest name of a file, in bytes of UTF-8: what every file system takes.
const NAME_BYTES: usize = 200;

/// What a file is called that has no name, or none that can be shown.
const NAMELESS: &str = "file";

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Its bytes are coming in, or were cut off.
    Uploading,
    /// It is whole.
    Ready,
    /// It is being removed: nothing can refer to it any more.
    Removing,
}

/// What is known of a file. Its bytes lie in [`crate::ports::Blobs`] under the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its id, and its blob's.
    pub id: FileId,
    /// The world it belongs to.
    pub tenant: TenantId,
    /// Who uploaded it.
    pub owner: UserId,
    /// What it is called.
    pub name: FileName,
    /// What it is, by its bytes.
    pub media_type: MediaType,
    /// How large it is; 0 while it is coming in.
    pub bytes: u64,
    /// Its SHA-256; all zeros while it is coming in.
    pub sha256: [u8; 32],
    /// When the upload began, in store time.
    pub created_at: Timestamp,
    /// How far it has come.
    pub state: FileState,
}

impl File {
    /// Whether it is whole and there to stay.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == FileState::Ready
    }
}

/// A file whose bytes are about to come in.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The id it will have.
    pub id: FileId,
    /// The world it belongs to.
    pub tenant: TenantId,
    /// Who uploads it.
    pub owner: UserId,
    /// What it is called.
    pub name: FileName,
    /// What it is, by its first bytes.
    pub media_type: MediaType,
}

/// What came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// A message refers to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileLink {
    /// Which file.
    pub file: FileId,
    /// The room of the message.
    pub room: RoomId,
    /// The message.
    pub message: MessageId,
}

/// What a file is called: one line that can be shown, and is no path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// Makes a name of whatever a client sends: without folders, control characters and those
    /// that turn the direction of writing, in NFC, at most 200 bytes with the ending kept.
    #[must_use]
    pub fn clean(given: &str) -> Self {
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let shown: String = last.chars().filter(|c| is_shown(*c)).nfc().collect();
        let name = shorten(
            shown
                .trim()
                .trim_start_matches('.')
                .trim_end_matches('.')
                .trim(),
        );
        Self(if name.is_empty() {
            NAMELESS.to_owned()
        } else {
            name
        })
    }

    /// Takes a name that a store gives back.
    #[must_use]
    pub const fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_shown(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let invisible = matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    !(c.is_control() || turns || invisible)
}

/// Cuts the middle of a name that is too long, so that its ending stays.
fn shorten(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let (stem, ending) = match name.rfind('.') {
        Some(dot) if name.len() - dot <= 16 => name.split_at(dot),
        _ => (name, ""),
    };
    let mut end = NAME_BYTES - ending.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(given: &str) -> String {
        FileName::clean(given).0
    }

    #[test]
    fn a_name_is_no_path() {
        for (given, name) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ann\\photo.jpg", "photo.jpg"),
            ("/", "file"),
            ("..", "file"),
            (".bashrc", "bashrc"),
            ("  ", "file"),
            ("", "file"),
        ] {
            assert_eq!(clean(given), name, "{given:?}");
        }
    }

    #[test]
    fn a_name_is_one_line_that_reads_as_it_is() {
        assert_eq!(clean("a\r\nset-cookie: x.png"), "aset-cookie: x.png");
        assert_eq!(clean("photo\u{202e}gnp.exe"), "photognp.exe");
        assert_eq!(clean("nul\0l.txt"), "null.txt");
        assert_eq!(clean("cafe\u{301}.txt"), "caf\u{e9}.txt");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean(&format!("{}.jpeg", "ä".repeat(300)));
        assert!(name.len() <= NAME_BYTES);
        assert!(name.ends_with("ä.jpeg"), "{name}");
        assert!(clean(&"x".repeat(500)).len() == NAME_BYTES);
    }
}
