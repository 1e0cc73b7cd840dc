//! Messages as clients see them, over REST and socket alike.

use domain::{
    Attachment, Body, Card, ContentKind, Message, MessageId, Reaction, Seq, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::UserView;

/// A message as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageView {
    /// Its id, the same everywhere and for ever.
    pub id: Uuid,
    /// Where it was said.
    pub room: Uuid,
    /// Its number in the room's log.
    pub seq: Seq,
    /// Who said it.
    pub sender: UserView,
    /// The sender's own id for it.
    pub client_id: Uuid,
    /// What sort of message it is; absent when it no longer says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ContentKind>,
    /// The text, the emoji, or the caption of the file; absent when it no longer says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The file of a file or an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<AttachmentView>,
    /// The message of the same room that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    /// Who is meant by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Uuid>,
    /// Whether it still says something.
    pub state: MessageState,
    /// When it was said.
    pub created_at: Timestamp,
    /// 1 as sent, raised by each change of the content.
    pub rev: u64,
    /// Whether it says something else than it was sent with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Since when, where it does; absent also of what was edited before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// Whether it was moved to the archive. It stays readable.
    pub archived: bool,
    /// What people reacted with, by the first of each. Absent where nothing is said about
    /// reactions: in events, which all members hear alike, and in answers to what was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactions: Option<Vec<ReactionView>>,
}

/// Whether a message still says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It does.
    Present,
    /// It was deleted.
    Deleted,
    /// The policy of the room purged it.
    Purged,
}

impl MessageView {
    /// Shows a message, saying nothing about reactions. `card` is of its sender, if it is known.
    #[must_use]
    pub fn new(message: &Message, card: Option<&Card>) -> Self {
        let content = message.content();
        let id = |id: MessageId| id.uuid();
        Self {
            id: id(message.id),
            room: message.room.uuid(),
            seq: message.seq,
            sender: UserView::of(message.sender, card),
            client_id: message.client_id.uuid(),
            kind: content.map(|content| content.kind),
            content: content.map(|content| content.text.clone()),
            attachment: content.and_then(|content| AttachmentView::of(content.attachment.as_ref())),
            reply_to: content.and_then(|content| content.reply_to).map(id),
            mentions: content.map_or_else(Vec::new, |content| {
                content.mentions.iter().map(|user| user.uuid()).collect()
            }),
            state: match message.body {
                Body::Present { .. } => MessageState::Present,
                Body::Deleted => MessageState::Deleted,
                Body::Purged => MessageState::Purged,
            },
            created_at: message.created_at,
            rev: message.rev,
            edited: content.is_some() && message.rev > 1,
            edited_at: content.and(message.edited_at),
            archived: message.archived,
            reactions: None,
        }
    }

    /// The same with what people reacted with. `reactions` may be those of a whole page; `card`
    /// knows what people are called.
    #[must_use]
    pub fn with_reactions(
        mut self,
        reactions: &[Reaction],
        card: impl Fn(UserId) -> Option<Card>,
    ) -> Self {
        let own = reactions
            .iter()
            .filter(|reaction| reaction.message.uuid() == self.id);
        let shown = own.map(|reaction| ReactionView::new(reaction, &card));
        self.reactions = Some(shown.collect());
        self
    }
}

/// The file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    /// Which.
    pub file: Uuid,
    /// What its owner called it.
    pub name: String,
    /// What its bytes are, as it was sniffed.
    pub media_type: String,
    /// How many bytes.
    pub bytes: u64,
}

impl AttachmentView {
    fn of(attachment: Option<&Attachment>) -> Option<Self> {
        attachment.map(|attachment| Self {
            file: attachment.file.uuid(),
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            bytes: attachment.bytes,
        })
    }
}

/// What people reacted with to a message, as one of them sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReactionView {
    /// The emoji.
    pub emoji: String,
    /// How many people.
    pub count: u64,
    /// Whether who asks is one of them.
    pub me: bool,
    /// The first of them, at most [`domain::SHOWN_REACTORS`].
    pub users: Vec<UserView>,
}

impl ReactionView {
    fn new(reaction: &Reaction, card: impl Fn(UserId) -> Option<Card>) -> Self {
        let user = |user| UserView::of(user, card(user).as_ref());
        Self {
            emoji: reaction.emoji.as_str().to_owned(),
            count: reaction.count,
            me: reaction.me,
            users: reaction.users().map(user).collect(),
        }
    }
}
