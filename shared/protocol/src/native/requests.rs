//! Bodies that clients send about rooms and messages.

use domain::Seq;
use serde::Deserialize;
use utoipa::ToSchema;

/// `POST /api/v1/rooms`: makes a channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CreateRoom {
    /// The wanted name.
    pub name: String,
}

/// `POST /api/v1/rooms/{id}/messages`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct SendMessage {
    /// What to say.
    pub content: String,
    /// Makes a repeat harmless; the header `Idempotency-Key` says the same.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// `POST /api/v1/rooms/{id}/read` and `/received`: everything in the room up to the seq is read,
/// or has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ReadBody {
    /// Up to which row.
    pub seq: Seq,
}
