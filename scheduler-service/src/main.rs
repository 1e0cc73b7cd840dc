//! The program `scheduler-service`: the archive alone, for installations whose services share a store.

use std::process::ExitCode;

use launch::Program;
use scheduler_service::policies;

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
        .run(async |ctx| scheduler_service::alone(&ctx).await)
        .await
}
