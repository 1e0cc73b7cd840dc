//! The signals that end the process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use settings::Settings;
use tokio_util::sync::CancellationToken;

/// What the process exits with when it is told twice to end.
const TOLD_TWICE: i32 = 130;

/// Lets SIGTERM and ctrl-c cancel `drain`, and a second one of either end the process at once. So
/// does SIGHUP, of a terminal that was closed, where no certificate is read again by it.
///
/// # Errors
/// The system's, when it does not let us listen.
pub fn signals(settings: &Settings, drain: &CancellationToken) -> io::Result<()> {
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        hangup: match settings.server.tls.are_set() {
            true => None,
            false => Some(signal(SignalKind::hangup())?),
        },
    };
    let drain = drain.clone();
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
    hangup: Option<Signal>,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = heard(&mut self.hangup) => {}
        }
    }
}

/// Waits for a signal; for ever, if it is not listened to.
async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
