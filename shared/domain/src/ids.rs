//! Identifiers. Each kind of thing has a type of its own, so that one cannot stand for another.
//!
//! Ids of things that are listed by age are UUIDv7 (RFC 9562), which sort by the time they were
//! made; derived ids are UUIDv5, so that whoever derives one finds the same.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ContentHash;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id, larger than those made before it.
            #[allow(clippy::new_without_default, reason = "each call differs")]
            #[allow(clippy::disallowed_methods, reason = "this is where ids are made")]
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Takes an id that was made elsewhere.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A user of one tenant. Always ours; a foreign system's id is an alias of it.
    UserId
);
id!(
    /// A room of one tenant. Never used again, also after the room is deleted.
    RoomId
);
id!(
    /// A row of a room's log.
    RowId
);
id!(
    /// The sender's own id for a row, which makes a repeated send harmless.
    ClientId
);
id!(
    /// One socket's life.
    SessionId
);
id!(
    /// All tokens that come from one login.
    FamilyId
);
id!(
    /// One process of ours, from its start to its end.
    NodeId
);
id!(
    /// An archive policy.
    PolicyId
);
id!(
    /// One execution of a policy, or its plan.
    RunId
);
id!(
    /// A hold: what must not be moved.
    HoldId
);
id!(
    /// An uploaded file.
    FileId
);
id!(
    /// A notification: the same for the same cause and user, wherever it is derived.
    NotificationId
);

/// A message is a row of the log, and has the row's id.
pub type MessageId = RowId;

/// Where the ids of direct rooms are derived. Never changes.
const DIRECT: Uuid = Uuid::from_u128(0x1d8a_53c0_f7b4_4e29_a6d1_92cb_07ee_5f34);

/// Where the ids of rooms are derived that somebody makes under a key. Never changes.
const KEYED: Uuid = Uuid::from_u128(0x8f31_6ad2_40c7_4b5e_9e08_d3a6_71bc_2f49);

impl RoomId {
    /// The id of the room that somebody makes under a key of their own: the same whenever they make
    /// it again, so that it exists once.
    #[must_use]
    pub fn keyed(maker: UserId, key: ClientId) -> Self {
        let of_maker = Uuid::new_v5(&KEYED, maker.0.as_bytes());
        Self(Uuid::new_v5(&of_maker, key.0.as_bytes()))
    }

    /// The id of the direct room of two users: the same whoever opens it, so that it exists once.
    #[must_use]
    pub fn direct(tenant: &TenantId, one: UserId, other: UserId) -> Self {
        let (lower, higher) = (one.min(other), one.max(other));
        let mut pair = [0; 32];
        pair[..16].copy_from_slice(lower.0.as_bytes());
        pair[16..].copy_from_slice(higher.0.as_bytes());
        let tenant = Uuid::new_v5(&DIRECT, tenant.as_str().as_bytes());
        Self(Uuid::new_v5(&tenant, &pair))
    }
}

impl ClientId {
    /// The id of a room's first row: it says as what the room was made, so that whoever makes it
    /// again can be told from who makes another.
    #[must_use]
    pub fn making(room: RoomId, wanted: ContentHash) -> Self {
        Self(Uuid::new_v5(&room.0, &wanted.0))
    }
}

impl NotificationId {
    /// The id of the notification that tells `user` of a row: UUIDv5(row, user).
    #[must_use]
    pub fn of(row: RowId, user: UserId) -> Self {
        Self(Uuid::new_v5(&row.uuid(), user.uuid().as_bytes()))
    }
}

/// An isolated world of users and rooms. A short name, `default` unless said otherwise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(String);

impl TenantId {
    /// Names a tenant.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_of_a_tenant_have_one_direct_room() {
        let (ann, bob) = (UserId::new(), UserId::new());
        let tenant = TenantId::default();
        let room = RoomId::direct(&tenant, ann, bob);
        assert_eq!(room, RoomId::direct(&tenant, bob, ann));
        assert_ne!(room, RoomId::direct(&tenant, ann, ann));
        let elsewhere = TenantId::new("other");
        assert_ne!(room, RoomId::direct(&elsewhere, ann, bob));
    }

    #[test]
    fn a_key_stands_for_one_room_of_its_maker() {
        let (ann, bob, key) = (UserId::new(), UserId::new(), ClientId::new());
        let room = RoomId::keyed(ann, key);
        assert_eq!(room, RoomId::keyed(ann, key));
        assert_ne!(room, RoomId::keyed(bob, key));
        assert_ne!(room, RoomId::keyed(ann, ClientId::new()));
    }

    #[test]
    fn ids_rise_with_time() {
        let ids: Vec<_> = (0..100).map(|_| RowId::new()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_notification_has_one_id_per_message_and_user() {
        let (message, alice, bob) = (MessageId::new(), UserId::new(), UserId::new());
        let of = NotificationId::of;
        assert_eq!(of(message, alice), of(message, alice));
        assert_ne!(of(message, alice), of(message, bob));
    }
}
