//! A service alone, as a process, which can be killed and started again where it was.

use std::net::SocketAddr;

use tempfile::TempDir;

use crate::{Process, Rest, eventually, process::free};

/// A service in a folder of its own, and with what it is told to run.
pub struct Single {
    program: &'static str,
    variables: Vec<(String, String)>,
    folder: TempDir,
    addr: SocketAddr,
    process: Option<Process>,
}

impl Single {
    /// A service that is told these variables, and not started yet.
    ///
    /// # Panics
    /// When there is no folder or port for it.
    pub fn new<'a>(
        program: &'static str,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            program,
            variables: variables.into_iter().map(text).collect(),
            folder: tempfile::tempdir().expect("a folder"),
            addr: free(),
            process: None,
        }
    }

    /// The same with a configuration file.
    ///
    /// # Panics
    /// When that cannot be written.
    #[must_use]
    pub fn configured(self, text: &str) -> Self {
        std::fs::write(self.folder.path().join("hubbub.toml"), text).expect("written");
        self
    }

    /// Starts a service and waits until it listens.
    pub async fn start<'a>(
        program: &'static str,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut single = Self::new(program, variables);
        single.run().await;
        single
    }

    /// The same, once it serves.
    pub async fn ready<'a>(
        program: &'static str,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self::new(program, variables).serving().await
    }

    /// Starts it, and waits until it serves.
    pub async fn serving(mut self) -> Self {
        self.start_again().await;
        self
    }

    /// Starts it where it was, and waits until it serves.
    pub async fn start_again(&mut self) {
        self.run().await;
        self.is_ready().await;
    }

    async fn run(&mut self) {
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| (name.as_str(), value.as_str()));
        let folder = self.folder.path();
        let process = Process::service(self.addr, self.program, folder, variables).await;
        self.process = Some(process);
    }

    /// Waits until it serves.
    pub async fn is_ready(&self) {
        eventually("the service is ready", async || {
            let (status, _) = self.readiness().await;
            (status == 200).then_some(())
        })
        .await;
    }

    /// What it says of itself.
    pub async fn readiness(&self) -> (u16, String) {
        let told = self.rest().get("/readyz").await;
        (told.status.as_u16(), told.text)
    }

    /// Where it listens, each time.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A client of it.
    #[must_use]
    pub fn rest(&self) -> Rest {
        Rest::new(self.addr)
    }

    /// What it wrote to its log.
    ///
    /// # Panics
    /// While it does not run.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().expect("running").log()
    }

    /// Kills it with -9.
    ///
    /// # Panics
    /// While it does not run.
    pub async fn kill(&mut self) {
        self.process.take().expect("running").kill().await;
    }

    /// Ends it as a supervisor does.
    ///
    /// # Panics
    /// When it does not run, or does not end well.
    pub async fn end(mut self) {
        let process = self.process.take().expect("running");
        let log = process.log();
        assert_eq!(process.terminate().await, Some(0), "{log}");
    }
}
