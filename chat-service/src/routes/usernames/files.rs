//! Uploads, and links that run out.

use std::sync::Arc;

use domain::{
    Caller, Code, Command, Cursor, Message, MessageNumber, Numbering, Reply, Result, RoomId,
};
use edge::{
    Site, unexpected,
    upload::{self, Upload},
};
use protocol::{drf::Faults, usernames::http};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{asked, viewer};
use crate::routes::{
    House, any_of,
    drf::{self, Refused, respond},
    query::{Query, query},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let take = path!("api" / "rooms" / "upload")
        .and(warp::post())
        .and(asked(house))
        .and(upload::stream())
        .then(take);
    let check = path!("api" / "rooms" / "check-url")
        .and(warp::get())
        .and(asked(house))
        .and(query())
        .then(check);
    let refresh = path!("api" / "rooms" / "refresh-url")
        .and(warp::get())
        .and(asked(house))
        .and(query())
        .then(refresh);
    any_of(vec![
        take.map(respond).boxed(),
        check.map(respond).boxed(),
        refresh.map(respond).boxed(),
    ])
}

async fn take(
    house: Arc<House>,
    who: Result<Caller>,
    site: Site,
    upload: Upload,
) -> Result<Response, Refused> {
    let file = house.files.accept(who, upload).await?;
    let lent = site.lend(file.id, file.name.as_str());
    let body = http::uploaded(&file, &lent.url, lent.until);
    Ok(drf::json(StatusCode::OK, body))
}

/// Whether the link that came with a message may have run out: every link to a file is made when it
/// is told of, which is after it was said.
async fn check(
    house: Arc<House>,
    who: Result<Caller>,
    site: Site,
    query: Query,
) -> Result<Response, Refused> {
    let message = message(&house, &who?, &query).await?;
    let shows = |content: &domain::Content| content.attachment.is_some();
    let lent = message.content().is_some_and(shows);
    let good_until = message.created_at + site.lifetime();
    let out = lent && good_until <= house.ctx.ports.clock.now();
    Ok(drf::json(StatusCode::OK, http::checked(out)))
}

async fn refresh(
    house: Arc<House>,
    who: Result<Caller>,
    site: Site,
    query: Query,
) -> Result<Response, Refused> {
    let who = who?;
    let message = message(&house, &who, &query).await?;
    let link = http::link_of(&viewer(&who, &site), &message);
    let link = link.ok_or_else(http::no_such_message)?;
    Ok(drf::json(StatusCode::OK, http::refreshed(&link)))
}

/// The message of a request, which its caller may see. Which others there are nobody learns.
async fn message(house: &House, who: &Caller, query: &Query) -> Result<Message, Refused> {
    let number = query.text("message_id").filter(|text| !text.is_empty());
    let number =
        number.ok_or_else(|| Faults::one("message_id", "This field is required.").refusal())?;
    let place = number.parse().ok().and_then(MessageNumber::of);
    let place = place.ok_or_else(http::no_such_message)?;
    let found = find(house, who, place).await?;
    let found = found.filter(|message| message.content().is_some());
    found.ok_or_else(|| http::no_such_message().into())
}

async fn find(house: &House, who: &Caller, place: MessageNumber) -> Result<Option<Message>> {
    let store = &house.ctx.ports.store;
    let room = store.numbered(&who.tenant, Numbering::Rooms, place.room);
    let Some(room) = room.await?.map(RoomId::from_uuid) else {
        return Ok(None);
    };
    let command = Command::ReadHistory {
        room,
        cursor: Cursor::Before(place.seq + 1),
        limit: 1,
    };
    match house.app.handle(who, command).await {
        Ok(Reply::History { page, .. }) => {
            let last = page.messages.into_iter().next_back();
            Ok(last.filter(|message| message.seq == place.seq))
        }
        Ok(_) => Err(unexpected()),
        Err(error) if error.code() == Code::RoomNotFound => Ok(None),
        Err(error) => Err(error),
    }
}
