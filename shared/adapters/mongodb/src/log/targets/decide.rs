//! What a row will tell, or why it is not stored.

use domain::{
    Change, MESSAGE_EMOJI, MemberRow, Message, NewChange, NewRow, ReactionRow, Refusal, Rev,
    RoomId, RoomRow, RowId, UserId,
};

use super::{Declined, Stamp, Targets};

impl Targets {
    /// What a row will tell, or why it is not stored.
    pub(in crate::log) fn decide(
        &self,
        room: RoomId,
        new: &NewRow,
        stamp: Stamp,
    ) -> Result<Change, Declined> {
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
                Ok(Change::Edit(target.edited(content.clone())?))
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
        if message.content().is_none() {
            return Err(Refusal::Deleted.into());
        }
        if if_rev.is_some_and(|rev| rev != message.rev) {
            let current = message.rev;
            return Err(Declined::Conflict { current });
        }
        Ok(message.clone())
    }

    fn reaction(&self, user: UserId, reaction: &ReactionRow) -> Result<Change, Declined> {
        self.message(reaction.message, None)?;
        let set = self.reactions.get(&reaction.target(user)).copied();
        if set.unwrap_or(false) == reaction.set {
            return Err(Declined::Unchanged);
        }
        let emoji = self
            .emoji
            .get(&reaction.message)
            .filter(|emoji| reaction.set && !emoji.contains(reaction.emoji.as_str()));
        if emoji.is_some_and(|emoji| emoji.len() >= MESSAGE_EMOJI) {
            return Err(Refusal::TooManyEmoji.into());
        }
        Ok(Change::Reaction(reaction.clone()))
    }

    fn member(&self, member: MemberRow) -> Result<Change, Declined> {
        let current = self.members.get(&member.user).copied().unwrap_or(0);
        if member.rev == current + 1 {
            Ok(Change::Member(member))
        } else {
            Err(Declined::Conflict { current })
        }
    }

    /// One change of the room per insert, since a name is claimed for the revision as it is.
    fn room(&self, id: RowId, room: &RoomRow) -> Result<Change, Declined> {
        let current = self.room;
        match self.claim {
            _ if self.room_planned => Err(Declined::Later),
            Some((claimed, true)) if claimed == id => Ok(Change::Room(room.clone())),
            Some((claimed, false)) if claimed == id => Err(Refusal::NameTaken.into()),
            // The one that claims was refused, so that the next may.
            Some(_) if room.rev == current + 1 => Err(Declined::Later),
            _ => Err(Declined::Conflict { current }),
        }
    }
}
