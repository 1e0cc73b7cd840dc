//! The rooms that a run goes through, in the order of their ids.

use domain::{
    Result, Room, RoomId, RoomName, TenantId,
    archive::{RestoreOrder, Run, Scope},
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
}

/// Some rooms, and where to go on.
pub(crate) struct RoomPage {
    pub(crate) rooms: Vec<Room>,
    /// The last room that was looked at; `None` when there are no more.
    pub(crate) next: Option<RoomId>,
}

impl Rooms {
    /// The rooms of a run, and the names that no room has.
    pub(crate) async fn of(
        store: &dyn Store,
        run: &Run,
        origin: Option<&Run>,
    ) -> Result<(Self, Vec<RoomName>)> {
        if let (Some(order), Some(origin)) = (&run.restore, origin) {
            return Ok((Self::moved_by(*order, origin), Vec::new()));
        }
        match &run.policy.scope {
            Scope::AllRooms => Ok((Self::All(None), Vec::new())),
            Scope::Tenant(tenant) => Ok((Self::All(Some(tenant.clone())), Vec::new())),
            Scope::Rooms(names) => Self::named(store, names).await,
        }
    }

    /// Where `origin` moved something, as far as the restore is about it.
    fn moved_by(order: RestoreOrder, origin: &Run) -> Self {
        let wanted = |room: RoomId| match order.room {
            Some(only) => room == only,
            None => true,
        };
        let moved = origin.rooms.iter().filter(|count| wanted(count.room));
        Self::listed(moved.map(|count| count.room).collect())
    }

    async fn named(store: &dyn Store, names: &[RoomName]) -> Result<(Self, Vec<RoomName>)> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in names {
            match store.room_by_name(&TenantId::default(), name).await? {
                Some(room) => found.push(room.id),
                None => missing.push(name.clone()),
            }
        }
        Ok((Self::listed(found), missing))
    }

    fn listed(mut rooms: Vec<RoomId>) -> Self {
        rooms.sort_unstable();
        rooms.dedup();
        Self::Listed(rooms)
    }

    /// The rooms after `after`.
    pub(crate) async fn page(&self, store: &dyn Store, after: Option<RoomId>) -> Result<RoomPage> {
        match self {
            Self::Listed(ids) => listed_page(store, ids, after).await,
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

async fn listed_page(store: &dyn Store, ids: &[RoomId], after: Option<RoomId>) -> Result<RoomPage> {
    let from = after.map_or(0, |after| ids.partition_point(|id| *id <= after));
    let ids = &ids[from..];
    let page = &ids[..ids.len().min(PAGE)];
    let mut rooms = Vec::with_capacity(page.len());
    for id in page {
        rooms.extend(store.room(*id).await?);
    }
    let next = page.last().copied().filter(|_| page.len() < ids.len());
    Ok(RoomPage { rooms, next })
}
