//! What a message says.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Code, Error, Limits, Result};

/// The content of a message. More kinds (file, image, emoji) become further variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Plain text, never interpreted.
    Text {
        /// What was written, byte for byte.
        text: String,
    },
}

impl Content {
    /// Takes a text that somebody sends.
    ///
    /// # Errors
    /// `message_empty`, or `message_too_long` over the limit of bytes.
    pub fn text(text: String, limits: &Limits) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::invalid(
                Code::MessageEmpty,
                "content",
                Code::MessageEmpty.info().title,
            ));
        }
        if text.len() > limits.message_bytes {
            let detail = format!("A message may have at most {} bytes.", limits.message_bytes);
            return Err(Error::invalid(Code::MessageTooLong, "content", detail));
        }
        Ok(Self::Text { text })
    }

    /// The text that stands for this content where only text can be shown.
    #[must_use]
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text { text } => text,
        }
    }

    /// Its size, for limits and for the archive's report, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.as_text().len()
    }
}

/// SHA-256 of something as it was sent: tells a repeat from another send under the same
/// `client_id`, and a whole copy from a torn one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Hashes the canonical JSON of `value` (serde's: fields in the order of the type).
    #[must_use]
    pub fn of<T: Serialize>(value: &T) -> Self {
        let json = serde_json::to_vec(value).expect("our own types have string keys only");
        Self(Sha256::digest(json).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_oversized_texts_are_refused() {
        let limits = Limits::default();
        let text = |n: usize| Content::text("x".repeat(n), &limits).map_err(|e| e.code());
        assert_eq!(text(0).unwrap_err(), Code::MessageEmpty);
        assert!(text(limits.message_bytes).is_ok());
        assert_eq!(
            text(limits.message_bytes + 1).unwrap_err(),
            Code::MessageTooLong
        );
    }

    #[test]
    fn the_stored_form_is_fixed() {
        let content = Content::Text {
            text: "hello".into(),
        };
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(json, r#"{"kind":"text","text":"hello"}"#);
    }
}
