//! The signals that end the process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Context;

/// What the process exits with when it is told twice to end.
const TOLD_TWICE: i32 = 130;

/// Lets SIGTERM and ctrl-c drain the process, and a second one of either end it at once.
///
/// # Errors
/// The system's, when it does not let us listen.
pub fn signals(ctx: &Context) -> io::Result<()> {
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let drain = ctx.drain.clone();
    #[allow(
        clippy::disallowed_methods,
        reason = "it must hear the second signal while the process waits for its tasks"
    )]
    tokio::spawn(async move {
        signals.next().await;
        drain.cancel();
        signals.next().await;
        tracing::warn!("told twice to end");
        std::process::exit(TOLD_TWICE);
    });
    Ok(())
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
