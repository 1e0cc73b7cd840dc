//! What the frames of clients hold, besides `id` and `type`. The decoder reads field by field, so
//! that each can be refused by name; these say the same for readers, and a test compares.
#![allow(dead_code, reason = "they are described, never made")]

use std::collections::BTreeMap;

use domain::Seq;
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
    /// What to say.
    content: String,
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
