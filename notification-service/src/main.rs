//! The program `notification-service`: notifications alone, for installations whose services share a store.

use std::process::ExitCode;

use launch::Program;

const PROGRAM: Program = Program {
    name: "notification-service",
    about: "Serves the inbox and the notification sockets, and consumes the queue.",
    // The Go original's notification service has this one.
    port: 8080,
    check: |_| Vec::new(),
};

#[tokio::main]
async fn main() -> ExitCode {
    PROGRAM
        .run(async |ctx| Ok(notification_service::alone(&ctx)))
        .await
}
