//! Traces: which one a piece of work belongs to, and the spans that tell of it.
//!
//! Whether anybody hears of the spans is [`crate::otlp`]'s affair. Where nobody does they cost
//! next to nothing; there is one per request, command, append and batch of the queue, and never
//! one per delivery.

mod spans;

use domain::TraceParent;
use hyper::{HeaderMap, header::HeaderName};
use tokio::task::futures::TaskLocalFuture;

pub(crate) use self::spans::{answered, request};
pub use self::spans::{append, command, consume, failed, finish, publish};
use crate::otlp;

/// By which the log's filters and the traces know the spans of this module. They are of level
/// `debug`, so that at `info` they are in no log line.
pub const TARGET: &str = "hubbub::trace";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static INCOMING: Option<TraceParent>;
}

/// The trace that a request says it belongs to. One that is ill formed, or said twice, is none.
pub(crate) fn of(headers: &HeaderMap) -> Option<TraceParent> {
    let mut said = headers.get_all(TRACEPARENT).iter();
    let only = said.next().filter(|_| said.next().is_none())?;
    TraceParent::parse(only.to_str().ok()?)
}

/// Does `work` for somebody whose trace is `incoming`.
pub(crate) fn scope<F: Future>(
    incoming: Option<TraceParent>,
    work: F,
) -> TaskLocalFuture<Option<TraceParent>, F> {
    INCOMING.scope(incoming, work)
}

/// Lets `work`, which goes on after the request on a task of its own, belong to the trace that
/// the request says it belongs to.
pub(crate) fn carry<F: Future>(work: F) -> TaskLocalFuture<Option<TraceParent>, F> {
    scope(incoming(), work)
}

fn incoming() -> Option<TraceParent> {
    INCOMING.try_with(|incoming| *incoming).ok().flatten()
}

/// Where the work of the current task stands: what is begun for it elsewhere names this. Where
/// nothing is traced here, it is what the client said, so that others can.
#[must_use]
pub fn current() -> Option<TraceParent> {
    otlp::current().or_else(incoming)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn said(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, value.parse().unwrap());
        }
        of(&headers).map(|trace| trace.to_string())
    }

    #[test]
    fn a_request_says_once_and_well_what_it_belongs_to() {
        assert_eq!(said(&[GOOD]).as_deref(), Some(GOOD));
        for other in [&[][..], &[GOOD, GOOD], &["00-x"]] {
            assert_eq!(said(other), None, "{other:?}");
        }
    }

    #[tokio::test]
    async fn work_that_goes_on_belongs_to_the_same_trace() {
        let said = TraceParent::parse(GOOD);
        let carried = scope(said, async { [carry(async { current() })] });
        let [carried] = carried.await;
        assert_eq!(carried.await, said);
        assert_eq!(current(), None);
    }
}
