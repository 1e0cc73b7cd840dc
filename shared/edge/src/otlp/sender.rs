//! Sends spans in batches, one batch at a time.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use opentelemetry_proto::{
    tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{Resource, trace::SpanData};
use prost::Message;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    client::{Collector, Lost},
    queue::count,
};

/// How many spans are sent at once.
const BATCH: usize = 512;

/// How long the first span of a batch waits for others.
const LINGER: Duration = Duration::from_secs(1);

/// How long a collector may take for a batch.
const EXPORT: Duration = Duration::from_secs(5);

/// Sends spans to a collector.
pub(super) struct Sender {
    spans: mpsc::Receiver<SpanData>,
    collector: Collector,
    resource: ResourceAttributesWithSchema,
    /// A collector that is away is so for every batch.
    complaints: DefaultDirectRateLimiter,
}

impl Sender {
    pub(super) fn new(
        spans: mpsc::Receiver<SpanData>,
        collector: Collector,
        resource: &Resource,
    ) -> Self {
        Self {
            spans,
            collector,
            resource: resource.into(),
            complaints: RateLimiter::direct(Quota::per_minute(NonZeroU32::MIN)),
        }
    }

    /// Sends until `end`, and then what waits.
    pub(super) async fn run(mut self, end: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(()) = end.run_until_cancelled(self.fill(&mut batch)).await {
            if batch.is_empty() {
                return;
            }
            self.send(&mut batch).await;
        }
        self.spans.close();
        while !batch.is_empty() || self.spans.recv_many(&mut batch, BATCH).await > 0 {
            self.send(&mut batch).await;
        }
    }

    /// Waits for a batch, at most [`LINGER`] once there is something. Empty: nothing will come.
    async fn fill(&mut self, batch: &mut Vec<SpanData>) {
        if self.spans.recv_many(batch, BATCH).await == 0 {
            return;
        }
        let more = async {
            while batch.len() < BATCH {
                let left = BATCH - batch.len();
                if self.spans.recv_many(batch, left).await == 0 {
                    return;
                }
            }
        };
        // What has come by then goes.
        let _ = timeout(LINGER, more).await;
    }

    /// One attempt: what the collector does not take now is lost, so that no backlog builds up.
    async fn send(&mut self, batch: &mut Vec<SpanData>) {
        let spans = batch.len();
        let batch = std::mem::replace(batch, Vec::with_capacity(BATCH));
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &self.resource),
        };
        let posted = timeout(EXPORT, self.collector.post(request.encode_to_vec())).await;
        let taken = posted.unwrap_or_else(|late| Err(late.into()));
        match taken.and_then(|answer| rejected(&answer)) {
            Ok(0) => count("sent", spans),
            Ok(rejected) => {
                count("sent", spans.saturating_sub(rejected));
                self.complain(rejected, &Lost::from("it rejected some"));
            }
            Err(error) => self.complain(spans, &error),
        }
    }

    fn complain(&self, spans: usize, error: &Lost) {
        count("lost", spans);
        if self.complaints.check().is_ok() {
            tracing::warn!(
                spans,
                error = error.as_ref() as &dyn std::error::Error,
                "the collector did not take spans; told of at most once a minute"
            );
        }
    }
}

/// How many spans of a batch the collector did not want.
fn rejected(answer: &[u8]) -> Result<usize, Lost> {
    // Some collectors answer in words; they took the batch all the same.
    let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
    let rejected = answer.partial_success.map_or(0, |part| part.rejected_spans);
    Ok(usize::try_from(rejected).unwrap_or_default())
}
