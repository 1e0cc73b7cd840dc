//! The server's answers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode, header};

pub(super) fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    with_tag(status).body(Full::default()).unwrap()
}

pub(super) fn xml(body: &str) -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    with_tag(StatusCode::OK).body(body).unwrap()
}

pub(super) fn refuse(status: StatusCode, code: &str) -> Response<Full<Bytes>> {
    let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
    let body = Full::new(Bytes::from(body));
    Response::builder().status(status).body(body).unwrap()
}

/// An object, or a part of it.
pub(super) fn piece(object: &Bytes, range: Option<(usize, usize)>) -> Response<Full<Bytes>> {
    let all = object.len();
    let Some((from, to)) = range else {
        let body = Full::new(object.clone());
        return with_tag(StatusCode::OK).body(body).unwrap();
    };
    if from >= all {
        return refuse(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange");
    }
    let to = to.min(all);
    with_tag(StatusCode::PARTIAL_CONTENT)
        .header(
            header::CONTENT_RANGE,
            format!("bytes {from}-{}/{all}", to - 1),
        )
        .body(Full::new(object.slice(from..to)))
        .unwrap()
}

fn with_tag(status: StatusCode) -> hyper::http::response::Builder {
    Response::builder()
        .status(status)
        .header(header::ETAG, "\"tag\"")
        .header(header::LAST_MODIFIED, "Thu, 01 Jan 2026 00:00:00 GMT")
}
