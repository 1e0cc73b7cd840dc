//! What the rows of a batch are about to change, and whether they may.

mod decide;
mod read;

use std::collections::{HashMap, HashSet};

use domain::{
    Appended, Change, MemberChange, Message, MessageId, NewChange, NewRow, Refusal, Rev, RowId,
    UserId,
};
use uuid::Uuid;

use super::Stamp;

/// Why a row cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declined {
    /// Its target does not take it.
    Refused(Refusal),
    /// Its target is at another revision.
    Conflict { current: Rev },
    /// Its target is so already.
    Unchanged,
    /// What it hangs on is not known yet: it waits for the next insert.
    Later,
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Declined> for Appended {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Refused(refusal) => Self::Refused(refusal),
            Declined::Conflict { current } => Self::Conflict { current },
            Declined::Unchanged => Self::Unchanged,
            Declined::Later => Self::Unknown,
        }
    }
}

/// Targets as they are, and as the rows planned so far will have changed them.
#[derive(Debug, Default)]
pub(super) struct Targets {
    messages: HashMap<MessageId, Message>,
    members: HashMap<UserId, Rev>,
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
            NewChange::Member(member) => self.planned.contains(&member.user.uuid()),
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
                self.members.insert(member.user, member.rev);
                match member.change {
                    MemberChange::Joined => self.gone.remove(&member.user),
                    MemberChange::Left | MemberChange::Removed => self.gone.insert(member.user),
                    MemberChange::RoleChanged => false,
                };
            }
            Change::Room(_) => self.room_planned = true,
            Change::Archive { .. } => {}
        }
    }
}
