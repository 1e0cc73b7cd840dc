//! Where spans wait that have ended.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};
use tokio::sync::mpsc;

/// How many spans may wait: about two megabytes.
const CAPACITY: usize = 4_096;

/// Makes a queue: the end that is told of spans, and the end that they come out of.
pub(super) fn new() -> (Ended, mpsc::Receiver<SpanData>) {
    let (sender, spans) = mpsc::channel(CAPACITY);
    (Ended(sender), spans)
}

/// Counts what became of spans.
pub(super) fn count(outcome: &'static str, spans: usize) {
    metrics::counter!("hubbub_trace_spans_total", "outcome" => outcome).increment(spans as u64);
}

/// Hears of spans that have ended. Never waits.
#[derive(Debug)]
pub(super) struct Ended(mpsc::Sender<SpanData>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.try_send(span).is_err() {
            count("dropped", 1);
        }
    }

    /// Nothing to be done: the sender empties the queue at its own end.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
