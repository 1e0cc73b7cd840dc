use domain::{
    Change, ClientId, Emoji, Error, MessageId, ReactionRow, RoomId, RowId, RunId, UserId,
    transfer::{KeptBody, KeptChange, KeptCopy, KeptMessage, KeptReaction, KeptRow},
};

use crate::{
    records::{
        CopyRecord, KindRecord, ReactionRecord, RowRecord, content::GoneRecord, copy_id_of,
        incomplete, row::ArchiveRowRecord,
    },
    values::{content_hash, date, hash, id, int, time, uint, uuid},
};

impl From<&KeptRow> for RowRecord {
    fn from(row: &KeptRow) -> Self {
        let (target, target_rev) = row.target();
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
            content_hash: hash(row.content_hash),
            target: id(target),
            target_rev: int(target_rev),
            reaction: None,
            member: None,
            room: None,
            archive: None,
            content: None,
            unapplied: None,
            mark: row.mark.map(date),
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
        record.tell_kept(&row.change);
        record
    }
}

impl RowRecord {
    fn tell_kept(&mut self, change: &KeptChange) {
        self.kind = match change {
            KeptChange::Message(message) => {
                self.keep(message);
                KindRecord::Message
            }
            KeptChange::Edit { .. } => KindRecord::Edit,
            KeptChange::Deletion { .. } => KindRecord::Deletion,
            KeptChange::Reaction(reaction) => {
                self.reaction = Some(reaction.into());
                KindRecord::Reaction
            }
            KeptChange::Member(member) => {
                self.member = Some(member.into());
                KindRecord::Member
            }
            KeptChange::Room(room) => {
                self.room = Some((&room.change).into());
                KindRecord::Room
            }
            KeptChange::Archive { run, through } => {
                self.archive = Some(ArchiveRowRecord::new(*run, *through));
                KindRecord::Archive
            }
        };
        let stays = matches!(self.kind, KindRecord::Message | KindRecord::Archive);
        self.changed_at = (!stays).then_some(self.created_at);
    }

    fn keep(&mut self, message: &KeptMessage) {
        self.rev = int(message.rev);
        self.edited_at = message.edited_at.map(date);
        self.place = int(message.place);
        self.body_bytes = int(message.bytes);
        match &message.body {
            KeptBody::Here(content) => self.body = Some(content.into()),
            KeptBody::Copied { run, rev, place } => {
                self.archived = Some(id(run.uuid()));
                self.copy = Some([int(*rev), int(*place)]);
            }
            KeptBody::Deleted => self.gone = Some(GoneRecord::Deleted),
            KeptBody::Purged => self.gone = Some(GoneRecord::Purged),
        }
    }

    fn kept(self) -> Result<KeptChange, Error> {
        let (target, rev) = (RowId::from_uuid(uuid(self.target)), uint(self.target_rev));
        Ok(match self.kind {
            KindRecord::Message => KeptChange::Message(self.kept_message()?),
            KindRecord::Edit => KeptChange::Edit {
                message: target,
                rev,
            },
            KindRecord::Deletion => KeptChange::Deletion {
                message: target,
                rev,
            },
            KindRecord::Reaction | KindRecord::Member | KindRecord::Room | KindRecord::Archive => {
                match self.row(None)?.change {
                    Change::Reaction(reaction) => KeptChange::Reaction(reaction),
                    Change::Member(member) => KeptChange::Member(member),
                    Change::Room(room) => KeptChange::Room(room),
                    Change::Archive { run, through } => KeptChange::Archive { run, through },
                    Change::Message(_) | Change::Edit(_) | Change::Deletion(_) => {
                        return Err(incomplete("a kind of its own"));
                    }
                }
            }
        })
    }

    fn kept_message(self) -> Result<KeptMessage, Error> {
        let body = match (self.gone, self.archived, self.body) {
            (Some(GoneRecord::Deleted), ..) => KeptBody::Deleted,
            (Some(GoneRecord::Purged), ..) => KeptBody::Purged,
            (None, Some(run), _) => {
                let [rev, place] = self.copy.ok_or_else(|| incomplete("a copy"))?;
                KeptBody::Copied {
                    run: RunId::from_uuid(uuid(run)),
                    rev: uint(rev),
                    place: uint(place),
                }
            }
            (None, None, Some(body)) => KeptBody::Here(body.into()),
            (None, None, None) => return Err(incomplete("a body")),
        };
        Ok(KeptMessage {
            rev: uint(self.rev),
            edited_at: self.edited_at.map(time),
            place: uint(self.place),
            bytes: uint(self.body_bytes),
            body,
        })
    }
}

impl TryFrom<RowRecord> for KeptRow {
    type Error = Error;

    fn try_from(record: RowRecord) -> Result<Self, Error> {
        Ok(Self {
            id: RowId::from_uuid(uuid(record.id)),
            room: RoomId::from_uuid(uuid(record.room_id)),
            seq: uint(record.seq),
            generation: uint(record.generation),
            sender: UserId::from_uuid(uuid(record.sender_id)),
            client_id: ClientId::from_uuid(uuid(record.client_id)),
            created_at: time(record.created_at),
            content_hash: content_hash(&record.content_hash)?,
            mark: record.mark.map(time),
            change: record.kept()?,
        })
    }
}

impl CopyRecord {
    /// A copy as it is kept, as long as no key was seen to point to it.
    pub(crate) fn kept(copy: &KeptCopy) -> Self {
        let (message, rev, place) = (id(copy.message.uuid()), int(copy.rev), int(copy.place));
        Self {
            id: copy_id_of(message, [rev, place]),
            message_id: message,
            rev,
            place,
            room_id: id(copy.room.uuid()),
            seq: int(copy.seq),
            sender_id: id(copy.sender.uuid()),
            created_at: date(copy.created_at),
            run: id(copy.run.uuid()),
            archived_at: date(copy.archived_at),
            content: (&copy.content).into(),
            loose: Some(true),
        }
    }
}

impl From<CopyRecord> for KeptCopy {
    fn from(record: CopyRecord) -> Self {
        Self {
            message: MessageId::from_uuid(uuid(record.message_id)),
            rev: uint(record.rev),
            place: uint(record.place),
            room: RoomId::from_uuid(uuid(record.room_id)),
            seq: uint(record.seq),
            run: RunId::from_uuid(uuid(record.run)),
            sender: UserId::from_uuid(uuid(record.sender_id)),
            created_at: time(record.created_at),
            content: record.content.into(),
            archived_at: time(record.archived_at),
        }
    }
}

impl From<&KeptReaction> for ReactionRecord {
    fn from(kept: &KeptReaction) -> Self {
        Self {
            id: id(kept.reaction.target(kept.user)),
            room_id: id(kept.room.uuid()),
            message_id: id(kept.reaction.message.uuid()),
            emoji: kept.reaction.emoji.as_str().to_owned(),
            user_id: id(kept.user.uuid()),
            set: kept.reaction.set,
            seq: int(kept.seq),
            at: kept.at.map(date),
        }
    }
}

impl From<ReactionRecord> for KeptReaction {
    fn from(record: ReactionRecord) -> Self {
        Self {
            room: RoomId::from_uuid(uuid(record.room_id)),
            reaction: ReactionRow {
                message: MessageId::from_uuid(uuid(record.message_id)),
                emoji: Emoji::stored(record.emoji),
                set: record.set,
            },
            user: UserId::from_uuid(uuid(record.user_id)),
            seq: uint(record.seq),
            at: record.at.map(time),
        }
    }
}
