//! What somebody wants to say, over the socket or over HTTP.

use std::borrow::Cow;

use domain::{Code, Content, Draft, Emoji, Error, FileId, Limits, MessageId, Result, Says};

/// Where files are read.
const FILES: &str = "/api/v1/files/";

/// A message as it comes in.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its type; a text where none is named.
    pub kind: Option<String>,
    /// What it says.
    pub content: String,
    /// What the upload of its file answered.
    pub file_url: Option<String>,
    /// The message that it answers.
    pub reply_to: Option<String>,
}

impl Wanted {
    /// The message, as far as it can be known without looking anything up.
    ///
    /// # Errors
    /// `message_empty`, `message_too_long`, `invalid_emoji`, `invalid_field` for a type that is none
    /// or not for people, and for a file that is named by no address of ours.
    pub fn draft(self, limits: &Limits) -> Result<Draft> {
        let reply_to = self.reply_to.map(|id| message(&id)).transpose()?;
        let says = match self.kind.as_deref().unwrap_or("text") {
            "text" => Says::Words(Content::words(self.content, limits)?),
            "emoji" => Says::Words(Content::emoji(&Emoji::said(&self.content)?)),
            kind @ ("file" | "image") => Says::File {
                file: file(self.file_url.as_deref())?,
                image: kind == "image",
                caption: self.content,
            },
            _ => return Err(invalid("message_type", "Invalid message type")),
        };
        Ok(Draft {
            says,
            reply_to,
            mentions: Vec::new(),
        })
    }
}

/// Where a file is read, with a token.
pub(super) fn url_of(file: FileId) -> String {
    format!("{FILES}{file}")
}

/// The file that an address of ours leads to, whole or from the root on.
#[must_use]
pub fn file_of(url: &str) -> Option<FileId> {
    let (_, id) = url.split_once(FILES)?;
    id.trim_end_matches('/').parse().ok()
}

fn file(url: Option<&str>) -> Result<FileId> {
    let url = url.ok_or_else(|| invalid("file_url", "file_url required"))?;
    file_of(url).ok_or_else(|| Code::FileNotFound.into())
}

/// What is no id is the id of no message.
fn message(id: &str) -> Result<MessageId> {
    id.parse().map_err(|_| Code::MessageNotFound.into())
}

/// A field is wrong, in words that are told as they are.
pub(super) fn invalid(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Error {
    Error::invalid(Code::InvalidField, field, detail)
}
