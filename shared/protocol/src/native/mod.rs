//! The native API: the socket `/api/v1/ws` with the subprotocol `hubbub.v1`, and the bodies of
//! REST, which say the same things in the same words.

pub mod archive;
mod decode;
pub mod described;
mod events;
pub mod examples;
mod fields;
mod files;
mod frames;
mod live;
mod message;
mod notifications;
mod people;
mod problem;
mod requests;
mod rooms;
mod sessions;
#[cfg(test)]
mod tests;
mod view;

use domain::{Error, Reply, Scene};

pub use files::{FileLinkView, FileUploaded, FileView};
pub use frames::{
    Authenticated, Gap, GapReason, Hello, HelloRooms, ResumeAnswer, Resumed, UnnamedRoom, changed,
    sent,
};
pub use live::{PresenceView, PresenceWord, Presences, ReceiptView, Receipts};
pub use message::{AttachmentView, MessageState, MessageView, ReactionView};
pub use notifications::{
    AcknowledgeBody, CauseView, Explanation, LevelView, NotificationView, Notifications,
    OutcomeView, RuleBody, RuleView, Rules, SocketView, VerdictView,
};
pub use people::{ChangeMe, ChangePassword, Login, Me, People, PersonView, SetUp, SignUp};
pub use problem::{FieldProblem, Problem};
pub use requests::{
    AddMember, ChangeRoom, CreateRoom, EditMessage, ReadBody, RoleBody, SendMessage, UserBody,
};
pub use rooms::{
    MemberChanged, Members, MessageChanged, MessageSent, Messages, OneMessage, ReactionAnswer,
    RoomJoined, Rooms,
};
pub use sessions::{Refresh, SessionView, Sessions, TicketBody, TokenBody};
pub use view::{MemberView, RoomSummary, UserView, page_size};

use crate::{Dialect, Refused, Request, Scope, Viewer};

/// The subprotocol that names this dialect in a handshake.
pub const SUBPROTOCOL: &str = "hubbub.v1";

/// Before a token in the list of subprotocols: unpadded base64url follows.
pub const TOKEN_PROTOCOL: &str = "base64url.bearer.hubbub.";

/// The native dialect.
#[derive(Debug, Clone, Copy)]
pub struct Native;

impl Dialect for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        decode::request(&scope.limits, text)
    }

    fn encode(&self, _viewer: &Viewer, scene: &Scene) -> Option<String> {
        events::encode(scene)
    }

    fn reply(&self, request: Option<&str>, reply: &Reply) -> Option<String> {
        frames::ack(request, reply)
    }

    fn refuse(&self, request: Option<&str>, error: &Error) -> Option<String> {
        Some(frames::refusal(request, error))
    }
}

/// Writes one of our own types, whose keys are all strings.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types have string keys only")
}
