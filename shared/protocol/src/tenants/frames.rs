//! Frames of the server.

use domain::{
    Card, Change, Message, MessageId, Page, Presence, Reaction, ReactionRow, Receipt, RoomId, Row,
    Timestamp, UserId,
};
use serde::Serialize;
use uuid::Uuid;

use super::views::{MessageView, ReactionView, id_of, status};
use crate::{Cards, drf::json, moment::Micros};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a> {
    ConnectionEstablished {
        message: &'static str,
        user_id: String,
        tenant_id: &'a str,
        timestamp: Micros,
    },
    ConversationJoined {
        conversation_id: Uuid,
        history: Vec<MessageView>,
    },
    ConversationLeft,
    NewMessage {
        message: MessageView,
    },
    MessageSent {
        message: MessageView,
    },
    MessageUpdated {
        message: MessageView,
    },
    MessageDeleted {
        message_id: Uuid,
    },
    ReactionAdded {
        reaction: ReactionView,
    },
    ReactionRemoved {
        message_id: Uuid,
        user_id: String,
        emoji: &'a str,
    },
    TypingIndicator {
        user_id: String,
        is_typing: bool,
    },
    MessagesMarkedRead,
    MessagesRead {
        conversation_id: Uuid,
        user_id: String,
    },
    PresenceUpdated {
        status: &'a str,
    },
    PresenceChanged {
        user_id: String,
        status: &'static str,
    },
    Error {
        message: &'a str,
        /// The type of the frame that failed; none where nothing could be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        action: Option<&'a str>,
    },
}

pub(super) fn welcome(who: &Card, tenant: &str, at: Timestamp) -> String {
    json(&Frame::ConnectionEstablished {
        message: "Connected to chat service",
        user_id: who.foreign_id(),
        tenant_id: tenant,
        timestamp: at.into(),
    })
}

/// The history that a conversation begins with, oldest first. What was deleted is left out.
pub(super) fn entered(
    room: RoomId,
    page: &Page,
    reactions: &[Reaction],
    cards: Cards<'_>,
) -> String {
    let there = page.messages.iter().filter(|m| m.content().is_some());
    let view = |message: &Message| {
        let card = cards(message.sender);
        MessageView::new(message, card.as_ref())
            .with_reactions(ReactionView::of(message, reactions, cards))
    };
    json(&Frame::ConversationJoined {
        conversation_id: room.uuid(),
        history: there.map(view).collect(),
    })
}

pub(super) fn left() -> String {
    json(&Frame::ConversationLeft)
}

/// What a row is to those who have the conversation open; who is in it, and what it is called, they
/// ask over HTTP.
pub(super) fn row(row: &Row, actor: Option<&Card>) -> Option<String> {
    let view = |message: &Message| MessageView::new(message, actor);
    let frame = match &row.change {
        Change::Message(message) => {
            message.content()?;
            Frame::NewMessage {
                message: view(message),
            }
        }
        Change::Edit(message) => {
            message.content()?;
            Frame::MessageUpdated {
                message: view(message).without_reactions(),
            }
        }
        Change::Deletion(message) => Frame::MessageDeleted {
            message_id: message.id.uuid(),
        },
        Change::Reaction(reaction) => reacted(row, reaction, actor),
        Change::Member(_) | Change::Room(_) | Change::Archive { .. } => return None,
    };
    Some(json(&frame))
}

fn reacted<'a>(row: &Row, reaction: &'a ReactionRow, actor: Option<&Card>) -> Frame<'a> {
    let user_id = id_of(row.sender, actor);
    match reaction.set {
        true => Frame::ReactionAdded {
            reaction: ReactionView::new(
                reaction.message,
                (row.sender, user_id),
                &reaction.emoji,
                Some(row.created_at),
            ),
        },
        false => Frame::ReactionRemoved {
            message_id: id(reaction.message),
            user_id,
            emoji: reaction.emoji.as_str(),
        },
    }
}

fn id(message: MessageId) -> Uuid {
    message.uuid()
}

/// What the sender of a message is told of it, besides the message itself.
pub(super) fn sent(row: &Row, sender: &Card) -> Option<String> {
    let message = row.message()?;
    message.content()?;
    let message = MessageView::new(message, Some(sender));
    Some(json(&Frame::MessageSent { message }))
}

pub(super) fn typing(user: UserId, on: bool, actor: Option<&Card>) -> String {
    json(&Frame::TypingIndicator {
        user_id: id_of(user, actor),
        is_typing: on,
    })
}

pub(super) fn marked_read() -> String {
    json(&Frame::MessagesMarkedRead)
}

pub(super) fn read(receipt: &Receipt, actor: Option<&Card>) -> String {
    json(&Frame::MessagesRead {
        conversation_id: receipt.room.uuid(),
        user_id: id_of(receipt.user, actor),
    })
}

pub(super) fn presence_updated(status: &str) -> String {
    json(&Frame::PresenceUpdated { status })
}

pub(super) fn presence(presence: &Presence, actor: Option<&Card>) -> String {
    json(&Frame::PresenceChanged {
        user_id: id_of(presence.user, actor),
        status: status(presence.state),
    })
}

pub(super) fn error(message: &str, action: Option<&str>) -> String {
    json(&Frame::Error { message, action })
}
