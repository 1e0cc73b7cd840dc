//! Changing a room itself: its name, who may write in it, its end.

use domain::{
    Appended, Caller, ClientId, Code, Deed, Error, Mark, NewChange, NewRow, Reply, Result, Rev,
    Room, RoomChange, RoomId, RoomKind, RoomName, RoomRow, Row, RowId, Seq, marks,
};

use super::{ATTEMPTS, Chat, in_time, members::after, places::Place, refused, stale, wishes::Wish};

/// What is to become of a room.
pub(super) struct Change {
    pub(super) name: Option<RoomName>,
    pub(super) read_only: Option<bool>,
    pub(super) if_rev: Option<Rev>,
}

impl Change {
    /// What is still to be made of the room; `None` when it is so already.
    fn of(&self, place: &Place) -> Result<Option<RoomChange>> {
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
        let any = name.is_some() || read_only.is_some();
        Ok(any.then_some(RoomChange::Changed { name, read_only }))
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
            let Some(change) = change.of(&place)? else {
                return self.get_room(who, room).await;
            };
            if let Some(row) = self.append_change(who, &place.room, change).await? {
                let view = self.get_room(who, room).await;
                return view.map_err(|error| after(Some(&row), error));
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
            let end = RoomChange::Deleted;
            if self.append_change(who, &place.room, end).await?.is_some() {
                return Ok(Reply::Done);
            }
        }
        Err(Code::Busy.into())
    }

    /// Takes the caller out of a group. It ends with its last member, since nobody could come back
    /// or bring others.
    pub(super) async fn leave_group(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        self.rates.send(who.user)?;
        for _ in 0..ATTEMPTS {
            let place = in_time(self.place(who, room)).await?;
            if in_time(self.count(room)).await? > 1 {
                self.settle(who, room, Wish::Leave).await?;
                self.end_if_empty(who, room).await;
                return Ok(Reply::Done);
            }
            let end = self.append_change(who, &place.room, RoomChange::Deleted);
            if end.await?.is_some() {
                return Ok(Reply::Done);
            }
        }
        Err(Code::Busy.into())
    }

    /// Ends a group that all have left: of the last two who leave at once, neither knows that they
    /// are the last. The caller has left, whatever comes of this.
    async fn end_if_empty(&self, who: &Caller, room: RoomId) {
        for _ in 0..ATTEMPTS {
            match self.end_empty(who, room).await {
                Ok(true) => return,
                Ok(false) => {}
                // The other has ended it.
                Err(error) if error.code() == Code::RoomNotFound => return,
                Err(error) => tracing::warn!(%room, %error, "a group without members stays"),
            }
        }
    }

    /// `false` when the decision must be made anew.
    async fn end_empty(&self, who: &Caller, room: RoomId) -> Result<bool> {
        if self.count(room).await? > 0 {
            return Ok(true);
        }
        let Some(room) = self.store.room(room).await? else {
            return Ok(true);
        };
        let end = self.append_change(who, &room, RoomChange::Deleted);
        Ok(end.await?.is_some())
    }

    async fn count(&self, room: RoomId) -> Result<u64> {
        self.store.count_members(room).await
    }

    /// Hides a direct room from the caller until something new is said.
    pub(super) async fn hide(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        marks::raise(&*self.store, room, who.user, Mark::Hidden, Seq::MAX).await?;
        Ok(Reply::Done)
    }

    /// Appends a change of the room as it was looked up. `None` when the decision must be made
    /// anew: then it is not stored.
    async fn append_change(
        &self,
        who: &Caller,
        room: &Room,
        change: RoomChange,
    ) -> Result<Option<Row>> {
        let rev = room.rev + 1;
        let row = NewRow {
            id: RowId::new(),
            client_id: ClientId::new(),
            sender: who.user,
            change: NewChange::Room(RoomRow { change, rev }),
        };
        match self.writers.append(&who.tenant, room.id, row).await? {
            Appended::Stored(row) | Appended::Repeat(row) => Ok(Some(row)),
            Appended::Conflict { .. } => Ok(None),
            other => Err(refused(&other)),
        }
    }
}
