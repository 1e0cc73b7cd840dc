//! What the process tells of itself: log lines, metrics and, where they are wanted, traces.
//!
//! Metrics are called `hubbub_<what>_<unit>`, counters end in `_total`. No label names a user, a
//! room or an address: there are too many of them.

use std::{io::IsTerminal, sync::OnceLock, time::Duration};

use hyper::StatusCode;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use settings::{Log, LogFormat, Settings};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::ParseError,
    fmt,
    layer::SubscriberExt,
    registry,
    util::{SubscriberInitExt, TryInitError},
};
use warp::reply::Response;

use crate::{Task, answer, otlp};

/// How often histograms are drained and the process's own figures are read.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of the histograms, in seconds: from a cached read to the longest deadline.
const BUCKETS: [f64; 14] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Counters of what seldom happens. They begin at 0, so that their first increment is seen as one.
const NOTHING_YET: [&str; 7] = [
    "hubbub_accept_errors_total",
    "hubbub_append_given_up_total",
    "hubbub_connections_refused_total",
    "hubbub_forwarded_garbled_total",
    "hubbub_passwords_refused_total",
    "hubbub_relay_overflow_total",
    "hubbub_tls_handshakes_failed_total",
];

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Why nothing can be logged or traced.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter of the settings cannot be read.
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    /// There is no way to the collector of the settings.
    #[error("telemetry.otlp_endpoint: {0}")]
    Collector(String),
    /// Somebody else logs already.
    #[error("logging was set up before: {0}")]
    Twice(#[from] TryInitError),
}

/// What [`init`] would have against the settings: keys, and what is wrong.
#[must_use]
pub fn faults(settings: &Settings) -> Vec<(String, String)> {
    let filter = EnvFilter::try_new(&settings.log.filter).err();
    let filter = filter.map(|error| ("log.filter", error.to_string()));
    let collector = otlp::check(settings).err();
    let collector = collector.map(|text| ("telemetry.otlp_endpoint", text));
    let faults = filter.into_iter().chain(collector);
    faults.map(|(key, text)| (key.to_owned(), text)).collect()
}

/// Sets up the log, on the standard error output, and the traces, for the whole process, which is
/// called `service`. To be called once.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(service: &'static str, settings: &Settings) -> Result<(), TelemetryError> {
    let log = &settings.log;
    // One tells of its insides at `info`; the other calls an error what its adapter has told of
    // already, in one line. Who wants to know names them in the filter.
    let quiet = "tokio_cron_scheduler=warn,lapin=off";
    let filter = EnvFilter::try_new(format!("{quiet},{}", log.filter))?;
    match otlp::layer(service, settings).map_err(TelemetryError::Collector)? {
        None => registry().with(lines(log)).with(filter).try_init()?,
        // What is traced is not for the log's filter to say.
        Some(traces) => registry()
            .with(lines(log).with_filter(filter))
            .with(traces)
            .try_init()?,
    }
    Ok(())
}

/// What writes the lines.
fn lines(log: &Log) -> Box<dyn Layer<Registry> + Send + Sync> {
    let pretty = match log.format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    match pretty {
        true => lines.boxed(),
        false => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    }
}

/// The metrics of the process, which are kept from the first call on.
pub(crate) fn metrics() -> PrometheusHandle {
    METRICS.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .unwrap_or_else(|_| PrometheusBuilder::new())
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another recorder has the metrics; /metrics stays empty");
    }
    for name in NOTHING_YET {
        metrics::counter!(name).absolute(0);
    }
    metrics::counter!("hubbub_panics_total", "in" => "handler").absolute(0);
    for port in ["bus", "cache"] {
        metrics::counter!("hubbub_live_losses_total", "port" => port).absolute(0);
    }
    for what in ["rows", "logins"] {
        metrics::counter!("hubbub_healed_total", "what" => what).absolute(0);
    }
    metrics::gauge!("hubbub_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    handle
}

/// The metrics as Prometheus reads them.
pub(crate) fn answer(metrics: &PrometheusHandle) -> Response {
    let text = metrics.render().into_bytes();
    answer::with_type(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}

/// The task that keeps the metrics small and reads the process's own figures, until `stop`.
pub(crate) fn task(stop: CancellationToken) -> Task {
    let metrics = metrics();
    Task::new("telemetry", async move {
        loop {
            metrics.run_upkeep();
            // Reading a folder of thousands of open files takes milliseconds.
            let _ = tokio::task::spawn_blocking(measure_process).await;
            let pause = tokio::time::sleep(UPKEEP);
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    })
}

/// What the kernel says of the process. Elsewhere than on Linux it says nothing.
fn measure_process() {
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("hubbub_process_resident_memory_bytes").set(bytes);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        let open = u32::try_from(files.count()).unwrap_or(u32::MAX);
        metrics::gauge!("hubbub_process_open_files").set(f64::from(open));
    }
}

fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_measures_itself() {
        let handle = metrics();
        measure_process();
        let text = handle.render();
        assert!(text.contains("hubbub_build_info{version="), "{text}");
        if cfg!(target_os = "linux") {
            assert!(
                text.contains("hubbub_process_resident_memory_bytes"),
                "{text}"
            );
            assert!(text.contains("hubbub_process_open_files"), "{text}");
        }
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let log = Log {
            filter: "info,=!".to_owned(),
            ..Log::default()
        };
        let settings = Settings {
            log,
            ..Settings::default()
        };
        let error = init("hubbub", &settings).unwrap_err().to_string();
        assert!(error.starts_with("log.filter"), "{error}");
        assert_eq!(faults(&settings)[0].0, "log.filter");
    }

    #[cfg(not(feature = "otlp"))]
    #[test]
    fn a_build_without_traces_refuses_a_collector() {
        let telemetry = settings::Telemetry {
            otlp_endpoint: "http://127.0.0.1:4318".to_owned(),
            ..settings::Telemetry::default()
        };
        let settings = Settings {
            telemetry,
            ..Settings::default()
        };
        let error = init("hubbub", &settings).unwrap_err().to_string();
        assert!(error.starts_with("telemetry.otlp_endpoint"), "{error}");
        assert!(error.contains("--features otlp"), "{error}");
        assert_eq!(faults(&settings)[0].0, "telemetry.otlp_endpoint");
    }
}
