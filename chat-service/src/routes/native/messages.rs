//! `/api/v1/rooms/{room}/messages`.

use std::sync::Arc;

use domain::{
    Caller, Code, Command, ContentHash, Cursor, Error, Message, Page, Reaction, Reply, Result,
};
use edge::{answer, auth::bearer, body, revision};
use protocol::native::{MessageView, Messages, SendMessage, sent};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, LINK, VARY},
    },
    path,
    reply::Response,
};

use super::{conditions::client_id, room_id, unexpected};
use crate::routes::{
    House, any_of, auth,
    query::{Query, query},
    respond, with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let who = || with(house).and(bearer(auth(house)));
    let messages = || path!("api" / "v1" / "rooms" / String / "messages");
    let read = messages()
        .and(warp::get())
        .and(who())
        .and(query())
        .and(warp::header::headers_cloned())
        .then(read);
    let send = messages()
        .and(warp::post())
        .and(who())
        .and(warp::header::headers_cloned())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(send);
    any_of(vec![read.map(respond).boxed(), send.map(respond).boxed()])
}

async fn read(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response> {
    let who = who?;
    let command = Command::ReadHistory {
        room: room_id(&room)?,
        cursor: cursor(&query)?,
        limit: query.limit(&house.ctx.limits)?,
    };
    match house.app.handle(&who, command).await? {
        Reply::History { page, reactions } => {
            let body = show(&house, &page, &reactions).await;
            tagged(&body, links(&room, &page)?, &headers)
        }
        _ => Err(unexpected()),
    }
}

/// One of `before_seq`, `after_seq` and `around_seq`; without any, the newest page.
fn cursor(query: &Query) -> Result<Cursor> {
    let given = (
        query.cursor("before_seq")?,
        query.cursor("after_seq")?,
        query.cursor("around_seq")?,
    );
    match given {
        (None, None, None) => Ok(Cursor::Newest),
        (Some(seq), None, None) => Ok(Cursor::Before(seq)),
        (None, Some(seq), None) => Ok(Cursor::After(seq)),
        (None, None, Some(seq)) => Ok(Cursor::Around(seq)),
        _ => Err(Error::new(Code::InvalidCursor)
            .with_detail("Only one of before_seq, after_seq and around_seq can be given.")),
    }
}

async fn show(house: &House, page: &Page, reactions: &[Reaction]) -> Messages {
    let cards = &house.ctx.live.cards;
    let senders = page.messages.iter().map(|message| message.sender);
    let reactors = reactions.iter().flat_map(Reaction::users);
    cards.learn(senders.chain(reactors)).await;
    let view = |message: &Message| {
        MessageView::new(message, cards.card(message.sender).as_ref())
            .with_reactions(reactions, |user| cards.card(user))
    };
    Messages {
        messages: page.messages.iter().map(view).collect(),
        head: page.head,
        more_before: page.more_before,
        more_after: page.more_after,
    }
}

/// Where the pages before and after this one are (RFC 8288).
fn links(room: &str, page: &Page) -> Result<Option<HeaderValue>> {
    let link = |name: &str, message: Option<&Message>, rel: &str| {
        let seq = message?.seq;
        Some(format!(
            "</api/v1/rooms/{room}/messages?{name}={seq}>; rel=\"{rel}\""
        ))
    };
    let first = page.messages.first().filter(|_| page.more_before);
    let last = page.messages.last().filter(|_| page.more_after);
    let links = [
        link("before_seq", first, "prev"),
        link("after_seq", last, "next"),
    ];
    let links: Vec<String> = links.into_iter().flatten().collect();
    if links.is_empty() {
        return Ok(None);
    }
    let value = HeaderValue::try_from(links.join(", ")).map_err(Error::internal)?;
    Ok(Some(value))
}

/// Answers with a page, or with 304 to who has it already.
fn tagged(body: &Messages, links: Option<HeaderValue>, asked: &HeaderMap) -> Result<Response> {
    let tag = revision::tag_of_hash(&ContentHash::of(body).0[..16])?;
    let mut response = match revision::names(asked, IF_NONE_MATCH, &tag) {
        true => answer::empty(StatusCode::NOT_MODIFIED),
        false => answer::json(StatusCode::OK, body),
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("Authorization"));
    headers.extend(links.map(|links| (LINK, links)));
    Ok(response)
}

async fn send(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
    body: Result<SendMessage>,
) -> Result<Response> {
    let who = who?;
    let body = body?;
    let command = Command::Send {
        room: room_id(&room)?,
        client_id: client_id(&headers, body.client_id.as_deref())?,
        draft: body.draft(&house.ctx.limits)?,
    };
    match house.app.handle(&who, command).await? {
        Reply::Sent {
            row,
            sender,
            repeat,
        } => {
            let stored = || Error::internal("a message was stored as something else");
            let body = sent(&row, &sender, repeat).ok_or_else(stored)?;
            let status = match repeat {
                true => StatusCode::OK,
                false => StatusCode::CREATED,
            };
            Ok(answer::json(status, &body))
        }
        _ => Err(unexpected()),
    }
}
