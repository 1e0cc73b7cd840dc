//! The `recipients` dialect over HTTP: paths, statuses and bodies as its document and the original
//! have them.

mod accounts;
mod people;
mod socket;

use std::sync::Arc;

use edge::Endpoint;
use settings::DialectName;
use warp::{filters::BoxedFilter, reply::Response};

use super::{House, Mounted, any_of, at, drf};

/// The dialect, ready to be mounted.
pub(super) const DIALECT: Mounted = Mounted {
    name: DialectName::Recipients,
    endpoints: PATHS,
    prefixes: &[
        "/api/register",
        "/api/login",
        "/api/logout",
        "/api/token",
        "/api/users",
        "/ws/chat",
    ],
    missed: drf::missed,
    uploads: &[],
    routes,
};

/// The document's titles say POST where its text says GET, and both are good. Its paths end with a
/// slash; without it they are good, too.
const PATHS: &[Endpoint] = &[
    at("/api/register/", &["POST"]),
    at("/api/register", &["POST"]),
    at("/api/login/", &["POST"]),
    at("/api/login", &["POST"]),
    at("/api/logout/", &["POST"]),
    at("/api/logout", &["POST"]),
    at("/api/token/refresh/", &["POST"]),
    at("/api/token/refresh", &["POST"]),
    at("/api/users/", &["GET", "POST"]),
    at("/api/users", &["GET", "POST"]),
    at("/api/users/{user}/chat/", &["GET", "POST"]),
    at("/api/users/{user}/chat", &["GET", "POST"]),
    at("/ws/chat/{conversation}/", &["GET"]),
    at("/ws/chat/{conversation}", &["GET"]),
];

fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    any_of(vec![
        accounts::routes(house),
        people::routes(house),
        socket::routes(house),
    ])
}
