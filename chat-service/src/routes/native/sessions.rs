//! What logins begin: renewing one, listing them, ending them, and tickets for their sockets.

use std::sync::Arc;

use domain::{Code, Error, Family, FamilyId, Result, TokenKey};
use edge::{
    Peer, answer,
    auth::{Identity, bearer_of, identified},
    body, request,
};
use protocol::native::{Refresh, SessionView, Sessions, TicketBody};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode},
    path,
    reply::Response,
};

use super::accounts::known;
use crate::routes::{
    House, any_of, auth,
    query::{Query, query},
    respond, with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let asked = || with(house).and(identified(auth(house)));
    let refresh = path!("api" / "v1" / "auth" / "refresh")
        .and(warp::post())
        .and(with(house))
        .and(request::peer())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(refresh);
    let everywhere = path!("api" / "v1" / "auth" / "logout-everywhere")
        .and(warp::post())
        .and(asked())
        .and(warp::header::headers_cloned())
        .then(log_out_everywhere);
    let list = path!("api" / "v1" / "sessions")
        .and(warp::get())
        .and(asked())
        .and(query())
        .then(list);
    let end = path!("api" / "v1" / "sessions" / String)
        .and(warp::delete())
        .and(asked())
        .then(end);
    let ticket = path!("api" / "v1" / "ws-ticket")
        .and(warp::post())
        .and(asked())
        .then(ticket);
    any_of(vec![
        refresh.map(respond).boxed(),
        everywhere.map(respond).boxed(),
        list.map(respond).boxed(),
        end.map(respond).boxed(),
        ticket.map(respond).boxed(),
    ])
}

async fn refresh(house: Arc<House>, peer: Peer, body: Result<Refresh>) -> Result<Response> {
    let Refresh { refresh_token } = body?;
    house.ctx.rates.refresh(peer)?;
    let (user, granted) = house.ctx.auth.refresh(&refresh_token).await?;
    Ok(answer::json(StatusCode::OK, &known(&user, granted)))
}

async fn log_out_everywhere(
    house: Arc<House>,
    who: Result<Identity>,
    headers: HeaderMap,
) -> Result<Response> {
    let token = bearer_of(&headers);
    house.accounts.log_out_everywhere(&who?, token?).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn list(house: Arc<House>, who: Result<Identity>, query: Query) -> Result<Response> {
    let who = who?;
    let (after, limit) = (query.cursor("after")?, query.limit(&house.ctx.limits)?);
    let most = house.ctx.limits.user_logins.saturating_add(1);
    let families = house.ctx.auth.families(who.caller.user, most).await?;
    let (families, more) = page(&families, after, limit)?;
    let current = match who.token {
        TokenKey::Family(id) => Some(id),
        TokenKey::Single(_) => None,
    };
    let sessions = families.iter();
    let sessions = sessions.map(|family| SessionView::new(family, current));
    let sessions = sessions.collect();
    Ok(answer::json(StatusCode::OK, &Sessions { sessions, more }))
}

/// The families behind one, and whether there are more. They are ordered by their last use, so
/// only the list itself knows the place of one.
fn page(families: &[Family], after: Option<FamilyId>, limit: usize) -> Result<(&[Family], bool)> {
    let behind = match after {
        None => 0,
        Some(id) => families
            .iter()
            .position(|family| family.id == id)
            .map(|place| place + 1)
            .ok_or_else(|| {
                let detail = "That session has ended: begin with the first page.";
                Error::invalid(Code::InvalidCursor, "after", detail)
            })?,
    };
    let rest = &families[behind..];
    Ok((&rest[..limit.min(rest.len())], rest.len() > limit))
}

async fn end(id: String, house: Arc<House>, who: Result<Identity>) -> Result<Response> {
    let who = who?;
    let id: FamilyId = id.parse().map_err(|_| Code::SessionNotFound)?;
    house.ctx.auth.end_family(who.caller.user, id).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn ticket(house: Arc<House>, who: Result<Identity>) -> Result<Response> {
    let who = who?;
    house.ctx.rates.ticket(who.caller.user)?;
    let ticket = house.ctx.auth.ticket(&who)?;
    let body = TicketBody {
        ticket: ticket.token,
        expires_at: ticket.expires_at,
    };
    Ok(answer::json(StatusCode::CREATED, &body))
}
