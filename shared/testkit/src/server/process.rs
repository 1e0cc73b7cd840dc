//! A server process: started, signalled, waited for, and never left behind.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// A running server; killed on drop.
pub struct Process {
    child: Child,
    /// The server's own id: `child` may be a shell that watches over it.
    pid: u32,
    /// The server ends when the other end of this closes, whatever becomes of us.
    leash: Option<ChildStdin>,
}

impl Process {
    /// Starts `command` and returns it with the first line that it prints.
    pub(crate) fn spawn(command: &mut Command, limit: Duration) -> anyhow::Result<(Self, String)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let out = child.stdout.take().context("standard output is piped")?;
        let process = Self {
            pid: child.id(),
            leash: child.stdin.take(),
            child,
        };
        let (line_in, line_out) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(out).read_line(&mut line);
            // Nobody listens any more if the deadline has passed.
            let _ = line_in.send(read.map(|_| line));
        });
        let line = line_out
            .recv_timeout(limit)
            .with_context(|| format!("{name} says nothing"))??;
        ensure!(!line.is_empty(), "{name} ended at once");
        Ok((process, line.trim().to_owned()))
    }

    /// Says that the server itself, not what was spawned, has this process id.
    pub(crate) fn served_by(mut self, pid: u32) -> Self {
        self.pid = pid;
        self
    }

    /// Sends a signal by name, as in `kill -TERM`.
    pub(crate) fn signal(&self, name: &str) -> anyhow::Result<()> {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.pid.to_string()])
            .stderr(Stdio::null())
            .status()?;
        ensure!(
            status.success(),
            "SIG{name} did not reach process {}",
            self.pid
        );
        Ok(())
    }

    /// Tells whether what was spawned runs still.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Closes the server's standard input, as our own end would.
    #[cfg(test)]
    pub(crate) fn let_go(&mut self) {
        self.leash = None;
    }

    /// Waits until the process has ended, however it ended.
    pub(crate) fn wait(&mut self, limit: Duration) -> anyhow::Result<()> {
        wait(&mut self.child, limit).map(|_| ())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            // An ended server cannot be killed, which is as good.
            let _ = self.signal("KILL");
            self.leash = None;
            let _ = self.child.wait();
        }
    }
}

/// Runs a command to its end; its output goes where the caller has sent it.
pub(crate) fn run(command: &mut Command, limit: Duration) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let status = wait(&mut child, limit);
    if status.is_err() {
        child.kill()?;
        child.wait()?;
    }
    let status = status.with_context(|| name.clone())?;
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}

fn wait(child: &mut Child, limit: Duration) -> anyhow::Result<ExitStatus> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("not over after {} s", limit.as_secs())
}
