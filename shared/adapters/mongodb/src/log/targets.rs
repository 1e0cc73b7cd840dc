//! What the rows of a batch are about to change, and whether they may.

mod decide;
mod read;

use std::collections::{HashMap, HashSet};

use domain::{
    Change, Declined, Message, MessageId, NewChange, NewRow, Others, Refusal, Rev, RowId, Standing,
    UserId,
};
use uuid::Uuid;

use super::Stamp;

/// Why a row is not planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unplanned {
    /// It cannot be stored.
    Declined(Declined),
    /// What it hangs on is not known yet: it waits for the next insert.
    Later,
}

impl From<Declined> for Unplanned {
    fn from(declined: Declined) -> Self {
        Self::Declined(declined)
    }
}

impl From<Refusal> for Unplanned {
    fn from(refusal: Refusal) -> Self {
        Self::Declined(refusal.into())
    }
}

/// Targets as they are, and as the rows planned so far will have changed them.
#[derive(Debug, Default)]
pub(super) struct Targets {
    messages: HashMap<MessageId, Message>,
    /// How those whom member rows are about stand to the room.
    members: HashMap<UserId, Standing>,
    /// Who is in the room besides all of them, as far as that matters.
    others: Others,
    /// Whether a member row is planned.
    members_planned: bool,
    /// Senders who were in the room and are no more.
    gone: HashSet<UserId>,
    /// Reactions that are set, by what their rows aim at.
    reactions: HashMap<Uuid, bool>,
    /// The different emoji on messages.
    emoji: HashMap<MessageId, HashSet<String>>,
    /// The room's revision.
    room: Rev,
    /// The row that may rename the channel, and whether it got the name for it.
    claim: Option<(RowId, bool)>,
    /// Whether one that changes the room is planned.
    room_planned: bool,
    /// What planned rows change. They may yet turn out not to be stored.
    planned: HashSet<Uuid>,
}

impl Targets {
    /// Whether a row's target is changed by a row that is planned and not stored.
    pub(super) fn hangs_on_planned(&self, row: &NewRow) -> bool {
        if row.change.is_for_members() && self.planned.contains(&row.sender.uuid()) {
            return true;
        }
        match &row.change {
            NewChange::Edit { message, .. } | NewChange::Deletion { message, .. } => {
                self.planned.contains(&message.uuid())
            }
            // The other emoji on a message count, too.
            NewChange::Reaction(reaction) => self.planned.contains(&reaction.message.uuid()),
            // Who else is in the room counts, too.
            NewChange::Member(_) => self.members_planned,
            // A second one is put off in any case.
            NewChange::Room(_) | NewChange::Message { .. } | NewChange::Archive { .. } => false,
        }
    }

    /// Notes what a row by `sender` that is planned will have changed.
    pub(super) fn plan(&mut self, sender: UserId, change: &Change) {
        match change {
            Change::Message(message) | Change::Edit(message) | Change::Deletion(message) => {
                self.planned.insert(message.id.uuid());
                self.messages.insert(message.id, message.clone());
            }
            Change::Reaction(reaction) => {
                self.planned.insert(reaction.message.uuid());
                self.reactions.insert(reaction.target(sender), reaction.set);
                let emoji = self.emoji.entry(reaction.message).or_default();
                if reaction.set {
                    emoji.insert(reaction.emoji.as_str().to_owned());
                }
            }
            Change::Member(member) => {
                self.planned.insert(member.user.uuid());
                self.members_planned = true;
                let standing = self.members.entry(member.user).or_default();
                *standing = standing.after(member);
                match standing.there {
                    true => self.gone.remove(&member.user),
                    false => self.gone.insert(member.user),
                };
            }
            Change::Room(_) => self.room_planned = true,
            Change::Archive { .. } => {}
        }
    }
}
