//! The store's time.

use domain::{ports::Clock, to_millis};

/// Nothing is kept finer than that, so nothing may be told finer.
pub async fn it_tells_whole_milliseconds(clock: &dyn Clock) {
    let now = clock.now();
    assert_eq!(now, to_millis(now));
}

/// It does not stand still.
pub async fn it_goes_on(clock: &dyn Clock) {
    let start = clock.now();
    while clock.now() <= start {
        tokio::task::yield_now().await;
    }
}
