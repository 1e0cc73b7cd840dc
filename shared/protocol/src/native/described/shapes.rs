//! What the frames of clients hold, besides `id` and `type`. The decoder reads field by field, so
//! that each can be refused by name; these say the same for readers, and a test compares.
#![allow(dead_code, reason = "they are described, never made")]

use std::collections::BTreeMap;

use domain::{ContentKind, Rev, Role, Seq};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(ToSchema)]
pub(super) struct AuthenticateFrame {
    /// What signing up or logging in gave.
    token: String,
}

#[derive(ToSchema)]
pub(super) struct SendFrame {
    /// Where.
    room: Uuid,
    /// Your own id for the message, which makes a repeat harmless. Without it one is made up.
    client_id: Option<Uuid>,
    /// What to say: a text, an emoji, or the caption of a file, which may be empty.
    content: String,
    /// What sort of message it is; a text where it is not said.
    kind: Option<ContentKind>,
    /// The uploaded file of a file or an image.
    file: Option<Uuid>,
    /// The message of the same room that it answers.
    reply_to: Option<Uuid>,
    /// Who is meant by it: members of the room.
    #[schema(max_items = 20)]
    mentions: Option<Vec<Uuid>>,
}

#[derive(ToSchema)]
pub(super) struct EditFrame {
    /// Where.
    room: Uuid,
    /// Your own id for the edit, which makes a repeat harmless. Without it one is made up.
    client_id: Option<Uuid>,
    /// Which message; it must be your own.
    message: Uuid,
    /// The text, the emoji or the caption from now on.
    content: String,
    /// Who is meant by it from now on.
    #[schema(max_items = 20)]
    mentions: Option<Vec<Uuid>>,
    /// Only if the message still has this revision.
    rev: Option<Rev>,
}

#[derive(ToSchema)]
pub(super) struct DeleteFrame {
    /// Where.
    room: Uuid,
    /// Your own id for the deletion, which makes a repeat harmless. Without it one is made up.
    client_id: Option<Uuid>,
    /// Which message.
    message: Uuid,
    /// Only if the message still has this revision.
    rev: Option<Rev>,
}

#[derive(ToSchema)]
pub(super) struct ReactFrame {
    /// Where.
    room: Uuid,
    /// To which message.
    message: Uuid,
    /// With which emoji: 1 to 16 visible characters without white space. Which of them are
    /// pictures is not checked.
    #[schema(min_length = 1, max_length = 16)]
    emoji: String,
}

#[derive(ToSchema)]
pub(super) struct AddFrame {
    /// Where.
    room: Uuid,
    /// Whom.
    user: Uuid,
    /// What they may do; a member's things where it is not said.
    role: Option<Role>,
}

#[derive(ToSchema)]
pub(super) struct RemoveFrame {
    /// Where.
    room: Uuid,
    /// Whom; yourself is leaving.
    user: Uuid,
}

#[derive(ToSchema)]
pub(super) struct RoleFrame {
    /// Where.
    room: Uuid,
    /// Who.
    user: Uuid,
    /// What they may do from now on.
    role: Role,
}

/// One of the two; `room` counts if there are both.
#[derive(ToSchema)]
pub(super) struct JoinFrame {
    /// The channel's id.
    #[schema(nullable = false)]
    room: Option<Uuid>,
    /// The channel's name.
    #[schema(nullable = false)]
    name: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct RoomFrame {
    /// Which.
    room: Uuid,
}

#[derive(ToSchema)]
pub(super) struct MarkFrame {
    /// Which room.
    room: Uuid,
    /// Up to which row. Beyond the head counts as the head.
    #[schema(maximum = 9007199254740991_i64)]
    seq: Seq,
}

#[derive(ToSchema)]
pub(super) struct ResumeFrame {
    /// The store's id, as `hello` said it.
    epoch: Uuid,
    /// The last seq that you have, for each room by its id.
    rooms: BTreeMap<Uuid, Seq>,
}

#[derive(ToSchema)]
pub(super) struct PingFrame {}

#[derive(ToSchema)]
pub(super) struct TypingFrame {
    /// Which room.
    room: Uuid,
    /// Whether you do.
    on: bool,
}

#[derive(ToSchema)]
pub(super) struct PresenceFrame {
    /// As what. To be seen as offline, close your sockets.
    state: WishWord,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum WishWord {
    /// As there.
    Online,
    /// As not at it.
    Away,
    /// As not to be disturbed.
    Busy,
}
