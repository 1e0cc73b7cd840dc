//! What stands for [`crate::otlp`] in builds that send no traces.

use domain::TraceParent;
use settings::{Settings, Telemetry};
use tokio::time::Instant;
use tracing::Span;
use tracing_subscriber::layer::Identity;

/// What such a build cannot do.
const ABSENT: &str = "this build has no OTLP; build with --features otlp, or leave it empty";

/// Refuses an endpoint: whoever sets one waits for traces.
pub(crate) fn check(settings: &Settings) -> Result<(), String> {
    let Telemetry { otlp_endpoint, .. } = &settings.telemetry;
    match otlp_endpoint.is_empty() {
        true => Ok(()),
        false => Err(ABSENT.to_owned()),
    }
}

pub(crate) fn layer(_: &'static str, settings: &Settings) -> Result<Option<Identity>, String> {
    check(settings).map(|()| None)
}

pub(crate) fn current() -> Option<TraceParent> {
    None
}

pub(crate) fn set_parent(_: &Span, _: Option<TraceParent>) {}

pub(crate) fn link(_: &Span, _: TraceParent) {}

/// Nothing is sent.
pub(crate) struct Sending;

impl Sending {
    pub(crate) fn begin() -> Self {
        Self
    }

    pub(crate) async fn end(self, _: Instant) {}
}
