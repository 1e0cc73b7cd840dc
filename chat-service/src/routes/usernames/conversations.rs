//! The conversations that somebody has, and what was said in each.

use std::{collections::HashMap, sync::Arc};

use domain::{
    Caller, Code, Command, Message, MessageNumber, Numbered, Reply, Result, RoomId, Seq, User,
    UserId, command::RoomView,
};
use edge::{Site, answer, unexpected};
use futures_util::{StreamExt, TryStreamExt, stream};
use protocol::usernames::http::{self, Conversation, Pair, Person};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{asked, numbers, other, viewer};
use crate::routes::{
    House, any_of,
    direct::{MOST, newest, opened},
    drf::{self, Refused, respond},
    query::{Query, query},
};

/// Among how many of a conversation's newest messages the last is looked for that is still there.
const LATELY: usize = 20;

/// How many conversations are looked into at once.
const AT_ONCE: usize = 8;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let all = path!("api" / "conversations")
        .and(warp::get())
        .and(asked(house))
        .then(all);
    let messages = path!("api" / "rooms" / String / "messages")
        .and(warp::get())
        .and(asked(house))
        .and(query())
        .then(messages);
    any_of(vec![
        all.map(respond).boxed(),
        messages.map(respond).boxed(),
    ])
}

/// People and rooms by the numbers that they have here.
struct Known {
    people: HashMap<UserId, (User, u64)>,
    rooms: HashMap<RoomId, u64>,
}

impl Known {
    async fn of(house: &House, who: &Caller, with: &[(RoomId, UserId)]) -> Result<Self> {
        let mut ids: Vec<UserId> = with.iter().map(|(_, user)| *user).collect();
        ids.push(who.user);
        let users = house.ctx.ports.store.users(&ids).await?;
        let rooms = with.iter().map(|(room, _)| Numbered::from(*room));
        let things: Vec<Numbered> = rooms
            .chain(users.iter().map(|user| user.id.into()))
            .collect();
        let mut numbers = numbers(house, &who.tenant, &things).await?.into_iter();
        let rooms = with.iter().map(|(room, _)| *room);
        let rooms = rooms.zip(numbers.by_ref().take(with.len())).collect();
        let people = users.into_iter().zip(numbers);
        let people = people.map(|(user, number)| (user.id, (user, number)));
        Ok(Self {
            people: people.collect(),
            rooms,
        })
    }

    fn person(&self, id: UserId, site: &Site) -> Option<Person<'_>> {
        let (user, number) = self.people.get(&id)?;
        Some(Person::new(user, site.base(), *number))
    }

    /// The caller and somebody else; `None` for who is not there any more.
    fn pair(&self, me: UserId, with: (RoomId, UserId), site: &Site) -> Option<Pair<'_>> {
        let (room, other) = with;
        Some(Pair {
            me: (me, self.person(me, site)?),
            other: self.person(other, site)?,
            room: *self.rooms.get(&room)?,
        })
    }
}

/// All conversations of the caller, those first in which something was said last.
async fn all(house: Arc<House>, who: Result<Caller>, site: Site) -> Result<Response, Refused> {
    let who = who?;
    let with = conversations(&house, &who).await?;
    let known = Known::of(&house, &who, &with).await?;
    let last = |(room, other)| {
        let (house, who) = (&house, &who);
        async move {
            let lately = newest(house, who, room, None, LATELY).await?;
            let last = lately.into_iter().find(|said| said.content().is_some());
            Ok::<_, domain::Error>(((room, other), last))
        }
    };
    let lasts = stream::iter(with).map(last).buffered(AT_ONCE);
    let mut lasts: Vec<((RoomId, UserId), Option<Message>)> = lasts.try_collect().await?;
    lasts.sort_by_key(|(_, last)| std::cmp::Reverse(last.as_ref().map(|said| said.created_at)));
    let viewer = viewer(&who, &site);
    let shown = lasts.iter().filter_map(|(with, last)| {
        let pair = known.pair(who.user, *with, &site)?;
        Some(Conversation::new(&pair, &viewer, last.as_ref()))
    });
    let shown: Vec<Conversation<'_>> = shown.collect();
    Ok(answer::json(StatusCode::OK, &shown))
}

/// The rooms of two that the caller is in, and with whom each is.
async fn conversations(house: &House, who: &Caller) -> Result<Vec<(RoomId, UserId)>> {
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
        let with = |view: RoomView| Some((view.room.id, view.peer?.user));
        all.extend(rooms.into_iter().filter_map(with));
        if !more || after.is_none() {
            return Ok(all);
        }
    }
}

/// What was said with somebody, the oldest first; the conversation is opened if need be.
async fn messages(
    name: String,
    house: Arc<House>,
    who: Result<Caller>,
    site: Site,
    query: Query,
) -> Result<Response, Refused> {
    let who = who?;
    let other = other(&house, &who, &name).await?;
    let room = opened(&house, &who, other.id).await?;
    let with = (room, other.id);
    let known = Known::of(&house, &who, &[with]).await?;
    let pair = known.pair(who.user, with, &site);
    let pair = pair.ok_or_else(http::no_such_user)?;
    let before = before(&query, &pair)?;
    let mut said = newest(&house, &who, room, before, MOST).await?;
    said.reverse();
    let body = http::messages(&pair, &viewer(&who, &site), &said);
    Ok(drf::json(StatusCode::OK, body))
}

/// Before which row to go on: `?before=` is the number of a message of this conversation.
fn before(query: &Query, pair: &Pair<'_>) -> Result<Option<Seq>> {
    let Some(number) = query.cursor::<u64>("before")? else {
        return Ok(None);
    };
    let place = MessageNumber::of(number).filter(|place| place.room == pair.room);
    Ok(Some(place.ok_or(Code::MessageNotFound)?.seq))
}
