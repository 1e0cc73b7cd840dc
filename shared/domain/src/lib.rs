//! What is true about chat: types, rules, commands, events, errors and the ports.
//!
//! Nothing here does I/O. Everything else in the workspace points towards this crate, and it
//! points at nothing. Read in this order: [`row`] (the log of a room), [`ports`] (what a store
//! must promise), [`command`] and [`event`] (what is asked for, and what happened).

pub mod archive;
pub mod code;
pub mod command;
pub mod content;
pub mod decision;
pub mod draft;
pub mod envelope;
pub mod error;
pub mod event;
pub mod family;
pub mod file;
pub mod foreign;
pub mod ids;
pub mod limits;
pub mod marks;
pub mod media_type;
pub mod membership;
pub mod message;
pub mod names;
pub mod notification;
mod number;
pub mod ports;
pub mod presence;
pub mod rate;
pub mod receipt;
pub mod recent;
pub mod rights;
pub mod room;
pub mod row;
pub mod sent;
pub mod token;
pub mod trace;
pub mod transfer;
pub mod user;

pub use code::{Code, Kind};
pub use command::{Caller, Command, Edit, Reply, WantedRoom};
pub use content::{Attachment, Content, ContentHash, ContentKind};
pub use decision::{Declined, Others, Standing};
pub use draft::{Draft, MENTIONS, Says};
pub use envelope::Envelope;
pub use error::{Error, Result};
pub use event::{Card, Event, Scene};
pub use family::{Family, Label, Presented};
pub use file::{File, FileLink, FileName, FileState, NewFile, Received};
pub use foreign::Foreign;
pub use ids::{
    ClientId, FamilyId, FileId, HoldId, MessageId, NodeId, NotificationId, PolicyId, RoomId, RowId,
    RunId, SessionId, TenantId, UserId,
};
pub use limits::Limits;
pub use media_type::MediaType;
pub use membership::membership;
pub use message::{Body, Cursor, Message, Order, Page, Reaction, Reactor, SHOWN_REACTORS, Split};
pub use names::{Email, Emoji, FullName, Password, PersonName, RoomName, Username};
pub use notification::{Cause, Notification, Rule, Verdict, notifies, verdict};
pub use number::{MessageNumber, Numbered, Numbering};
pub use presence::{Presence, PresenceState, Visit, Wish};
pub use rate::{Budget, Holder, Rate};
pub use receipt::Receipt;
pub use recent::Recent;
pub use rights::Deed;
pub use room::{Mark, Member, MemberState, NewRoom, Role, Room, RoomKind};
pub use row::{
    Appended, Change, Head, MESSAGE_EMOJI, MemberChange, MemberRow, NewChange, NewRow, ReactionRow,
    Refusal, RoomChange, RoomRow, Row, missing_after,
};
pub use sent::{Original, Sent, Words};
pub use token::TokenKey;
pub use trace::TraceParent;
pub use user::{NewUser, Profile, User};

/// A row's number in its room: 1, 2, 3…, dense, never reused. 0 stands before the first row.
pub type Seq = u64;

/// How often something has changed; 1 when it was made.
pub type Rev = u64;

/// A moment in the store's time, whole milliseconds.
pub type Timestamp = jiff::Timestamp;

/// Cuts a moment to the whole milliseconds that every store keeps.
#[must_use]
pub fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
