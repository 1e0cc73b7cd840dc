//! `/ws/{username}/`: a socket onto the conversation with somebody; and those that tell how much is
//! unread.

use std::sync::Arc;

use domain::{Card, Code, Result, Username};
use edge::{
    auth::{Identity, token_of},
    socket::{Admitted, HandshakeError, Upgrade, upgrade},
};
use protocol::{
    Dialect,
    usernames::{AllBell, OneBell, Usernames},
};
use warp::{Filter, Rejection, filters::BoxedFilter, path, reply::Response};

use super::other;
use crate::routes::{
    House, any_of, direct,
    drf::{self, Refused},
    query::{Query, query},
    with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let knock = || {
        warp::get()
            .and(with(house))
            .and(query())
            .and(upgrade(&house.ctx))
            .map(Knock::new)
    };
    let all = path!("ws" / "notifications").and(knock()).then(all);
    let one = path!("ws" / "notifications" / String)
        .and(knock())
        .then(|name, knock| with_other(name, knock, Socket::Bell));
    let conversation = path!("ws" / String)
        .and_then(named)
        .and(knock())
        .then(|name, knock| with_other(name, knock, Socket::Conversation));
    any_of(vec![all.boxed(), one.boxed(), conversation.boxed()])
}

/// Leaves the paths of others to them.
async fn named(segment: String) -> Result<String, Rejection> {
    match Username::is_reserved(&segment) {
        false => Ok(segment),
        true => Err(warp::reject::not_found()),
    }
}

/// Which of the sockets that are about somebody.
#[derive(Debug, Clone, Copy)]
enum Socket {
    Conversation,
    Bell,
}

/// A handshake, and what it says beside its path.
struct Knock {
    house: Arc<House>,
    query: Query,
    upgrade: Result<Upgrade, HandshakeError>,
}

impl Knock {
    fn new(house: Arc<House>, query: Query, upgrade: Result<Upgrade, HandshakeError>) -> Self {
        Self {
            house,
            query,
            upgrade,
        }
    }
}

/// Who comes: by the token of the address, which is all that a page can give, or of the header.
async fn identify(house: &House, query: &Query, upgrade: &Upgrade) -> Result<Identity> {
    let token = match query.text("token") {
        Some(token) => token,
        None => token_of(upgrade.headers())?,
    };
    house.ctx.auth.identify(token).await
}

async fn all(knock: Knock) -> Response {
    let Knock {
        house,
        query,
        upgrade,
    } = knock;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return drf::no_handshake(&error),
    };
    let opened = async {
        let who = identify(&house, &query, &upgrade).await?;
        let admitted = Admitted::enter(&house.ctx, upgrade, &who, &AllBell, None).await?;
        Ok(admitted.open_unread(&house.ctx, Arc::clone(&house.app), None))
    };
    opened.await.unwrap_or_else(drf::withhold)
}

async fn with_other(name: String, knock: Knock, socket: Socket) -> Response {
    let Knock {
        house,
        query,
        upgrade,
    } = knock;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return drf::no_handshake(&error),
    };
    let opened = open(&house, &name, &query, upgrade, socket).await;
    opened.unwrap_or_else(|refused| match refused {
        // Nobody learns by a socket who there is.
        Refused::Said(_) => drf::withhold(Code::Forbidden.into()),
        Refused::Error(error) => drf::withhold(error),
    })
}

/// Opens a socket about somebody, and with it the conversation.
async fn open(
    house: &House,
    name: &str,
    query: &Query,
    upgrade: Upgrade,
    socket: Socket,
) -> Result<Response, Refused> {
    let who = identify(house, query, &upgrade).await?;
    let peer = other(house, &who.caller, name).await?;
    let dialect: &'static dyn Dialect = match socket {
        Socket::Conversation => &Usernames,
        Socket::Bell => &OneBell,
    };
    let card = Card::from(&peer);
    // Whoever is refused here is not to open a conversation.
    let admitted = Admitted::enter(&house.ctx, upgrade, &who, dialect, Some(card)).await?;
    let room = direct::opened(house, &who.caller, peer.id).await?;
    let (ctx, app) = (&house.ctx, Arc::clone(&house.app));
    Ok(match socket {
        Socket::Conversation => admitted.open_room(ctx, app, room),
        Socket::Bell => admitted.open_unread(ctx, app, Some(room)),
    })
}
