//! `/api/notifications/chat/conversations/{id}/participants/`: who is in a conversation, and what
//! they may do.

use std::sync::Arc;

use domain::{
    Caller, Code, Command, Deed, Member, Presence, PresenceState, Reply, Result, RoomId, UserId,
    membership,
};
use edge::answer;
use protocol::{
    drf::{Form, list},
    tenants::{ParticipantView, http},
};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{
    Request, one,
    people::{known, meant},
    request, respond, room_id, unexpected,
};
use crate::routes::{
    House, any_of,
    drf::{self, Refused},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let all =
        || path!("api" / "notifications" / "chat" / "conversations" / String / "participants");
    let each = || {
        path!("api" / "notifications" / "chat" / "conversations" / String / "participants" / String)
    };
    let show = all().and(warp::get()).and(request(house)).then(show);
    let add = all()
        .and(warp::post())
        .and(request(house))
        .and(drf::form(house))
        .then(add);
    let change = each()
        .and(warp::patch())
        .and(request(house))
        .and(drf::form(house))
        .then(change);
    let remove = each().and(warp::delete()).and(request(house)).then(remove);
    any_of(vec![
        show.map(respond).boxed(),
        add.map(respond).boxed(),
        change.map(respond).boxed(),
        remove.map(respond).boxed(),
    ])
}

async fn show(room: String, request: Request) -> Result<Response, Refused> {
    let (who, asked) = (request.caller()?, request.page()?);
    let (house, room) = (&request.house, room_id(&room)?);
    let store = &house.ctx.ports.store;
    membership(&**store, room, who.user).await?;
    let count = usize::try_from(store.count_members(room).await?).unwrap_or(usize::MAX);
    let span = asked.span(count)?;
    let members = first(house, &who, room, span.skip() + span.take()).await?;
    let shown = views(house, &members[span.skip().min(members.len())..]).await?;
    Ok(drf::json(StatusCode::OK, list(&request.url, span, &shown)))
}

/// The first so many participants, in the order of their ids.
async fn first(house: &House, who: &Caller, room: RoomId, many: usize) -> Result<Vec<Member>> {
    let mut all: Vec<Member> = Vec::new();
    while all.len() < many {
        let command = Command::ListMembers {
            room,
            after: all.last().map(|member| member.user),
            limit: many - all.len(),
        };
        let Reply::Members { members, more } = house.app.handle(who, command).await? else {
            return Err(unexpected());
        };
        all.extend(members.into_iter().map(|(member, _)| member));
        if !more {
            break;
        }
    }
    Ok(all)
}

async fn views(house: &House, members: &[Member]) -> Result<Vec<ParticipantView>> {
    let users: Vec<UserId> = members.iter().map(|member| member.user).collect();
    let cards = &house.ctx.live.cards;
    cards.learn(users.iter().copied()).await;
    let seen = house.ctx.live.look(&users).await?;
    let now = house.ctx.ports.clock.now();
    let view = |(member, seen): (&Member, Presence)| {
        // Who is there was there just now.
        let last = match seen.state {
            PresenceState::Offline => seen.last_seen,
            PresenceState::Online | PresenceState::Away | PresenceState::Busy => Some(now),
        };
        ParticipantView::new(member, cards.card(member.user).as_ref(), last)
    };
    Ok(members.iter().zip(seen).map(view).collect())
}

async fn add(
    room: String,
    request: Request,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let who = request.caller()?;
    let (house, room) = (&request.house, room_id(&room)?);
    let wanted = http::participant(form?)?;
    // Nobody is made because of somebody who may not bring them in.
    let own = membership(&*house.ctx.ports.store, room, who.user).await?;
    own.role.check(Deed::Add)?;
    let command = Command::AddMember {
        room,
        user: meant(house, &who, &wanted.user).await?,
        role: wanted.role,
    };
    changed(house, &who, command, StatusCode::CREATED).await
}

async fn change(
    room: String,
    user: String,
    request: Request,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let who = request.caller()?;
    let (house, room) = (&request.house, room_id(&room)?);
    membership(&*house.ctx.ports.store, room, who.user).await?;
    let command = Command::SetRole {
        role: http::new_role(form?)?,
        room,
        user: somebody(house, &who, &user).await?,
    };
    changed(house, &who, command, StatusCode::OK).await
}

/// Does what changes somebody's place, and shows it; 200 where it was so already.
async fn changed(
    house: &House,
    who: &Caller,
    command: Command,
    done: StatusCode,
) -> Result<Response, Refused> {
    let Reply::Member { member, seq, .. } = house.app.handle(who, command).await? else {
        return Err(unexpected().into());
    };
    let shown = views(house, std::slice::from_ref(&member)).await?;
    let status = seq.map_or(StatusCode::OK, |_| done);
    let view = shown.first().ok_or_else(unexpected)?;
    Ok(one(status, view))
}

async fn remove(room: String, user: String, request: Request) -> Result<Response, Refused> {
    let who = request.caller()?;
    let house = &request.house;
    let room = room_id(&room)?;
    membership(&*house.ctx.ports.store, room, who.user).await?;
    let user = somebody(house, &who, &user).await?;
    let command = match user == who.user {
        true => Command::Leave { room },
        false => Command::RemoveMember { room, user },
    };
    house.app.handle(&who, command).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn somebody(house: &House, who: &Caller, id: &str) -> Result<UserId> {
    let found = known(house, who, id).await?;
    found.ok_or_else(|| Code::UserNotFound.into())
}
