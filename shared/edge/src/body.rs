//! Bodies of requests, counted while they stream in.
//!
//! The filters never reject: what is wrong with a body is a value, which each dialect puts into
//! its own words.

use std::{pin::pin, time::Duration};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use domain::{Code, Error, Result};
use futures_util::{Stream, StreamExt};
use hyper::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT},
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use warp::{Filter, Rejection};

use crate::form;

/// How long a body may take to arrive.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How much of a body that is too large is read and thrown away, and for how long, so that the
/// client reads the refusal instead of finding its connection reset.
const DISCARD: usize = 1024 * 1024;
const DISCARD_FOR: Duration = Duration::from_secs(2);

/// Reads a body of at most `limit` bytes, whatever its type.
///
/// Extracts `body_too_large`, also when the length is only found out on the way (chunked), and
/// `body_too_slow` after [`DEADLINE`].
pub fn bytes(limit: usize) -> impl Filter<Extract = (Result<Bytes>,), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::body::stream())
        .then(move |headers: HeaderMap, body| async move { read(&headers, body, limit).await })
}

/// Reads a JSON body of at most `limit` bytes. The type must be `application/json`: a browser
/// sends that to another origin only after asking (CORS).
///
/// Extracts what [`bytes`] does, `unsupported_media_type`, `invalid_json`, and `invalid_field`
/// when it is JSON of another form, naming the field.
pub fn json<T: DeserializeOwned + Send>(
    limit: usize,
) -> impl Filter<Extract = (Result<T>,), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::body::stream())
        .then(move |headers: HeaderMap, body| async move {
            let media_type = check_type(&headers);
            let bytes = read(&headers, body, limit).await?;
            media_type?;
            form::read(&bytes)
        })
}

fn check_type(headers: &HeaderMap) -> Result<()> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = given.and_then(|kind| kind.split(';').next());
    match essence {
        Some(kind) if kind.trim().eq_ignore_ascii_case("application/json") => Ok(()),
        _ => Err(Error::new(Code::MediaType)),
    }
}

async fn read<S, B>(headers: &HeaderMap, body: S, limit: usize) -> Result<Bytes>
where
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    let mut body = pin!(body);
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit as u64) {
        // Who waits for "100 Continue" has sent nothing yet, and then need not.
        if !headers.contains_key(EXPECT) {
            discard(body).await;
        }
        return Err(too_large(limit));
    }
    let capacity = announced.map_or(0, |length| usize::try_from(length).unwrap_or(0));
    match timeout_at(
        Instant::now() + DEADLINE,
        collect(&mut body, capacity, limit),
    )
    .await
    {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => {
            discard(body).await;
            Err(too_large(limit))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::new(Code::BodyTooSlow)),
    }
}

/// Takes the body together; `None` once it has more than `limit` bytes.
async fn collect<S, B>(body: &mut S, capacity: usize, limit: usize) -> Result<Option<Bytes>>
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin,
    B: Buf,
{
    let mut bytes = BytesMut::with_capacity(capacity);
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| cut_off())?;
        if bytes.len() + part.remaining() > limit {
            return Ok(None);
        }
        bytes.put(part);
    }
    Ok(Some(bytes.freeze()))
}

async fn discard<S, B>(mut body: S)
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin,
    B: Buf,
{
    let mut discarded = 0;
    let until = Instant::now() + DISCARD_FOR;
    while discarded < DISCARD {
        match timeout_at(until, body.next()).await {
            Ok(Some(Ok(part))) => discarded += part.remaining(),
            _ => return,
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Error {
    Error::new(Code::BodyTooLarge).with_detail(format!("A body may have at most {limit} bytes."))
}

fn cut_off() -> Error {
    Error::new(Code::InvalidJson).with_detail("The body ended before it was whole.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Name {
        name: String,
    }

    #[test]
    fn what_is_wrong_with_json_is_said() {
        for (text, code) in [
            (&b"{"[..], Code::InvalidJson),
            (b"", Code::InvalidJson),
            (b"{\"name\":\"a\"} x", Code::InvalidJson),
            (b"\xEF\xBB\xBF{\"name\":\"a\"}", Code::InvalidJson),
            (b"{\"name\":\"\xFF\"}", Code::InvalidJson),
            (b"{\"name\":\"\\ud800\"}", Code::InvalidJson),
            (b"{}", Code::InvalidField),
            (b"{\"name\":1}", Code::InvalidField),
            (b"{\"name\":\"a\",\"name\":\"b\"}", Code::InvalidField),
        ] {
            let error = form::read::<Name>(text).unwrap_err();
            assert_eq!(error.code(), code, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_list_is_no_object_whose_names_were_left_out() {
        for list in ["[]", " [\"a\"]"] {
            let error = form::read::<Name>(list.as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidJson);
            assert_eq!(error.message(), "A body must be a JSON object.");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = format!("{}0{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert!(form::read::<serde_json::Value>(deep.as_bytes()).is_err());
    }

    #[test]
    fn only_json_is_json() {
        let of = |kind: Option<&str>| {
            let mut headers = HeaderMap::new();
            kind.map(|kind| headers.insert(CONTENT_TYPE, kind.parse().unwrap()));
            check_type(&headers).is_ok()
        };
        assert!(of(Some("application/json")));
        assert!(of(Some("Application/JSON; charset=utf-8")));
        for other in [
            "text/plain",
            "application/jsonx",
            "application/x-www-form-urlencoded",
            "",
        ] {
            assert!(!of(Some(other)), "{other}");
        }
        assert!(!of(None));
    }
}
