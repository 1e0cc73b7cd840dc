//! `/api/v1/notifications` and `/api/v1/notifications/ack`.

use domain::{Caller, Code, Mark, Result, RoomId, marks};
use edge::{
    Context, answer,
    auth::bearer,
    body,
    query::{Query, query},
};
use protocol::native::{AcknowledgeBody, NotificationView, Notifications};
use warp::{Filter, http::StatusCode, path, reply::Response};

use super::{Routes, respond, with};
use crate::inbox::{self, Page};

pub(super) fn routes(ctx: &Context) -> Routes {
    let list = path!("api" / "v1" / "notifications")
        .and(warp::get())
        .and(with(ctx))
        .and(bearer(ctx.auth.clone()))
        .and(query())
        .then(list);
    let acknowledge = path!("api" / "v1" / "notifications" / "ack")
        .and(warp::post())
        .and(with(ctx))
        .and(bearer(ctx.auth.clone()))
        .and(body::json(ctx.limits.body_bytes))
        .then(acknowledge);
    list.or(acknowledge).unify().map(respond).boxed()
}

async fn list(ctx: Context, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let (after, limit) = (query.cursor("after")?, query.limit(&ctx.limits)?);
    let page = inbox::page(&*ctx.ports.store, who.user, after, limit).await?;
    Ok(answer::json(StatusCode::OK, &show(&ctx, &page).await))
}

async fn show(ctx: &Context, page: &Page) -> Notifications {
    let cards = &ctx.live.cards;
    cards
        .learn(page.notifications.iter().map(|n| n.actor()))
        .await;
    let notifications = page.notifications.iter().map(|notification| {
        let card = cards.card(notification.actor());
        NotificationView::new(notification, card.as_ref())
    });
    Notifications {
        notifications: notifications.collect(),
        more: page.next.is_some(),
        next: page.next.map(|next| next.to_string()),
    }
}

/// Settles a room through a row. Who is in the room no longer can still settle what told them so.
async fn acknowledge(
    ctx: Context,
    who: Result<Caller>,
    body: Result<AcknowledgeBody>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let (store, room) = (&*ctx.ports.store, RoomId::from_uuid(body.room));
    let kept = store.settle_notifications(who.user, room, body.seq).await?;
    match marks::raise(store, room, who.user, Mark::Notified, body.seq).await {
        Err(error) if !(kept && error.code() == Code::RoomNotFound) => Err(error),
        _ => Ok(answer::empty(StatusCode::NO_CONTENT)),
    }
}
