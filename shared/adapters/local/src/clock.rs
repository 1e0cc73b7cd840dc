use domain::{Timestamp, ports::Clock, to_millis};

/// The machine's time, which is the store's where the store lives in the same process.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the clock that others ask"
    )]
    fn now(&self) -> Timestamp {
        to_millis(Timestamp::now())
    }
}
