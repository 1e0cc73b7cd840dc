//! A small server that speaks as much of S3 as the adapter does, on a port of its own. It refuses
//! requests that are not signed with its key, and parts that S3 would find too small.

mod answers;
mod storage;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use adapter_blobs::S3Options;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, body::Incoming, header};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

use answers::{empty, piece, refuse, xml};
pub(crate) use storage::Storage;

pub(crate) const KEY: &str = "AKIAHUBBUBTEST";

/// A server, until it is dropped.
pub(crate) struct S3Server {
    pub address: SocketAddr,
    pub storage: Arc<Storage>,
    serving: JoinHandle<()>,
}

impl S3Server {
    #[allow(
        clippy::disallowed_methods,
        reason = "dropping the server ends the task"
    )]
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let storage = Arc::new(Storage::default());
        let serving = tokio::spawn(serve(listener, Arc::clone(&storage)));
        Self {
            address,
            storage,
            serving,
        }
    }

    /// How to reach it.
    pub(crate) fn options(&self) -> S3Options {
        S3Options {
            endpoint: format!("http://{}", self.address),
            region: "eu-central-1".to_owned(),
            bucket: "hubbub".to_owned(),
            prefix: "files".to_owned(),
            access_key_id: KEY.to_owned(),
            secret_access_key: "5b1d0c6fe2a94e8797c1f0a3d24b6e58".to_owned(),
            virtual_host: false,
            timeout: std::time::Duration::from_secs(10),
        }
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, storage: Arc<Storage>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let storage = Arc::clone(&storage);
        connections.spawn(async move {
            let answer = |request| answer(Arc::clone(&storage), request);
            let service = hyper::service::service_fn(answer);
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    storage: Arc<Storage>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if !is_signed(&head.headers) {
        return Ok(refuse(StatusCode::FORBIDDEN, "SignatureDoesNotMatch"));
    }
    let Ok(body) = body.collect().await else {
        return Ok(refuse(StatusCode::BAD_REQUEST, "IncompleteBody"));
    };
    let asked = Asked {
        method: head.method,
        key: head.uri.path().trim_start_matches("/hubbub/").to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        range: range(&head.headers),
        body: body.to_bytes(),
    };
    Ok(dispatch(&storage, asked))
}

/// What of a request counts.
struct Asked {
    method: Method,
    key: String,
    query: String,
    range: Option<(usize, usize)>,
    body: Bytes,
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&');
        let mut named = pairs.filter_map(|pair| pair.split_once('=').or(Some((pair, ""))));
        named.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

fn dispatch(storage: &Storage, asked: Asked) -> Response<Full<Bytes>> {
    let upload = asked.parameter("uploadId").map(str::to_owned);
    match (asked.method.as_str(), upload) {
        ("POST", None) if asked.parameter("uploads").is_some() => begin(storage, &asked.key),
        ("PUT", Some(upload)) => {
            let number = asked.parameter("partNumber").unwrap().parse().unwrap();
            storage.part(&upload, number, asked.body);
            empty(StatusCode::OK)
        }
        ("POST", Some(upload)) => complete(storage, &upload, &asked.key),
        ("DELETE", Some(upload)) => {
            storage.abort(&upload);
            empty(StatusCode::NO_CONTENT)
        }
        ("PUT", None) => {
            storage.put(&asked.key, asked.body);
            empty(StatusCode::OK)
        }
        ("GET", None) => match storage.get(&asked.key) {
            Some(object) => piece(&object, asked.range),
            None => refuse(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        ("DELETE", None) => {
            storage.delete(&asked.key);
            empty(StatusCode::NO_CONTENT)
        }
        _ => refuse(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    }
}

fn begin(storage: &Storage, key: &str) -> Response<Full<Bytes>> {
    let upload = storage.begin();
    xml(&format!(
        "<InitiateMultipartUploadResult><Bucket>hubbub</Bucket><Key>{key}</Key>\
         <UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
    ))
}

fn complete(storage: &Storage, upload: &str, key: &str) -> Response<Full<Bytes>> {
    if !storage.complete(upload, key) {
        return refuse(StatusCode::BAD_REQUEST, "EntityTooSmall");
    }
    xml(&format!(
        "<CompleteMultipartUploadResult><Bucket>hubbub</Bucket><Key>{key}</Key>\
         <ETag>\"whole\"</ETag></CompleteMultipartUploadResult>"
    ))
}

/// Whether it carries a signature of version 4 made with our key for our region.
fn is_signed(headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()).unwrap_or("");
    let begins = given.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY}/"));
    let signature = given.rsplit("Signature=").next().unwrap_or("");
    begins && given.contains("/eu-central-1/s3/aws4_request") && signature.len() == 64
}

/// `bytes=a-b`, as from the first byte to behind the last.
fn range(headers: &HeaderMap) -> Option<(usize, usize)> {
    let given = headers.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = given.strip_prefix("bytes=")?.split_once('-')?;
    let last: usize = last.parse().unwrap_or(usize::MAX - 1);
    Some((first.parse().ok()?, last + 1))
}
