//! When things are to be said: a clock of its own, since the runtime's is no finer than a
//! millisecond.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{Receiver, channel};

/// How many may be due and not yet said. A generator that is further behind says so by latency.
const DUE: usize = 1024;

/// The moments, evenly spread, for as long as `length`; the thread ends with them, or when nobody
/// listens any more.
pub(crate) fn moments(per_second: u32, length: Duration) -> Receiver<Instant> {
    let (due, moments) = channel(DUE);
    let every = Duration::from_secs(1) / per_second;
    thread::spawn(move || {
        let begin = Instant::now();
        let mut next = begin;
        while next < begin + length {
            thread::sleep(next.saturating_duration_since(Instant::now()));
            if due.blocking_send(next).is_err() {
                return;
            }
            next += every;
        }
    });
    moments
}
