use domain::{
    Change, ClientId, Content, ContentHash, Error, Message, NewChange, RoomId, RoomRow, Row, RowId,
    RunId, Seq, Timestamp, UserId,
};
use mongodb::bson::{Binary, DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::{
    change::{ReactionRowRecord, RoomRowRecord},
    content::{ContentRecord, GoneRecord},
    incomplete,
    member::MemberRowRecord,
};
use crate::values::{date, hash, id, int, time, uint, uuid};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindRecord {
    Message,
    Edit,
    Deletion,
    Reaction,
    Member,
    Room,
    Archive,
}

impl KindRecord {
    /// As queries name messages.
    pub(crate) const MESSAGE: &str = "message";

    pub(super) fn of(change: &NewChange) -> Self {
        match change {
            NewChange::Message { .. } => Self::Message,
            NewChange::Edit { .. } => Self::Edit,
            NewChange::Deletion { .. } => Self::Deletion,
            NewChange::Reaction(_) => Self::Reaction,
            NewChange::Member(_) => Self::Member,
            NewChange::Room(_) => Self::Room,
            NewChange::Archive { .. } => Self::Archive,
        }
    }
}

/// What an archive row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArchiveRowRecord {
    pub(super) run: Uuid,
    pub(super) through: i64,
}

impl ArchiveRowRecord {
    pub(super) fn new(run: RunId, through: Seq) -> Self {
        Self {
            run: id(run.uuid()),
            through: int(through),
        }
    }
}

/// A row of a room's log. A message's row is its key too, and its body while it is hot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RowRecord {
    // The row: never changes.
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) seq: i64,
    #[serde(rename = "gen")]
    pub(crate) generation: i64,
    pub(crate) kind: KindRecord,
    pub(crate) sender_id: Uuid,
    pub(crate) client_id: Uuid,
    pub(crate) created_at: DateTime,
    /// The same, in changes only: what an index over it finds, is dropped when it is old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changed_at: Option<DateTime>,
    /// Of what was sent; tells a repeat from another send.
    pub(crate) content_hash: Binary,
    /// What a row changes: a message, a reaction, a user, the room. Of other rows the row itself, so
    /// that every row has one: not every server keeps an index of only some.
    pub(crate) target: Uuid,
    /// The revision that this row gives its target.
    pub(crate) target_rev: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reaction: Option<ReactionRowRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) member: Option<MemberRowRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<RoomRowRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archive: Option<ArchiveRowRecord>,

    // What is still to be done with it.
    /// What an edit says, until it is applied. It goes then, so that a later erasure finds all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<ContentRecord>,
    /// There until the row's target is what the row says. Kept apart from the mark, so that
    /// readers do not look at all that waits for a broker that is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unapplied: Option<bool>,
    /// The outbox: when it was stored; gone once it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mark: Option<DateTime>,

    // The state of a message.
    /// Raised by changes of content only.
    #[serde(default)]
    pub(crate) rev: i64,
    /// When the content was edited last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) edited_at: Option<DateTime>,
    /// Raised by archive, restore, hold, deletion and erasure.
    #[serde(default)]
    pub(crate) place: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<ContentRecord>,
    #[serde(default)]
    pub(crate) body_bytes: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gone: Option<GoneRecord>,
    /// The run that moved the body to the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archived: Option<Uuid>,
    /// (rev, place) of the copy that is the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copy: Option<[i64; 2]>,
    /// Copies that were the body once: garbage, noted with the very change that made them so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) former: Option<Vec<[i64; 2]>>,
}

impl RowRecord {
    /// A row as it is stored first: marked, and a change not applied yet.
    pub(crate) fn new(row: &Row, sent: ContentHash, now: Timestamp) -> Self {
        let mut record = Self {
            id: id(row.id.uuid()),
            room_id: id(row.room.uuid()),
            seq: int(row.seq),
            generation: int(row.generation),
            kind: KindRecord::Message,
            sender_id: id(row.sender.uuid()),
            client_id: id(row.client_id.uuid()),
            created_at: date(row.created_at),
            changed_at: None,
            content_hash: hash(sent),
            target: id(row.id.uuid()),
            target_rev: 1,
            reaction: None,
            member: None,
            room: None,
            archive: None,
            content: None,
            unapplied: None,
            mark: Some(date(now)),
            rev: 0,
            edited_at: None,
            place: 0,
            body: None,
            body_bytes: 0,
            gone: None,
            archived: None,
            copy: None,
            former: None,
        };
        record.tell(row);
        record
    }

    fn tell(&mut self, row: &Row) {
        match &row.change {
            Change::Message(message) => self.say(message),
            Change::Edit(message) => {
                self.kind = KindRecord::Edit;
                self.content = message.content().map(ContentRecord::from);
                self.aim(message.id.uuid(), message.rev);
            }
            Change::Deletion(message) => {
                self.kind = KindRecord::Deletion;
                self.aim(message.id.uuid(), message.rev);
            }
            Change::Reaction(reaction) => {
                self.kind = KindRecord::Reaction;
                self.reaction = Some(reaction.into());
                self.aim(reaction.target(row.sender), row.seq);
            }
            Change::Member(member) => {
                self.kind = KindRecord::Member;
                self.member = Some(member.into());
                self.aim(member.user.uuid(), member.rev);
            }
            Change::Room(room) => {
                self.kind = KindRecord::Room;
                self.room = Some((&room.change).into());
                self.aim(row.room.uuid(), room.rev);
            }
            Change::Archive { run, through } => {
                self.kind = KindRecord::Archive;
                self.archive = Some(ArchiveRowRecord::new(*run, *through));
            }
        }
    }

    fn say(&mut self, message: &Message) {
        self.rev = int(message.rev);
        self.body = message.content().map(ContentRecord::from);
        self.body_bytes = message.content().map_or(0, |c| int(c.bytes() as u64));
    }

    fn aim(&mut self, target: uuid::Uuid, rev: u64) {
        (self.target, self.target_rev) = (id(target), int(rev));
        self.changed_at = Some(self.created_at);
        self.unapplied = Some(true);
    }

    /// What this change changes, and the revision that it makes.
    pub(crate) fn aimed(&self) -> (Uuid, i64) {
        (self.target, self.target_rev)
    }

    /// The message of this key, which says `content` if it says anything.
    pub(crate) fn message(&self, content: Option<Content>) -> Result<Message, Error> {
        let body = match (self.gone, content) {
            (Some(GoneRecord::Deleted), _) => domain::Body::Deleted,
            (Some(GoneRecord::Purged), _) => domain::Body::Purged,
            (None, Some(content)) => domain::Body::Present { content },
            (None, None) => return Err(incomplete("a body")),
        };
        Ok(Message {
            id: RowId::from_uuid(uuid(self.id)),
            room: RoomId::from_uuid(uuid(self.room_id)),
            seq: uint(self.seq),
            sender: UserId::from_uuid(uuid(self.sender_id)),
            client_id: ClientId::from_uuid(uuid(self.client_id)),
            created_at: time(self.created_at),
            edited_at: self.edited_at.map(time),
            rev: uint(self.rev),
            body,
            archived: self.archived.is_some(),
        })
    }

    /// The message that this row tells of.
    pub(crate) fn told_of(&self) -> Option<Uuid> {
        match self.kind {
            KindRecord::Message => Some(self.id),
            KindRecord::Edit | KindRecord::Deletion => Some(self.target),
            KindRecord::Reaction | KindRecord::Member | KindRecord::Room | KindRecord::Archive => {
                None
            }
        }
    }

    /// The row, which tells of `message` if it tells of any.
    pub(crate) fn row(&self, message: Option<Message>) -> Result<Row, Error> {
        Ok(Row {
            id: RowId::from_uuid(uuid(self.id)),
            room: RoomId::from_uuid(uuid(self.room_id)),
            seq: uint(self.seq),
            generation: uint(self.generation),
            sender: UserId::from_uuid(uuid(self.sender_id)),
            client_id: ClientId::from_uuid(uuid(self.client_id)),
            created_at: time(self.created_at),
            change: self.change(message)?,
        })
    }

    fn change(&self, message: Option<Message>) -> Result<Change, Error> {
        let message = || message.ok_or_else(|| incomplete("a message"));
        let (target, rev) = self.aimed();
        Ok(match self.kind {
            KindRecord::Message => Change::Message(message()?),
            KindRecord::Edit => Change::Edit(message()?),
            KindRecord::Deletion => Change::Deletion(message()?),
            KindRecord::Reaction => {
                let reaction = self.reaction.clone();
                Change::Reaction(reaction.ok_or_else(|| incomplete("a reaction"))?.into())
            }
            KindRecord::Member => {
                let member = self.member.ok_or_else(|| incomplete("a membership"))?;
                Change::Member(member.row(target, rev))
            }
            KindRecord::Room => {
                let room = self.room.clone().ok_or_else(|| incomplete("a change"))?;
                Change::Room(RoomRow {
                    change: room.into(),
                    rev: uint(rev),
                })
            }
            KindRecord::Archive => {
                let archive = self.archive.ok_or_else(|| incomplete("a run"))?;
                Change::Archive {
                    run: RunId::from_uuid(uuid(archive.run)),
                    through: uint(archive.through),
                }
            }
        })
    }
}
