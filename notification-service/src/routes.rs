//! `/api/v1/notifications`, and what was set aside, for administrators.

use std::{collections::HashMap, convert::Infallible};

use domain::{Caller, Code, Error, Mark, Result, RoomId, marks, ports::SetAside};
use edge::{
    Context, Endpoint, Service, answer,
    auth::{administrator, bearer},
    body,
};
use protocol::native::{AcknowledgeBody, NotificationView, Notifications, page_size};
use serde::Serialize;
use warp::{Filter, http::StatusCode, path, reply::Response};

use crate::inbox::{self, Page, Position};

const PATHS: &[Endpoint] = &[
    at("/api/v1/notifications", &["GET", "HEAD"]),
    at("/api/v1/notifications/ack", &["POST"]),
    at("/api/v1/admin/queue/aside", &["GET", "HEAD"]),
];

const fn at(path: &'static str, methods: &'static [&'static str]) -> Endpoint {
    Endpoint { path, methods }
}

/// A job that was set aside, as an administrator sees it.
#[derive(Serialize)]
struct AsideView {
    id: uuid::Uuid,
    reason: String,
    at: domain::Timestamp,
    /// The body as text, as far as it is text.
    body: String,
}

#[derive(Serialize)]
struct AsidePage {
    jobs: Vec<AsideView>,
    /// How many there are in all.
    total: u64,
}

pub(crate) fn service(ctx: &Context) -> Service {
    let list = path!("api" / "v1" / "notifications")
        .and(warp::get())
        .and(with(ctx))
        .and(bearer(ctx.auth.clone()))
        .and(warp::query::<HashMap<String, String>>())
        .then(list);
    let acknowledge = path!("api" / "v1" / "notifications" / "ack")
        .and(warp::post())
        .and(with(ctx))
        .and(bearer(ctx.auth.clone()))
        .and(body::json(ctx.limits.body_bytes))
        .then(acknowledge);
    let aside = path!("api" / "v1" / "admin" / "queue" / "aside")
        .and(warp::get())
        .and(with(ctx))
        .and(administrator(ctx.auth.clone()))
        .and(warp::query::<HashMap<String, String>>())
        .then(aside);
    let routes = list.or(acknowledge).unify().or(aside).unify().map(respond);
    Service::new("notifications", routes, Vec::new()).with_endpoints(PATHS)
}

fn with(ctx: &Context) -> impl Filter<Extract = (Context,), Error = Infallible> + Clone + use<> {
    let ctx = ctx.clone();
    warp::any().map(move || ctx.clone())
}

fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::problem(&error))
}

async fn list(
    ctx: Context,
    who: Result<Caller>,
    query: HashMap<String, String>,
) -> Result<Response> {
    let who = who?;
    let (after, limit) = (cursor(&query)?, limit(&ctx, &query)?);
    let page = inbox::page(&*ctx.ports.store, who.user, after, limit).await?;
    Ok(answer::json(StatusCode::OK, &show(&ctx, &page).await))
}

fn cursor(query: &HashMap<String, String>) -> Result<Option<Position>> {
    let parse = |text: &String| text.parse().map_err(|()| unreadable("after"));
    query.get("after").map(parse).transpose()
}

fn limit(ctx: &Context, query: &HashMap<String, String>) -> Result<usize> {
    let parse = |text: &String| text.parse().map_err(|_| unreadable("limit"));
    Ok(page_size(
        query.get("limit").map(parse).transpose()?,
        &ctx.limits,
    ))
}

fn unreadable(field: &'static str) -> Error {
    Error::invalid(Code::InvalidCursor, field, "This cannot be read.")
}

async fn show(ctx: &Context, page: &Page) -> Notifications {
    let cards = &ctx.live.cards;
    let senders = page.notifications.iter().map(|n| n.message.sender);
    cards.learn(senders).await;
    let notifications = page.notifications.iter().map(|notification| {
        let card = cards.card(notification.message.sender);
        NotificationView::new(notification, card.as_ref())
    });
    Notifications {
        notifications: notifications.collect(),
        more: page.more,
        next: next(page),
    }
}

/// Where the next page begins, for who reads on without acknowledging.
fn next(page: &Page) -> Option<String> {
    let last = page.notifications.last().filter(|_| page.more)?;
    Some(Position::of(last).to_string())
}

async fn acknowledge(
    ctx: Context,
    who: Result<Caller>,
    body: Result<AcknowledgeBody>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let (store, room) = (&*ctx.ports.store, RoomId::from_uuid(body.room));
    marks::raise(store, room, who.user, Mark::Notified, body.seq).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn aside(
    ctx: Context,
    who: Result<Caller>,
    query: HashMap<String, String>,
) -> Result<Response> {
    who?;
    let limit = limit(&ctx, &query)?;
    let (jobs, depth) = (
        ctx.ports.queue.set_aside(limit).await?,
        ctx.ports.queue.depth().await?,
    );
    let view = |aside: SetAside| AsideView {
        id: aside.job.id,
        reason: aside.reason,
        at: aside.at,
        body: String::from_utf8_lossy(&aside.job.body).into_owned(),
    };
    let jobs = jobs.into_iter().map(view).collect();
    let total = depth.aside;
    Ok(answer::json(StatusCode::OK, &AsidePage { jobs, total }))
}
