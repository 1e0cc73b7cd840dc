//! A program that knows nothing of us, and ends with us.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the command that follows, prints its process id, and ends it when standard input closes,
/// which happens when the test process is gone; a frozen one is thawed for that. The data (`$0`)
/// goes with it then, but stays when the server is told to end.
const WATCHED: &str = r#"
exec 3<&0
"$@" >/dev/null 2>&1 &
server=$!
echo $server
{ cat <&3 >/dev/null; touch "$0/orphaned"; kill -TERM $server; kill -CONT $server; } >/dev/null 2>&1 &
watcher=$!
wait $server
kill $watcher 2>/dev/null
if [ -e "$0/orphaned" ]; then rm -rf "$0"; fi
"#;

/// How often another port is tried, where somebody else took the free one.
const PORTS: usize = 5;

/// The command that runs `program` under watch; its arguments are to be added. The first line that
/// it prints is the program's process id.
pub(crate) fn watched(data: &Path, program: &str) -> Command {
    let mut command = Command::new("sh");
    // The shell would report the signals that we send.
    command.stderr(Stdio::null());
    command.args(["-c", WATCHED]).arg(data).arg(program);
    command
}

/// For programs that cannot be asked for any port: one that was free just now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Starts something on a port: where it is 0 on one that was free just now, and on another where
/// somebody else took it meanwhile.
pub(crate) fn on_port<T>(port: u16, start: impl Fn(u16) -> anyhow::Result<T>) -> anyhow::Result<T> {
    if port != 0 {
        return start(port);
    }
    let mut tried = 1;
    loop {
        match start(free_port()?) {
            Err(_) if tried < PORTS => tried += 1,
            started => return started,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PATIENCE, Process};
    use super::*;

    /// A stand-in for the server: what is tested is that it never outlives us.
    fn stand_in(data: &Path) -> Process {
        let spawned = Process::spawn(watched(data, "sleep").arg("60"), PATIENCE);
        let (process, pid) = spawned.unwrap();
        process.served_by(pid.parse().unwrap())
    }

    #[test]
    fn a_server_whose_owner_is_gone_ends_and_its_data_goes() {
        for frozen in [false, true] {
            let data = tempfile::tempdir().unwrap().keep();
            let mut process = stand_in(&data);
            if frozen {
                process.signal("STOP").unwrap();
            }
            process.let_go();
            process.wait(PATIENCE).unwrap();
            assert!(!data.exists(), "the data is left");
        }
    }

    #[test]
    fn a_server_that_is_told_to_end_leaves_its_data() {
        let data = tempfile::tempdir().unwrap();
        let mut process = stand_in(data.path());
        process.signal("TERM").unwrap();
        process.wait(PATIENCE).unwrap();
        assert!(data.path().exists());
    }
}
