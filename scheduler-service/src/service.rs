//! The scheduler as a part of a process.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Appended, Error, NewRow, Result, Room, ports::Store, to_millis};
use edge::{Context, Live, Service, Task};

use crate::{
    archive::{Archive, Parts},
    policies,
    room_log::RoomLog,
    routes,
    run::Pace,
    tick,
};

/// The archive of a process.
///
/// `rooms` is how runs tell rooms: the room writers where the process has them, and else
/// [`LiveLog`].
#[must_use]
pub fn archive(ctx: &Context, rooms: Arc<dyn RoomLog>) -> Archive {
    Archive::new(Parts {
        store: Arc::clone(&ctx.ports.store),
        clock: Arc::clone(&ctx.ports.clock),
        rooms,
        batch: ctx.limits.run_batch,
        tasks: ctx.tasks.clone(),
        drain: ctx.drain.clone(),
        pace: Pace::default(),
    })
}

/// The archive's routes and its ticker. Whoever serves calls [`configure`] first.
#[must_use]
pub fn service(ctx: &Context, archive: Archive) -> Service {
    let routes = routes::routes(ctx, archive.clone());
    let ticker = Task::restarting("archive ticker", move || tick::run(archive.clone()));
    Service::new("scheduler", routes, vec![ticker])
        .with_endpoints(routes::ENDPOINTS)
        .with_operations(routes::operations())
}

/// Brings the configuration's policies into the store. Only for processes that serve: a command
/// may be given in a folder without the configuration, and goes by what is stored.
///
/// # Errors
/// Those of the store; and `internal` for policies that [`policies::from_settings`] refuses, which
/// is asked before, since it says what is wrong.
pub async fn configure(ctx: &Context) -> Result<()> {
    let settings = &ctx.settings.archive.policies;
    let wanted = policies::from_settings(settings, &ctx.limits)
        .map_err(|mut problems| Error::internal(problems.remove(0)))?;
    let now = to_millis(ctx.ports.clock.now());
    policies::synchronise(&*ctx.ports.store, wanted, now).await
}

/// The log itself, for processes without room writers.
pub struct LiveLog {
    store: Arc<dyn Store>,
    live: Arc<Live>,
}

impl LiveLog {
    /// Appends to the store of a process, and shows to its sockets and to the other processes.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self {
            store: Arc::clone(&ctx.ports.store),
            live: Arc::clone(&ctx.live),
        }
    }
}

#[async_trait]
impl RoomLog for LiveLog {
    async fn append(&self, room: &Room, row: NewRow) -> Result<Appended> {
        let mut answers = self.store.append(room.id, vec![row]).await?;
        let answer = answers.pop().unwrap_or(Appended::Unknown);
        if let Appended::Stored(row) = &answer {
            self.live.rows(vec![row.clone()]).await;
        }
        Ok(answer)
    }
}
