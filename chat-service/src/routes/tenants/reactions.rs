//! `/api/notifications/chat/messages/{id}/reactions/`: what people reacted to a message with.

use std::sync::Arc;

use domain::{Caller, Code, Command, Emoji, MessageId, Reaction, Result, RoomId};
use protocol::{
    drf::{Form, list},
    tenants::{ReactionView, http},
};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Request, card_of, message_id, one, request, respond};
use crate::routes::{
    House, any_of,
    drf::{self, Refused},
};

/// How many people are told of each emoji at most.
const MOST: usize = 1_000;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let all = || path!("api" / "notifications" / "chat" / "messages" / String / "reactions");
    let show = all().and(warp::get()).and(request(house)).then(show);
    let add = all()
        .and(warp::post())
        .and(request(house))
        .and(drf::form(house))
        .then(add);
    any_of(vec![show.map(respond).boxed(), add.map(respond).boxed()])
}

/// The room of a message that the caller may see. A message of a room that is not theirs is
/// answered like one that does not exist.
async fn place(house: &House, who: &Caller, message: MessageId) -> Result<RoomId> {
    let room = house.ctx.ports.store.room_of(message).await?;
    let room = room.ok_or(Code::MessageNotFound)?;
    let command = Command::GetMessage { room, message };
    match house.app.handle(who, command).await {
        Ok(_) => Ok(room),
        Err(error) if error.code() == Code::RoomNotFound => Err(Code::MessageNotFound.into()),
        Err(error) => Err(error),
    }
}

async fn show(message: String, request: Request) -> Result<Response, Refused> {
    let (who, asked) = (request.caller()?, request.page()?);
    let (house, message) = (&request.house, message_id(&message)?);
    let room = place(house, &who, message).await?;
    let store = &house.ctx.ports.store;
    let reactions = store.reactions(room, who.user, &[message], MOST).await?;
    let people = reactions.iter().flat_map(Reaction::users);
    house.ctx.live.cards.learn(people).await;
    let all = ReactionView::all(&reactions, &card_of(house));
    let span = asked.span(all.len())?;
    let body = list(&request.url, span, &span.of(all));
    Ok(drf::json(StatusCode::OK, body))
}

async fn add(
    message: String,
    request: Request,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let who = request.caller()?;
    let (house, message) = (&request.house, message_id(&message)?);
    let emoji = http::text(form?, "emoji")?;
    let emoji = Emoji::parse(&emoji)?;
    let room = place(house, &who, message).await?;
    let command = Command::React {
        room,
        message,
        emoji: emoji.clone(),
        set: true,
    };
    house.app.handle(&who, command).await?;
    let id = house.ctx.live.cards.caller(&who).await.foreign_id();
    let store = &house.ctx.ports.store;
    let all = store.reactions(room, who.user, &[message], MOST).await?;
    let own = all.iter().filter(|one| one.emoji == emoji);
    let own = own.flat_map(|one| &one.people);
    let at = own
        .filter(|one| one.user == who.user)
        .find_map(|one| one.at);
    let view = ReactionView::new(message, (who.user, id), &emoji, at);
    Ok(one(StatusCode::CREATED, &view))
}
