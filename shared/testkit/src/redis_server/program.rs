//! Debian's `redis-server`, keeping nothing on disk.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::server::{Kind, PATIENCE, Process, Program, Shared, install, on_port, watched};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The program on the PATH.
pub struct RedisProgram;

impl Program for RedisProgram {
    fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        on_port(port, |port| start(port, data))
    }
}

impl Kind for RedisProgram {
    const NAME: &'static str = "redis";
    const VARIABLE: &'static str = "REDIS_URL";
    const PORT: u16 = 6379;

    fn find() -> anyhow::Result<Self> {
        let advice = "install Debian's redis-server, or set REDIS_URL";
        install(&[("redis-server", "--version")], &["redis-server"], advice)?;
        Ok(Self)
    }

    fn url(address: SocketAddr) -> String {
        format!("redis://{address}")
    }

    fn describe(&self) -> &'static str {
        "redis-server on PATH"
    }

    fn shared() -> &'static Shared<Self> {
        static SHARED: Shared<RedisProgram> = OnceLock::new();
        &SHARED
    }
}

fn start(port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = watched(data, "redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no", "--dir"]);
    command.arg(data);
    let (process, pid) = Process::spawn(&mut command, PATIENCE)?;
    let mut process = process.served_by(pid.parse()?);
    answered(address, &pid, &mut process)?;
    Ok((process, address))
}

/// Waits until the server answers, and is the one that was started.
fn answered(address: SocketAddr, pid: &str, process: &mut Process) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let own = format!("process_id:{pid}");
    while Instant::now() < deadline {
        ensure!(process.is_running(), "redis-server ended at once");
        match info(address) {
            Ok(info) if info.lines().any(|line| line == own) => return Ok(()),
            Ok(_) => bail!("{address} is another server's"),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    bail!("redis-server on {address} does not answer")
}

/// What a server says of itself.
pub(super) fn info(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"INFO server\r\n")?;
    let mut answer = BufReader::new(stream);
    let mut length = String::new();
    answer.read_line(&mut length)?;
    let length = length.trim().strip_prefix('$').context("no answer")?;
    let mut info = vec![0; length.parse()?];
    answer.read_exact(&mut info)?;
    Ok(String::from_utf8_lossy(&info).into_owned())
}
