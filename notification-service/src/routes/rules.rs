//! `/api/v1/notifications/rules`.

use domain::{Caller, Code, Error, Result, RoomId, Rule, Timestamp, membership};
use edge::{
    Context, answer,
    auth::bearer,
    body,
    query::{Query, query},
};
use protocol::native::{RuleBody, RuleView, Rules};
use warp::{Filter, http::StatusCode, path, reply::Response};

use super::{Routes, respond, room_id, with};

pub(super) fn routes(ctx: &Context) -> Routes {
    let who = || with(ctx).and(bearer(ctx.auth.clone()));
    let one = || path!("api" / "v1" / "notifications" / "rules" / String);
    let list = path!("api" / "v1" / "notifications" / "rules")
        .and(warp::get())
        .and(who())
        .and(query())
        .then(list);
    let get = one().and(warp::get()).and(who()).then(get);
    let set = one()
        .and(warp::put())
        .and(who())
        .and(body::json(ctx.limits.body_bytes))
        .then(set);
    list.or(get).unify().or(set).unify().map(respond).boxed()
}

/// Pages go over the rooms that the caller is in: a page may have fewer rules than asked for, and
/// none, and still not be the last.
async fn list(ctx: Context, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let (after, limit) = (query.cursor("after")?, query.limit(&ctx.limits)?);
    let members = ctx.ports.store.memberships(who.user, after, limit).await?;
    let next = members.last().filter(|_| members.len() == limit);
    let now = ctx.ports.clock.now();
    let own = members
        .iter()
        .filter(|member| member.rule != Rule::default());
    let rules = own.map(|member| RuleView::new(member.room, &member.rule, now));
    let page = Rules {
        rules: rules.collect(),
        next: next.map(|member| member.room.uuid()),
    };
    Ok(answer::json(StatusCode::OK, &page))
}

async fn get(room: String, ctx: Context, who: Result<Caller>) -> Result<Response> {
    let (who, room) = (who?, room_id(&room)?);
    let member = membership(&*ctx.ports.store, room, who.user).await?;
    Ok(shown(room, &member.rule, ctx.ports.clock.now()))
}

async fn set(
    room: String,
    ctx: Context,
    who: Result<Caller>,
    body: Result<RuleBody>,
) -> Result<Response> {
    let (who, room, body) = (who?, room_id(&room)?, body?);
    ctx.rates.change(who.user)?;
    let (store, now) = (&*ctx.ports.store, ctx.ports.clock.now());
    let member = membership(store, room, who.user).await?;
    let until = muted_until(&body, now)?;
    let rule = Rule {
        level: body.level.into(),
        ..member.rule.muted(now, until)
    };
    store.set_rule(room, who.user, rule.clone()).await?;
    ctx.live.relist(who.user).await;
    Ok(shown(room, &rule, now))
}

fn muted_until(body: &RuleBody, now: Timestamp) -> Result<Option<Timestamp>> {
    match body.muted_until {
        Some(until) if until <= now => {
            let detail = "It must lie in the future. To end a mute, leave it out.";
            Err(Error::invalid(Code::InvalidField, "muted_until", detail))
        }
        until => Ok(until.map(domain::to_millis)),
    }
}

fn shown(room: RoomId, rule: &Rule, now: Timestamp) -> Response {
    answer::json(StatusCode::OK, &RuleView::new(room, rule, now))
}
