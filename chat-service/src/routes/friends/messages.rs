//! `/api/chat/{room}/messages/`: what was said in a room of two, and that it is read.

use std::{collections::HashMap, sync::Arc};

use domain::{
    Caller, Card, Command, Mark, Message, Order, Reply, Result, RoomId, command::RoomView,
};
use edge::{answer, body};
use protocol::friends::http::{self, Talk};
use warp::{
    Filter, filters::BoxedFilter, http::StatusCode, hyper::body::Bytes, path, reply::Response,
};

use super::{Wanted, rooms, unexpected, wanted};
use crate::routes::{
    House, any_of,
    drf::{self, Refused, respond},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let list = path!("api" / "chat" / String / "messages")
        .and(warp::get())
        .and(wanted(house))
        .then(list);
    let read = path!("api" / "chat" / String / "messages")
        .and(warp::post())
        .and(wanted(house))
        .and(body::bytes(house.ctx.limits.body_bytes))
        .then(read);
    any_of(vec![list.map(respond).boxed(), read.map(respond).boxed()])
}

/// The newest first.
async fn list(id: String, house: Arc<House>, wanted: Wanted) -> Result<Response, Refused> {
    let page = wanted.page();
    let who = wanted.who?;
    let room = rooms::find(&house, &who, &id).await?;
    let (_, count) = numbered(&house, &who, room.room.id, (0, 0)).await?;
    let span = page?.span(count)?;
    let part = (span.skip(), span.take());
    let (messages, _) = numbered(&house, &who, room.room.id, part).await?;
    let talk = talk(&house, &who, &room).await?;
    let body = http::messages(&wanted.url, span, &talk, &messages);
    Ok(drf::json(StatusCode::OK, body))
}

/// Marks everything as read. What the body says does not matter.
async fn read(
    id: String,
    house: Arc<House>,
    wanted: Wanted,
    body: Result<Bytes>,
) -> Result<Response, Refused> {
    let (who, _) = (wanted.who?, body?);
    let room = rooms::find(&house, &who, &id).await?;
    let command = Command::RaiseMark {
        room: room.room.id,
        mark: Mark::Read,
        through: room.head,
    };
    house.app.handle(&who, command).await?;
    Ok(answer::empty(StatusCode::OK))
}

/// A part of what was said, from the newest, and how much there is in all.
async fn numbered(
    house: &House,
    who: &Caller,
    room: RoomId,
    (skip, limit): (usize, usize),
) -> Result<(Vec<Message>, usize)> {
    let command = Command::ReadNumbered {
        room,
        order: Order::Falling,
        skip: skip as u64,
        limit,
    };
    match house.app.handle(who, command).await? {
        Reply::Numbered {
            messages, count, ..
        } => Ok((messages, usize::try_from(count).unwrap_or(usize::MAX))),
        _ => Err(unexpected()),
    }
}

/// The two of a room, how they are seen, and how far they have read.
async fn talk(house: &House, who: &Caller, room: &RoomView) -> Result<Talk> {
    let own = house.ctx.live.cards.caller(who).await;
    let both: Vec<Card> = std::iter::once(own).chain(room.peer.clone()).collect();
    let users = both.iter().map(|card| card.user).collect();
    let seen = rooms::presences(house, who, users).await?;
    let people = both.into_iter().zip(seen);
    let people: HashMap<_, _> = people
        .map(|(card, seen)| (card.user, (card, seen)))
        .collect();
    let command = Command::ListReceipts { room: room.room.id };
    match house.app.handle(who, command).await? {
        Reply::Receipts { receipts, .. } => Ok(Talk {
            viewer: who.user,
            people,
            receipts,
        }),
        _ => Err(unexpected()),
    }
}
