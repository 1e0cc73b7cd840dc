//! `/api/v1/files`, and the links `/files/{id}/{name}`.

mod serving;

use std::{sync::Arc, time::Duration};

use domain::{Caller, Code, Error, FileId, Result, Timestamp};
use edge::{
    Named, SignedUntil, answer,
    auth::bearer,
    upload::{self, Upload},
};
use protocol::native::{FileLinkView, FileUploaded, FileView};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION},
    path,
    reply::Response,
};

use crate::routes::{
    House, any_of, auth,
    query::{Query, query},
    respond, with,
};

use serving::{Reader, serve};

/// How long a link may be good at most.
const LONGEST_LINK: u64 = 60 * 60;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let who = || with(house).and(bearer(auth(house)));
    let upload = path!("api" / "v1" / "files")
        .and(warp::post())
        .and(who())
        .and(upload::stream())
        .then(take);
    let read = path!("api" / "v1" / "files" / String)
        .and(warp::get())
        .and(who())
        .and(warp::header::headers_cloned())
        .then(read);
    let link = path!("api" / "v1" / "files" / String / "link")
        .and(warp::get())
        .and(who())
        .and(query())
        .then(link);
    let linked = path!("files" / String / String)
        .and(warp::get())
        .and(with(house))
        .and(query())
        .and(warp::header::headers_cloned())
        .then(linked);
    any_of(vec![
        upload.map(respond).boxed(),
        read.map(respond).boxed(),
        link.map(respond).boxed(),
        linked.map(respond).boxed(),
    ])
}

/// The file of a path. What is no id is the id of no file.
fn file_id(segment: &str) -> Result<FileId> {
    segment.parse().map_err(|_| Code::FileNotFound.into())
}

async fn take(house: Arc<House>, who: Result<Caller>, upload: Upload) -> Result<Response> {
    let file = house.files.accept(who, upload).await?;
    let view = FileView::new(&file);
    let location = HeaderValue::try_from(&view.url).map_err(Error::internal)?;
    let mut response = answer::json(StatusCode::CREATED, &FileUploaded { file: view });
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

async fn read(
    file: String,
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
) -> Result<Response> {
    let who = who?;
    let file = house.files.readable(&who, file_id(&file)?).await?;
    serve(&house.files, &file, Reader::Member, &headers).await
}

async fn link(
    file: String,
    house: Arc<House>,
    who: Result<Caller>,
    query: Query,
) -> Result<Response> {
    let who = who?;
    let lifetime = lifetime(&house, &query)?;
    let file = house.files.readable(&who, file_id(&file)?).await?;
    let (links, now) = (&house.ctx.links, house.ctx.ports.clock.now());
    let link = links.link(file.id, file.name.as_str(), now, lifetime);
    let link = FileLinkView {
        url: link.path,
        expires_at: Timestamp::from_second(link.expires).map_err(Error::internal)?,
    };
    Ok(answer::json(StatusCode::OK, &link))
}

/// How long a link is to be good: `seconds`, or what the settings say.
fn lifetime(house: &House, query: &Query) -> Result<Duration> {
    let seconds = match query.text("seconds").map(str::parse) {
        None => house.ctx.settings.files.link_seconds,
        Some(Ok(seconds @ 1..=LONGEST_LINK)) => seconds,
        Some(_) => {
            let detail = format!("A link is good for 1 to {LONGEST_LINK} seconds.");
            return Err(Error::invalid(Code::InvalidField, "seconds", detail));
        }
    };
    Ok(Duration::from_secs(seconds))
}

/// The name in the path is for people, and part of what is signed: what the file is called, its
/// record says.
async fn linked(
    file: String,
    name: String,
    house: Arc<House>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response> {
    let id = file_id(&file)?;
    let expires = query.text("expires").and_then(|text| text.parse().ok());
    let until = SignedUntil {
        expires: expires.ok_or(Code::LinkInvalid)?,
        signature: query.text("sig").unwrap_or_default().to_owned(),
    };
    let now = house.ctx.ports.clock.now();
    let left = house
        .ctx
        .links
        .check(Named { id, name: &name }, &until, now)?;
    let file = house.files.ready(id).await?;
    serve(&house.files, &file, Reader::Link(left), &headers).await
}
