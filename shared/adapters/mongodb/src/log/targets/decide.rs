//! What a row will tell, or why it is not stored.

use std::collections::HashSet;

use domain::{
    Change, Declined, MemberRow, Message, NewChange, NewRow, ReactionRow, Refusal, Rev, RoomId,
    RoomRow, RowId, UserId,
};

use super::{Stamp, Targets, Unplanned};

impl Targets {
    /// What a row will tell, or why it is not stored.
    pub(in crate::log) fn decide(
        &self,
        room: RoomId,
        new: &NewRow,
        stamp: Stamp,
    ) -> Result<Change, Unplanned> {
        if new.change.is_for_members() && self.gone.contains(&new.sender) {
            return Err(Refusal::SenderGone.into());
        }
        match &new.change {
            NewChange::Message { content } => {
                let (seq, at) = (stamp.seq, stamp.created_at);
                Ok(Change::Message(Message::said(
                    room,
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
            } => {
                let target = self.message(*message, *if_rev)?;
                Ok(Change::Edit(
                    target.edited(content.clone(), stamp.created_at)?,
                ))
            }
            NewChange::Deletion { message, if_rev } => {
                let target = self.message(*message, *if_rev)?;
                Ok(Change::Deletion(target.deleted()))
            }
            NewChange::Reaction(reaction) => self.reaction(new.sender, reaction),
            NewChange::Member(member) => self.member(*member),
            NewChange::Room(room) => self.room(new.id, room),
            NewChange::Archive { run, through } => Ok(Change::Archive {
                run: *run,
                through: *through,
            }),
        }
    }

    fn message(&self, id: RowId, if_rev: Option<Rev>) -> Result<Message, Declined> {
        let message = self.messages.get(&id).ok_or(Refusal::Missing)?;
        message.check_change(if_rev)?;
        Ok(message.clone())
    }

    fn reaction(&self, user: UserId, reaction: &ReactionRow) -> Result<Change, Unplanned> {
        self.message(reaction.message, None)?;
        let set = self.reactions.get(&reaction.target(user)).copied();
        reaction.check_changes(set.unwrap_or(false))?;
        let own = reaction.emoji.as_str();
        let emoji = self.emoji.get(&reaction.message);
        let others = emoji.filter(|emoji| !emoji.contains(own));
        reaction.check_space(others.map_or(0, HashSet::len))?;
        Ok(Change::Reaction(reaction.clone()))
    }

    fn member(&self, member: MemberRow) -> Result<Change, Unplanned> {
        let now = self.members.get(&member.user).copied();
        let besides = self
            .members
            .iter()
            .filter(|(user, _)| **user != member.user);
        let others = besides.fold(self.others, |others, (_, one)| others.with(one));
        member.check(now.unwrap_or_default(), others)?;
        Ok(Change::Member(member))
    }

    /// One change of the room per insert, since a name is claimed for the revision as it is.
    fn room(&self, id: RowId, room: &RoomRow) -> Result<Change, Unplanned> {
        let current = self.room;
        match self.claim {
            _ if self.room_planned => Err(Unplanned::Later),
            Some((claimed, true)) if claimed == id => Ok(Change::Room(room.clone())),
            Some((claimed, false)) if claimed == id => Err(Refusal::NameTaken.into()),
            // The one that claims was refused, so that the next may.
            Some(_) if room.rev == current + 1 => Err(Unplanned::Later),
            _ => Err(Declined::Conflict { current }.into()),
        }
    }
}
