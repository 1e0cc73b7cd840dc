//! The beat to which due policies are looked for.
//!
//! tokio-cron-scheduler only beats, once a second in UTC. It freezes the offset of a time zone,
//! starts a job again while it runs and forgets what it missed, so every decision is taken in
//! [`crate::due`] by the store's clock.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

use crate::{archive::Archive, due};

/// How often due policies are looked for.
const EVERY: Duration = Duration::from_secs(1);

/// Looks for due policies once a second until the process drains, beginning at once.
pub async fn run(archive: Archive) {
    let beat = Arc::new(Notify::new());
    let drain = archive.parts.drain.clone();
    let ticker = match start(Arc::clone(&beat)).await {
        Ok(ticker) => ticker,
        Err(error) => {
            tracing::error!(%error, "archive ticker did not start: no policy runs by itself");
            return;
        }
    };
    scan_on(&archive, &beat, &drain).await;
    stop(ticker).await;
}

async fn scan_on(archive: &Archive, beat: &Notify, drain: &CancellationToken) {
    while !drain.is_cancelled() {
        if let Err(error) = due::scan(archive).await {
            tracing::warn!(%error, "archive policies could not be looked at");
        }
        tokio::select! {
            () = drain.cancelled() => {}
            () = beat.notified() => {}
        }
    }
}

/// A beat that comes while a scan is under way is kept, and two are one.
async fn start(beat: Arc<Notify>) -> Result<JobScheduler, JobSchedulerError> {
    let ticker = JobScheduler::new().await?;
    let job = Job::new_repeated(EVERY, move |_, _| beat.notify_one())?;
    ticker.add(job).await?;
    ticker.start().await?;
    Ok(ticker)
}

async fn stop(mut ticker: JobScheduler) {
    if let Err(error) = ticker.shutdown().await {
        tracing::debug!(%error, "archive ticker did not stop");
    }
}
