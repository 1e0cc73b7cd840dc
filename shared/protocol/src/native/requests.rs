//! Bodies that clients send about rooms and messages. Frames of the socket that say the same are
//! read into them, too.

use domain::{
    Code, Content, ContentKind, Draft, Emoji, Error, FileId, Limits, MENTIONS, MessageId, Result,
    Rev, Role, RoomKind, RoomName, Says, Seq, UserId, WantedRoom,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// `POST /api/v1/rooms`: makes a channel, or a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CreateRoom {
    /// Which kind; a channel where it is not said.
    #[serde(default)]
    pub kind: Option<RoomKind>,
    /// The wanted name; a group needs none. 1 to 64 characters, without control or invisible ones
    /// and without white space at either end. Names that differ in case are different.
    #[serde(default)]
    pub name: Option<String>,
    /// Who is in a group from the beginning.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub members: Vec<UserId>,
    /// Whether only admins and the owner may write in it, from its first moment on.
    #[serde(default)]
    pub read_only: bool,
}

impl CreateRoom {
    /// What is wanted.
    ///
    /// # Errors
    /// `invalid_room_name`; `invalid_field` naming `kind` for direct rooms, `name` for a channel
    /// without one, `members` for a channel with some.
    pub fn wanted(self, limits: &Limits) -> Result<WantedRoom> {
        let name = self.name.map(|name| RoomName::chosen(&name, limits));
        let (name, read_only) = (name.transpose()?, self.read_only);
        match self.kind.unwrap_or(RoomKind::Channel) {
            RoomKind::Channel if !self.members.is_empty() => {
                Err(wrong("members", "Everybody comes into a channel alone."))
            }
            RoomKind::Channel => {
                let name = name.ok_or_else(|| wrong("name", "A channel needs a name."))?;
                Ok(WantedRoom::Channel { name, read_only })
            }
            RoomKind::Group => Ok(WantedRoom::Group {
                name,
                members: self.members,
                read_only,
            }),
            RoomKind::Direct => Err(wrong("kind", "A direct room is opened, not made.")),
        }
    }
}

/// `PATCH /api/v1/rooms/{id}`: what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ChangeRoom {
    /// What it is called from now on.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether only admins and the owner may write in it.
    #[serde(default)]
    pub read_only: Option<bool>,
}

/// `POST /api/v1/rooms/direct` and `/rooms/{id}/transfer`: names a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserBody {
    /// Who.
    #[schema(value_type = Uuid)]
    pub user: UserId,
}

/// `POST /api/v1/rooms/{id}/members`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub struct AddMember {
    /// Who.
    #[schema(value_type = Uuid)]
    pub user: UserId,
    /// What they may do; a member's things where it is not said.
    #[serde(default)]
    pub role: Option<Role>,
}

/// `PATCH /api/v1/rooms/{id}/members/{user}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RoleBody {
    /// What they may do from now on.
    pub role: Role,
}

/// `POST /api/v1/rooms/{id}/messages`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct SendMessage {
    /// What to say: a text, an emoji, or the caption of a file.
    #[serde(default)]
    pub content: Option<String>,
    /// Makes a repeat harmless; the header `Idempotency-Key` says the same.
    #[serde(default)]
    pub client_id: Option<String>,
    /// What sort of message it is; a text where it is not said.
    #[serde(default)]
    pub kind: Option<ContentKind>,
    /// The uploaded file of a file or an image.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub file: Option<FileId>,
    /// The message of the same room that it answers.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub reply_to: Option<MessageId>,
    /// Who is meant by it.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub mentions: Vec<UserId>,
}

impl SendMessage {
    /// What is to be said, as far as it can be read without looking anything up.
    ///
    /// # Errors
    /// `message_empty`, `message_too_long` and `invalid_emoji`, naming `content`; `invalid_field`
    /// naming `content` or `file` where the kind needs it and it is missing, or needs none and it
    /// is there, and `mentions` where they are too many.
    pub fn draft(self, limits: &Limits) -> Result<Draft> {
        let kind = self.kind.unwrap_or(ContentKind::Text);
        let attached = matches!(kind, ContentKind::File | ContentKind::Image);
        let says = match (attached, self.file) {
            (true, Some(file)) => Says::File {
                file,
                image: kind == ContentKind::Image,
                caption: self.content.unwrap_or_default(),
            },
            (true, None) => return Err(wrong("file", "It is missing.")),
            (false, Some(_)) => return Err(wrong("file", "A message of this kind has no file.")),
            (false, None) => Says::Words(words(kind, self.content, limits)?),
        };
        Ok(Draft {
            says,
            reply_to: self.reply_to,
            mentions: mentions(self.mentions)?,
        })
    }
}

fn words(kind: ContentKind, content: Option<String>, limits: &Limits) -> Result<Content> {
    let text = content.ok_or_else(|| wrong("content", "It is missing."))?;
    match kind {
        ContentKind::Emoji => Ok(Content::emoji(&Emoji::said(&text)?)),
        ContentKind::System => Content::system(text, limits),
        ContentKind::Text | ContentKind::File | ContentKind::Image => Content::words(text, limits),
    }
}

/// `PATCH /api/v1/rooms/{id}/messages/{message}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct EditMessage {
    /// The text, the emoji or the caption from now on.
    pub content: String,
    /// Who is meant by it from now on.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub mentions: Vec<UserId>,
    /// Only if the message still has this revision; the header `If-Match` says the same.
    #[serde(default)]
    pub rev: Option<Rev>,
    /// Makes a repeat harmless; the header `Idempotency-Key` says the same.
    #[serde(default)]
    pub client_id: Option<String>,
}

impl EditMessage {
    /// What is to be said instead.
    ///
    /// # Errors
    /// `invalid_field` naming `mentions` where they are too many.
    pub fn edit(self) -> Result<domain::Edit> {
        Ok(domain::Edit {
            text: self.content,
            mentions: mentions(self.mentions)?,
            if_rev: self.rev,
        })
    }
}

/// Drops duplicates; the first of each stays where it is.
fn mentions(users: Vec<UserId>) -> Result<Vec<UserId>> {
    let mut once: Vec<UserId> = Vec::new();
    for user in users {
        if once.contains(&user) {
            continue;
        }
        if once.len() == MENTIONS {
            return Err(wrong("mentions", "A message mentions at most 20 people."));
        }
        once.push(user);
    }
    Ok(once)
}

/// `POST /api/v1/rooms/{id}/read` and `/received`: everything in the room up to the seq is read,
/// or has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ReadBody {
    /// Up to which row.
    pub seq: Seq,
}

fn wrong(field: &'static str, detail: &'static str) -> Error {
    Error::invalid(Code::InvalidField, field, detail)
}
