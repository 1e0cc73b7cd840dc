//! What rooms have of their own, and why a room's messages are archived or are not.

use domain::{
    Caller, Code, Limits, Result, Room, RoomId, RoomName, TenantId, Timestamp,
    archive::{DueCount, Hold, Policy, RoomOverride, RoomRule, RuledBy},
};

use super::{Archive, Listed};
use crate::rules;

/// A room, and its own rule, if it has one.
#[derive(Debug, Clone)]
pub struct OwnRule {
    /// The room.
    pub room: Room,
    /// What it has of its own.
    pub own: Option<RoomOverride>,
}

/// A policy that covers a room, and what it would take now.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// The policy.
    pub policy: Policy,
    /// What decides about the room.
    pub rule: RuledBy,
    /// Messages from before this moment are due, or would be.
    pub due_before: Timestamp,
    /// How much that is.
    pub found: DueCount,
}

/// Why a room's messages are archived, or are not.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The room, and its own rule.
    pub about: OwnRule,
    /// The policies that cover it.
    pub policies: Vec<Coverage>,
    /// What must not be touched.
    pub holds: Vec<Hold>,
}

impl Archive {
    /// The room of this id, or the channel of this name, in a tenant.
    ///
    /// # Errors
    /// `room_not_found`, also for rooms of other tenants; and those of the store.
    pub async fn room_of(&self, tenant: &TenantId, text: &str, limits: &Limits) -> Result<Room> {
        let store = &self.parts.store;
        let room = match (text.parse::<RoomId>(), RoomName::parse(text, limits)) {
            (Ok(id), _) => store.room(id).await?,
            (_, Ok(name)) => store.room_by_name(tenant, &name).await?,
            _ => None,
        };
        room.filter(|room| room.tenant == *tenant)
            .ok_or_else(|| Code::RoomNotFound.into())
    }

    /// What a room has of its own.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn own_rule(&self, room: Room) -> Result<OwnRule> {
        let own = self.parts.store.room_override(room.id).await?;
        Ok(OwnRule { room, own })
    }

    /// Gives a room a rule of its own. Plans and runs that come to it from now on go by it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn set_own_rule(&self, room: Room, rule: RoomRule, who: &Caller) -> Result<OwnRule> {
        let own = RoomOverride {
            room: room.id,
            tenant: room.tenant.clone(),
            rule,
            by: who.username.as_str().to_owned(),
            since: self.now(),
        };
        self.parts.store.set_override(own.clone()).await?;
        tracing::info!(room = %room.id, ?rule, by = own.by, "room has its own archive rule");
        Ok(OwnRule {
            room,
            own: Some(own),
        })
    }

    /// Takes a room's own rule away, if it has one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lift_own_rule(&self, room: RoomId) -> Result<()> {
        if self.parts.store.lift_override(room).await? {
            tracing::info!(%room, "room has no archive rule of its own any more");
        }
        Ok(())
    }

    /// Up to `limit` rooms of a tenant that have rules of their own, by id after `after`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn own_rules(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Listed<OwnRule>> {
        let store = &self.parts.store;
        let rules = Listed::of(store.overrides(tenant, after, limit + 1).await?, limit);
        let mut items = Vec::with_capacity(rules.items.len());
        for own in rules.items {
            let room = store.room(own.room).await?;
            items.extend(room.map(|room| OwnRule {
                room,
                own: Some(own),
            }));
        }
        Ok(Listed {
            items,
            more: rules.more,
        })
    }

    /// Which policies cover a room, what of it is due by each of them now, and why.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn explain(&self, room: Room) -> Result<Explained> {
        let about = self.own_rule(room).await?;
        let (room, own) = (&about.room, about.own.as_ref());
        let mut policies = Vec::new();
        for policy in self.policies().await? {
            let cutoff = super::earlier(self.now(), policy.older_than);
            let Some(ruling) = rules::decide(&policy, cutoff, room, own) else {
                continue;
            };
            policies.push(Coverage {
                found: rules::count(&self.tools(), room, ruling).await?,
                rule: ruling.by,
                due_before: ruling.cutoff,
                policy,
            });
        }
        let holds = self.parts.store.holds(room.id, self.now()).await?;
        Ok(Explained {
            policies,
            holds,
            about,
        })
    }
}
