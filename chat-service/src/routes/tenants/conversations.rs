//! `/api/notifications/chat/conversations/`: the conversations of the caller.

use std::sync::Arc;

use domain::{
    Caller, Command, Error, Reply, Result, RoomName, UserId, WantedRoom, command::RoomView,
};
use edge::answer;
use protocol::{
    drf::{Form, list},
    tenants::{
        ConversationView,
        http::{self, ConversationType, NewConversation},
    },
};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Request, card_of, one, people::meant, request, respond, room_id, unexpected};
use crate::routes::{
    House, any_of,
    direct::newest,
    drf::{self, Refused},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let all = || path!("api" / "notifications" / "chat" / "conversations");
    let each = || path!("api" / "notifications" / "chat" / "conversations" / String);
    let show_all = all().and(warp::get()).and(request(house)).then(show_all);
    let begin = all()
        .and(warp::post())
        .and(request(house))
        .and(drf::form(house))
        .then(begin);
    let show = each().and(warp::get()).and(request(house)).then(show);
    let rename = each()
        .and(warp::put())
        .and(request(house))
        .and(drf::form(house))
        .then(rename);
    let end = each().and(warp::delete()).and(request(house)).then(end);
    any_of(vec![
        show_all.map(respond).boxed(),
        begin.map(respond).boxed(),
        show.map(respond).boxed(),
        rename.map(respond).boxed(),
        end.map(respond).boxed(),
    ])
}

/// Those of the caller, the youngest first.
async fn show_all(request: Request) -> Result<Response, Refused> {
    let (who, asked) = (request.caller()?, request.page()?);
    let mut rooms = own(&request.house, &who).await?;
    rooms.sort_by_key(|view| std::cmp::Reverse((view.room.created_at, view.room.id)));
    let span = asked.span(rooms.len())?;
    let mut views = Vec::with_capacity(span.take());
    for room in span.of(rooms) {
        views.push(view(&request.house, &who, &room).await?);
    }
    let body = list(&request.url, span, &views);
    Ok(drf::json(StatusCode::OK, body))
}

/// All rooms of the caller but direct ones that they have hidden: as many as somebody may be in.
async fn own(house: &House, who: &Caller) -> Result<Vec<RoomView>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let command = Command::ListOwnRooms {
            after,
            limit: house.ctx.limits.page_max,
            hidden: false,
        };
        let Reply::Rooms { rooms, more } = house.app.handle(who, command).await? else {
            return Err(unexpected());
        };
        after = rooms.last().map(|view| view.room.id);
        all.extend(rooms);
        if !more || after.is_none() {
            return Ok(all);
        }
    }
}

/// A conversation with what was said last in it.
async fn view(house: &House, who: &Caller, room: &RoomView) -> Result<ConversationView> {
    let people = house.ctx.ports.store.count_members(room.room.id).await?;
    let last = newest(house, who, room.room.id, None, 1).await?.pop();
    let senders = last.iter().map(|message| message.sender);
    let cards = &house.ctx.live.cards;
    cards.learn(senders.chain([room.room.created_by])).await;
    let card = card_of(house);
    Ok(ConversationView::new(room, people, last.as_ref(), &card))
}

async fn begin(request: Request, form: Result<Form, Refused>) -> Result<Response, Refused> {
    let who = request.caller()?;
    let house = &request.house;
    let wanted = http::conversation(form?)?;
    let (room, made) = begun(house, &who, wanted).await?;
    let status = match made {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok(one(status, &view(house, &who, &room).await?))
}

/// The conversation that somebody wants, and whether it was begun now: of each pair there is one.
async fn begun(
    house: &House,
    who: &Caller,
    wanted: NewConversation,
) -> Result<(RoomView, bool), Refused> {
    let name = match wanted.kind {
        ConversationType::Direct => None,
        ConversationType::Group | ConversationType::Channel => {
            wanted.title.map(|title| name(&title, house)).transpose()?
        }
    };
    let mut others = Vec::with_capacity(wanted.with.len());
    for id in &wanted.with {
        others.push(meant(house, who, id).await?);
    }
    let command = match wanted.kind {
        ConversationType::Direct => Command::OpenDirect {
            user: the_other(who, &others)?,
        },
        kind @ (ConversationType::Group | ConversationType::Channel) => Command::CreateRoom {
            room: WantedRoom::Group {
                name,
                members: others,
                read_only: kind == ConversationType::Channel,
            },
            key: None,
        },
    };
    match house.app.handle(who, command).await? {
        Reply::Opened { room, made } => Ok((room, made)),
        _ => Err(unexpected().into()),
    }
}

/// The one besides the caller. Who names nobody else means themselves.
fn the_other(who: &Caller, named: &[UserId]) -> Result<UserId, Refused> {
    let mut others = named.iter().filter(|user| **user != who.user);
    let other = others.next().copied().unwrap_or(who.user);
    match others.all(|user| *user == other) {
        true => Ok(other),
        false => Err(Refused::Said(http::not_two())),
    }
}

fn name(title: &str, house: &House) -> Result<RoomName> {
    RoomName::parse(title.trim(), &house.ctx.limits)
}

async fn find(house: &House, who: &Caller, id: &str) -> Result<RoomView> {
    let room = room_id(id)?;
    match house.app.handle(who, Command::GetRoom { room }).await? {
        // A channel that one could come into is none of one's conversations.
        Reply::Room(view) if view.member.as_ref().is_some_and(|m| m.is_active()) => Ok(view),
        Reply::Room(_) => Err(Error::new(domain::Code::RoomNotFound)),
        _ => Err(unexpected()),
    }
}

async fn show(id: String, request: Request) -> Result<Response, Refused> {
    let who = request.caller()?;
    let room = find(&request.house, &who, &id).await?;
    let view = view(&request.house, &who, &room).await?;
    Ok(one(StatusCode::OK, &view))
}

async fn rename(
    id: String,
    request: Request,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let who = request.caller()?;
    let house = &request.house;
    let title = http::text(form?, "title")?;
    let command = Command::ChangeRoom {
        room: find(house, &who, &id).await?.room.id,
        name: Some(name(&title, house)?),
        read_only: None,
        if_rev: None,
    };
    let Reply::Room(room) = house.app.handle(&who, command).await? else {
        return Err(unexpected().into());
    };
    Ok(one(StatusCode::OK, &view(house, &who, &room).await?))
}

/// Ends a conversation for all; a direct one for the caller alone.
async fn end(id: String, request: Request) -> Result<Response, Refused> {
    let who = request.caller()?;
    let room = find(&request.house, &who, &id).await?.room.id;
    let command = Command::DeleteRoom { room };
    request.house.app.handle(&who, command).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
