//! Things as clients see them, over HTTP and the socket alike.

use domain::{
    Card, ContentKind, Emoji, Member, Message, MessageId, Presence, PresenceState, Reaction,
    ReactionRow, Reactor, Role, Room, RoomKind, Timestamp, UserId, command::RoomView,
};
use serde::Serialize;
use uuid::Uuid;

use super::draft::url_of;
use crate::{Cards, moment::Micros};

/// Somebody's id, by which clients of their own system know them.
pub(super) fn id_of(user: UserId, card: Option<&Card>) -> String {
    let card = card.filter(|card| card.user == user);
    card.map_or_else(|| user.to_string(), Card::foreign_id)
}

/// A message.
#[derive(Debug, Serialize)]
pub struct MessageView {
    id: Uuid,
    conversation: Uuid,
    sender_id: String,
    message_type: &'static str,
    content: String,
    file_url: Option<String>,
    file_name: Option<String>,
    file_size: Option<u64>,
    reply_to: Option<Uuid>,
    /// None where they did not change, and are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reactions: Option<Vec<ReactionView>>,
    reply_count: Option<u64>,
    edited_at: Option<Micros>,
    is_deleted: bool,
    created_at: Micros,
}

impl MessageView {
    /// A message as it is now, without its reactions.
    #[must_use]
    pub fn new(message: &Message, sender: Option<&Card>) -> Self {
        let content = message.content();
        let file = content.and_then(|content| content.attachment.as_ref());
        Self {
            id: message.id.uuid(),
            conversation: message.room.uuid(),
            sender_id: id_of(message.sender, sender),
            message_type: content.map_or("text", |content| kind(content.kind)),
            content: content.map_or_else(String::new, |content| content.text.clone()),
            file_url: file.map(|file| url_of(file.file)),
            file_name: file.map(|file| file.name.clone()),
            file_size: file.map(|file| file.bytes),
            reply_to: content.and_then(|content| Some(content.reply_to?.uuid())),
            reactions: Some(Vec::new()),
            reply_count: None,
            edited_at: message.revised_at().map(Micros::from),
            is_deleted: content.is_none(),
            created_at: message.created_at.into(),
        }
    }

    /// With what people reacted to it.
    #[must_use]
    pub fn with_reactions(self, reactions: Vec<ReactionView>) -> Self {
        Self {
            reactions: Some(reactions),
            ..self
        }
    }

    /// As an edit tells of it, which says nothing of its reactions.
    pub(super) fn without_reactions(self) -> Self {
        Self {
            reactions: None,
            ..self
        }
    }
}

fn kind(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Text => "text",
        ContentKind::Emoji => "emoji",
        ContentKind::File => "file",
        ContentKind::Image => "image",
        ContentKind::System => "system",
    }
}

/// One person's reaction.
#[derive(Debug, Serialize)]
pub struct ReactionView {
    id: Uuid,
    message: Uuid,
    message_id: Uuid,
    user_id: String,
    emoji: String,
    created_at: Option<Micros>,
}

impl ReactionView {
    /// The reaction of somebody, by their id and what clients call them.
    #[must_use]
    pub fn new(
        message: MessageId,
        (user, user_id): (UserId, String),
        emoji: &Emoji,
        created_at: Option<Timestamp>,
    ) -> Self {
        let row = ReactionRow {
            message,
            emoji: emoji.clone(),
            set: true,
        };
        Self {
            id: row.target(user),
            message: message.uuid(),
            message_id: message.uuid(),
            user_id,
            emoji: emoji.as_str().to_owned(),
            created_at: created_at.map(Micros::from),
        }
    }

    /// Those of one message.
    #[must_use]
    pub fn of(message: &Message, reactions: &[Reaction], cards: Cards<'_>) -> Vec<Self> {
        let own = reactions.iter().filter(|one| one.message == message.id);
        Self::all(&own.cloned().collect::<Vec<_>>(), cards)
    }

    /// One for each person who is named.
    #[must_use]
    pub fn all(reactions: &[Reaction], cards: Cards<'_>) -> Vec<Self> {
        let each = reactions.iter().flat_map(|reaction| {
            let people = reaction.people.iter();
            people.map(move |Reactor { user, at }| {
                let user_id = id_of(*user, cards(*user).as_ref());
                Self::new(reaction.message, (*user, user_id), &reaction.emoji, *at)
            })
        });
        each.collect()
    }
}

/// A conversation, as one of its participants sees it.
#[derive(Debug, Serialize)]
pub struct ConversationView {
    id: Uuid,
    title: String,
    conversation_type: &'static str,
    created_by: String,
    is_active: bool,
    last_message_at: Option<Micros>,
    participant_count: u64,
    last_message: Option<LastMessage>,
    created_at: Micros,
    updated_at: Micros,
}

#[derive(Debug, Serialize)]
struct LastMessage {
    id: Uuid,
    content: String,
    sender_id: String,
    message_type: &'static str,
    created_at: Micros,
}

impl ConversationView {
    /// A conversation of so many people, and what was said last in it.
    #[must_use]
    pub fn new(view: &RoomView, people: u64, last: Option<&Message>, cards: Cards<'_>) -> Self {
        let room = &view.room;
        let at = last.map(|message| message.created_at);
        Self {
            id: room.id.uuid(),
            title: title_of(view),
            conversation_type: type_of(room),
            created_by: id_of(room.created_by, cards(room.created_by).as_ref()),
            is_active: true,
            last_message_at: at.map(Micros::from),
            participant_count: people,
            last_message: last.map(|message| LastMessage::new(message, cards)),
            created_at: room.created_at.into(),
            updated_at: at.unwrap_or(room.created_at).into(),
        }
    }
}

impl LastMessage {
    fn new(message: &Message, cards: Cards<'_>) -> Self {
        let content = message.content();
        Self {
            id: message.id.uuid(),
            content: content.map_or_else(String::new, |content| content.as_text().to_owned()),
            sender_id: id_of(message.sender, cards(message.sender).as_ref()),
            message_type: content.map_or("text", |content| kind(content.kind)),
            created_at: message.created_at.into(),
        }
    }
}

/// What a conversation is called: by its name, or by whom it is with.
#[must_use]
pub fn title_of(view: &RoomView) -> String {
    let name = view.room.name.as_ref().map(|name| name.as_str().to_owned());
    let peer = || view.peer.as_ref().map(Card::full_name);
    name.or_else(peer).unwrap_or_default()
}

/// In a channel only admins post; what is open to all is a group here.
fn type_of(room: &Room) -> &'static str {
    match room.kind {
        RoomKind::Direct => "direct",
        RoomKind::Channel | RoomKind::Group if room.read_only => "channel",
        RoomKind::Channel | RoomKind::Group => "group",
    }
}

/// Somebody who is in a conversation.
#[derive(Debug, Serialize)]
pub struct ParticipantView {
    id: Uuid,
    conversation: Uuid,
    user_id: String,
    role: &'static str,
    joined_at: Micros,
    last_seen_at: Option<Micros>,
    is_active: bool,
}

impl ParticipantView {
    /// Somebody's place, and when they were there last.
    #[must_use]
    pub fn new(member: &Member, card: Option<&Card>, last_seen_at: Option<Timestamp>) -> Self {
        let room = member.room.uuid();
        Self {
            id: Uuid::new_v5(&room, member.user.uuid().as_bytes()),
            conversation: room,
            user_id: id_of(member.user, card),
            role: match member.role {
                Role::Member => "member",
                Role::Admin | Role::Owner => "admin",
            },
            joined_at: member.joined_at.into(),
            last_seen_at: last_seen_at.map(Micros::from),
            is_active: member.is_active(),
        }
    }
}

/// Whether somebody is there.
#[derive(Debug, Serialize)]
pub struct PresenceView {
    user_id: String,
    status: &'static str,
    last_seen: Option<Micros>,
    current_conversation: Option<Uuid>,
}

impl PresenceView {
    /// Somebody's presence, and the conversation that they have open.
    #[must_use]
    pub fn new(presence: &Presence, card: Option<&Card>, open: Option<Uuid>) -> Self {
        Self {
            user_id: id_of(presence.user, card),
            status: status(presence.state),
            last_seen: presence.last_seen.map(Micros::from),
            current_conversation: open,
        }
    }
}

pub(super) fn status(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => "online",
        PresenceState::Away => "away",
        PresenceState::Busy => "busy",
        PresenceState::Offline => "offline",
    }
}
