//! The program `scheduler-service`: the archive alone, for installations whose services share a store.

use std::process::ExitCode;

use launch::Program;
use scheduler_service::{LiveLog, policies};

const PROGRAM: Program = Program {
    name: "scheduler-service",
    about: "Runs the archive's policies, and serves its administration.",
    // The Go original publishes this one for its scheduler.
    port: 8088,
    check: policies::check,
};

#[tokio::main]
async fn main() -> ExitCode {
    PROGRAM
        .run(async |ctx| {
            let rooms = std::sync::Arc::new(LiveLog::new(&ctx));
            scheduler_service::configure_when_there(&ctx).await?;
            let archive = scheduler_service::archive(&ctx, rooms);
            Ok(vec![scheduler_service::service(&ctx, archive)])
        })
        .await
}
