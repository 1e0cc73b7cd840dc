//! The real `mongod`, as a replica set of one.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::process::Process;
use super::{PATIENCE, java, wire};

/// Runs the command that follows, prints its process id, and ends it when
/// standard input closes, which happens when the test process is gone. The data
/// (`$0`) goes with it then, but stays when the server is told to end.
const WATCHED: &str = r#"
exec 3<&0
"$@" >/dev/null 2>&1 &
server=$!
echo $server
{ cat <&3 >/dev/null; touch "$0/orphaned"; kill -TERM $server; } >/dev/null 2>&1 &
watcher=$!
wait $server
kill $watcher 2>/dev/null
if [ -e "$0/orphaned" ]; then rm -rf "$0"; fi
"#;

/// Tells whether there is a `mongod`.
pub(super) fn on_path() -> bool {
    java::works("mongod", "--version")
}

/// Starts it on `port` (0: a free one) and returns when it is primary.
pub(super) fn start(port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
    let port = if port == 0 { free_port()? } else { port };
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

fn watched(data: &Path, program: &str) -> Command {
    let mut command = Command::new("sh");
    // The shell would report the signals that we send.
    command.stderr(Stdio::null());
    command.args(["-c", WATCHED]).arg(data).arg(program);
    command
}

/// Mongod cannot be asked for any port, so one is tried that was free just now.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A stand-in for the server: what is tested is that it never outlives us.
    #[test]
    fn a_server_whose_owner_is_gone_ends_and_its_data_goes() {
        let data = tempfile::tempdir().unwrap().keep();
        let (mut process, pid) =
            Process::spawn(watched(&data, "sleep").arg("60"), PATIENCE).unwrap();
        assert!(process.signal("CONT").is_ok(), "it runs as {pid}");
        process.let_go();
        process.wait(PATIENCE).unwrap();
        assert!(!data.exists(), "the data is left");
    }

    #[test]
    fn a_server_that_is_told_to_end_leaves_its_data() {
        let data = tempfile::tempdir().unwrap();
        let (process, pid) =
            Process::spawn(watched(data.path(), "sleep").arg("60"), PATIENCE).unwrap();
        let mut process = process.served_by(pid.parse().unwrap());
        process.signal("TERM").unwrap();
        process.wait(PATIENCE).unwrap();
        assert!(data.path().exists());
    }
}
