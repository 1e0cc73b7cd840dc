//! Services as processes on one MongoDB, one Redis and one RabbitMQ, behind one address, each of
//! which is killed and started again where it was.

use std::net::SocketAddr;

use e2e::{Balancer, Process, Rest, balancer::Upstreams, eventually};
use futures_util::future::join_all;
use tempfile::TempDir;

/// A service, and with what it is told to run.
pub(crate) struct Single {
    upstream: &'static str,
    program: &'static str,
    variables: Vec<(String, String)>,
    folder: TempDir,
    addr: SocketAddr,
    process: Option<Process>,
}

impl Single {
    /// Starts a program, which is a node of an upstream, with a configuration and variables, and
    /// waits until it is ready.
    pub(crate) async fn start<'a>(
        upstream: &'static str,
        program: &'static str,
        configuration: &str,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("hubbub.toml");
        std::fs::write(file, configuration).expect("written");
        let mut single = Self {
            upstream,
            program,
            variables: variables.into_iter().map(text).collect(),
            folder,
            addr: e2e::process::free(),
            process: None,
        };
        single.start_again().await;
        single
    }

    /// Where it listens, each time.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Starts it where it was, and waits until it is ready.
    pub(crate) async fn start_again(&mut self) {
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| (name.as_str(), value.as_str()));
        let folder = self.folder.path();
        let process = Process::service_at(self.addr, self.program, folder, variables).await;
        let rest = Rest::new(self.addr);
        eventually("the service is ready", async || {
            (rest.get("/readyz").await.status == 200).then_some(())
        })
        .await;
        self.process = Some(process);
    }

    /// Kills it with -9.
    pub(crate) async fn kill(&mut self) {
        let process = self.process.take().expect("running");
        process.kill().await;
    }

    /// Ends it as a supervisor does.
    pub(crate) async fn end(&mut self) {
        let process = self.process.take().expect("running");
        let log = process.log();
        assert_eq!(process.terminate().await, Some(0), "{log}");
    }
}

/// All of them.
pub(crate) struct Cluster {
    /// In the order in which they were given.
    pub(crate) singles: Vec<Single>,
    balancer: Balancer,
}

impl Cluster {
    /// Puts a balancer in front of services.
    pub(crate) fn of(singles: Vec<Single>) -> Self {
        let mut upstreams = Upstreams::new();
        for single in &singles {
            let nodes = upstreams.entry(single.upstream).or_default();
            nodes.push(single.addr);
        }
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            balancer: Balancer::start(any, upstreams),
            singles,
        }
    }

    /// The one address.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.balancer.address()
    }

    /// Ends all of them.
    pub(crate) async fn end(mut self) {
        join_all(self.singles.iter_mut().map(Single::end)).await;
    }
}
