//! Changing a room itself: its name, who may write in it, its end.

use domain::{
    Appended, Caller, ClientId, Code, Deed, Error, Mark, NewChange, NewRow, Reply, Result, Rev,
    RoomChange, RoomId, RoomKind, RoomName, RoomRow, RowId, Seq, marks,
};

use super::{ATTEMPTS, Chat, in_time, places::Place, refused, stale};

/// What is to become of a room.
pub(super) struct Change {
    pub(super) name: Option<RoomName>,
    pub(super) read_only: Option<bool>,
    pub(super) if_rev: Option<Rev>,
}

impl Change {
    /// The changes that are still to be made, in order. Each builds on the one before.
    fn of(&self, place: &Place) -> Result<Vec<RoomChange>> {
        place.check_shared()?;
        if self.name.is_some() {
            place.check(Deed::Rename)?;
        }
        if self.read_only.is_some() {
            place.check(Deed::SetReadOnly)?;
        }
        let room = &place.room;
        if self.if_rev.is_some_and(|rev| rev != room.rev) {
            return Err(stale(room.rev));
        }
        let name = self.name.clone().filter(|_| room.name != self.name);
        let read_only = self.read_only.filter(|wanted| *wanted != room.read_only);
        let renamed = name.map(|name| RoomChange::Renamed { name });
        let closed = read_only.map(|read_only| RoomChange::ReadOnly { read_only });
        Ok(renamed.into_iter().chain(closed).collect())
    }
}

impl Chat {
    pub(super) async fn change_room(
        &self,
        who: &Caller,
        room: RoomId,
        change: Change,
    ) -> Result<Reply> {
        if change.name.is_none() && change.read_only.is_none() {
            let detail = "Say `name` or `read_only`, or both.";
            return Err(Error::invalid(Code::InvalidField, "name", detail));
        }
        self.rates.send(who.user)?;
        for _ in 0..ATTEMPTS {
            let place = in_time(self.place(who, room)).await?;
            let changes = change.of(&place)?;
            if self.append_changes(who, &place, changes).await? {
                return self.get_room(who, room).await;
            }
        }
        Err(Code::Busy.into())
    }

    /// Deletes a room for everybody; a direct room for the caller alone.
    pub(super) async fn delete_room(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        self.rates.send(who.user)?;
        for _ in 0..ATTEMPTS {
            let place = in_time(self.place(who, room)).await?;
            if place.room.kind == RoomKind::Direct {
                return self.hide(who, room).await;
            }
            place.check(Deed::DeleteRoom)?;
            let end = vec![RoomChange::Deleted];
            if self.append_changes(who, &place, end).await? {
                return Ok(Reply::Done);
            }
        }
        Err(Code::Busy.into())
    }

    /// Hides a direct room from the caller until something new is said.
    pub(super) async fn hide(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        marks::raise(&*self.store, room, who.user, Mark::Hidden, Seq::MAX).await?;
        Ok(Reply::Done)
    }

    /// Appends changes, each of which needs the one before. `false` when the decision must be
    /// made anew: then none of them is stored.
    async fn append_changes(
        &self,
        who: &Caller,
        place: &Place,
        changes: Vec<RoomChange>,
    ) -> Result<bool> {
        let mut waiting = Vec::with_capacity(changes.len());
        for (change, rev) in changes.into_iter().zip(place.room.rev + 1..) {
            let row = NewRow {
                id: RowId::new(),
                client_id: ClientId::new(),
                sender: who.user,
                change: NewChange::Room(RoomRow { change, rev }),
            };
            waiting.push(self.writers.submit(&who.tenant, place.room.id, row)?);
        }
        for row in waiting {
            match row.answer().await? {
                Appended::Stored(_) | Appended::Repeat(_) => {}
                Appended::Conflict { .. } => return Ok(false),
                other => return Err(refused(&other)),
            }
        }
        Ok(true)
    }
}
