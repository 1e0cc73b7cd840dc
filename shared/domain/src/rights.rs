//! Who may do what in a room: one table for REST, sockets and dialects.

use crate::{Code, Result, Role};

/// What somebody in a room may want to do and not everybody may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Say something, or change what one said.
    Write,
    /// The same in a room that is read-only.
    WriteReadOnly,
    /// Bring somebody in.
    Add,
    /// Send somebody away.
    Remove,
    /// Let others do more or less.
    Promote,
    /// Call the room otherwise.
    Rename,
    /// Make the room read-only, or no longer.
    SetReadOnly,
    /// Delete what others said.
    DeleteOthers,
    /// Give the room to another.
    Transfer,
    /// Delete the room.
    DeleteRoom,
}

impl Deed {
    /// Everything there is, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::Write,
        Self::WriteReadOnly,
        Self::Add,
        Self::Remove,
        Self::Promote,
        Self::Rename,
        Self::SetReadOnly,
        Self::DeleteOthers,
        Self::Transfer,
        Self::DeleteRoom,
    ];

    /// The least role that may do it.
    #[must_use]
    pub const fn least(self) -> Role {
        match self {
            Self::Write => Role::Member,
            Self::WriteReadOnly
            | Self::Add
            | Self::Remove
            | Self::Promote
            | Self::Rename
            | Self::SetReadOnly
            | Self::DeleteOthers => Role::Admin,
            Self::Transfer | Self::DeleteRoom => Role::Owner,
        }
    }
}

impl Role {
    /// Whether somebody of this role may do it.
    #[must_use]
    pub fn may(self, deed: Deed) -> bool {
        self >= deed.least()
    }

    /// Asks whether somebody of this role may do it.
    ///
    /// # Errors
    /// `room_read_only` for writing in a read-only room, `role_too_low` for all else.
    pub fn check(self, deed: Deed) -> Result<()> {
        match deed {
            _ if self.may(deed) => Ok(()),
            Deed::WriteReadOnly => Err(Code::RoomReadOnly.into()),
            _ => Err(Code::RoleTooLow.into()),
        }
    }

    /// Asks whether somebody of this role may bring another in with `role`: nobody gives more
    /// than they have.
    ///
    /// # Errors
    /// `role_too_low`.
    pub fn check_add(self, role: Self) -> Result<()> {
        self.check(Deed::Add)?;
        ensure(role <= self)
    }

    /// Asks whether somebody of this role may send another away who has `target`: only whoever
    /// stands lower.
    ///
    /// # Errors
    /// `role_too_low`.
    pub fn check_remove(self, target: Self) -> Result<()> {
        self.check(Deed::Remove)?;
        ensure(target < self)
    }

    /// Asks whether somebody of this role may give `role` to another who has `target`: only
    /// whoever stands lower, and no more than they have themselves.
    ///
    /// # Errors
    /// `role_too_low`.
    pub fn check_promote(self, target: Self, role: Self) -> Result<()> {
        self.check(Deed::Promote)?;
        ensure(target < self && role <= self)
    }

    /// Asks whether somebody of this role may give `role` to themselves: everybody may step down.
    ///
    /// # Errors
    /// `role_too_low`.
    pub fn check_step(self, role: Self) -> Result<()> {
        ensure(role <= self)
    }
}

fn ensure(allowed: bool) -> Result<()> {
    match allowed {
        true => Ok(()),
        false => Err(Code::RoleTooLow.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Admin, Member, Owner};

    const ROLES: [Role; 3] = [Member, Admin, Owner];

    /// The table of the documentation: what member, admin and owner may do.
    const TABLE: [(Deed, [bool; 3]); 10] = [
        (Deed::Write, [true, true, true]),
        (Deed::WriteReadOnly, [false, true, true]),
        (Deed::Add, [false, true, true]),
        (Deed::Remove, [false, true, true]),
        (Deed::Promote, [false, true, true]),
        (Deed::Rename, [false, true, true]),
        (Deed::SetReadOnly, [false, true, true]),
        (Deed::DeleteOthers, [false, true, true]),
        (Deed::Transfer, [false, false, true]),
        (Deed::DeleteRoom, [false, false, true]),
    ];

    #[test]
    fn each_role_may_what_the_table_says() {
        let deeds: Vec<Deed> = TABLE.iter().map(|(deed, _)| *deed).collect();
        assert_eq!(deeds, Deed::ALL);
        for (deed, allowed) in TABLE {
            for (role, allowed) in ROLES.into_iter().zip(allowed) {
                assert_eq!(role.may(deed), allowed, "{role:?} {deed:?}");
                assert_eq!(role.check(deed).is_ok(), allowed);
            }
        }
    }

    #[test]
    fn writing_where_only_admins_write_has_a_code_of_its_own() {
        let code = |deed| Member.check(deed).unwrap_err().code();
        assert_eq!(code(Deed::WriteReadOnly), Code::RoomReadOnly);
        assert_eq!(code(Deed::DeleteRoom), Code::RoleTooLow);
    }

    /// Who may remove whom: (admin, member), (owner, member), (owner, admin), and nobody else.
    #[test]
    fn only_who_stands_lower_is_sent_away() {
        for actor in ROLES {
            for target in ROLES {
                let allowed = matches!((actor, target), (Admin | Owner, Member) | (Owner, Admin));
                let asked = actor.check_remove(target).is_ok();
                assert_eq!(asked, allowed, "{actor:?} removes {target:?}");
            }
        }
    }

    #[test]
    fn nobody_gives_more_than_they_have_or_takes_from_an_equal() {
        for actor in ROLES {
            for target in ROLES {
                for role in ROLES {
                    let allowed = match (actor, target) {
                        (Admin, Member) => role != Owner,
                        (Owner, Member | Admin) => true,
                        _ => false,
                    };
                    let asked = actor.check_promote(target, role).is_ok();
                    assert_eq!(asked, allowed, "{actor:?} makes {target:?} {role:?}");
                }
            }
        }
    }

    #[test]
    fn who_brings_somebody_in_gives_no_more_than_they_have() {
        for actor in ROLES {
            for role in ROLES {
                let allowed = actor != Member && role <= actor;
                assert_eq!(actor.check_add(role).is_ok(), allowed, "{actor:?} {role:?}");
                assert_eq!(actor.check_step(role).is_ok(), role <= actor);
            }
        }
    }
}
