//! What a new row will tell, or why it is not stored.

use domain::{
    Change, Declined, MemberRow, Message, MessageId, NewChange, NewRow, Others, ReactionRow,
    Refusal, Rev, RoomRow, UserId, decision::check_follows,
};

use super::{Stamp, Tail};
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
            } => self.target(*message, *if_rev)?.and_then(|target| {
                Ok(Change::Edit(
                    target.edited(content.clone(), stamp.created_at)?,
                ))
            }),
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
        Ok(message.check_change(if_rev).map(|()| message))
    }

    fn reacted(&self, user: UserId, reaction: &ReactionRow) -> Decided<Change> {
        if let Err(declined) = self.target(reaction.message, None)? {
            return Ok(Err(declined));
        }
        let is_set = reactions::is_set(self.conn, self.room, user, reaction)?;
        if let Err(declined) = reaction.check_changes(is_set) {
            return Ok(Err(declined));
        }
        let others = match reaction.set {
            true => reactions::others(self.conn, (self.room, reaction.message), &reaction.emoji)?,
            false => 0,
        };
        let space = reaction.check_space(usize::try_from(others).unwrap_or(usize::MAX));
        Ok(space.map(|()| Change::Reaction(reaction.clone())))
    }

    fn moved(&self, member: MemberRow) -> Decided<Change> {
        let now = members::standing(self.conn, self.room, member.user)?;
        let (unseats, of) = (member.unseats(now), (self.room, member.user));
        let others = match unseats || member.brings_in() {
            true => members::others(self.conn, of, unseats)?,
            false => Others::default(),
        };
        Ok(member.check(now, others).map(|()| Change::Member(member)))
    }

    fn changed(&self, room: &RoomRow) -> Decided<Change> {
        let current = rooms::rev(self.conn, self.room)?;
        if let Err(declined) = check_follows(room.rev, current) {
            return Ok(Err(declined));
        }
        if let Some(name) = room.change.new_name()
            && rooms::is_taken(self.conn, self.room, name)?
        {
            return Ok(Err(Refusal::NameTaken.into()));
        }
        Ok(Ok(Change::Room(room.clone())))
    }
}
