//! Spans on their way to an OpenTelemetry collector, as OTLP over HTTP. Nothing outside of here
//! knows OpenTelemetry.
//!
//! A span that ends is put into a bounded queue, from which one task sends them in batches. Who
//! is traced never waits for the collector: what the queue does not hold is dropped and counted.

mod client;
mod context;
mod queue;
mod sender;

use std::sync::{Mutex, PoisonError};

use domain::NodeId;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use settings::{Settings, Telemetry};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

pub(crate) use self::context::{current, link, set_parent};
use self::{client::Collector, sender::Sender};
use crate::trace::TARGET;

/// What takes the spans out of the queue, until [`Sending::begin`] does.
static WAITING: Mutex<Option<Sender>> = Mutex::new(None);

/// Says whether traces could be sent to where the settings say.
pub(crate) fn check(settings: &Settings) -> Result<(), String> {
    Collector::of(settings).map(drop)
}

/// What hears of the spans of this process, under a service's name; nothing where the settings
/// name no collector.
pub(crate) fn layer<S>(
    service: &'static str,
    settings: &Settings,
) -> Result<Option<impl Layer<S> + use<S>>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let Some(collector) = Collector::of(settings)? else {
        return Ok(None);
    };
    let resource = resource(service);
    let (ended, spans) = queue::new();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(ended)
        .with_sampler(sampler(&settings.telemetry))
        .with_resource(resource.clone())
        .build();
    let sender = Sender::new(spans, collector, &resource);
    *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    let ours = filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("hubbub"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let ours = ours.with_max_level_hint(LevelFilter::DEBUG);
    Ok(Some(layer.with_filter(ours)))
}

/// A trace is kept whole or not at all, over all services: who was asked within one decides as
/// those before it did.
fn sampler(telemetry: &Telemetry) -> Sampler {
    let first = Sampler::TraceIdRatioBased(telemetry.trace_ratio);
    Sampler::ParentBased(Box::new(first))
}

fn resource(service: &'static str) -> Resource {
    Resource::builder_empty()
        .with_service_name(service)
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", NodeId::new().to_string()),
        ])
        .build()
}

/// The task that sends what was traced.
pub(crate) struct Sending(Option<(JoinHandle<()>, CancellationToken)>);

impl Sending {
    /// Begins to send, where the settings of the process name a collector. Only the first of a
    /// process has something to send.
    pub(crate) fn begin() -> Self {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        Self(waiting.take().map(|sender| {
            let end = CancellationToken::new();
            let sending = TaskTracker::new().spawn(sender.run(end.clone()));
            (sending, end)
        }))
    }

    /// Sends what is left. What is not sent by then is lost.
    pub(crate) async fn end(self, by: Instant) {
        let Some((mut sending, end)) = self.0 else {
            return;
        };
        end.cancel();
        if timeout_at(by, &mut sending).await.is_err() {
            sending.abort();
            tracing::warn!("the last spans did not reach the collector in time");
        }
    }
}
