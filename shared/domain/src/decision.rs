//! Whether a row may follow in a room's log: decided on its target as it is just before the row, and
//! by one rule for every store. How the target is looked up, each store knows.

use crate::{
    Appended, MESSAGE_EMOJI, MemberChange, MemberRow, Message, ReactionRow, Refusal, Rev, Role,
};

/// Why a row is not stored although nobody stored it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// The target has another revision by now.
    Conflict {
        /// Its revision now.
        current: Rev,
    },
    /// The target does not allow it.
    Refused(Refusal),
    /// The target is so already.
    Unchanged,
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Declined> for Appended {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Conflict { current } => Self::Conflict { current },
            Declined::Refused(refusal) => Self::Refused(refusal),
            Declined::Unchanged => Self::Unchanged,
        }
    }
}

/// Whether a row that makes revision `next` follows a target of revision `current`.
///
/// # Errors
/// `Conflict` when it does not.
pub fn check_follows(next: Rev, current: Rev) -> Result<(), Declined> {
    match next == current + 1 {
        true => Ok(()),
        false => Err(Declined::Conflict { current }),
    }
}

impl Message {
    /// Whether it still can be changed, if it has the revision `if_rev`.
    ///
    /// # Errors
    /// `Refused(Deleted)` when it says nothing any more, `Conflict` at another revision.
    pub fn check_change(&self, if_rev: Option<Rev>) -> Result<(), Declined> {
        if self.content().is_none() {
            return Err(Refusal::Deleted.into());
        }
        match if_rev {
            Some(rev) if rev != self.rev => Err(Declined::Conflict { current: self.rev }),
            _ => Ok(()),
        }
    }
}

impl ReactionRow {
    /// Whether it changes anything, and may.
    ///
    /// # Errors
    /// `Unchanged` when that is how it `is_set` already.
    pub fn check_changes(&self, is_set: bool) -> Result<(), Declined> {
        match is_set == self.set {
            true => Err(Declined::Unchanged),
            false => Ok(()),
        }
    }

    /// Whether the message, which has so many `others` of emoji and not this one, takes it. Where it
    /// has this one already, there are no others to count.
    ///
    /// # Errors
    /// `Refused(TooManyEmoji)`.
    pub fn check_space(&self, others: usize) -> Result<(), Declined> {
        match self.set && others >= MESSAGE_EMOJI {
            true => Err(Refusal::TooManyEmoji.into()),
            false => Ok(()),
        }
    }
}

/// How somebody stands to a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// The revision of their member document; 0 where there is none.
    pub rev: Rev,
    /// Whether they are in the room.
    pub there: bool,
    /// What they may do in it, or might when they were there.
    pub role: Option<Role>,
}

impl Standing {
    /// How they stand after a row about them.
    #[must_use]
    pub fn after(self, row: &MemberRow) -> Self {
        Self {
            rev: row.rev,
            there: match row.change {
                MemberChange::Joined => true,
                MemberChange::Left | MemberChange::Removed => false,
                MemberChange::RoleChanged => self.there,
            },
            role: Some(row.role),
        }
    }

    /// Whether they are in the room and own it.
    #[must_use]
    pub fn owns(&self) -> bool {
        self.there && self.role == Some(Role::Owner)
    }
}

/// Who is in a room besides somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Others {
    /// Somebody is, or was.
    pub known: bool,
    /// Somebody is.
    pub there: bool,
    /// Somebody who owns it is.
    pub owning: bool,
}

impl Others {
    /// With one more of them.
    #[must_use]
    pub fn with(self, other: &Standing) -> Self {
        Self {
            known: self.known || other.rev > 0,
            there: self.there || other.there,
            owning: self.owning || other.owns(),
        }
    }
}

impl MemberRow {
    /// Whether it takes an owner away, so that [`MemberRow::check`] must know of all others.
    #[must_use]
    pub fn unseats(&self, now: Standing) -> bool {
        now.owns() && !now.after(self).owns()
    }

    /// Whether it brings in somebody who will not own the room, so that [`MemberRow::check`] must
    /// know whether others are, or were there.
    #[must_use]
    pub fn brings_in(&self) -> bool {
        self.change == MemberChange::Joined && self.role != Role::Owner
    }

    /// Whether it may follow, where its user stands as `now` and `others` are in the room. A room
    /// with people in it keeps an owner, whoever goes at the same instant.
    ///
    /// # Errors
    /// `Conflict` when it was decided looking at another revision, or at people who have all left
    /// since; `Refused(LastOwner)` when it would leave the others without an owner.
    pub fn check(&self, now: Standing, others: Others) -> Result<(), Declined> {
        check_follows(self.rev, now.rev)?;
        if self.unseats(now) && others.there && !others.owning {
            return Err(Refusal::LastOwner.into());
        }
        if self.brings_in() && others.known && !others.there {
            return Err(Declined::Conflict { current: now.rev });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserId;

    fn row(change: MemberChange, role: Role) -> MemberRow {
        MemberRow {
            user: UserId::new(),
            change,
            role,
            rev: 2,
        }
    }

    const OWNER: Standing = Standing {
        rev: 1,
        there: true,
        role: Some(Role::Owner),
    };

    #[test]
    fn the_last_owner_goes_when_nobody_else_is_there() {
        let (left, lower) = (MemberChange::Left, MemberChange::RoleChanged);
        let alone = Others {
            known: true,
            ..Others::default()
        };
        let led = alone.with(&Standing {
            role: Some(Role::Admin),
            ..OWNER
        });
        let owned = led.with(&OWNER);
        for row in [row(left, Role::Owner), row(lower, Role::Admin)] {
            assert_eq!(row.check(OWNER, alone), Ok(()));
            assert_eq!(row.check(OWNER, led), Err(Refusal::LastOwner.into()));
            assert_eq!(row.check(OWNER, owned), Ok(()));
        }
        assert_eq!(row(lower, Role::Owner).check(OWNER, led), Ok(()));
    }

    #[test]
    fn who_comes_where_all_have_left_owns_the_room() {
        let gone = Standing {
            there: false,
            ..OWNER
        };
        let deserted = Others::default().with(&gone);
        let joins = |role| row(MemberChange::Joined, role);
        let conflict = Err(Declined::Conflict { current: 1 });
        assert_eq!(joins(Role::Member).check(gone, deserted), conflict);
        assert_eq!(joins(Role::Owner).check(gone, deserted), Ok(()));
        let there = deserted.with(&OWNER);
        assert_eq!(joins(Role::Member).check(gone, there), Ok(()));
        let first = joins(Role::Member).check(gone, Others::default());
        assert_eq!(first, Ok(()), "rooms for two have no owner");
    }
}
