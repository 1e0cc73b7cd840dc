//! What is measured: one file for each workload, or pair of them that belongs together.

mod cold_start;
mod history;
mod idle;
mod logins;
mod one_room;
mod resume;
mod rooms;
mod sends;
mod stalled;

use anyhow::{Context as _, Result};

use crate::{lab::Lab, report::Report};

/// A workload, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// One room, one message in flight.
    W1,
    /// One room, saturated.
    W2,
    /// Many small rooms.
    W3,
    /// Idle sockets.
    W4,
    /// Listeners that stop reading.
    W5,
    /// Logins beside chat.
    W6,
    /// History.
    W7,
    /// Durable sends.
    W8,
    /// Everybody cut off at once.
    W11,
    /// A cold start.
    W12,
}

impl Workload {
    /// All, in their order.
    pub(crate) const ALL: [Self; 10] = [
        Self::W1,
        Self::W2,
        Self::W3,
        Self::W4,
        Self::W5,
        Self::W6,
        Self::W7,
        Self::W8,
        Self::W11,
        Self::W12,
    ];

    /// Those that show something on a machine that does other things too.
    pub(crate) const QUICK: [Self; 6] =
        [Self::W1, Self::W2, Self::W3, Self::W4, Self::W8, Self::W11];

    /// The one of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let named = |workload: &Self| format!("{workload:?}").eq_ignore_ascii_case(name);
        let found = Self::ALL.into_iter().find(named);
        found.with_context(|| format!("no workload {name}: there are {:?}", Self::ALL))
    }

    /// Does it and tells what it showed.
    ///
    /// # Errors
    /// When something was lost, doubled or out of order, or a server failed.
    pub(crate) async fn run(self, lab: &Lab, report: &mut Report) -> Result<()> {
        let done = match self {
            Self::W1 => Box::pin(one_room::in_flight(lab, report)).await,
            Self::W2 => Box::pin(one_room::saturated(lab, report)).await,
            Self::W3 => Box::pin(rooms::run(lab, report)).await,
            Self::W4 => Box::pin(idle::run(lab, report)).await,
            Self::W5 => Box::pin(stalled::run(lab, report)).await,
            Self::W6 => Box::pin(logins::run(lab, report)).await,
            Self::W7 => Box::pin(history::run(lab, report)).await,
            Self::W8 => Box::pin(sends::run(lab, report)).await,
            Self::W11 => Box::pin(resume::run(lab, report)).await,
            Self::W12 => Box::pin(cold_start::run(lab, report)).await,
        };
        done.with_context(|| format!("{self:?}"))
    }
}
