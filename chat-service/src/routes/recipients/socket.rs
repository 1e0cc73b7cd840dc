//! `/ws/chat/{conversation}/?token=`: a socket onto one conversation.

use std::sync::Arc;

use domain::{Caller, Card, Code, Command, Reply, Result, RoomId};
use edge::{
    socket::{Admitted, HandshakeError, Upgrade, upgrade},
    unexpected,
};
use protocol::recipients::Recipients;
use warp::{Filter, filters::BoxedFilter, path, reply::Response};

use crate::routes::{
    House, drf,
    query::{Query, query},
    with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    path!("ws" / "chat" / String)
        .and(warp::get())
        .and(with(house))
        .and(query())
        .and(upgrade(&house.ctx))
        .then(join)
        .boxed()
}

async fn join(
    id: String,
    house: Arc<House>,
    query: Query,
    upgrade: Result<Upgrade, HandshakeError>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return drf::no_handshake(&error),
    };
    let opened = open(&house, &id, query.text("token"), upgrade).await;
    opened.unwrap_or_else(drf::withhold)
}

async fn open(house: &House, id: &str, token: Option<&str>, upgrade: Upgrade) -> Result<Response> {
    let token = token.ok_or(Code::Unauthenticated)?;
    let who = house.ctx.auth.identify(token).await?;
    let (room, peer) = find(house, &who.caller, id).await?;
    let admitted = Admitted::enter(&house.ctx, upgrade, &who, &Recipients, Some(peer)).await?;
    Ok(admitted.open_room(&house.ctx, Arc::clone(&house.app), room))
}

/// The conversation of this id, which the caller has with somebody.
async fn find(house: &House, who: &Caller, id: &str) -> Result<(RoomId, Card)> {
    let room: RoomId = id.parse().map_err(|_| Code::RoomNotFound)?;
    let Reply::Room(view) = house.app.handle(who, Command::GetRoom { room }).await? else {
        return Err(unexpected());
    };
    // Rooms of many have no recipient.
    let peer = view.peer.ok_or(Code::RoomNotFound)?;
    Ok((room, peer))
}
