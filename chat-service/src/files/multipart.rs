//! The two forms of an upload: the bytes themselves, or a form with one field.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use domain::{Code, Error, Result, ports::ByteStream};
use edge::{disposition, upload::Upload};
use futures_util::{Stream, stream};
use multer::{Constraints, Field, Multipart, SizeLimit};
use warp::http::{
    HeaderMap,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};

use super::Offer;

/// How much a form may be larger than its file, in bytes.
const FORM: u64 = 16 * 1024;

/// Finds the file in a request: in the one field of a `multipart/form-data`, or else the body as
/// it is, with the headers of the request.
///
/// # Errors
/// `file_too_large` when that is announced; `invalid_field` for a form without a field, and later
/// for one with a second; what the body ends with.
pub(super) async fn offer(upload: Upload, most: u64) -> Result<Offer> {
    let headers = &upload.headers;
    let kind = text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_form = kind
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("multipart/");
    let room = if is_form { FORM } else { 0 };
    let announced = upload.announced();
    if announced.is_some_and(|bytes| bytes > most.saturating_add(room)) {
        edge::upload::discard(upload.body, most).await;
        return Err(too_large(most));
    }
    if is_form {
        return of_form(&kind, upload.body, most).await;
    }
    Ok(Offer {
        name: headers
            .get(CONTENT_DISPOSITION)
            .and_then(disposition::file_name),
        claim: Some(kind),
        body: upload.body,
    })
}

/// The refusal that says how much is taken.
pub(super) fn too_large(most: u64) -> Error {
    let detail = format!("A file may have at most {most} bytes.");
    Error::new(Code::FileTooLarge).with_detail(detail)
}

async fn of_form(kind: &str, body: ByteStream, most: u64) -> Result<Offer> {
    let boundary = multer::parse_boundary(kind).map_err(|_| Code::MediaType)?;
    let size = SizeLimit::new().whole_stream(most.saturating_add(FORM));
    let constraints = Constraints::new().size_limit(size);
    let mut form = Multipart::with_constraints(Unhurried::new(body), boundary, constraints);
    let field = form.next_field().await.map_err(|error| read(error, most))?;
    let field = field.ok_or_else(no_file)?;
    let name = field.headers().get(CONTENT_DISPOSITION);
    Ok(Offer {
        name: name.and_then(disposition::file_name),
        claim: text(field.headers(), CONTENT_TYPE.as_str()),
        body: bytes_of(field, form, most),
    })
}

fn no_file() -> Error {
    let detail = "The form needs one field, which is the file.";
    Error::invalid(Code::InvalidField, "file", detail)
}

/// The bytes of a field, which must be the last: only the closing boundary says that it is whole.
fn bytes_of(field: Field<'static>, form: Multipart<'static>, most: u64) -> ByteStream {
    let begun = (Some(field), form);
    Box::pin(stream::try_unfold(
        begun,
        move |(field, mut form)| async move {
            if let Some(mut field) = field {
                let piece = field.chunk().await.map_err(|error| read(error, most))?;
                if let Some(piece) = piece {
                    return Ok(Some((piece, (Some(field), form))));
                }
            }
            match form.next_field().await.map_err(|error| read(error, most))? {
                None => Ok(None),
                Some(_) => Err(no_file()),
            }
        },
    ))
}

/// What went wrong with a form, in our words.
fn read(error: multer::Error, most: u64) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            too_large(most)
        }
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(_) => Code::FileIncomplete.into(),
        },
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream => Code::FileIncomplete.into(),
        other => Error::invalid(Code::InvalidField, "file", other.to_string()),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Hands out one piece at a time. The reader of forms takes whatever is ready, which from a fast
/// client would be all of it.
struct Unhurried {
    body: ByteStream,
    gave: bool,
}

impl Unhurried {
    fn new(body: ByteStream) -> Self {
        Self { body, gave: false }
    }
}

impl Stream for Unhurried {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.gave) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.body.as_mut().poll_next(cx);
        self.gave = polled.is_ready();
        polled
    }
}
