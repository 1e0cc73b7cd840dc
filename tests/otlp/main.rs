//! What an operator sees of the product in their collector of traces. Needs the feature `otlp`.

mod away;
mod collector;
mod traces;

use std::path::Path;

use e2e::{Anon, Process, Rest};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");

/// The product, sending its traces to `collector`, and somebody who has not said who they are.
async fn start(data: &Path, collector: &str) -> (Process, Anon) {
    let config = data.join("hubbub.toml");
    let text = format!("[auth]\nbcrypt_cost = 4\n[telemetry]\notlp_endpoint = '{collector}'\n");
    std::fs::write(&config, text).expect("written");
    let process = Process::start(PROGRAM, data, Some(config)).await;
    let rest = Rest::new(process.addr());
    (process, Anon { rest })
}
