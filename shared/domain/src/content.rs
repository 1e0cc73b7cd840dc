//! What a message says.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{Code, Emoji, Error, FileId, Limits, MessageId, Result, UserId};

/// The content of a message.
///
/// Which fields go with which kind is kept by the constructors: a file and an image have an
/// attachment and may have a caption, all others have a text and no attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What sort of message it is.
    pub kind: ContentKind,
    /// What was written, byte for byte and never interpreted. The caption of a file or an image,
    /// which may be empty.
    pub text: String,
    /// The file that a file or an image stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// The message of the same room that it answers. An edit never changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// Who is meant by it, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
}

/// What sort of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// Plain text.
    Text,
    /// One emoji, which clients may show large.
    Emoji,
    /// A file to be downloaded.
    File,
    /// A picture to be shown.
    Image,
    /// Said by an administrator or by Hubbub itself, not by a person.
    System,
}

/// An uploaded file as a message shows it, copied from the file's own record when it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Which file.
    pub file: FileId,
    /// What its owner called it.
    pub name: String,
    /// What its bytes are, as it was sniffed.
    pub media_type: String,
    /// How many bytes.
    pub bytes: u64,
}

impl Content {
    /// A plain text that was checked already.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::of(ContentKind::Text, text.into())
    }

    /// One emoji.
    #[must_use]
    pub fn emoji(emoji: &Emoji) -> Self {
        Self::of(ContentKind::Emoji, emoji.as_str().to_owned())
    }

    /// Takes a text that somebody sends.
    ///
    /// # Errors
    /// `message_empty`, or `message_too_long` over the limit of bytes.
    pub fn text(text: String, limits: &Limits) -> Result<Self> {
        if text.is_empty() {
            return Err(empty());
        }
        fits(&text, limits)?;
        Ok(Self::plain(text))
    }

    /// Takes a text of which something can be seen.
    ///
    /// # Errors
    /// As [`Content::text`], and `message_empty` for nothing but white space and characters that
    /// show nothing.
    pub fn words(text: String, limits: &Limits) -> Result<Self> {
        match crate::names::is_blank(&text) {
            true => Err(empty()),
            false => Self::text(text, limits),
        }
    }

    /// A text that is said by nobody in particular.
    ///
    /// # Errors
    /// As [`Content::words`].
    pub fn system(text: String, limits: &Limits) -> Result<Self> {
        let kind = ContentKind::System;
        Ok(Self {
            kind,
            ..Self::words(text, limits)?
        })
    }

    /// A file or an image, with a caption that may be empty.
    ///
    /// # Errors
    /// `message_too_long` when the caption is over the limit of bytes.
    pub fn attached(attachment: Attachment, caption: String, limits: &Limits) -> Result<Self> {
        fits(&caption, limits)?;
        let kind = match attachment.media_type.starts_with("image/") {
            true => ContentKind::Image,
            false => ContentKind::File,
        };
        Ok(Self {
            attachment: Some(attachment),
            ..Self::of(kind, caption)
        })
    }

    /// The same message saying something else: its kind, its file and what it answers stay.
    ///
    /// # Errors
    /// What the constructor of its kind says: `message_empty`, `message_too_long`,
    /// `invalid_emoji` naming `content`.
    pub fn revised(&self, text: String, mentions: Vec<UserId>, limits: &Limits) -> Result<Self> {
        let said = match (self.kind, &self.attachment) {
            (_, Some(attachment)) => Self::attached(attachment.clone(), text, limits)?,
            (ContentKind::Emoji, None) => Self::emoji(&Emoji::said(&text)?),
            (_, None) => Self::words(text, limits)?,
        };
        Ok(Self {
            kind: self.kind,
            reply_to: self.reply_to,
            mentions,
            ..said
        })
    }

    fn of(kind: ContentKind, text: String) -> Self {
        Self {
            kind,
            text,
            attachment: None,
            reply_to: None,
            mentions: Vec::new(),
        }
    }

    /// The text that stands for this content where only text can be shown: a file without a
    /// caption is shown by its name.
    #[must_use]
    pub fn as_text(&self) -> &str {
        match &self.attachment {
            Some(attachment) if self.text.is_empty() => &attachment.name,
            _ => &self.text,
        }
    }

    /// Whether `user` is meant by it.
    #[must_use]
    pub fn mentions(&self, user: UserId) -> bool {
        self.mentions.contains(&user)
    }

    /// Its size, for limits and for the archive's report, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }
}

fn empty() -> Error {
    let code = Code::MessageEmpty;
    Error::invalid(code, "content", code.info().title)
}

fn fits(text: &str, limits: &Limits) -> Result<()> {
    if text.len() > limits.message_bytes {
        let detail = format!("A message may have at most {} bytes.", limits.message_bytes);
        return Err(Error::invalid(Code::MessageTooLong, "content", detail));
    }
    Ok(())
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
    fn an_edit_keeps_what_is_not_said() {
        let limits = Limits::default();
        let (reply, ann) = (MessageId::new(), UserId::new());
        let mut content = Content::emoji(&Emoji::parse("\u{1F44D}").unwrap());
        content.reply_to = Some(reply);
        let edited = content.revised("\u{2764}".into(), vec![ann], &limits);
        let edited = edited.unwrap();
        assert_eq!(edited.kind, ContentKind::Emoji);
        assert_eq!((edited.reply_to, edited.mentions), (Some(reply), vec![ann]));
        let refused = content.revised("two words".into(), Vec::new(), &limits);
        let refused = refused.unwrap_err();
        assert_eq!(
            (refused.code(), refused.field()),
            (Code::InvalidEmoji, Some("content"))
        );
        for blank in [" ", "\n\t", "\u{0}", "\u{200B}\u{3164}"] {
            let said = Content::words(blank.into(), &limits);
            assert_eq!(said.unwrap_err().code(), Code::MessageEmpty, "{blank:?}");
            assert!(Content::text(blank.into(), &limits).is_ok(), "for dialects");
        }
        let text = Content::plain("hello");
        let empty = text.revised(String::new(), Vec::new(), &limits);
        assert_eq!(empty.unwrap_err().code(), Code::MessageEmpty);
    }

    #[test]
    fn the_stored_form_is_fixed() {
        let content = Content::plain("hello");
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(json, r#"{"kind":"text","text":"hello"}"#);
    }
}
