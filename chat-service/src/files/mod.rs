//! Files: taking them in, giving them out, knowing which messages refer to them, and removing
//! those that none does.
//!
//! A file's record is written before its first byte comes in, and removed after its last: so
//! whatever a crash leaves behind is found by the [`sweep`]. A message's reference is written
//! before the message is appended: so a crash leaves at most a reference too many, which the sweep
//! finds, too.

mod access;
mod kinds;
mod measure;
mod multipart;
mod references;
mod slots;
mod sweep;
#[cfg(test)]
mod tests;
mod upload;

use std::sync::Arc;

use domain::{
    Limits,
    ports::{Blobs, Clock, Store},
};
use edge::{Context, Rates};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use sweep::Swept;
pub use upload::Offer;

use kinds::Kinds;
use slots::Slots;

/// The files of one process. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    rates: Arc<Rates>,
    kinds: Arc<Kinds>,
    slots: Arc<Slots>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Files {
    /// Takes what it needs of the process.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self {
            store: ctx.ports.store.clone(),
            blobs: ctx.ports.blobs.clone(),
            clock: ctx.ports.clock.clone(),
            limits: ctx.limits.clone(),
            rates: ctx.rates.clone(),
            kinds: Arc::new(Kinds::new(&ctx.settings.files.types)),
            slots: Arc::new(Slots::new(ctx.limits.uploads, ctx.limits.user_uploads)),
            tasks: ctx.tasks.clone(),
            stop: ctx.stop.clone(),
        }
    }
}
