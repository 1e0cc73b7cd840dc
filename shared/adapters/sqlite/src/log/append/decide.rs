//! What a new row will tell, or why it is not stored.

use domain::{
    Change, MESSAGE_EMOJI, MemberRow, Message, MessageId, NewChange, NewRow, ReactionRow, Refusal,
    Rev, RoomRow, UserId,
};

use super::{Declined, Stamp, Tail};
use crate::{error::Failure, members, messages, reactions, rooms};

/// The outer error is the store's, the inner one the answer.
type Decided<T> = Result<Result<T, Declined>, Failure>;

impl Tail<'_> {
    /// What the new row will tell, or why it is not stored.
    pub(super) fn decide(&self, new: &NewRow, stamp: Stamp) -> Decided<Change> {
        Ok(match &new.change {
            NewChange::Message { content } => {
                let (seq, at) = (stamp.seq, stamp.created_at);
                Ok(Change::Message(Message::said(
                    self.room,
                    seq,
                    at,
                    new,
                    content.clone(),
                )))
            }
            NewChange::Edit {
                message,
                content,
                if_rev,
            } => self
                .target(*message, *if_rev)?
                .and_then(|target| Ok(Change::Edit(target.edited(content.clone())?))),
            NewChange::Deletion { message, if_rev } => {
                let target = self.target(*message, *if_rev)?;
                target.map(|target| Change::Deletion(target.deleted()))
            }
            NewChange::Reaction(reaction) => self.reacted(new.sender, reaction)?,
            NewChange::Member(member) => self.moved(*member)?,
            NewChange::Room(room) => self.changed(room)?,
            NewChange::Archive { run, through } => Ok(Change::Archive {
                run: *run,
                through: *through,
            }),
        })
    }

    /// The message that is to be changed, if it still can be.
    fn target(&self, id: MessageId, if_rev: Option<Rev>) -> Decided<Message> {
        let Some(message) = messages::by_id(self.conn, self.room, id)? else {
            return Ok(Err(Refusal::Missing.into()));
        };
        if message.content().is_none() {
            return Ok(Err(Refusal::Deleted.into()));
        }
        if if_rev.is_some_and(|rev| rev != message.rev) {
            return Ok(Err(Declined::Conflict(message.rev)));
        }
        Ok(Ok(message))
    }

    fn reacted(&self, user: UserId, reaction: &ReactionRow) -> Decided<Change> {
        let change = Ok(Change::Reaction(reaction.clone()));
        if let Err(declined) = self.target(reaction.message, None)? {
            return Ok(Err(declined));
        }
        if reactions::is_set(self.conn, self.room, user, reaction)? == reaction.set {
            return Ok(Err(Declined::Unchanged));
        }
        if !reaction.set {
            return Ok(change);
        }
        let on = (self.room, reaction.message);
        let others = reactions::others(self.conn, on, &reaction.emoji)?;
        if others >= MESSAGE_EMOJI as u64 {
            return Ok(Err(Refusal::TooManyEmoji.into()));
        }
        Ok(change)
    }

    fn moved(&self, member: MemberRow) -> Decided<Change> {
        let current = members::rev(self.conn, self.room, member.user)?;
        Ok(match member.rev == current + 1 {
            true => Ok(Change::Member(member)),
            false => Err(Declined::Conflict(current)),
        })
    }

    fn changed(&self, room: &RoomRow) -> Decided<Change> {
        let current = rooms::rev(self.conn, self.room)?;
        if room.rev != current + 1 {
            return Ok(Err(Declined::Conflict(current)));
        }
        if let Some(name) = room.change.new_name()
            && rooms::is_taken(self.conn, self.room, name)?
        {
            return Ok(Err(Refusal::NameTaken.into()));
        }
        Ok(Ok(Change::Room(room.clone())))
    }
}
