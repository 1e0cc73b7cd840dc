//! What somebody sends under a `client_id`, without what is looked up for it and what depends on
//! the moment. It tells a repeat from another send, also when nothing is left to look up.

use serde::Serialize;

use crate::{
    Appended, Content, ContentHash, ContentKind, Draft, FileId, MessageId, Row, Says, UserId,
};

/// What is sent, as far as it tells one send from another.
#[derive(Debug, Clone)]
pub enum Sent<'a> {
    /// A message.
    Message(Words<'a>),
    /// Other words for a message.
    Edit(MessageId, Words<'a>),
    /// The deletion of a message.
    Deletion(MessageId),
}

impl Sent<'_> {
    /// What is stored with the row, and compared with that of a repeat.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        match self {
            Self::Message(words) => ContentHash::of(&("message", words)),
            Self::Edit(message, words) => ContentHash::of(&("edit", message, words)),
            Self::Deletion(message) => ContentHash::of(&("deletion", message)),
        }
    }
}

/// What is said, in the form that is hashed. A file stands for its name and type, which its record
/// says; an edit says neither what kind of message it changes nor what that answers.
#[derive(Debug, Clone, Serialize)]
pub struct Words<'a> {
    kind: ContentKind,
    text: &'a str,
    #[serde(rename = "attachment", skip_serializing_if = "Option::is_none")]
    file: Option<FileId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "<[UserId]>::is_empty")]
    mentions: &'a [UserId],
}

impl<'a> Words<'a> {
    /// What an edit says.
    #[must_use]
    pub fn edited(text: &'a str, mentions: &'a [UserId]) -> Self {
        Self {
            kind: ContentKind::Text,
            text,
            file: None,
            reply_to: None,
            mentions,
        }
    }
}

impl<'a> From<&'a Content> for Words<'a> {
    fn from(content: &'a Content) -> Self {
        let file = content.attachment.as_ref().map(|shown| shown.file);
        Self {
            kind: file.map_or(content.kind, |_| ContentKind::File),
            file,
            reply_to: content.reply_to,
            ..Self::edited(&content.text, &content.mentions)
        }
    }
}

impl<'a> From<&'a Draft> for Words<'a> {
    fn from(draft: &'a Draft) -> Self {
        let (kind, file) = match &draft.says {
            Says::Words(content) => (content.kind, None),
            Says::File { file, .. } | Says::Upload { file, .. } => (ContentKind::File, Some(*file)),
        };
        Self {
            kind,
            file,
            reply_to: draft.reply_to,
            ..Self::edited(draft.text(), &draft.mentions)
        }
    }
}

/// A row that is stored under a `client_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The row, showing its message as it is now.
    pub row: Row,
    /// Of what was sent then.
    pub hash: ContentHash,
}

impl Original {
    /// What an append answers whoever sends something of this hash under the same `client_id`:
    /// `Repeat`, or `Mismatch`.
    #[must_use]
    pub fn answer(self, hash: ContentHash) -> Appended {
        match self.hash == hash {
            true => Appended::Repeat(self.row),
            false => Appended::Mismatch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attachment, Limits, NewChange};

    fn stored(content: Content) -> ContentHash {
        NewChange::Message { content }.hash()
    }

    #[test]
    fn a_draft_is_known_by_what_was_stored_of_it() {
        let (reply_to, mentions) = (Some(MessageId::new()), vec![UserId::new()]);
        let draft = Draft {
            reply_to,
            mentions: mentions.clone(),
            ..Content::plain("hello").into()
        };
        let content = Content {
            reply_to,
            mentions,
            ..Content::plain("hello")
        };
        assert_eq!(Sent::Message((&draft).into()).hash(), stored(content));
    }

    #[test]
    fn a_file_is_known_by_its_id() {
        let file = FileId::new();
        let says = Says::File {
            file,
            image: true,
            caption: "look".into(),
        };
        let draft = Draft {
            says,
            reply_to: None,
            mentions: Vec::new(),
        };
        let attachment = Attachment {
            file,
            name: "a.png".into(),
            media_type: "image/png".into(),
            bytes: 7,
        };
        let content = Content::attached(attachment, "look".into(), &Limits::default());
        assert_eq!(
            Sent::Message((&draft).into()).hash(),
            stored(content.unwrap())
        );
    }

    #[test]
    fn an_edit_is_known_without_the_message_that_it_changed() {
        let message = MessageId::new();
        let before = Content {
            reply_to: Some(MessageId::new()),
            ..Content::plain("one")
        };
        let content = before.revised("two".into(), Vec::new(), &Limits::default());
        let edit = NewChange::Edit {
            message,
            content: content.unwrap(),
            if_rev: Some(1),
        };
        let sent = Sent::Edit(message, Words::edited("two", &[]));
        assert_eq!(sent.hash(), edit.hash());
    }
}
