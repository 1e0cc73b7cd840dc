//! The `tenants` dialect over HTTP: paths, statuses and bodies as its document and the original
//! have them.

mod conversations;
mod files;
mod messages;
mod participants;
mod people;
mod presence;
mod reactions;
mod socket;

use std::{convert::Infallible, sync::Arc};

use domain::{Caller, Card, Code, MessageId, Result, RoomId, UserId};
use edge::{Endpoint, auth::bearer, request, unexpected};
use protocol::{
    drf::{Asked, Sizes},
    tenants::http,
};
use serde::Serialize;
use settings::DialectName;
use warp::{Filter, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    House, Mounted, any_of, at, auth,
    drf::{self, Refused},
    query::{Query, query},
    with,
};

/// The dialect, ready to be mounted.
pub(super) const DIALECT: Mounted = Mounted {
    name: DialectName::Tenants,
    endpoints: PATHS,
    prefixes: &["/api/notifications/chat", "/ws/chat"],
    uploads: &files::PATHS,
    missed: drf::missed,
    routes,
};

/// How many items the pages of its lists have.
const SIZES: Sizes = Sizes {
    usual: 50,
    most: Some(100),
};

const ALL: &[&str] = &["GET", "POST"];
const ONE: &[&str] = &["GET", "PUT", "DELETE"];

/// The document's paths end with a slash; without it they are good, too.
const PATHS: &[Endpoint] = &[
    at("/api/notifications/chat/conversations/", ALL),
    at("/api/notifications/chat/conversations", ALL),
    at("/api/notifications/chat/conversations/{id}/", ONE),
    at("/api/notifications/chat/conversations/{id}", ONE),
    at(
        "/api/notifications/chat/conversations/{id}/participants/",
        ALL,
    ),
    at(
        "/api/notifications/chat/conversations/{id}/participants",
        ALL,
    ),
    at(
        "/api/notifications/chat/conversations/{id}/participants/{user}/",
        &["PATCH", "DELETE"],
    ),
    at(
        "/api/notifications/chat/conversations/{id}/participants/{user}",
        &["PATCH", "DELETE"],
    ),
    at("/api/notifications/chat/conversations/{id}/messages/", ALL),
    at("/api/notifications/chat/conversations/{id}/messages", ALL),
    at(
        "/api/notifications/chat/conversations/{id}/messages/{message}/",
        ONE,
    ),
    at(
        "/api/notifications/chat/conversations/{id}/messages/{message}",
        ONE,
    ),
    at("/api/notifications/chat/messages/{message}/reactions/", ALL),
    at("/api/notifications/chat/messages/{message}/reactions", ALL),
    at("/api/notifications/chat/presence/", &["GET"]),
    at("/api/notifications/chat/presence", &["GET"]),
    at("/api/notifications/chat/presence/me/", &["GET", "PUT"]),
    at("/api/notifications/chat/presence/me", &["GET", "PUT"]),
    at(files::PATHS[0], &["POST"]),
    at(files::PATHS[1], &["POST"]),
    at("/ws/chat/{tenant}/", &["GET"]),
    at("/ws/chat/{tenant}", &["GET"]),
];

fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    any_of(vec![
        conversations::routes(house),
        participants::routes(house),
        messages::routes(house),
        reactions::routes(house),
        presence::routes(house),
        files::routes(house),
        socket::routes(house),
    ])
}

/// What the handlers get of every request: the house, who asks, the address and its parameters.
struct Request {
    house: Arc<House>,
    who: Result<Caller>,
    url: String,
    query: Query,
}

impl Request {
    /// Who asks, or how the original refuses who cannot show it.
    fn caller(&self) -> Result<Caller, Refused> {
        match &self.who {
            Ok(caller) => Ok(caller.clone()),
            Err(error) => {
                edge::answer::report(error);
                let known = http::no_caller(error);
                Err(known.map_or_else(|| error.code().into(), Refused::Said))
            }
        }
    }

    /// Which page of a list is asked for.
    fn page(&self) -> Result<Asked, Refused> {
        let (page, size) = (self.query.text("page"), self.query.text("page_size"));
        Ok(Asked::read(page, size, SIZES)?)
    }
}

fn request(
    house: &Arc<House>,
) -> impl Filter<Extract = (Request,), Error = Infallible> + Clone + use<> {
    with(house)
        .and(bearer(auth(house)))
        .and(request::url())
        .and(query())
        .map(|house, who, url, query| Request {
            house,
            who,
            url,
            query,
        })
}

/// Answers, or refuses in the words of the original's views.
fn respond(result: Result<Response, Refused>) -> Response {
    let worded = result.map_err(|refused| match refused {
        Refused::Error(error) => match http::refusal(&error) {
            Some(said) => {
                edge::answer::report(&error);
                Refused::Said(said)
            }
            None => Refused::Error(error),
        },
        said @ Refused::Said(_) => said,
    });
    drf::respond(worded)
}

/// Answers with one thing.
fn one<T: Serialize>(status: StatusCode, body: &T) -> Response {
    edge::answer::json(status, body)
}

/// The conversation of a path. What is no id is the id of no conversation.
fn room_id(segment: &str) -> Result<RoomId> {
    segment.parse().map_err(|_| Code::RoomNotFound.into())
}

/// The message of a path. What is no id is the id of no message.
fn message_id(segment: &str) -> Result<MessageId> {
    segment.parse().map_err(|_| Code::MessageNotFound.into())
}

/// How somebody is shown, as far as it was looked up.
fn card_of(house: &House) -> impl Fn(UserId) -> Option<Card> + '_ {
    |user| house.ctx.live.cards.card(user)
}
