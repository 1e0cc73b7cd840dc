//! The scheduler as a part of a process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Appended, Code, Error, NewRow, Result, Room, ports::Store, to_millis};
use edge::{Context, Live, Service, Task, health::Part};
use tokio::time::sleep;

use crate::{
    archive::{Archive, Parts},
    policies,
    room_log::RoomLog,
    routes,
    run::Pace,
    tick,
};

/// How often a store that was away at the start is tried.
const CONFIGURE_AGAIN: Duration = Duration::from_secs(2);

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

/// What a process serves that is the scheduler alone, with the configuration's policies.
///
/// # Errors
/// As of [`configure_when_there`].
pub async fn alone(ctx: &Context) -> Result<Vec<Service>> {
    let rooms = Arc::new(LiveLog::new(ctx));
    configure_when_there(ctx).await?;
    Ok(vec![service(ctx, archive(ctx, rooms))])
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

/// As [`configure`]; but where the store is away, as soon as it is there, in the background. Until
/// then the process is not ready.
///
/// # Errors
/// Those of [`configure`] but for `unavailable`.
pub async fn configure_when_there(ctx: &Context) -> Result<()> {
    match configure(ctx).await {
        Err(error) if error.code() == Code::Unavailable => {
            let part = ctx.health.part("policies");
            part.down("waiting for the store");
            ctx.tasks.spawn(configure_later(ctx.clone(), part));
            Ok(())
        }
        configured => configured,
    }
}

async fn configure_later(ctx: Context, part: Part) {
    loop {
        let pause = ctx.drain.run_until_cancelled(sleep(CONFIGURE_AGAIN));
        if pause.await.is_none() {
            return;
        }
        match configure(&ctx).await {
            Ok(()) => return part.up(),
            Err(error) => tracing::debug!(%error, "the policies are not in the store yet"),
        }
    }
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
