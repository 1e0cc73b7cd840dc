//! The records.

use uuid::Uuid;

use super::{Key, Part};
use crate::{
    ClientId, Content, ContentHash, Family, File, FileLink, Member, MemberRow, MessageId, NewRow,
    Notification, Numbered, ReactionRow, Rev, Room, RoomId, RoomRow, RowId, RunId, Seq, TenantId,
    Timestamp, User, UserId,
    archive::{Hold, Policy, RoomCount, RoomOverride, Run},
};

/// One record, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An account.
    User(User),
    /// What a login began.
    Family(Family),
    /// A token that was ended before its time.
    RevokedToken(RevokedToken),
    /// When somebody was there last.
    Sighting(Sighting),
    /// A room.
    Room(KeptRoom),
    /// Somebody's place in a room.
    Member(Member),
    /// A row of a log.
    Row(Box<KeptRow>),
    /// A body in the archive.
    Copy(Box<KeptCopy>),
    /// A reaction.
    Reaction(KeptReaction),
    /// What must not be moved.
    Hold(Hold),
    /// What should be archived when.
    Policy(Policy),
    /// What a room has of its own.
    Override(RoomOverride),
    /// An execution of a policy.
    Run(Box<Run>),
    /// What a run found and did in a room.
    RunRoom(RunRoom),
    /// News that no log tells.
    Notification(KeptNotification),
    /// What is known of a file.
    File(KeptFile),
    /// That a message refers to a file.
    FileLink(KeptLink),
    /// The number of a thing.
    Number(KeptNumber),
}

/// A token that was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedToken {
    /// The token's id, or its hash.
    pub token: String,
    /// When it would have ended by itself.
    pub expires_at: Timestamp,
}

/// When somebody was there last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Who.
    pub user: UserId,
    /// Until when.
    pub at: Timestamp,
}

/// The number of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNumber {
    /// Of what.
    pub thing: Numbered,
    /// In which tenant.
    pub tenant: TenantId,
    /// Which.
    pub number: u64,
}

/// A room, and what its log begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRoom {
    /// The room.
    pub room: Room,
    /// The rows that a writer appends before its own first.
    pub init: Vec<NewRow>,
    /// Whether it was deleted, and nothing but this record is left of it.
    pub cleared: bool,
}

/// A row of a log as it lies in the store: what it changed, and not what that shows now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Its id.
    pub id: RowId,
    /// The room whose log it is in.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// The generation of the log there.
    pub generation: Seq,
    /// Who did it.
    pub sender: UserId,
    /// The sender's own id for it.
    pub client_id: ClientId,
    /// Store time.
    pub created_at: Timestamp,
    /// Of what was sent; tells a repeat from another send.
    pub content_hash: ContentHash,
    /// What it changed.
    pub change: KeptChange,
    /// When it was stored, if it is not known to have reached the consumers of the queue: it is
    /// published from the new store (again).
    pub mark: Option<Timestamp>,
}

/// What a row changed. All of it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptChange {
    /// Something was said: the message as it is now.
    Message(KeptMessage),
    /// A message was brought to this revision by an edit. What it said then is gone.
    Edit {
        /// Which.
        message: MessageId,
        /// The revision.
        rev: Rev,
    },
    /// A message was brought to this revision by a deletion.
    Deletion {
        /// Which.
        message: MessageId,
        /// The revision.
        rev: Rev,
    },
    /// Somebody reacted to a message, or took that back.
    Reaction(ReactionRow),
    /// Somebody came or went, or may do more or less.
    Member(MemberRow),
    /// The room itself changed.
    Room(RoomRow),
    /// Messages were moved to the archive.
    Archive {
        /// By which run.
        run: RunId,
        /// Through which seq.
        through: Seq,
    },
}

/// A message as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// The revision of the content.
    pub rev: Rev,
    /// When it was edited last, where that is known.
    pub edited_at: Option<Timestamp>,
    /// Where its body has been.
    pub place: u64,
    /// How large the content is, in bytes; 0 when it is gone.
    pub bytes: u64,
    /// Where the body is.
    pub body: KeptBody,
}

/// Where the body of a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptBody {
    /// With its row.
    Here(Content),
    /// In the archive.
    Copied {
        /// The run that moved it there.
        run: RunId,
        /// The revision of the copy that is the body.
        rev: Rev,
        /// The place of the copy that is the body.
        place: u64,
    },
    /// Nowhere: it was deleted or erased.
    Deleted,
    /// Nowhere: the policy of the room purged it.
    Purged,
}

/// A body that was moved to the archive. Whether a key points to it, its key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCopy {
    /// The message.
    pub message: MessageId,
    /// Its revision when it was copied.
    pub rev: Rev,
    /// Its place when it was copied.
    pub place: u64,
    /// The room.
    pub room: RoomId,
    /// The message's number there.
    pub seq: Seq,
    /// The run that copied it.
    pub run: RunId,
    /// Who said it.
    pub sender: UserId,
    /// When it was said.
    pub created_at: Timestamp,
    /// What it said.
    pub content: Content,
    /// When it was copied.
    pub archived_at: Timestamp,
}

/// Somebody's reaction to a message. Kept when it was taken back, so that its seq goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReaction {
    /// The room.
    pub room: RoomId,
    /// What they reacted to, with which emoji, and whether it is set.
    pub reaction: ReactionRow,
    /// Who.
    pub user: UserId,
    /// The row that said so last.
    pub seq: Seq,
    /// When that was, where it is known.
    pub at: Option<Timestamp>,
}

/// What a run found and did in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRoom {
    /// The run.
    pub run: RunId,
    /// What it found and did; it names the room.
    pub count: RoomCount,
}

/// News that no log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNotification {
    /// The news.
    pub notification: Notification,
    /// Whether it was settled; then it is kept so that it does not come again.
    pub settled: bool,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// The file.
    pub file: File,
    /// Since when no message refers to it; none while one does.
    pub loose_since: Option<Timestamp>,
}

/// That a message refers to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptLink {
    /// Which, to which.
    pub link: FileLink,
    /// When it is looked at again.
    pub check_at: Timestamp,
}

impl KeptRow {
    /// What the row changed, and the revision that it gave it: a message, a reaction, a user or the
    /// room; of other rows the row itself and 1.
    #[must_use]
    pub fn target(&self) -> (Uuid, Rev) {
        match &self.change {
            KeptChange::Message(_) | KeptChange::Archive { .. } => (self.id.uuid(), 1),
            KeptChange::Edit { message, rev } | KeptChange::Deletion { message, rev } => {
                (message.uuid(), *rev)
            }
            KeptChange::Reaction(reaction) => (reaction.target(self.sender), self.seq),
            KeptChange::Member(member) => (member.user.uuid(), member.rev),
            KeptChange::Room(room) => (self.room.uuid(), room.rev),
        }
    }
}

impl Record {
    /// What kind of record it is.
    #[must_use]
    pub fn part(&self) -> Part {
        match self {
            Self::User(_) => Part::Users,
            Self::Family(_) => Part::Families,
            Self::RevokedToken(_) => Part::RevokedTokens,
            Self::Sighting(_) => Part::Sightings,
            Self::Room(_) => Part::Rooms,
            Self::Member(_) => Part::Members,
            Self::Row(_) => Part::Rows,
            Self::Copy(_) => Part::Copies,
            Self::Reaction(_) => Part::Reactions,
            Self::Hold(_) => Part::Holds,
            Self::Policy(_) => Part::Policies,
            Self::Override(_) => Part::Overrides,
            Self::Run(_) => Part::Runs,
            Self::RunRoom(_) => Part::RunRooms,
            Self::Notification(_) => Part::Notifications,
            Self::File(_) => Part::Files,
            Self::FileLink(_) => Part::FileLinks,
            Self::Number(_) => Part::Numbers,
        }
    }

    /// What it is known by.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::User(user) => Key::Id(user.id.uuid()),
            Self::Family(family) => Key::Id(family.id.uuid()),
            Self::RevokedToken(token) => Key::Token(token.token.clone()),
            Self::Sighting(sighting) => Key::Id(sighting.user.uuid()),
            Self::Room(room) => Key::Id(room.room.id.uuid()),
            Self::Member(member) => Key::Pair(member.room.uuid(), member.user.uuid()),
            Self::Row(row) => row.key(),
            Self::Copy(copy) => copy.key(),
            Self::Reaction(reaction) => reaction.key(),
            Self::Hold(hold) => Key::Id(hold.id.uuid()),
            Self::Policy(policy) => Key::Id(policy.id.uuid()),
            Self::Override(own) => Key::Id(own.room.uuid()),
            Self::Run(run) => Key::Id(run.id.uuid()),
            Self::RunRoom(outcome) => Key::Pair(outcome.run.uuid(), outcome.count.room.uuid()),
            Self::Notification(kept) => Key::Id(kept.notification.id.uuid()),
            Self::File(kept) => Key::Id(kept.file.id.uuid()),
            Self::FileLink(kept) => Key::Pair(kept.link.file.uuid(), kept.link.message.uuid()),
            Self::Number(kept) => Key::Id(kept.thing.id),
        }
    }
}

impl KeptRow {
    fn key(&self) -> Key {
        Key::Row {
            room: self.room,
            seq: self.seq,
            id: self.id,
        }
    }
}

impl KeptCopy {
    fn key(&self) -> Key {
        Key::Copy {
            message: self.message,
            rev: self.rev,
            place: self.place,
        }
    }
}

impl KeptReaction {
    fn key(&self) -> Key {
        Key::Reaction {
            room: self.room,
            message: self.reaction.message,
            emoji: self.reaction.emoji.clone(),
            user: self.user,
        }
    }
}
