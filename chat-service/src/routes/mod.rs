//! What is mounted where, on one page.

mod direct;
mod drf;
mod friends;
mod native;
mod recipients;
mod rooms;
mod tenants;
#[cfg(test)]
mod tests;
mod tokens;
mod usernames;

use std::{convert::Infallible, sync::Arc};

use domain::{Limits, Result};
use edge::{Application, Authenticator, Context, Endpoint, Fallback, Service, answer, query};
use settings::DialectName;
use warp::{Filter, filters::BoxedFilter, reply::Response};

use crate::{accounts::Accounts, files::Files, foreign::Tellings, setup::Setup};

/// The native API.
const NATIVE: &[Endpoint] = &[
    at("/api/v1/auth/signup", &["POST"]),
    at("/api/v1/auth/login", &["POST"]),
    at("/api/v1/auth/logout", &["POST"]),
    at("/api/v1/auth/logout-everywhere", &["POST"]),
    at("/api/v1/auth/refresh", &["POST"]),
    at("/api/v1/sessions", &["GET", "HEAD"]),
    at("/api/v1/sessions/{session}", &["DELETE"]),
    at("/api/v1/ws-ticket", &["POST"]),
    at("/api/v1/me", &["GET", "HEAD", "PATCH"]),
    at("/api/v1/me/password", &["POST"]),
    at("/api/v1/people", &["GET", "HEAD"]),
    at("/api/v1/admin/users/{user}", &["DELETE"]),
    at("/api/v1/admin/events/{action}", &["POST"]),
    at("/api/v1/users", &["GET", "HEAD"]),
    at("/api/v1/users/{user}", &["GET", "HEAD"]),
    at("/api/v1/setup", &["POST"]),
    at("/setup", &["GET", "HEAD"]),
    at("/api/v1/rooms", &["GET", "HEAD", "POST"]),
    at("/api/v1/rooms/direct", &["POST"]),
    at("/api/v1/rooms/{room}", &["GET", "HEAD", "PATCH", "DELETE"]),
    at("/api/v1/rooms/{room}/join", &["POST"]),
    at("/api/v1/rooms/{room}/leave", &["POST"]),
    at("/api/v1/rooms/{room}/read", &["POST"]),
    at("/api/v1/rooms/{room}/received", &["POST"]),
    at("/api/v1/rooms/{room}/receipts", &["GET", "HEAD"]),
    at("/api/v1/rooms/{room}/presence", &["GET", "HEAD"]),
    at("/api/v1/presence", &["GET", "HEAD"]),
    at("/api/v1/rooms/{room}/transfer", &["POST"]),
    at("/api/v1/rooms/{room}/members", &["GET", "HEAD", "POST"]),
    at("/api/v1/rooms/{room}/members/{user}", &["PATCH", "DELETE"]),
    at("/api/v1/rooms/{room}/messages", &["GET", "HEAD", "POST"]),
    at(UPLOADS, &["POST"]),
    at("/api/v1/files/{file}", &["GET", "HEAD"]),
    at("/api/v1/files/{file}/link", &["GET", "HEAD"]),
    at("/files/{file}/{name}", &["GET", "HEAD"]),
    at(
        "/api/v1/rooms/{room}/messages/{message}",
        &["GET", "HEAD", "PATCH", "DELETE"],
    ),
    at(
        "/api/v1/rooms/{room}/messages/{message}/reactions/{emoji}",
        &["PUT", "DELETE"],
    ),
    at("/api/v1/ws", &["GET"]),
];

/// Where files are uploaded, which may take long.
const UPLOADS: &str = "/api/v1/files";

/// The documented dialects, in the order in which their paths are looked at: of the two that have
/// `/ws/chat/{id}/`, the one that knows its own ids comes first.
const DIALECTS: [Mounted; 5] = [
    rooms::DIALECT,
    tenants::DIALECT,
    recipients::DIALECT,
    friends::DIALECT,
    usernames::DIALECT,
];

/// A documented dialect, ready to be mounted.
struct Mounted {
    /// By which it is switched on.
    name: DialectName,
    /// Its paths.
    endpoints: &'static [Endpoint],
    /// Below these paths the dialect says in its own words what no route took.
    prefixes: &'static [&'static str],
    /// How it says that.
    missed: Fallback,
    /// Where files are uploaded.
    uploads: &'static [&'static str],
    /// What answers.
    routes: fn(&Arc<House>) -> BoxedFilter<(Response,)>,
}

impl Mounted {
    /// Adds its paths to a service that has its routes.
    fn describe(&self, service: Service, limits: &Limits) -> Service {
        let patience = Files::patience(limits);
        let patient = |service: Service, path: &&'static str| service.with_patience(path, patience);
        let service = self.uploads.iter().fold(service, patient);
        let spoken =
            |service: Service, prefix: &&'static str| service.with_fallback(prefix, self.missed);
        let service = self.prefixes.iter().fold(service, spoken);
        service.with_endpoints(self.endpoints)
    }
}

const fn at(path: &'static str, methods: &'static [&'static str]) -> Endpoint {
    Endpoint { path, methods }
}

/// What the handlers work with.
pub(crate) struct House {
    pub(crate) ctx: Context,
    pub(crate) app: Arc<dyn Application>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) tellings: Tellings,
    pub(crate) setup: Arc<Setup>,
    pub(crate) files: Files,
}

/// Everything that chat answers to, without its tasks.
pub(crate) fn service(ctx: &Context, app: Arc<dyn Application>, setup: &Arc<Setup>) -> Service {
    let house = Arc::new(House {
        ctx: ctx.clone(),
        tellings: Tellings::new(ctx, setup.accounts(), Arc::clone(&app)),
        app,
        accounts: Arc::clone(setup.accounts()),
        setup: Arc::clone(setup),
        files: Files::new(ctx),
    });
    let mut groups = vec![native::routes(&house)];
    let spoken = |dialect: &&Mounted| ctx.settings.dialects.contains(&dialect.name);
    let spoken: Vec<&Mounted> = DIALECTS.iter().filter(spoken).collect();
    groups.extend(spoken.iter().map(|dialect| (dialect.routes)(&house)));
    let service = of(ctx, any_of(groups));
    spoken.iter().fold(service, |service, dialect| {
        dialect.describe(service, &ctx.limits)
    })
}

/// A service of these routes, those of the native API among them.
fn of(ctx: &Context, routes: BoxedFilter<(Response,)>) -> Service {
    Service::new("chat", routes, Vec::new())
        .with_endpoints(NATIVE)
        .with_operations(native::operations())
        .with_patience(UPLOADS, Files::patience(&ctx.limits))
}

/// Hands what the handlers work with to one of them.
fn with(
    house: &Arc<House>,
) -> impl Filter<Extract = (Arc<House>,), Error = Infallible> + Clone + use<> {
    let house = Arc::clone(house);
    warp::any().map(move || Arc::clone(&house))
}

/// The token filter's part of [`House`].
fn auth(house: &House) -> Arc<Authenticator> {
    Arc::clone(&house.ctx.auth)
}

/// Answers in the words of the native API.
fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::problem(&error))
}

/// Several route groups as one.
fn any_of(groups: Vec<BoxedFilter<(Response,)>>) -> BoxedFilter<(Response,)> {
    let mut groups = groups.into_iter();
    let first = groups
        .next()
        .unwrap_or_else(|| warp::any().and_then(nothing).boxed());
    groups.fold(first, |all, group| all.or(group).unify().boxed())
}

async fn nothing() -> Result<Response, warp::Rejection> {
    Err(warp::reject::not_found())
}
