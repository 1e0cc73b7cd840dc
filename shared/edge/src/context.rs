//! What every service of a process shares.

use std::sync::Arc;

use domain::{Limits, NodeId, ports::Ports};
use settings::Settings;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What every service of a process shares: the ports, the settings, the one hub, and the signals
/// of its end. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// This process.
    pub node: NodeId,
    /// Where everything is kept.
    pub ports: Ports,
    /// What the installation chose.
    pub settings: Arc<Settings>,
    /// The limits, apart, because they are asked for most.
    pub limits: Arc<Limits>,
    /// Cancelled first: stop accepting, tell the sessions, finish what was taken.
    pub drain: CancellationToken,
    /// Cancelled when the sessions are gone: background tasks finish and end.
    pub stop: CancellationToken,
    /// Whatever is spawned is spawned on it, so that the end waits for it.
    pub tasks: TaskTracker,
}
