//! `/ws/join/?name=`: a socket onto one room, which its user joins by opening it.

use std::sync::Arc;

use domain::{Caller, Code, Command, Error, Reply, Result, RoomId, RoomName};
use edge::{
    answer,
    auth::{Identity, bearer_of},
    socket::{Admitted, HandshakeError, Upgrade, upgrade},
    unexpected,
};
use protocol::rooms::Rooms;
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode},
    path,
    reply::Response,
};

use super::{refuse_in_text, text, unknown_caller};
use crate::routes::{
    House,
    query::{Query, query},
    with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    path!("ws" / "join")
        .and(warp::get())
        .and(with(house))
        .and(query())
        .and(warp::header::headers_cloned())
        .and(upgrade(&house.ctx))
        .then(join)
        .boxed()
}

/// The order of the checks is the original's: the token, the room, the handshake.
async fn join(
    house: Arc<House>,
    query: Query,
    headers: HeaderMap,
    upgrade: Result<Upgrade, HandshakeError>,
) -> Response {
    let who = match identify(&house, &headers).await {
        Ok(who) => who,
        Err(error) => return unknown_caller(&error),
    };
    let room = match find(&house, &who.caller, query.text("name")).await {
        Ok(room) => room,
        Err(error) if error.code() == Code::RoomNotFound => {
            return text(StatusCode::BAD_REQUEST, "room does not exist");
        }
        Err(error) => return refuse_in_text(&error),
    };
    match upgrade {
        Ok(upgrade) => open(&house, &who, room, upgrade)
            .await
            .unwrap_or_else(|error| refuse_in_text(&error)),
        Err(error) => no_handshake(&error),
    }
}

async fn identify(house: &House, headers: &HeaderMap) -> Result<Identity> {
    house.ctx.auth.identify(bearer_of(headers)?).await
}

async fn find(house: &House, who: &Caller, name: Option<&str>) -> Result<RoomId> {
    let name = RoomName::parse(name.unwrap_or_default(), &house.ctx.limits);
    // A name that no room can have is the name of no room.
    let name = name.map_err(|_| Error::new(Code::RoomNotFound))?;
    match house.app.handle(who, Command::FindChannel { name }).await? {
        Reply::Room(view) => Ok(view.room.id),
        _ => Err(unexpected()),
    }
}

async fn open(house: &House, who: &Identity, room: RoomId, upgrade: Upgrade) -> Result<Response> {
    // Whoever is refused here is not to become a member.
    let admitted = Admitted::enter(&house.ctx, upgrade, who, &Rooms, None).await?;
    house
        .app
        .handle(&who.caller, Command::Join { room })
        .await?;
    Ok(admitted.open_room(&house.ctx, Arc::clone(&house.app), room))
}

/// What the original's two layers say one after the other.
fn no_handshake(error: &HandshakeError) -> Response {
    let (status, reason) = match error {
        HandshakeError::Origin(error) => {
            answer::report(error);
            (StatusCode::FORBIDDEN, "Forbidden")
        }
        HandshakeError::Malformed(_) | HandshakeError::Version => {
            (StatusCode::BAD_REQUEST, "Bad Request")
        }
    };
    let mut response = text(status, &format!("{reason}\nsomething went wrong"));
    error.decorate(&mut response);
    response
}
