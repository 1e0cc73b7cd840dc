//! What somebody wants to say, as far as it can be read without looking anything up.

use crate::{Content, FileId, MessageId, UserId};

/// A message on its way: the application looks up what it refers to, and makes a [`Content`] of
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What is said.
    pub says: Says,
    /// The message of the same room that it answers.
    pub reply_to: Option<MessageId>,
    /// Who is meant: members of the room, each once.
    pub mentions: Vec<UserId>,
}

impl Draft {
    /// Whether it refers to something that has to be looked up: a file, a message, people.
    #[must_use]
    pub fn refers(&self) -> bool {
        let file = matches!(self.says, Says::File { .. } | Says::Upload { .. });
        file || self.reply_to.is_some() || !self.mentions.is_empty()
    }
}

/// What a draft says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A text, an emoji or a word of the system: all of it is here.
    Words(Content),
    /// An uploaded file.
    File {
        /// Which.
        file: FileId,
        /// Whether it is shown as a picture, which it must be then; else as a file, picture or not.
        image: bool,
        /// What is said of it; may be empty. Not measured yet.
        caption: String,
    },
    /// A file that the sender has uploaded, and nobody else.
    Upload {
        /// Which.
        file: FileId,
        /// What is said of it; may be empty. Not measured yet.
        caption: String,
    },
}

/// The most people one message may mention.
pub const MENTIONS: usize = 20;

impl Draft {
    /// Its text, or what is said of its file.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.says {
            Says::Words(content) => &content.text,
            Says::File { caption, .. } | Says::Upload { caption, .. } => caption,
        }
    }
}

impl From<Content> for Draft {
    fn from(content: Content) -> Self {
        Self {
            says: Says::Words(content),
            reply_to: None,
            mentions: Vec::new(),
        }
    }
}
