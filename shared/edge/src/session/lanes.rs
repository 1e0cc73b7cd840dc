//! The work of a session in the background: one lane for the client's commands, one for what the
//! session reads itself. In each there is one thing at a time, so order needs no other care.

use std::future::pending;

use super::turn::{Turn, Work};

pub(super) struct Lanes<D> {
    commands: Option<Work<D>>,
    reading: Option<Work<D>>,
}

impl<D> Default for Lanes<D> {
    fn default() -> Self {
        Self {
            commands: None,
            reading: None,
        }
    }
}

impl<D> Lanes<D> {
    /// Begins what a turn wants begun.
    pub(super) fn begin(&mut self, turn: &mut Turn<D>) {
        let (commands, reading) = turn.take_work();
        debug_assert!(
            commands.is_none() || self.commands.is_none(),
            "one batch at a time"
        );
        debug_assert!(
            reading.is_none() || self.reading.is_none(),
            "one read at a time"
        );
        self.commands = commands.or(self.commands.take());
        self.reading = reading.or(self.reading.take());
    }

    /// Waits for the end of either. Cancel-safe.
    pub(super) async fn next(&mut self) -> D {
        tokio::select! {
            done = lane(&mut self.commands) => done,
            done = lane(&mut self.reading) => done,
        }
    }
}

async fn lane<D>(lane: &mut Option<Work<D>>) -> D {
    let Some(work) = lane else {
        return pending().await;
    };
    let done = work.await;
    *lane = None;
    done
}
