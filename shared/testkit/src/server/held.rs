//! A server of our own, which tests may end, freeze and start again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::{PATIENCE, Process};

/// A program that serves, and all that starting it takes.
pub trait Program {
    /// Starts it on `port` (0: any) over what `data` holds, and returns once it serves.
    ///
    /// # Errors
    /// If it does not come up.
    fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)>;
}

/// A server process with its data. It ends when this is dropped.
pub(crate) struct Held<P> {
    pub(crate) program: P,
    pub(crate) address: SocketAddr,
    process: Mutex<Process>,
    data: TempDir,
}

impl<P: Program> Held<P> {
    /// Starts a server on any port, with an empty folder for its data.
    pub(crate) fn start(program: P, name: &str) -> anyhow::Result<Self> {
        let prefix = format!("hubbub-{name}-");
        let data = tempfile::Builder::new().prefix(&prefix).tempdir()?;
        let (process, address) = program.start(0, data.path())?;
        Ok(Self {
            program,
            address,
            process: Mutex::new(process),
            data,
        })
    }

    /// Ends it with a signal and waits until it is gone; the data stays.
    pub(crate) fn end(&self, signal: &str) -> anyhow::Result<()> {
        let mut process = self.process();
        process.signal(signal)?;
        process.wait(PATIENCE)
    }

    /// Starts an ended server again, on the same port and data.
    pub(crate) fn restart(&self) -> anyhow::Result<()> {
        let mut process = self.process();
        let port = self.address.port();
        *process = self.program.start(port, self.data.path())?.0;
        Ok(())
    }

    /// Sends it a signal that it outlives.
    pub(crate) fn signal(&self, signal: &str) -> anyhow::Result<()> {
        self.process().signal(signal)
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
