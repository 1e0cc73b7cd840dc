//! Who asks.

use e2e::{Server, SignedIn};
use uuid::Uuid;

use crate::elsewhere;

/// The tenant of who is of another one.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// Somebody, as a room sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    Elsewhere,
    Stranger,
    Administrator,
    Left,
    Removed,
    Member,
    Admin,
    Owner,
}

impl Who {
    /// Everybody, in the order of the columns.
    pub(super) const ALL: [Self; 9] = [
        Self::Nobody,
        Self::Elsewhere,
        Self::Stranger,
        Self::Administrator,
        Self::Left,
        Self::Removed,
        Self::Member,
        Self::Admin,
        Self::Owner,
    ];

    /// The heading of the column.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nobody => "anonymous",
            Self::Elsewhere => "other tenant",
            Self::Stranger => "stranger",
            Self::Administrator => "administrator",
            Self::Left => "left",
            Self::Removed => "removed",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether they are or were in the room, in none of which an administrator is.
    pub(super) fn is_outside(self) -> bool {
        matches!(
            self,
            Self::Nobody | Self::Elsewhere | Self::Stranger | Self::Administrator
        )
    }
}

/// One of each.
pub(super) struct Cast {
    people: Vec<SignedIn>,
}

impl Cast {
    /// Signs everybody up, by names that nobody else has.
    pub(super) async fn new(server: &Server) -> Self {
        let mut people = Vec::new();
        for who in Who::ALL {
            let name = unique(who.name().split(' ').next().unwrap_or_default());
            people.push(match who {
                Who::Nobody => nobody(server, name),
                Who::Elsewhere => elsewhere::person(server, ELSEWHERE, &name).await,
                Who::Administrator => server.admin(&name).await,
                _ => server.anon().sign_up(&name).await,
            });
        }
        Self { people }
    }

    pub(super) fn get(&self, who: Who) -> &SignedIn {
        let place = Who::ALL.iter().position(|one| *one == who);
        &self.people[place.expect("one of all")]
    }
}

fn nobody(server: &Server, name: String) -> SignedIn {
    SignedIn {
        name,
        id: Uuid::nil().to_string(),
        token: String::new(),
        rest: server.rest(),
    }
}

/// A name that nobody else has.
pub(super) fn unique(prefix: &str) -> String {
    let own = domain::RowId::new().uuid().simple().to_string();
    format!("{prefix}-{own}")
}
