//! A server that is measured, as a process of its own, and what the system says of it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// How long a server may take to say where it listens.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many ticks of `/proc/PID/stat` a second has; Linux tells programs no other number.
const TICKS: u64 = 100;

/// A running server; dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    addr: SocketAddr,
    /// Open for as long as it runs, so that it can say what it likes.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a program and waits until it says where it listens, on this machine.
    ///
    /// # Errors
    /// When it does not; with what it wrote to its errors.
    pub(crate) async fn start(mut command: Command, folder: &Path) -> Result<Self> {
        let log = folder.join("log");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log)?)
            .kill_on_drop(true);
        let mut child = command.spawn().context("the program cannot be started")?;
        let output = child.stdout.take().context("no output")?;
        let mut output = BufReader::new(output);
        let addr = timeout(PATIENCE, announced(&mut output)).await;
        match addr {
            Ok(Ok(addr)) => Ok(Self {
                child,
                addr,
                _output: output,
            }),
            _ => bail!("it did not start: {}", fs::read_to_string(log)?),
        }
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The processor time that it has taken, to ten milliseconds.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = fs::read_to_string(self.file("stat")?)?;
        // The name, in parentheses, may hold anything; behind it the state is the first field.
        let (_, fields) = stat.rsplit_once(')').context("a name")?;
        let fields: Vec<_> = fields.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<u64>().ok());
        let (user, system) = (ticks(11), ticks(12));
        let ticks = user.zip(system).map(|(user, system)| user + system);
        Ok(Duration::from_millis(
            ticks.context("no times")? * 1000 / TICKS,
        ))
    }

    /// Its resident memory, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(self.file("status")?)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        number.context("no resident memory")
    }

    fn file(&self, name: &str) -> Result<PathBuf> {
        let id = self.child.id().context("the server has ended")?;
        Ok(PathBuf::from(format!("/proc/{id}/{name}")))
    }

    /// Ends it and waits until it has.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub(crate) async fn end(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Reads up to the line that names an address.
async fn announced(output: &mut BufReader<ChildStdout>) -> Result<SocketAddr> {
    let mut line = String::new();
    while output.read_line(&mut line).await? > 0 {
        if let Some(addr) = address(&line) {
            return Ok(addr);
        }
        line.clear();
    }
    bail!("it ended")
}

/// The address on the loopback that a line names.
fn address(line: &str) -> Option<SocketAddr> {
    let begin = line.find("127.0.0.1:")?;
    let address = line[begin..]
        .split(|c: char| !(c.is_ascii_digit() || ".:".contains(c)))
        .next();
    address?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_a_server_says() {
        let addr = Some(([127, 0, 0, 1], 8080).into());
        assert_eq!(address("listening on 127.0.0.1:8080\n"), addr);
        assert_eq!(address("  |- API  http://127.0.0.1:8080/api/v1"), addr);
        assert_eq!(address("hubbub 0.1.0"), None);
    }
}
