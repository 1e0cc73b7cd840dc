//! What the rows of a batch are about to change, and whether they may.

use std::collections::{HashMap, HashSet};

use domain::{
    Appended, Body, Change, Content, MemberRow, Message, MessageId, NewChange, NewRow, Refusal,
    Rev, RoomId, RowId, UserId,
};
use mongodb::bson::doc;

use super::Stamp;
use crate::{
    db::Db,
    failure::Failure,
    records::{ContentRecord, RowRecord},
    values::{id, uint, uuid},
};

/// Why a row cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declined {
    /// Its target does not take it.
    Refused(Refusal),
    /// Its target is at another revision.
    Conflict { current: Rev },
}

impl From<Declined> for Appended {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Refused(refusal) => Self::Refused(refusal),
            Declined::Conflict { current } => Self::Conflict { current },
        }
    }
}

/// Targets as they are, and as the rows planned so far will have changed them.
#[derive(Debug, Default)]
pub(super) struct Targets {
    messages: HashMap<MessageId, Message>,
    members: HashMap<UserId, Rev>,
    /// What planned rows change. They may yet turn out not to be stored.
    planned: HashSet<uuid::Uuid>,
}

impl Targets {
    /// Reads the targets of rows, after applying what is stored.
    pub(super) async fn read<'r>(
        db: &Db,
        room: RoomId,
        rows: impl Iterator<Item = &'r NewRow>,
    ) -> Result<Self, Failure> {
        let (mut messages, mut users) = (Vec::new(), Vec::new());
        for row in rows {
            match &row.change {
                NewChange::Edit { message, .. } | NewChange::Deletion { message, .. } => {
                    messages.push(id(message.uuid()));
                }
                NewChange::Member(member) => users.push(id(member.user.uuid())),
                NewChange::Message { .. } | NewChange::Archive { .. } => {}
            }
        }
        let mut targets = Self::default();
        if messages.is_empty() && users.is_empty() {
            return Ok(targets);
        }
        let room = id(room.uuid());
        db.apply_stored(&[room]).await?;
        for key in db.keys(room, messages).await? {
            targets.know(&key)?;
        }
        if !users.is_empty() {
            let filter = doc! {"room_id": room, "user_id": {"$in": users}};
            let members = db.all(db.members.find(filter)).await?;
            let revs = members
                .iter()
                .map(|m| (UserId::from_uuid(uuid(m.user_id)), uint(m.rev)));
            targets.members.extend(revs);
        }
        Ok(targets)
    }

    /// Notes a message. What it says does not matter here, and may lie in the archive.
    fn know(&mut self, key: &RowRecord) -> Result<(), Failure> {
        let unsaid = ContentRecord::Text {
            text: String::new(),
        };
        let message = key.message(Some(unsaid.into()))?;
        self.messages.insert(message.id, message);
        Ok(())
    }

    /// Whether a row's target is changed by a row that is planned and not stored.
    pub(super) fn hangs_on_planned(&self, row: &NewRow) -> bool {
        target(&row.change).is_some_and(|target| self.planned.contains(&target))
    }

    /// What a row will tell, or why it is not stored.
    pub(super) fn decide(
        &self,
        room: RoomId,
        new: &NewRow,
        stamp: Stamp,
    ) -> Result<Change, Declined> {
        match &new.change {
            NewChange::Message { content } => {
                Ok(Change::Message(said(room, new, stamp, content.clone())))
            }
            NewChange::Edit {
                message,
                content,
                if_rev,
            } => edited(self.message(*message, *if_rev)?, content.clone()),
            NewChange::Deletion { message, if_rev } => {
                Ok(deleted(self.message(*message, *if_rev)?))
            }
            NewChange::Member(member) => self.member(*member),
            NewChange::Archive { run, through } => Ok(Change::Archive {
                run: *run,
                through: *through,
            }),
        }
    }

    fn message(&self, id: RowId, if_rev: Option<Rev>) -> Result<Message, Declined> {
        let message = self.messages.get(&id);
        let message = message.ok_or(Declined::Refused(Refusal::Missing))?;
        if message.content().is_none() {
            return Err(Declined::Refused(Refusal::Deleted));
        }
        if if_rev.is_some_and(|rev| rev != message.rev) {
            let current = message.rev;
            return Err(Declined::Conflict { current });
        }
        Ok(message.clone())
    }

    fn member(&self, member: MemberRow) -> Result<Change, Declined> {
        let current = self.members.get(&member.user).copied().unwrap_or(0);
        if member.rev == current + 1 {
            Ok(Change::Member(member))
        } else {
            Err(Declined::Conflict { current })
        }
    }

    /// Notes what a planned row will have changed.
    pub(super) fn plan(&mut self, change: &Change) {
        match change {
            Change::Message(message) | Change::Edit(message) | Change::Deletion(message) => {
                self.planned.insert(message.id.uuid());
                self.messages.insert(message.id, message.clone());
            }
            Change::Member(member) => {
                self.planned.insert(member.user.uuid());
                self.members.insert(member.user, member.rev);
            }
            Change::Archive { .. } => {}
        }
    }
}

/// What a row changes that others may change too.
fn target(change: &NewChange) -> Option<uuid::Uuid> {
    match change {
        NewChange::Edit { message, .. } | NewChange::Deletion { message, .. } => {
            Some(message.uuid())
        }
        NewChange::Member(member) => Some(member.user.uuid()),
        NewChange::Message { .. } | NewChange::Archive { .. } => None,
    }
}

fn said(room: RoomId, new: &NewRow, stamp: Stamp, content: Content) -> Message {
    Message {
        id: new.id,
        room,
        seq: stamp.seq,
        sender: new.sender,
        client_id: new.client_id,
        created_at: stamp.created_at,
        rev: 1,
        body: Body::Present { content },
        archived: false,
    }
}

fn edited(message: Message, content: Content) -> Result<Change, Declined> {
    if message.archived {
        return Err(Declined::Refused(Refusal::Archived));
    }
    Ok(Change::Edit(Message {
        rev: message.rev + 1,
        body: Body::Present { content },
        ..message
    }))
}

fn deleted(message: Message) -> Change {
    Change::Deletion(Message {
        rev: message.rev + 1,
        body: Body::Deleted,
        archived: false,
        ..message
    })
}
