//! The spans, each with what is told of it. Names and attributes are OpenTelemetry's where it has
//! any (HTTP, messaging), and `hubbub.…` else. No text of a person's is in them.

use domain::{Error, Result, RoomId, TraceParent};
use hyper::StatusCode;
use tracing::{
    Span, debug_span,
    field::{Empty, display},
};

use super::{TARGET, incoming};
use crate::{
    otlp,
    request::{self, RequestId},
};

/// Most traces that one span tells of, beside its own.
const LINKS: usize = 64;

/// A request over HTTP, called by its route: no id and no token is in the name.
pub(crate) fn request(method: &'static str, route: &'static str, id: &RequestId) -> Span {
    let span = debug_span!(
        target: TARGET,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        hubbub.request_id = %id,
    );
    otlp::set_parent(&span, incoming());
    span
}

/// Notes what a request was answered with.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "error");
    }
}

/// A command to the rules of chat. What comes over a socket begins a trace, or goes on with the
/// one that the handshake named; what comes with a request is a part of that.
pub fn command(name: &'static str, room: Option<RoomId>) -> Span {
    let by_request = request::is_answered();
    let span = debug_span!(
        target: TARGET,
        "command",
        otel.name = name,
        otel.kind = if by_request { "internal" } else { "server" },
        otel.status_code = Empty,
        "error.type" = Empty,
        hubbub.room = Empty,
    );
    if let Some(room) = room {
        span.record("hubbub.room", display(room));
    }
    if !by_request {
        otlp::set_parent(&span, incoming());
    }
    span
}

/// Rows on their way into a room's log, asked for in these traces.
pub fn append(
    room: RoomId,
    rows: usize,
    traces: impl Iterator<Item = TraceParent> + Clone,
) -> Span {
    let span = debug_span!(
        target: TARGET,
        "append",
        otel.status_code = Empty,
        "error.type" = Empty,
        hubbub.room = %room,
        hubbub.rows = rows,
    );
    for_all_of(&span, traces);
    span
}

/// Jobs on their way into the queue, asked for in these traces.
pub fn publish(jobs: usize, traces: impl Iterator<Item = TraceParent> + Clone) -> Span {
    let span = debug_span!(
        target: TARGET,
        "publish",
        otel.kind = "producer",
        otel.status_code = Empty,
        "error.type" = Empty,
        "messaging.operation.type" = "send",
        messaging.batch.message_count = jobs,
    );
    for_all_of(&span, traces);
    span
}

/// A job that came out of the queue, asked for in this trace.
pub fn consume(room: RoomId, attempt: u32, trace: Option<TraceParent>) -> Span {
    let span = debug_span!(
        target: TARGET,
        "consume",
        otel.kind = "consumer",
        otel.status_code = Empty,
        "error.type" = Empty,
        "messaging.operation.type" = "process",
        hubbub.room = %room,
        hubbub.attempt = attempt,
    );
    otlp::set_parent(&span, trace);
    span
}

/// Notes how the work of a span ended.
pub fn finish<T>(span: &Span, result: &Result<T>) {
    if let Err(error) = result {
        failed(span, error);
    }
}

/// Notes why the work of a span failed. What was refused is no fault of ours.
pub fn failed(span: &Span, error: &Error) {
    span.record("error.type", error.code().name());
    if error.code().info().status >= 500 {
        span.record("otel.status_code", "error");
    }
}

/// Work that is done for several at once goes into the trace of the first that is kept, and names
/// the others.
fn for_all_of(span: &Span, traces: impl Iterator<Item = TraceParent> + Clone) {
    if span.is_disabled() {
        return;
    }
    let kept = traces.clone().find(|trace| trace.sampled());
    let parent = kept.or_else(|| traces.clone().next());
    otlp::set_parent(span, parent);
    let others = traces.filter(|trace| Some(*trace) != parent);
    others.take(LINKS).for_each(|trace| otlp::link(span, trace));
}
