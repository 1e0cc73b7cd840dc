//! nginx in front of services, with the file that the project ships.
//!
//! Taken from the PATH, or from Debian's packages where we may install them. Where it cannot be had
//! a test says why it is skipped, and fails instead where `CI` is set ([`or_skip`]).

use std::{
    fmt::Write,
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

use crate::server::{self, Held, PATIENCE, Process, Program, install, on_port, watched};

/// The address that the shipped file listens on.
const SHIPPED: &str = "listen 80;";

/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(1);

/// A balancer of the caller's own.
pub struct NginxServer(Held<NginxProgram>);

impl NginxServer {
    /// Starts nginx with a shipped file, which names these upstreams. Blocks for a moment.
    ///
    /// # Errors
    /// Says what to install where it cannot be had, or what nginx has against the file.
    pub fn start(shipped: &Path, upstreams: &[(&str, Vec<SocketAddr>)]) -> anyhow::Result<Self> {
        let advice = "install Debian's nginx-light";
        install(&[("nginx", "-v")], &["nginx-light"], advice)?;
        let mut text = String::new();
        for (name, nodes) in upstreams {
            let nodes = nodes
                .iter()
                .map(|node| format!("server {node} max_fails=1 fail_timeout=1s;"));
            writeln!(text, "upstream {name} {{ {} }}", nodes.collect::<String>())?;
        }
        let program = NginxProgram {
            shipped: shipped.to_owned(),
            upstreams: text,
        };
        Ok(Self(Held::start(program, "nginx")?))
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

/// Decides for a test whether it runs: `None` after printing why it is skipped.
///
/// # Panics
/// Where `CI` is set: there a test that cannot run has failed.
pub fn or_skip(server: anyhow::Result<NginxServer>) -> Option<NginxServer> {
    server::or_skip("nginx", server)
}

struct NginxProgram {
    shipped: PathBuf,
    upstreams: String,
}

impl Program for NginxProgram {
    fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        on_port(port, |port| self.start_on(port, data))
    }
}

impl NginxProgram {
    fn start_on(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let file = data.join("nginx.conf");
        fs::write(&file, self.configuration(address, data)?)?;
        let mut command = watched(data, "nginx");
        command.arg("-e").arg(data.join("log")).arg("-c").arg(&file);
        let (process, pid) = Process::spawn(&mut command, PATIENCE)?;
        let mut process = process.served_by(pid.parse()?);
        serves(address, &mut process, data)?;
        Ok((process, address))
    }
    fn configuration(&self, address: SocketAddr, data: &Path) -> anyhow::Result<String> {
        let shipped = fs::read_to_string(&self.shipped)?;
        ensure!(
            shipped.contains(SHIPPED),
            "{} has no `{SHIPPED}`",
            self.shipped.display()
        );
        let shipped = shipped.replace(SHIPPED, &format!("listen {address};"));
        let data = data.display();
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = kinds
            .map(|kind| format!("{kind}_temp_path {data}/{kind};\n"))
            .concat();
        let upstreams = &self.upstreams;
        // One process: what is killed leaves no children behind.
        Ok(format!(
            "daemon off; master_process off; pid {data}/pid;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{upstreams}{shipped}}}\n"
        ))
    }
}

/// Waits until it can be connected to.
fn serves(address: SocketAddr, process: &mut Process, data: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if TcpStream::connect_timeout(&address, CONNECT).is_ok() {
            return Ok(());
        }
        if !process.is_running() {
            let log = fs::read_to_string(data.join("log")).unwrap_or_default();
            bail!("nginx ended at once:\n{log}");
        }
        thread::sleep(Duration::from_millis(10));
    }
    bail!("nginx on {address} does not answer")
}
