//! The rooms that a run goes through, in the order of their ids.

use domain::{
    PolicyId, Result, Room, RoomId, RoomName, RunId, TenantId,
    archive::{Run, Scope},
    ports::Store,
};

/// How many rooms are fetched at once.
const PAGE: usize = 200;

/// The rooms that a run goes through, in the order of their ids.
pub(crate) enum Rooms {
    /// These, by rising id.
    Listed(Vec<RoomId>),
    /// All of a tenant, or of all tenants.
    All(Option<TenantId>),
    /// All that a run came to.
    Of(RunId),
}

/// Some rooms, and where to go on.
pub(crate) struct RoomPage {
    pub(crate) rooms: Vec<Room>,
    /// The last room that was looked at; `None` when there are no more.
    pub(crate) next: Option<RoomId>,
}

impl Rooms {
    /// The rooms of a run, and the names that no room has.
    pub(crate) async fn of(store: &dyn Store, run: &Run) -> Result<(Self, Vec<RoomName>)> {
        if let (Some(order), Some(origin)) = (run.restore, run.origin) {
            let moved = order
                .room
                .map_or(Self::Of(origin), |room| Self::Listed(vec![room]));
            return Ok((moved, Vec::new()));
        }
        match &run.policy.scope {
            Scope::AllRooms => Ok((Self::All(None), Vec::new())),
            Scope::Tenant(tenant) => Ok((Self::All(Some(tenant.clone())), Vec::new())),
            Scope::Rooms(names) => {
                let (mut rooms, missing) = named(store, names).await?;
                rooms.extend(pinned(store, run.policy.id).await?);
                Ok((Self::listed(rooms), missing))
            }
        }
    }

    fn listed(mut rooms: Vec<RoomId>) -> Self {
        rooms.sort_unstable();
        rooms.dedup();
        Self::Listed(rooms)
    }

    /// The rooms after `after`.
    pub(crate) async fn page(&self, store: &dyn Store, after: Option<RoomId>) -> Result<RoomPage> {
        match self {
            Self::Listed(ids) => {
                let from = after.map_or(0, |after| ids.partition_point(|id| *id <= after));
                let ids = ids[from..].iter().copied();
                rooms_of(store, ids.take(PAGE).collect()).await
            }
            Self::Of(run) => {
                let counts = store.room_counts(*run, after, PAGE).await?;
                rooms_of(store, counts.iter().map(|count| count.room).collect()).await
            }
            Self::All(tenant) => {
                let mut rooms = store.all_rooms(after, PAGE).await?;
                let next = rooms
                    .last()
                    .map(|room| room.id)
                    .filter(|_| rooms.len() == PAGE);
                rooms.retain(|room| tenant.as_ref().is_none_or(|tenant| room.tenant == *tenant));
                Ok(RoomPage { rooms, next })
            }
        }
    }
}

/// The rooms of a page of ids, as far as they still exist.
async fn rooms_of(store: &dyn Store, ids: Vec<RoomId>) -> Result<RoomPage> {
    let mut rooms = Vec::with_capacity(ids.len());
    for id in &ids {
        rooms.extend(store.room(*id).await?);
    }
    let next = ids.last().copied().filter(|_| ids.len() == PAGE);
    Ok(RoomPage { rooms, next })
}

/// The rooms of these names, and the names that no room has.
async fn named(store: &dyn Store, names: &[RoomName]) -> Result<(Vec<RoomId>, Vec<RoomName>)> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        match store.room_by_name(&TenantId::default(), name).await? {
            Some(room) => found.push(room.id),
            None => missing.push(name.clone()),
        }
    }
    Ok((found, missing))
}

/// The rooms that a policy alone covers, whether it names them or not.
async fn pinned(store: &dyn Store, policy: PolicyId) -> Result<Vec<RoomId>> {
    let mut rooms: Vec<RoomId> = Vec::new();
    loop {
        let after = rooms.last().copied();
        let page = store.pinned_rooms(policy, after, PAGE).await?;
        let last = page.len() < PAGE;
        rooms.extend(page);
        if last {
            return Ok(rooms);
        }
    }
}
