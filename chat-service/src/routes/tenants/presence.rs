//! `/api/notifications/chat/presence/`: who is there.

use std::sync::Arc;

use domain::{Caller, Command, Presence, Reply, Result, UserId};
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
    let cards = &house.ctx.live.cards;
    cards.learn(users.iter().copied()).await;
    let command = Command::ListPresence { users };
    let Reply::Presences { presences, .. } = house.app.handle(who, command).await? else {
        return Err(unexpected());
    };
    let view = |presence: &Presence| {
        // Which conversation somebody has open is nobody else's business.
        let open = house.ctx.live.attendance.opened(presence.user);
        let open = open.filter(|_| presence.user == who.user);
        let card = cards.card(presence.user);
        PresenceView::new(presence, card.as_ref(), open.map(|room| room.uuid()))
    };
    Ok(presences.iter().map(view).collect())
}

async fn own(house: &House, who: &Caller) -> Result<Response, Refused> {
    let views = views(house, who, vec![who.user]).await?;
    Ok(one(StatusCode::OK, views.first().ok_or_else(unexpected)?))
}

async fn show(request: Request) -> Result<Response, Refused> {
    own(&request.house, &request.caller()?).await
}

/// Says as what the caller wants to be seen. Others are told in a moment.
async fn set(request: Request, form: Result<Form, Refused>) -> Result<Response, Refused> {
    let who = request.caller()?;
    let status = http::text(form?, "status")?;
    let wish = http::wish(&status)?;
    let command = Command::SetPresence { wish };
    request.house.app.handle(&who, command).await?;
    own(&request.house, &who).await
}
