//! Showing that a server works on a store that others may reach, too: whoever would carry the store
//! away as a whole sees it, and which it is.

use std::{process, time::Duration};

use tokio::time::sleep;

use crate::{Context, Task, in_time};

/// How long a server that was killed is taken to be there.
const TTL: Duration = Duration::from_secs(30);

/// How often it is said that it is. A server that cannot say it for so long cannot work either.
const AGAIN: Duration = Duration::from_secs(10);

/// Where the system keeps the name of the machine.
const HOSTNAME: &str = "/proc/sys/kernel/hostname";

/// The task that shows it until the process stops; `None` where the store is this process's alone.
pub(crate) fn task(ctx: &Context) -> Option<Task> {
    if !ctx.ports.store.is_shared() {
        return None;
    }
    let ctx = ctx.clone();
    Some(Task::restarting("serving", move || show(ctx.clone())))
}

async fn show(ctx: Context) {
    let name = name(&ctx);
    ctx.stop.run_until_cancelled(renew(&ctx, &name)).await;
    let released = ctx.ports.store.release_lease(&name, ctx.node.uuid());
    if let Err(error) = in_time(released).await {
        tracing::debug!(%error, "the store shows this server for a while longer");
    }
}

async fn renew(ctx: &Context, name: &str) {
    loop {
        let lease = ctx.ports.store.acquire_lease(name, ctx.node.uuid(), TTL);
        if let Err(error) = in_time(lease).await {
            tracing::debug!(%error, "the store does not show this server");
        }
        sleep(AGAIN).await;
    }
}

/// What the lease is called: people read it, and no two processes have the same.
fn name(ctx: &Context) -> String {
    let host = std::fs::read_to_string(HOSTNAME).unwrap_or_default();
    let host = match host.trim() {
        "" => "unknown",
        host => host,
    };
    format!(
        "serving:{host}:{}:{}",
        process::id(),
        ctx.node.uuid().simple()
    )
}
