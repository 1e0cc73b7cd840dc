//! `/api/notifications/chat/conversations/{id}/messages/`: what was said.

use std::sync::Arc;

use domain::{
    Caller, ClientId, Command, Cursor, Edit, Message, MessageId, Order, Reaction, Reply, Result,
    RoomId, membership,
};
use edge::answer;
use protocol::{
    drf::{Form, list},
    tenants::{MessageView, ReactionView, http},
};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Request, card_of, message_id, one, request, respond, room_id, unexpected};
use crate::routes::{
    House, any_of,
    drf::{self, Refused},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let all = || path!("api" / "notifications" / "chat" / "conversations" / String / "messages");
    let each =
        || path!("api" / "notifications" / "chat" / "conversations" / String / "messages" / String);
    let show_all = all().and(warp::get()).and(request(house)).then(show_all);
    let send = all()
        .and(warp::post())
        .and(request(house))
        .and(drf::form(house))
        .then(send);
    let show = each().and(warp::get()).and(request(house)).then(show);
    let edit = each()
        .and(warp::put())
        .and(request(house))
        .and(drf::form(house))
        .then(edit);
    let delete = each().and(warp::delete()).and(request(house)).then(delete);
    any_of(vec![
        show_all.map(respond).boxed(),
        send.map(respond).boxed(),
        show.map(respond).boxed(),
        edit.map(respond).boxed(),
        delete.map(respond).boxed(),
    ])
}

/// A page of messages, the oldest first; what was deleted is shown as such.
async fn show_all(room: String, request: Request) -> Result<Response, Refused> {
    let (who, asked) = (request.caller()?, request.page()?);
    let (house, room) = (&request.house, room_id(&room)?);
    let store = &house.ctx.ports.store;
    let hidden = membership(&**store, room, who.user).await?.hidden;
    let count = store.count_messages(room, hidden).await?;
    let span = asked.span(usize::try_from(count).unwrap_or(usize::MAX))?;
    let skip = span.skip() as u64;
    let first = store.nth_message(room, hidden, Order::Rising, skip).await?;
    let shown = match first {
        Some(first) => run(house, &who, (room, first - 1), span.take()).await?,
        None => Vec::new(),
    };
    Ok(drf::json(StatusCode::OK, list(&request.url, span, &shown)))
}

/// So many messages after a row.
async fn run(
    house: &House,
    who: &Caller,
    (room, after): (RoomId, domain::Seq),
    limit: usize,
) -> Result<Vec<MessageView>> {
    let command = Command::ReadHistory {
        room,
        cursor: Cursor::After(after),
        limit,
    };
    let Reply::History { page, reactions } = house.app.handle(who, command).await? else {
        return Err(unexpected());
    };
    Ok(views(house, &page.messages, &reactions).await)
}

async fn views(house: &House, messages: &[Message], reactions: &[Reaction]) -> Vec<MessageView> {
    let reactors = reactions.iter().flat_map(Reaction::users);
    let senders = messages.iter().map(|message| message.sender);
    house.ctx.live.cards.learn(senders.chain(reactors)).await;
    let card = card_of(house);
    let view = |message: &Message| {
        MessageView::new(message, card(message.sender).as_ref())
            .with_reactions(ReactionView::of(message, reactions, &card))
    };
    messages.iter().map(view).collect()
}

async fn send(
    room: String,
    request: Request,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let who = request.caller()?;
    let (house, room) = (&request.house, room_id(&room)?);
    let wanted = http::message(form?)?;
    let command = Command::Send {
        room,
        client_id: ClientId::new(),
        draft: wanted.draft(&house.ctx.limits)?,
    };
    let Reply::Sent { row, .. } = house.app.handle(&who, command).await? else {
        return Err(unexpected().into());
    };
    let stored = row.message().ok_or_else(unexpected)?;
    let shown = views(house, std::slice::from_ref(stored), &[]).await;
    Ok(one(
        StatusCode::CREATED,
        shown.first().ok_or_else(unexpected)?,
    ))
}

async fn show(room: String, message: String, request: Request) -> Result<Response, Refused> {
    let who = request.caller()?;
    shown(
        &request.house,
        &who,
        (room_id(&room)?, message_id(&message)?),
    )
    .await
}

async fn shown(
    house: &House,
    who: &Caller,
    (room, message): (RoomId, MessageId),
) -> Result<Response, Refused> {
    let command = Command::GetMessage { room, message };
    let Reply::Message { message, reactions } = house.app.handle(who, command).await? else {
        return Err(unexpected().into());
    };
    let shown = views(house, &[message], &reactions).await;
    Ok(one(StatusCode::OK, shown.first().ok_or_else(unexpected)?))
}

async fn edit(
    room: String,
    message: String,
    request: Request,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let who = request.caller()?;
    let house = &request.house;
    let (room, message) = (room_id(&room)?, message_id(&message)?);
    let command = Command::Edit {
        room,
        client_id: ClientId::new(),
        message,
        edit: Edit {
            text: http::text(form?, "content")?,
            mentions: Vec::new(),
            if_rev: None,
        },
    };
    house.app.handle(&who, command).await?;
    shown(house, &who, (room, message)).await
}

async fn delete(room: String, message: String, request: Request) -> Result<Response, Refused> {
    let who = request.caller()?;
    let command = Command::Delete {
        room: room_id(&room)?,
        client_id: ClientId::new(),
        message: message_id(&message)?,
        if_rev: None,
    };
    request.house.app.handle(&who, command).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
