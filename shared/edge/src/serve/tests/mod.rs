//! The accept loop over real TCP.

mod answers;
mod bodies;
mod connections;
mod end;
mod proxied;

use domain::Code;
use hyper::StatusCode;
use warp::{Filter, reply::Response};

use super::*;
use crate::{
    Endpoint, Missed, answer, body,
    request::{self, LocalAdministrator},
    testing::{World, bare},
};

#[derive(serde::Deserialize)]
struct Name {
    name: String,
}

const ENDPOINTS: [Endpoint; 6] = [
    Endpoint {
        path: "/names",
        methods: &["GET", "POST"],
    },
    Endpoint {
        path: "/rooms/{room}/",
        methods: &["POST"],
    },
    Endpoint {
        path: "/dialect/here",
        methods: &["GET"],
    },
    Endpoint {
        path: "/panics",
        methods: &["GET"],
    },
    Endpoint {
        path: "/wrong",
        methods: &["GET"],
    },
    Endpoint {
        path: "/who",
        methods: &["GET", "HEAD"],
    },
];

/// Something of everything: a body, a panic, a dialect of its own, the caller's address.
fn service() -> Service {
    let names = warp::path!("names")
        .and(warp::post())
        .and(body::json(64))
        .map(|name: domain::Result<Name>| match name {
            Ok(name) => answer::text(StatusCode::OK, name.name),
            Err(error) => answer::problem(&error),
        });
    let panics = warp::path!("panics").map(|| -> Response { panic!("expected by the test") });
    let who = warp::path!("who")
        .and(warp::get())
        .and(request::peer())
        .and(warp::ext::optional())
        .map(|peer: Peer, local: Option<LocalAdministrator>| {
            let text = format!("{} {}", peer.0.ip(), local.is_some());
            answer::text(StatusCode::OK, text)
        });
    let wrong = warp::path!("wrong")
        .and(warp::query::<std::collections::BTreeMap<u8, u8>>())
        .map(|_| answer::empty(StatusCode::OK));
    let routes = names.or(panics).unify().or(who).unify().or(wrong).unify();
    Service::new("test", routes, Vec::new())
        .with_endpoints(&ENDPOINTS)
        .with_fallback("/dialect/", dialect)
}

fn dialect(missed: &Missed<'_>) -> Response {
    let message = serde_json::json!({ "message": missed.error.code().name() });
    answer::json(answer::status_of(missed.error), &message)
}
