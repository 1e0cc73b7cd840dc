//! The program as its users have it: a process, its streams and its exit code.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// How long any step may take before it counts as stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of its own, in which the program is run.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Done {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// The standard output.
    pub(crate) stdout: String,
    /// The standard error output.
    pub(crate) stderr: String,
}

/// A server that said that it is ready.
pub(crate) struct Serving {
    child: Child,
    /// What it printed.
    pub(crate) banner: String,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a writable folder");
    }

    /// The program, with nothing of our environment, and cheap passwords.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear();
        command.env("HUBBUB_AUTH__BCRYPT_COST", "4");
        command
    }

    /// A line of a shell, with nothing of our environment either.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", line])
            .current_dir(self.folder.path())
            .env_clear();
        shell.env("HUBBUB_AUTH__BCRYPT_COST", "4");
        shell
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        finish(self.command(args), "")
    }

    /// Runs it with nothing from the environment at all.
    pub(crate) fn run_unconfigured(&self, args: &[&str]) -> Done {
        let mut command = self.command(args);
        command.env_clear();
        finish(command, "")
    }

    /// Runs it with this on the standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Done {
        finish(self.command(args), input)
    }

    /// Serves on a free port and waits for the banner.
    pub(crate) fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// Serves with more flags.
    pub(crate) fn serve_with(&self, flags: &[&str]) -> Serving {
        let mut command = self.command(&["--listen", "127.0.0.1:0"]);
        command.args(flags);
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.path("log"));
        command
            .stdout(Stdio::piped())
            .stderr(log.expect("a writable folder"));
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("piped");
        let banner = read_banner(stdout);
        let address = address_in(&banner);
        Serving {
            child,
            banner,
            address,
        }
    }
}

impl Done {
    /// What is left of a process that ended.
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The only line of the standard error output.
    pub(crate) fn complaint(&self) -> &str {
        let line = self.stderr.trim_end();
        assert_eq!(line.lines().count(), 1, "not one line: {self:?}");
        assert!(!line.contains("panicked"), "{line}");
        line
    }
}

impl Serving {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The status of a GET.
    pub(crate) fn status(&self, path: &str) -> u16 {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "").0
    }

    /// Posts JSON and gives the JSON of the answer, which must be a success.
    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let head = format!(
            "POST {path} HTTP/1.1\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n"
        );
        let (status, answer) = self.ask(&head, &body.to_string());
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// Gets the JSON of an answer, which must be a success.
    pub(crate) fn get(&self, path: &str, token: &str) -> Value {
        let head = format!("GET {path} HTTP/1.1\r\nauthorization: Bearer {token}\r\n");
        let (status, answer) = self.ask(&head, "");
        assert_eq!(status, 200, "{path}: {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    fn ask(&self, head: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).expect("a server");
        let length = body.len();
        let request =
            format!("{head}host: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("a server");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status.expect("a status"), body.to_owned())
    }

    /// Sends a signal by its name, and gives the exit code.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        end(&mut self.child, signal)
    }
}

/// Sends a signal by its name to a process, and gives the exit code.
pub(crate) fn end(child: &mut Child, signal: &str) -> Option<i32> {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.expect("kill").success());
    let mut code = None;
    until("it ends", || {
        let ended = child.try_wait().expect("a child");
        code = ended.and_then(|status| status.code());
        ended.is_some()
    });
    code
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "{what}: never");
        std::thread::yield_now();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn finish(mut command: Command, input: &str) -> Done {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    Done::of(child.wait_with_output().expect("a child"))
}

/// Reads up to the banner's last branch.
fn read_banner(stdout: impl Read + Send + 'static) -> String {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let mut lines = BufReader::new(stdout);
        while lines.read_line(&mut text).is_ok_and(|read| read > 0) {
            if text.contains("'-") {
                let _ = send.send(text);
                return;
            }
        }
    });
    let banner = receive.recv_timeout(PATIENCE);
    banner.expect("it ended, or said nothing, before it was ready")
}

fn address_in(banner: &str) -> SocketAddr {
    let (_, rest) = banner.split_once("http://").expect("an address");
    let address = rest.split('/').next().unwrap_or_default();
    address.parse().expect("an address")
}

/// Whether a file can be opened by its owner alone.
pub(crate) fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().expect("a file").permissions().mode();
    mode & 0o077 == 0
}
