//! The `usernames` dialect over HTTP: paths, statuses and bodies as its document and the original
//! have them.

mod accounts;
mod conversations;
mod files;
mod people;
mod sockets;

use std::{convert::Infallible, sync::Arc};

use domain::{Caller, Numbered, Result, TenantId, User};
use edge::{Endpoint, Site, auth};
use percent_encoding::percent_decode_str;
use protocol::{Viewer, usernames::http};
use settings::DialectName;
use warp::{Filter, filters::BoxedFilter, http::HeaderMap, reply::Response};

use super::{House, Mounted, any_of, at, drf, with};

use drf::Refused;

/// The dialect, ready to be mounted: last, since any name can stand in the path of its socket.
pub(super) const DIALECT: Mounted = Mounted {
    name: DialectName::Usernames,
    endpoints: PATHS,
    prefixes: &[
        "/api/auth/token",
        "/api/userauth",
        "/api/conversations",
        "/api/rooms",
        "/ws",
    ],
    missed: drf::missed,
    uploads: &["/api/rooms/upload", "/api/rooms/upload/"],
    routes,
};

/// Some of the document's paths end with a slash and some do not; with and without, each is good.
const PATHS: &[Endpoint] = &[
    at("/api/auth/token", &["POST"]),
    at("/api/auth/token/", &["POST"]),
    at("/api/auth/token/refresh", &["POST"]),
    at("/api/auth/token/refresh/", &["POST"]),
    at("/api/userauth/users/{user}", &["GET"]),
    at("/api/userauth/users/{user}/", &["GET"]),
    at("/api/conversations", &["GET"]),
    at("/api/conversations/", &["GET"]),
    at("/api/rooms/upload", &["POST"]),
    at("/api/rooms/upload/", &["POST"]),
    at("/api/rooms/check-url", &["GET"]),
    at("/api/rooms/check-url/", &["GET"]),
    at("/api/rooms/refresh-url", &["GET"]),
    at("/api/rooms/refresh-url/", &["GET"]),
    at("/api/rooms/{username}/messages", &["GET"]),
    at("/api/rooms/{username}/messages/", &["GET"]),
    at("/ws/notifications", &["GET"]),
    at("/ws/notifications/", &["GET"]),
    at("/ws/notifications/{username}", &["GET"]),
    at("/ws/notifications/{username}/", &["GET"]),
    at("/ws/{username}", &["GET"]),
    at("/ws/{username}/", &["GET"]),
];

fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    any_of(vec![
        accounts::routes(house),
        conversations::routes(house),
        files::routes(house),
        people::routes(house),
        sockets::routes(house),
    ])
}

/// Extracts what the handlers work with, who asks, and by which address.
fn asked(
    house: &Arc<House>,
) -> impl Filter<Extract = (Arc<House>, Result<Caller>, Site), Error = Infallible> + Clone + use<> {
    let ctx = house.ctx.clone();
    with(house)
        .and(auth::token(Arc::clone(&house.ctx.auth)))
        .and(warp::header::headers_cloned().map(move |headers: HeaderMap| Site::of(&ctx, &headers)))
}

/// What is told to a caller over HTTP is made links by the address that they asked at.
fn viewer(who: &Caller, site: &Site) -> Viewer {
    Viewer {
        links: Some(Arc::new(site.clone())),
        ..Viewer::of(who.user)
    }
}

/// Somebody else, by the name in a path. Nobody of that name, and somebody of another tenant, are the
/// same.
async fn other(house: &House, who: &Caller, segment: &str) -> Result<User, Refused> {
    let name = percent_decode_str(segment).decode_utf8();
    let name = name.map_err(|_| http::no_such_user())?;
    match house.accounts.person_called(&who.tenant, &name).await {
        Ok(user) if user.id == who.user => Err(http::oneself().into()),
        Ok(user) => Ok(user),
        Err(error) if error.code() == domain::Code::UserNotFound => {
            Err(http::no_such_user().into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The numbers of things, in the order asked.
async fn numbers(house: &House, tenant: &TenantId, things: &[Numbered]) -> Result<Vec<u64>> {
    house.ctx.ports.store.numbers(tenant, things).await
}
