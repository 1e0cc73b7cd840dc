//! Between what travels and what OpenTelemetry knows.

use domain::TraceParent;
use opentelemetry::{
    Context, SpanId, TraceFlags, TraceId,
    trace::{SpanContext, TraceContextExt, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Where the current span stands, if somebody hears of it.
pub(crate) fn current() -> Option<TraceParent> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    TraceParent::new(
        u128::from_be_bytes(span.trace_id().to_bytes()),
        u64::from_be_bytes(span.span_id().to_bytes()),
        span.is_sampled(),
    )
}

/// Makes a span that has just begun a part of a trace that was begun elsewhere.
pub(crate) fn set_parent(span: &Span, parent: Option<TraceParent>) {
    if let Some(parent) = parent {
        let context = Context::new().with_remote_span_context(remote(parent));
        // Where nobody hears of the span it has no parent.
        let _ = span.set_parent(context);
    }
}

/// Lets a span name another trace.
pub(crate) fn link(span: &Span, trace: TraceParent) {
    span.add_link(remote(trace));
}

fn remote(parent: TraceParent) -> SpanContext {
    let flags = match parent.sampled() {
        true => TraceFlags::SAMPLED,
        false => TraceFlags::NOT_SAMPLED,
    };
    SpanContext::new(
        TraceId::from_bytes(parent.trace().to_be_bytes()),
        SpanId::from_bytes(parent.span().to_be_bytes()),
        flags,
        true,
        TraceState::NONE,
    )
}
