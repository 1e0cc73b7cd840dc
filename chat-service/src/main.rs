//! The program `chat-service`: chat alone, for installations whose services share a store.

use std::process::ExitCode;

use launch::Program;

const PROGRAM: Program = Program {
    name: "chat-service",
    about: "Serves accounts, rooms and messages.",
    // The Go original's chat service has this one.
    port: 8000,
    check: |_| Vec::new(),
};

#[tokio::main]
async fn main() -> ExitCode {
    PROGRAM.run(async |ctx| Ok(chat_service::alone(&ctx))).await
}
