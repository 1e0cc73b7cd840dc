//! `/api/chat/ws/chat/?token=`: one socket for all that somebody has with friends.

use std::sync::Arc;

use domain::{Code, Result};
use edge::socket::{Admitted, HandshakeError, Upgrade, upgrade};
use protocol::friends::Friends;
use warp::{Filter, filters::BoxedFilter, path, reply::Response};

use crate::routes::{
    House, drf,
    query::{Query, query},
    with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    path!("api" / "chat" / "ws" / "chat")
        .and(warp::get())
        .and(with(house))
        .and(query())
        .and(upgrade(&house.ctx))
        .then(join)
        .boxed()
}

async fn join(
    house: Arc<House>,
    query: Query,
    upgrade: Result<Upgrade, HandshakeError>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return drf::no_handshake(&error),
    };
    let opened = open(&house, query.text("token"), upgrade).await;
    opened.unwrap_or_else(|error| drf::refuse(&error))
}

async fn open(house: &House, token: Option<&str>, upgrade: Upgrade) -> Result<Response> {
    let token = token.ok_or(Code::Unauthenticated)?;
    let who = house.ctx.auth.identify(token).await?;
    let admitted = Admitted::enter(&house.ctx, upgrade, &who, &Friends, None).await?;
    Ok(admitted.open_friends(&house.ctx, Arc::clone(&house.app)))
}
