//! Media types, as far as files need them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Other names of types, as browsers and operating systems still write them.
const ALIASES: &[(&str, &str)] = &[
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-png", "image/png"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/m4a", "audio/mp4"),
    ("audio/x-m4a", "audio/mp4"),
    ("audio/opus", "audio/ogg"),
    ("application/ogg", "audio/ogg"),
    ("audio/x-wav", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/x-flac", "audio/flac"),
    ("video/x-m4v", "video/mp4"),
    ("application/x-pdf", "application/pdf"),
    ("application/x-zip-compressed", "application/zip"),
];

/// What kind of thing a file is: `type/subtype` in lower case, under its usual name and without
/// parameters.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(String);

impl MediaType {
    /// Reads a `Content-Type`; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let essence = text.split(';').next()?.trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let alias = ALIASES.iter().find(|(alias, _)| *alias == essence);
        Some(Self(
            alias.map_or(essence, |(_, usual)| (*usual).to_owned()),
        ))
    }

    /// Takes a type that a store gives back.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The type as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is written in characters.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.kind() == "text"
    }

    /// Whether it is a picture that is made of dots, which can hold no script.
    #[must_use]
    pub fn is_raster_image(&self) -> bool {
        matches!(
            self.subtype(),
            "png" | "jpeg" | "gif" | "webp" | "avif" | "bmp"
        ) && self.kind() == "image"
    }

    /// Whether a browser may show it in place. Everything else is only ever saved.
    #[must_use]
    pub fn is_shown_inline(&self) -> bool {
        self.is_raster_image() || self.is_sound_or_video()
    }

    /// Whether it is heard or watched.
    #[must_use]
    pub fn is_sound_or_video(&self) -> bool {
        matches!(self.kind(), "audio" | "video")
    }

    /// Whether it is what the bytes of an `other` may be called, too: the same, or the same
    /// container with sound alone.
    #[must_use]
    pub fn is_compatible(&self, other: &Self) -> bool {
        let container = self.is_sound_or_video() && other.is_sound_or_video();
        self == other || (container && self.subtype() == other.subtype())
    }

    /// What stands before the slash.
    fn kind(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// What stands behind it.
    fn subtype(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }
}

/// The characters of a token (RFC 9110, 5.6.2), as far as types use them.
fn is_token(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c);
    (1..=127).contains(&text.len()) && text.chars().all(fits)
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaType({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> MediaType {
        MediaType::parse(text).expect("a media type")
    }

    #[test]
    fn parameters_case_and_old_names_do_not_count() {
        assert_eq!(of("Text/Plain; charset=utf-8").as_str(), "text/plain");
        assert_eq!(of(" image/JPG ").as_str(), "image/jpeg");
        for bad in [
            "",
            "image",
            "image/",
            "/png",
            "a b/c",
            "image/png\r\nx: y",
            "a/b/c",
        ] {
            assert_eq!(MediaType::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_what_can_hold_no_script_is_shown_in_place() {
        for shown in ["image/png", "image/webp", "audio/mpeg", "video/mp4"] {
            assert!(of(shown).is_shown_inline(), "{shown}");
        }
        for saved in [
            "image/svg+xml",
            "text/html",
            "text/plain",
            "application/pdf",
        ] {
            assert!(!of(saved).is_shown_inline(), "{saved}");
        }
    }

    #[test]
    fn sound_may_come_in_a_container_for_video() {
        assert!(of("audio/webm").is_compatible(&of("video/webm")));
        assert!(!of("audio/webm").is_compatible(&of("video/mp4")));
        assert!(!of("image/png").is_compatible(&of("image/gif")));
    }
}
