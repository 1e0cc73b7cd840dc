//! `/ws/chat/{tenant}/?token=`: one socket per client. The `recipients` dialect has the same path
//! for conversations; whose it is, is settled by what the id is.

use std::sync::Arc;

use domain::{Code, Error, Result};
use edge::{
    auth::Identity,
    socket::{Admitted, HandshakeError, Upgrade, upgrade},
};
use protocol::tenants::Tenants;
use settings::DialectName;
use warp::{Filter, Rejection, filters::BoxedFilter, path, reply::Response};

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
        .and_then(look)
        .untuple_one()
        .and(upgrade(&house.ctx))
        .then(open)
        .boxed()
}

/// Who comes. What is not the caller's tenant may be a conversation of the other dialect, if that
/// is spoken here.
async fn look(
    tenant: String,
    house: Arc<House>,
    query: Query,
) -> Result<(Arc<House>, Result<Identity>), Rejection> {
    let who = identify(&house, &tenant, query.text("token")).await;
    let shared = house
        .ctx
        .settings
        .dialects
        .contains(&DialectName::Recipients);
    match who {
        Err(error) if shared && error.code() == Code::Forbidden => Err(warp::reject::not_found()),
        who => Ok((house, who)),
    }
}

async fn identify(house: &House, tenant: &str, token: Option<&str>) -> Result<Identity> {
    let refused = || Error::new(Code::Forbidden);
    let token = token.ok_or_else(refused)?;
    let who = house.ctx.auth.identify(token).await;
    let who = who.map_err(|error| match error.code() {
        Code::TokenInvalid | Code::TokenExpired => refused(),
        _ => error,
    })?;
    match who.caller.tenant.as_str() == tenant {
        true => Ok(who),
        false => Err(refused()),
    }
}

async fn open(
    house: Arc<House>,
    who: Result<Identity>,
    upgrade: Result<Upgrade, HandshakeError>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return drf::no_handshake(&error),
    };
    let opened = async {
        let admitted = Admitted::enter(&house.ctx, upgrade, &who?, &Tenants, None).await?;
        Ok(admitted.open_visitor(&house.ctx, Arc::clone(&house.app)))
    };
    opened.await.unwrap_or_else(|error| drf::refuse(&error))
}
