//! `/api/room/*`: making rooms, and which of them are being listened to.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Caller, Code, Command, Error, Result, Room, RoomKind, RoomName, WantedRoom};
use edge::{auth::bearer, body};
use futures_util::{StreamExt, TryStreamExt, stream};
use protocol::{Dialect, rooms::Rooms};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode},
    hyper::body::Bytes,
    path,
    reply::Response,
};

use super::{form::Form, json, refuse, refuse_in_text, text, unknown_caller};
use crate::routes::{House, any_of, auth, with};

const CREATE: Form = Form {
    name: "CreateRoomRequest",
    fields: &[("Name", "name")],
};

/// How many rooms of the list are looked up at once.
const AT_ONCE: usize = 8;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let create = path!("api" / "room" / "create")
        .and(warp::post())
        .and(with(house))
        .and(bearer(auth(house)))
        .and(warp::header::headers_cloned())
        .and(body::bytes(house.ctx.limits.body_bytes))
        .then(create);
    let list = path!("api" / "room" / "list")
        .and(warp::get())
        .and(with(house))
        .and(bearer(auth(house)))
        .then(list);
    any_of(vec![create.boxed(), list.boxed()])
}

async fn create(
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
    body: Result<Bytes>,
) -> Response {
    let who = match who {
        Ok(who) => who,
        Err(error) => return unknown_caller(&error),
    };
    let name = match body.map(|body| CREATE.read(&headers, &body)) {
        Ok(Ok(mut values)) => values.pop().unwrap_or_default(),
        Ok(Err(said)) => return text(StatusCode::BAD_REQUEST, &said),
        Err(error) => return refuse_in_text(&error),
    };
    if name.is_empty() {
        return text(StatusCode::BAD_REQUEST, &CREATE.failed(0, "required"));
    }
    match try_create(&house, &who, &name).await {
        Ok(()) => text(StatusCode::OK, "room created"),
        Err(error) if error.code() == Code::RoomExists => {
            text(StatusCode::BAD_REQUEST, "room already exists")
        }
        Err(error) => refuse_in_text(&error),
    }
}

async fn try_create(house: &House, who: &Caller, name: &str) -> Result<()> {
    let name = RoomName::parse(name, &house.ctx.limits)?;
    let room = WantedRoom::Channel {
        name,
        read_only: false,
    };
    let command = Command::CreateRoom { room, key: None };
    house.app.handle(who, command).await.map(drop)
}

async fn list(house: Arc<House>, who: Result<Caller>) -> Response {
    let who = match who {
        Ok(who) => who,
        Err(error) => return unknown_caller(&error),
    };
    match listened(&house, &who).await {
        Ok(rooms) => json(StatusCode::OK, &rooms),
        Err(error) => refuse(&error),
    }
}

/// The channels of the caller's tenant that have sockets of this dialect here, and how many.
async fn listened(house: &House, who: &Caller) -> Result<BTreeMap<String, usize>> {
    let listeners = house.ctx.live.hub.listeners(Rooms.name());
    let find = |(room, sockets)| async move {
        let room = house.ctx.ports.store.room(room).await?;
        Ok::<_, Error>(room.and_then(|room| Some((channel_of(who, room)?, sockets))))
    };
    let rooms = stream::iter(listeners).map(find).buffer_unordered(AT_ONCE);
    rooms
        .try_filter_map(async |room| Ok(room))
        .try_collect()
        .await
}

fn channel_of(who: &Caller, room: Room) -> Option<String> {
    let shown = room.kind == RoomKind::Channel && room.tenant == who.tenant;
    let name = room.name.filter(|_| shown)?;
    Some(name.as_str().to_owned())
}
