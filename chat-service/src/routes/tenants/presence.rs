//! `/api/notifications/chat/presence/`: who is there.

use std::sync::Arc;

use domain::{Caller, Command, Presence, PresenceState, Reply, Result, UserId, Wish};
use protocol::{
    drf::{Form, list},
    tenants::{PresenceView, http},
};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Request, one, request, respond, unexpected};
use crate::routes::{
    House, any_of,
    drf::{self, Refused},
};

/// How many people of a tenant are listed at most, those who came last first.
const MOST: usize = 1_000;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let all = || path!("api" / "notifications" / "chat" / "presence");
    let me = || path!("api" / "notifications" / "chat" / "presence" / "me");
    let show_all = all().and(warp::get()).and(request(house)).then(show_all);
    let show = me().and(warp::get()).and(request(house)).then(show);
    let set = me()
        .and(warp::put())
        .and(request(house))
        .and(drf::form(house))
        .then(set);
    any_of(vec![
        show_all.map(respond).boxed(),
        show.map(respond).boxed(),
        set.map(respond).boxed(),
    ])
}

/// The people of the tenant. Who shares no conversation with the caller is shown as offline.
async fn show_all(request: Request) -> Result<Response, Refused> {
    let (who, asked) = (request.caller()?, request.page()?);
    let house = &request.house;
    let people = house.accounts.people(&who.tenant, None, MOST).await?;
    let span = asked.span(people.len())?;
    let users = span.of(people).into_iter().map(|user| user.id).collect();
    let shown = views(house, &who, users).await?;
    Ok(drf::json(StatusCode::OK, list(&request.url, span, &shown)))
}

async fn views(house: &House, who: &Caller, users: Vec<UserId>) -> Result<Vec<PresenceView>> {
    house.ctx.live.cards.learn(users.iter().copied()).await;
    let seen = look(house, who, users).await?;
    Ok(seen.iter().map(|seen| view(house, who, seen)).collect())
}

async fn look(house: &House, who: &Caller, users: Vec<UserId>) -> Result<Vec<Presence>> {
    let command = Command::ListPresence { users };
    match house.app.handle(who, command).await? {
        Reply::Presences { presences, .. } => Ok(presences),
        _ => Err(unexpected()),
    }
}

fn view(house: &House, who: &Caller, seen: &Presence) -> PresenceView {
    // Which conversation somebody has open is nobody else's business.
    let open = house.ctx.live.attendance.opened(seen.user);
    let open = open.filter(|_| seen.user == who.user);
    let card = house.ctx.live.cards.card(seen.user);
    PresenceView::new(seen, card.as_ref(), open.map(|room| room.uuid()))
}

/// How the caller is seen; who has just said as what, is seen so in a moment.
async fn own(house: &House, who: &Caller, wish: Option<Wish>) -> Result<Response, Refused> {
    house.ctx.live.cards.learn([who.user]).await;
    let seen = look(house, who, vec![who.user]).await?;
    let mut seen = *seen.first().ok_or_else(unexpected)?;
    if let Some(wish) = wish.filter(|_| seen.state != PresenceState::Offline) {
        seen.state = wish.into();
    }
    Ok(one(StatusCode::OK, &view(house, who, &seen)))
}

async fn show(request: Request) -> Result<Response, Refused> {
    own(&request.house, &request.caller()?, None).await
}

/// Says as what the caller wants to be seen. Others are told in a moment.
async fn set(request: Request, form: Result<Form, Refused>) -> Result<Response, Refused> {
    let who = request.caller()?;
    let status = http::text(form?, "status")?;
    let wish = http::wish(&status)?;
    let command = Command::SetPresence { wish };
    request.house.app.handle(&who, command).await?;
    own(&request.house, &who, Some(wish)).await
}
