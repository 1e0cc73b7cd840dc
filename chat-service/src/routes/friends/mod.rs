//! The `friends` dialect over HTTP: paths, statuses and bodies as its document and the original have
//! them.

mod messages;
mod rooms;
mod socket;

use std::{convert::Infallible, sync::Arc};

use domain::{Caller, Result};
use edge::{Endpoint, auth::authorized, request, unexpected};
use protocol::drf::{Asked, Refusal, Sizes};
use settings::DialectName;
use warp::{Filter, filters::BoxedFilter, reply::Response};

use super::{
    House, Mounted, any_of, at, auth, drf,
    query::{Query, query},
    with,
};

/// The dialect, ready to be mounted.
pub(super) const DIALECT: Mounted = Mounted {
    uploads: &[],
    name: DialectName::Friends,
    endpoints: PATHS,
    prefixes: &["/api/chat"],
    missed: drf::missed,
    routes,
};

/// The document's paths end with a slash; without it they are good, too.
const PATHS: &[Endpoint] = &[
    at("/api/chat/users/", &["GET"]),
    at("/api/chat/users", &["GET"]),
    at("/api/chat/users/{id}/", &["GET"]),
    at("/api/chat/users/{id}", &["GET"]),
    at("/api/chat/{id}/messages/", &["GET", "POST"]),
    at("/api/chat/{id}/messages", &["GET", "POST"]),
    at("/api/chat/ws/chat/", &["GET"]),
    at("/api/chat/ws/chat", &["GET"]),
];

/// By which words a token is introduced: the document's own, and everybody's.
const SCHEMES: &[&str] = &["jwt", "bearer"];

/// How many items a page has; the document knows no `page_size`.
const PAGES: Sizes = Sizes {
    usual: 10,
    most: None,
};

/// Who asks for what.
struct Wanted {
    who: Result<Caller>,
    query: Query,
    /// The address as it was asked for.
    url: String,
}

impl Wanted {
    /// Which page.
    fn page(&self) -> Result<Asked, Refusal> {
        Asked::read(self.query.text("page"), None, PAGES)
    }
}

fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    any_of(vec![
        rooms::routes(house),
        messages::routes(house),
        socket::routes(house),
    ])
}

/// Hands the house and what is wanted of it to a handler.
fn wanted(
    house: &Arc<House>,
) -> impl Filter<Extract = (Arc<House>, Wanted), Error = Infallible> + Clone + use<> {
    let asked = authorized(auth(house), SCHEMES)
        .and(query())
        .and(request::url())
        .map(|who, query, url| Wanted { who, query, url });
    with(house).and(asked)
}
