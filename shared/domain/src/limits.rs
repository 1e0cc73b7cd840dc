//! Every limit in one place. `docs/limits.md` and `hello.limits` are made from here; each is a
//! setting under `[limits]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one person, socket or request may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest body or WebSocket message, in bytes.
    pub body_bytes: usize,
    /// Longest text of a message, in bytes of UTF-8.
    pub message_bytes: usize,
    /// Longest name of a room, in characters.
    pub room_name_chars: usize,
    /// Frames that one socket may send in a second, sustained: texts, bytes, pings and pongs alike.
    pub frames_per_second: u32,
    /// Frames that one socket may send at once.
    pub frames_burst: u32,
    /// Members of one room.
    pub room_members: u64,
    /// Rooms of one user.
    pub user_rooms: u64,
    /// Open sockets of one user.
    pub user_sessions: usize,
    /// Open sockets from one address.
    pub address_sessions: usize,
    /// Open connections from one address, those of its sockets included.
    pub address_connections: usize,
    /// Open connections in all, so that files are left for the store.
    pub connections: usize,
    /// Rows or messages of a page when the request names no number.
    pub page: usize,
    /// Most rows or messages of a page.
    pub page_max: usize,
    /// Most rows of one room that a resume replays.
    pub resume_room_rows: u64,
    /// Most rows that one resume replays in all.
    pub resume_rows: u64,
    /// Bytes that may wait for one slow session.
    pub outbox_bytes: usize,
    /// Frames that may wait for one slow session.
    pub outbox_frames: usize,
    /// Commands that may wait for one room's writer.
    pub writer_queue: usize,
    /// Most rows of one append.
    pub append_rows: usize,
    /// Most bytes of one append.
    pub append_bytes: usize,
    /// Members up to which a room's receipts and presence are told to everybody in it.
    pub small_room: u64,
    /// How many people's typing is passed on in a second in a room with more than 100 open sockets.
    pub typing_per_second: u32,
    /// Changes of presence that one process tells in a second; the others wait.
    pub presence_per_second: usize,
    /// Most people of one look at presence.
    pub presence_users: usize,
    /// Messages one user may send in a second, sustained.
    pub sends_per_second: u32,
    /// Messages one user may send at once.
    pub sends_burst: u32,
    /// Log-ins per minute, for each address and for each name.
    pub logins_per_minute: u32,
    /// Sign-ups per hour from one address.
    pub signups_per_hour: u32,
    /// Renewals of tokens per minute, for each address.
    pub refreshes_per_minute: u32,
    /// Changes per minute that one user makes of their account and their notification rules.
    pub changes_per_minute: u32,
    /// Tickets for sockets per minute, for each user.
    pub tickets_per_minute: u32,
    /// Logins of one user that last; of more, those that were not renewed for longest end.
    pub user_logins: usize,
    /// Largest file, in bytes.
    pub upload_bytes: usize,
    /// Files one user may upload in a minute.
    pub uploads_per_minute: u32,
    /// Uploads of one user that may be under way.
    pub user_uploads: usize,
    /// Uploads that may be under way in all.
    pub uploads: usize,
    /// Most messages of one batch of an archive run.
    pub run_batch: usize,
    /// Days for which a room's changes (edits, deletions, reactions, members, the room itself) can
    /// be replayed to who was away. What they changed stays so.
    pub change_days: u32,
    /// Archive policies that administrators make; those of the configuration come on top.
    pub archive_policies: usize,
}

impl Limits {
    /// How long a sender waits for an acknowledgement.
    pub const ACK: Duration = Duration::from_secs(5);
    /// How long one call of the store may take.
    pub const STORE_CALL: Duration = Duration::from_secs(4);
    /// How long one call of the cache may take.
    pub const CACHE_CALL: Duration = Duration::from_millis(80);
    /// How long a publish may wait for its confirmation.
    pub const PUBLISH: Duration = Duration::from_secs(5);
    /// How long one call of the blob store may take, but for the bytes themselves.
    pub const BLOB_CALL: Duration = Duration::from_secs(30);
    /// How long a new socket may take to say who it is.
    pub const AUTHENTICATE: Duration = Duration::from_secs(5);
    /// How long somebody types who does not say so again.
    pub const TYPING: Duration = Duration::from_secs(6);
    /// How long a change of somebody's typing may wait for the one before it.
    pub const TYPING_PAUSE: Duration = Duration::from_secs(2);
    /// How long a receipt may wait for the one before it, to be stored and told with it.
    pub const RECEIPT_PAUSE: Duration = Duration::from_secs(1);
    /// How long a change of presence is held back, so that a page can be loaded again unnoticed.
    pub const PRESENCE_PAUSE: Duration = Duration::from_secs(1);
    /// How long somebody is taken for present whose process no longer says so.
    pub const PRESENCE: Duration = Duration::from_secs(75);
    /// How often the server pings; two misses close the socket.
    pub const HEARTBEAT: Duration = Duration::from_secs(25);
    /// How long a graceful stop may take.
    pub const DRAIN: Duration = Duration::from_secs(10);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            message_bytes: 16 * 1024,
            room_name_chars: 64,
            frames_per_second: 100,
            frames_burst: 500,
            room_members: 10_000,
            user_rooms: 1_000,
            user_sessions: 20,
            address_sessions: 200,
            address_connections: 400,
            connections: 16_000,
            page: 50,
            page_max: 200,
            resume_room_rows: 1_000,
            resume_rows: 10_000,
            outbox_bytes: 1024 * 1024,
            outbox_frames: 1_000,
            writer_queue: 1_024,
            append_rows: 512,
            append_bytes: 4 * 1024 * 1024,
            small_room: 100,
            typing_per_second: 10,
            presence_per_second: 500,
            presence_users: 100,
            sends_per_second: 10,
            sends_burst: 30,
            logins_per_minute: 10,
            signups_per_hour: 20,
            refreshes_per_minute: 60,
            changes_per_minute: 20,
            tickets_per_minute: 60,
            user_logins: 1_000,
            upload_bytes: 10 * 1024 * 1024,
            uploads_per_minute: 20,
            user_uploads: 4,
            uploads: 32,
            run_batch: 1_000,
            change_days: 30,
            archive_policies: 100,
        }
    }
}
