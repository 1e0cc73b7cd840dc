//! A file as an answer, whose headers keep it from being anything but a file.

use std::{ops::Range, time::Duration};

use domain::{Code, Error, File, Result, ports::ByteStream};
use edge::{
    answer, disposition,
    ranges::{Wanted, wanted},
    revision::{self, names},
};
use sync_wrapper::SyncStream;
use warp::{
    Reply,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
            CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE, VARY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    reply::Response,
};

use crate::files::Files;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// How long a browser may keep what a member read.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    /// Somebody with a token.
    Member,
    /// Whoever has a link, which is good for so long still.
    Link(Duration),
}

/// Answers with a file, a part of it, or with 304 to who has it.
pub(super) async fn serve(
    files: &Files,
    file: &File,
    reader: Reader,
    asked: &HeaderMap,
) -> Result<Response> {
    // A file never changes, so its hash names it for ever.
    let tag = revision::tag_of_hash(&file.sha256)?;
    if names(asked, IF_NONE_MATCH, &tag) {
        let mut response = answer::empty(StatusCode::NOT_MODIFIED);
        describe(&mut response, file, reader, tag)?;
        return Ok(response);
    }
    let mut response = match part(file, asked, &tag) {
        Wanted::Whole => whole(files, file).await?,
        Wanted::Part(range) => piece(files, file, range).await?,
        Wanted::Nothing => return nothing(file),
    };
    describe(&mut response, file, reader, tag)?;
    Ok(response)
}

/// `If-Range` asks for the part only of the file that the client knows.
fn part(file: &File, asked: &HeaderMap, tag: &HeaderValue) -> Wanted {
    if asked.contains_key(IF_RANGE) && !names(asked, IF_RANGE, tag) {
        return Wanted::Whole;
    }
    let range = asked.get(RANGE).and_then(|range| range.to_str().ok());
    wanted(range, file.bytes)
}

async fn whole(files: &Files, file: &File) -> Result<Response> {
    let body = files.bytes(file.id, 0..file.bytes).await?;
    Ok(streamed(body, file.bytes))
}

async fn piece(files: &Files, file: &File, range: Range<u64>) -> Result<Response> {
    let (first, last, all) = (range.start, range.end - 1, file.bytes);
    let body = files.bytes(file.id, range).await?;
    let mut response = streamed(body, last - first + 1);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let value = value(&format!("bytes {first}-{last}/{all}"))?;
    response.headers_mut().insert(CONTENT_RANGE, value);
    Ok(response)
}

fn nothing(file: &File) -> Result<Response> {
    let mut response = answer::problem(&Error::new(Code::RangeNotSatisfiable));
    let value = value(&format!("bytes */{}", file.bytes))?;
    response.headers_mut().insert(CONTENT_RANGE, value);
    Ok(response)
}

fn streamed(body: ByteStream, bytes: u64) -> Response {
    let mut response = warp::reply::stream(SyncStream::new(body)).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
    response
}

/// What every answer about a file says: what it is, that it is nothing else, and that no script
/// in it runs.
fn describe(response: &mut Response, file: &File, reader: Reader, tag: HeaderValue) -> Result<()> {
    let is_shown = file.media_type.is_shown_inline();
    let charset = if file.media_type.is_text() {
        "; charset=utf-8"
    } else {
        ""
    };
    let media_type = value(&format!("{}{charset}", file.media_type))?;
    // A link may stand in a page of any origin; what needs a token is fetched.
    let (policy, kept) = match reader {
        Reader::Member => ("same-origin", KEPT),
        Reader::Link(left) => ("cross-origin", left),
    };
    let cache = value(&format!("private, max-age={}, immutable", kept.as_secs()))?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(
        CONTENT_DISPOSITION,
        disposition::header(is_shown, file.name.as_str()),
    );
    headers.insert(CACHE_CONTROL, cache);
    headers.insert(ETAG, tag);
    headers.append(VARY, HeaderValue::from_static("authorization"));
    for (name, value) in [
        (ACCEPT_RANGES, "bytes"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (CROSS_ORIGIN_RESOURCE_POLICY, policy),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(())
}

fn value(text: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(text).map_err(Error::internal)
}
