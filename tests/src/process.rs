//! The product as a process of its own, to be killed.

use std::{
    fs::File,
    net::SocketAddr,
    ops::Range,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
    time::{Duration, sleep},
};

/// How often somebody who waits asks.
const ASK: Duration = Duration::from_millis(10);

/// A running `hubbub serve` on a port of its own.
pub struct Process {
    child: Child,
    addr: SocketAddr,
    /// Its output stays open, so that it is never broken by ours.
    _output: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Process {
    /// Starts the product on a folder and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start(program: &str, data: &Path, config: Option<PathBuf>) -> Self {
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        command.env("HUBBUB_LOG__FILTER", "error").current_dir(data);
        let (child, mut stdout, log) = spawn(command, data);
        let addr = crate::soon("the banner", announced(&mut stdout)).await;
        Self {
            child,
            addr,
            _output: stdout,
            log,
        }
    }

    /// Starts a service alone in a folder, with these variables, and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    pub async fn service<'a>(
        addr: SocketAddr,
        program: &str,
        folder: &Path,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(["--listen", &addr.to_string()])
            .envs(variables)
            .env("HUBBUB_LOG__FILTER", "error")
            .current_dir(folder);
        let (mut child, stdout, log) = spawn(command, folder);
        crate::soon("listening", async {
            while TcpStream::connect(addr).await.is_err() {
                let ended = child.try_wait().expect("a child");
                assert!(ended.is_none(), "it ended: {ended:?}, see its log");
                sleep(ASK).await;
            }
        })
        .await;
        Self {
            child,
            addr,
            _output: stdout,
            log,
        }
    }

    /// Starts the product on a folder, without limits of rates and sessions.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn without_limits(program: &str, data: &Path) -> Self {
        let config = data.join("hubbub.toml");
        std::fs::write(&config, "no_limits = true\n").expect("written");
        Self::start(program, data, Some(config)).await
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// What it wrote to its log: errors only.
    ///
    /// # Panics
    /// When that cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Sends it a signal, by its name.
    ///
    /// # Panics
    /// When it is gone.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.await.expect("kill").success());
    }

    /// Kills it with -9 and waits for its end.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Asks it to stop (TERM) and gives its exit code.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn terminate(self) -> Option<i32> {
        self.end_by("TERM").await
    }

    /// Sends it a signal that ends it, by its name, and gives its exit code.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn end_by(mut self, name: &str) -> Option<i32> {
        self.signal(name).await;
        crate::soon("the end", self.child.wait())
            .await
            .expect("an exit")
            .code()
    }
}

/// Starts a program that writes its log into a folder.
fn spawn(mut command: Command, folder: &Path) -> (Child, BufReader<ChildStdout>, PathBuf) {
    let log = folder.join("log");
    let writes = File::options().append(true).create(true).open(&log);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(writes.expect("a folder"));
    let mut child = command.kill_on_drop(true).spawn().expect("the program");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    (child, stdout, log)
}

/// Ports that no connection is given for its own end, on Linux: who was killed and is started again
/// finds its port free.
const PORTS: Range<u16> = 20_000..32_000;

/// An address that nobody listens on, for a program that does not say where it does. Each is given
/// once.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free() -> SocketAddr {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Tests run in several processes: each begins elsewhere.
    let begin = std::process::id().wrapping_mul(127);
    for _ in PORTS {
        let place = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed).into());
        let place = place % u32::try_from(PORTS.len()).expect("few");
        let port = PORTS.start + u16::try_from(place).expect("few");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port of {PORTS:?} is free");
}

/// Reads the banner up to the address of the API.
async fn announced(stdout: &mut BufReader<ChildStdout>) -> SocketAddr {
    let mut line = String::new();
    loop {
        line.clear();
        let read = stdout.read_line(&mut line).await.expect("output");
        assert_ne!(read, 0, "it ended before it was ready");
        if let Some((_, rest)) = line.split_once("://") {
            let addr: String = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
                .collect();
            if let Ok(addr) = addr.parse() {
                return addr;
            }
        }
    }
}
