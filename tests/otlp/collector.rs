//! A collector of traces that keeps what it is sent.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use e2e::eventually;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinHandle};

/// Names and values, as texts.
pub(crate) type Attributes = BTreeMap<String, String>;

/// A span, as a person looks at it.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// What it is called.
    pub(crate) name: String,
    /// Its trace and its own id, in hexadecimal.
    pub(crate) trace: String,
    pub(crate) id: String,
    /// The span that led to it; empty where it is the first.
    pub(crate) parent: String,
    /// `Server`, `Producer`, ….
    pub(crate) kind: String,
    /// Whether it failed by a fault of the server.
    pub(crate) failed: bool,
    pub(crate) attributes: Attributes,
    /// What is said of the process it comes from.
    pub(crate) process: Attributes,
}

impl Span {
    /// An attribute; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

type Kept = Arc<Mutex<Vec<Span>>>;

/// A collector on a port of its own.
pub(crate) struct Collector {
    addr: SocketAddr,
    kept: Kept,
    serving: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let kept = Kept::default();
        let serving = e2e::spawn(serve(listener, Arc::clone(&kept)));
        Self {
            addr,
            kept,
            serving,
        }
    }

    /// Its address, as it stands in the configuration.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// All that came until now.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.lock().expect("whole").clone()
    }

    /// Waits for a span.
    pub(crate) async fn span(&self, what: &str, is: impl Fn(&Span) -> bool) -> Span {
        eventually(what, async || self.spans().into_iter().find(&is)).await
    }
}

async fn serve(listener: TcpListener, kept: Kept) {
    while let Ok((stream, _)) = listener.accept().await {
        let kept = Arc::clone(&kept);
        let service = service_fn(move |request| take(request, Arc::clone(&kept)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        e2e::spawn(async move { connection.await.ok() });
    }
}

async fn take(request: Request<Incoming>, kept: Kept) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.uri().path(), "/v1/traces");
    assert_eq!(request.headers()["content-type"], "application/x-protobuf");
    let body = request.into_body().collect().await.expect("a body");
    let sent = ExportTraceServiceRequest::decode(body.to_bytes()).expect("OTLP");
    kept.lock().expect("whole").extend(spans(sent));
    Ok(Response::default())
}

fn spans(sent: ExportTraceServiceRequest) -> Vec<Span> {
    let mut all = Vec::new();
    for of_process in sent.resource_spans {
        let process = attributes(of_process.resource.expect("a resource").attributes);
        let spans = of_process.scope_spans.into_iter().flat_map(|s| s.spans);
        all.extend(spans.map(|span| Span {
            kind: format!("{:?}", span.kind()).replace("SpanKind", ""),
            failed: span.status.is_some_and(|status| status.code == 2),
            name: span.name,
            trace: hexadecimal(&span.trace_id),
            id: hexadecimal(&span.span_id),
            parent: hexadecimal(&span.parent_span_id),
            attributes: attributes(span.attributes),
            process: process.clone(),
        }));
    }
    all
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    let texts = pairs.into_iter().map(|pair| (pair.key, text(pair.value)));
    texts.collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("an attribute is a text or a number: {other:?}"),
    }
}
