//! `/api/v1/rooms/{room}/messages/{message}` and its reactions.

use std::sync::Arc;

use domain::{Caller, Code, Command, Emoji, Error, Message, Reaction, Reply, Result};
use edge::{answer, auth::bearer, body, revision::tag};
use percent_encoding::percent_decode_str;
use protocol::native::{EditMessage, MessageView, OneMessage, ReactionAnswer, changed};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode, header::ETAG},
    path,
    reply::Response,
};

use super::{
    conditions::{client_id, if_rev},
    message_id, room_id, unexpected,
};
use crate::routes::{House, any_of, auth, respond, with};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let who = || with(house).and(bearer(auth(house)));
    let message = || path!("api" / "v1" / "rooms" / String / "messages" / String);
    let reaction =
        || path!("api" / "v1" / "rooms" / String / "messages" / String / "reactions" / String);
    let get = message().and(warp::get()).and(who()).then(get);
    let edit = message()
        .and(warp::patch())
        .and(who())
        .and(warp::header::headers_cloned())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(|room, message, house, who, headers, body| {
            edit((room, message), house, who, headers, body)
        });
    let delete = message()
        .and(warp::delete())
        .and(who())
        .and(warp::header::headers_cloned())
        .then(delete);
    let set = reaction()
        .and(warp::put())
        .and(who())
        .then(|room, message, emoji, house, who| react((room, message, emoji), house, who, true));
    let unset = reaction()
        .and(warp::delete())
        .and(who())
        .then(|room, message, emoji, house, who| react((room, message, emoji), house, who, false));
    any_of(vec![
        get.map(respond).boxed(),
        edit.map(respond).boxed(),
        delete.map(respond).boxed(),
        set.map(respond).boxed(),
        unset.map(respond).boxed(),
    ])
}

async fn get(
    room: String,
    message: String,
    house: Arc<House>,
    who: Result<Caller>,
) -> Result<Response> {
    let who = who?;
    let (room, message) = (room_id(&room)?, message_id(&message)?);
    let command = Command::GetMessage { room, message };
    match house.app.handle(&who, command).await? {
        Reply::Message { message, reactions } => {
            let message = show(&house, &message, &reactions).await;
            let rev = message.rev;
            tagged(&OneMessage { message }, rev)
        }
        _ => Err(unexpected()),
    }
}

async fn show(house: &House, message: &Message, reactions: &[Reaction]) -> MessageView {
    let cards = &house.ctx.live.cards;
    let reactors = reactions.iter().flat_map(Reaction::users);
    cards.learn(reactors.chain([message.sender])).await;
    MessageView::new(message, cards.card(message.sender).as_ref())
        .with_reactions(reactions, |user| cards.card(user))
}

/// Answers with a message and its revision.
fn tagged<T: serde::Serialize>(body: &T, rev: domain::Rev) -> Result<Response> {
    let mut response = answer::json(StatusCode::OK, body);
    response.headers_mut().insert(ETAG, tag(rev)?);
    Ok(response)
}

async fn edit(
    (room, message): (String, String),
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
    body: Result<EditMessage>,
) -> Result<Response> {
    let (who, mut body) = (who?, body?);
    body.rev = if_rev(&headers, body.rev)?;
    let command = Command::Edit {
        room: room_id(&room)?,
        client_id: client_id(&headers, body.client_id.as_deref())?,
        message: message_id(&message)?,
        edit: body.edit()?,
    };
    shown(house.app.handle(&who, command).await?)
}

async fn delete(
    room: String,
    message: String,
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
) -> Result<Response> {
    let who = who?;
    let command = Command::Delete {
        room: room_id(&room)?,
        client_id: client_id(&headers, None)?,
        message: message_id(&message)?,
        if_rev: if_rev(&headers, None)?,
    };
    shown(house.app.handle(&who, command).await?)
}

fn shown(reply: Reply) -> Result<Response> {
    match reply {
        Reply::Changed {
            row,
            sender,
            repeat,
        } => {
            let stored = || Error::internal("a change was stored as something else");
            let body = changed(&row, sender.as_ref(), repeat).ok_or_else(stored)?;
            tagged(&body, body.message.rev)
        }
        _ => Err(unexpected()),
    }
}

async fn react(
    (room, message, emoji): (String, String, String),
    house: Arc<House>,
    who: Result<Caller>,
    set: bool,
) -> Result<Response> {
    let who = who?;
    let unreadable = |_| Error::invalid(Code::InvalidEmoji, "emoji", "It is not UTF-8.");
    let emoji = percent_decode_str(&emoji)
        .decode_utf8()
        .map_err(unreadable)?;
    let command = Command::React {
        room: room_id(&room)?,
        message: message_id(&message)?,
        emoji: Emoji::parse(&emoji)?,
        set,
    };
    match house.app.handle(&who, command).await? {
        Reply::Reacted { seq } => Ok(answer::json(StatusCode::OK, &ReactionAnswer { seq })),
        _ => Err(unexpected()),
    }
}
