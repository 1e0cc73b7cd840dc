//! When the store was heard of last.
//!
//! A server that freezes refuses nothing: calls just do not come back. So what counts is how long
//! nothing has been heard, not how many calls have failed.

use std::{future::Future, sync::Mutex};

use domain::Result;
use tokio::time::{Duration, Instant, sleep_until};

use crate::{in_time, locks::lock};

/// How long the store may be silent until it counts as away.
const AWAY: Duration = Duration::from_secs(5);

/// The last word of the store.
#[derive(Debug)]
pub(super) struct Word(Mutex<Instant>);

impl Word {
    /// The silence begins.
    pub(super) fn begin() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// Notes that the store was heard of.
    pub(super) fn note(&self) {
        *lock(&self.0) = Instant::now();
    }

    /// Makes a call of the store, as [`in_time`] does, and takes an answer as a word.
    pub(super) async fn by<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let answer = in_time(call).await?;
        self.note();
        Ok(answer)
    }

    /// Whether nothing has been heard for so long that the store counts as away.
    pub(super) fn is_missing(&self) -> bool {
        Instant::now() >= self.due()
    }

    /// Waits until that is so.
    pub(super) async fn missing(&self) {
        while !self.is_missing() {
            sleep_until(self.due()).await;
        }
    }

    fn due(&self) -> Instant {
        *lock(&self.0) + AWAY
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use domain::Error;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_counts_from_the_last_answer() {
        let word = Word::begin();
        sleep(Duration::from_secs(4)).await;
        word.by(async { Ok(()) }).await.unwrap();
        let begun = Instant::now();
        let (missing, heard) = tokio::join!(
            async {
                word.missing().await;
                begun.elapsed()
            },
            async {
                // Neither a refusal nor a call that hangs is a word.
                let refused = word.by(async { Err::<(), _>(Error::unavailable("no")) });
                refused.await.unwrap_err();
                word.by(pending::<Result<()>>()).await.is_ok()
            }
        );
        assert_eq!(missing, AWAY);
        assert!(!heard && word.is_missing());
        word.note();
        assert!(!word.is_missing());
        timeout(AWAY / 2, word.missing()).await.unwrap_err();
    }
}
