//! Debian's `rabbitmq-server`, on ports and in a folder of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::server::{
    Kind, PATIENCE, Process, Program, Shared, free_port, install, on_port, run, variable, watched,
};

/// Where Debian has the program itself. The one on the PATH there changes the user, and writes
/// where the system's own broker does.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How long it may take until it serves: an Erlang system boots, beside whatever else is built.
const BOOT: Duration = Duration::from_secs(120);

/// An Erlang system that ends while it boots would leave a dump in the working directory.
const NO_DUMP: (&str, &str) = ("ERL_CRASH_DUMP_SECONDS", "0");

/// The program.
pub struct RabbitProgram(PathBuf);

fn found() -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("rabbitmq-server"));
    let mut all = std::iter::once(PathBuf::from(DEBIAN)).chain(on_path);
    all.find(|program| program.is_file())
}

impl Program for RabbitProgram {
    fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        on_port(port, |port| self.start_on(port, data))
    }
}

impl Kind for RabbitProgram {
    const NAME: &'static str = "rabbitmq";
    const VARIABLE: &'static str = "AMQP_URL";
    const PORT: u16 = 5672;

    fn find() -> anyhow::Result<Self> {
        if let Some(found) = found() {
            return Ok(Self(found));
        }
        let advice = "install Debian's rabbitmq-server, or set AMQP_URL";
        install(&[("rabbitmqctl", "version")], &["rabbitmq-server"], advice)?;
        found().map(Self).context(advice)
    }

    fn url(address: SocketAddr) -> String {
        format!("amqp://guest:guest@{address}")
    }

    fn describe(&self) -> &'static str {
        "rabbitmq-server, started"
    }

    fn shared() -> &'static Shared<Self> {
        static SHARED: Shared<RabbitProgram> = OnceLock::new();
        &SHARED
    }
}

impl RabbitProgram {
    /// Tells the broker that listens on `port` to do something.
    pub(super) fn control(&self, port: u16, command: &[&str]) -> anyhow::Result<()> {
        let program = self.0.with_file_name("rabbitmqctl");
        let mut control = Command::new(program);
        control.env("ERL_EPMD_PORT", names()?.to_string());
        control.env(NO_DUMP.0, NO_DUMP.1);
        control.args(["--node", &node(port), "--erlang-cookie", &cookie(port)]);
        control.args(command).stdout(Stdio::null());
        run(&mut control, BOOT)
    }

    fn start_on(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut command = watched(data, &self.0.to_string_lossy());
        // The script becomes the program then, instead of waiting for it.
        command.env("RABBITMQ_ALLOW_INPUT", "1").arg("-noinput");
        command.env("ERL_EPMD_PORT", names()?.to_string());
        command.env(NO_DUMP.0, NO_DUMP.1);
        command.env("ERL_EPMD_ADDRESS", "127.0.0.1");
        place(&mut command, port, data)?;
        let (process, pid) = Process::spawn(&mut command, PATIENCE)?;
        let mut process = process.served_by(pid.parse()?);
        answered(address, &mut process)?;
        Ok((process, address))
    }
}

/// Says where it listens and writes, all of which is its own.
fn place(command: &mut Command, port: u16, data: &Path) -> anyhow::Result<()> {
    // The name is what its data on disk goes by, so it follows from what stays over a restart.
    command.env("RABBITMQ_NODENAME", node(port));
    command.env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
    command.env("RABBITMQ_NODE_PORT", port.to_string());
    command.env("RABBITMQ_DIST_PORT", free_port()?.to_string());
    command.env("RABBITMQ_LOGS", data.join("broker.log"));
    for (variable, name) in [
        ("HOME", ""),
        ("RABBITMQ_MNESIA_BASE", "disk"),
        ("RABBITMQ_LOG_BASE", "log"),
        ("RABBITMQ_CONFIG_FILE", "none"),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", "none.config"),
        ("RABBITMQ_CONF_ENV_FILE", "none.env"),
        ("RABBITMQ_GENERATED_CONFIG_DIR", "config"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
        ("RABBITMQ_PLUGINS_EXPAND_DIR", "expanded"),
        ("RABBITMQ_FEATURE_FLAGS_FILE", "flags"),
    ] {
        command.env(variable, data.join(name));
    }
    // It does not spin while it has nothing to do, and talks to nobody else.
    let cookie = cookie(port);
    let quiet = format!("-setcookie {cookie} +sbwt none +sbwtdcpu none +sbwtdio none");
    command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", quiet);
    Ok(())
}

/// What the broker on a port is called among Erlang nodes.
fn node(port: u16) -> String {
    format!("hubbub{port}@localhost")
}

/// What those who talk to it have to know.
fn cookie(port: u16) -> String {
    format!("hubbub{port}")
}

/// The port of the name server that every Erlang node wants, one for this test process. A node
/// that finds none would start one that nobody ends.
fn names() -> anyhow::Result<u16> {
    static NAMES: OnceLock<Result<(Process, u16), String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| start_names().map_err(|error| format!("{error:#}")));
    match names {
        Ok((_, port)) => Ok(*port),
        Err(reason) => bail!("{reason}"),
    }
}

fn start_names() -> anyhow::Result<(Process, u16)> {
    let data = tempfile::Builder::new().prefix("hubbub-epmd-").tempdir()?;
    let port = free_port()?;
    // Its folder goes with it, whoever ends it.
    let mut command = watched(&data.keep(), "epmd");
    command.args(["-address", "127.0.0.1", "-port", &port.to_string()]);
    let (process, pid) = Process::spawn(&mut command, PATIENCE)?;
    let mut process = process.served_by(pid.parse()?);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait("epmd", address, &mut process, |address| {
        TcpStream::connect_timeout(&address, LIMIT)?;
        Ok(())
    })?;
    Ok((process, port))
}

/// Waits until the broker serves.
fn answered(address: SocketAddr, process: &mut Process) -> anyhow::Result<()> {
    wait("rabbitmq-server", address, process, greeted)
}

fn wait(
    name: &str,
    address: SocketAddr,
    process: &mut Process,
    serves: impl Fn(SocketAddr) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + BOOT;
    while Instant::now() < deadline {
        ensure!(process.is_running(), "{name} ended at once");
        if serves(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("{name} on {address} does not answer")
}

/// Asks a broker to begin, as a client does.
pub(super) fn greeted(address: SocketAddr) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"AMQP\x00\x00\x09\x01")?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    ensure!(kind == [1], "it speaks something else");
    Ok(())
}
