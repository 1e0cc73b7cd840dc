//! The real `mongod`, as a replica set of one.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::wire;
use crate::server::{PATIENCE, Process, on_port, watched, works};

/// Tells whether there is a `mongod`.
pub(super) fn on_path() -> bool {
    works("mongod", "--version")
}

/// Starts it on `port` (0: a free one) and returns when it is primary.
pub(super) fn start(port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
    on_port(port, |port| start_on(port, data))
}

fn start_on(port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = watched(data, "mongod");
    command
        .args([
            "--replSet",
            "hubbub",
            "--bind_ip",
            "127.0.0.1",
            "--nounixsocket",
            "--port",
        ])
        .arg(port.to_string())
        .arg("--dbpath")
        .arg(data)
        .arg("--logpath")
        .arg(data.join("mongod.log"));
    let (process, pid) = Process::spawn(&mut command, PATIENCE)?;
    let process = process.served_by(pid.parse()?);
    become_primary(address)?;
    Ok((process, address))
}

fn become_primary(address: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut said = Err(anyhow::anyhow!("nothing was asked"));
    while Instant::now() < deadline {
        said = wire::hello(address);
        match &said {
            Ok(hello) if hello.is_primary => return Ok(()),
            // After a restart the set is known already, which this then answers.
            Ok(_) => wire::initiate(address, "hubbub")?,
            Err(_) => {}
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let hello = said.with_context(|| format!("mongod on {address} does not answer"))?;
    ensure!(
        hello.is_primary,
        "mongod on {address} does not become primary"
    );
    Ok(())
}
