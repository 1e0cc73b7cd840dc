//! An installation that is moved, and the commands that do it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use e2e::{Process, people::PASSWORD, soon};
use tempfile::TempDir;
use testkit::mongo_server::{MongoServer, or_skip};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");

/// What the Go backend signed its tokens with.
const LEGACY: &str = "the secret of the Go backend";

/// An installation in a folder, and the database that it may move to.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) uri: String,
}

/// What a command left behind.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) complaint: String,
}

/// Runs a command to its end.
pub(crate) async fn ended(mut command: Command, input: &str) -> Done {
    let mut child = command.spawn().expect("the program");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = soon("the end of a command", child.wait_with_output()).await;
    let output = output.expect("an end");
    Done {
        code: output.status.code(),
        said: String::from_utf8(output.stdout).expect("UTF-8"),
        complaint: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

impl Done {
    /// Why it was refused, as it must have been.
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{}", self.said);
        assert_eq!(self.complaint.lines().count(), 1, "{}", self.complaint);
        self.complaint
    }
}

impl Home {
    /// A fresh one; `None` where there is no server to move to.
    pub(crate) fn new() -> Option<Self> {
        let server = or_skip(MongoServer::shared())?;
        Some(Self {
            folder: TempDir::new().expect("a folder"),
            uri: server.url_of_its_own(),
        })
    }

    /// The configuration of a server on this store.
    fn on(&self, store: &str) -> PathBuf {
        let config = self.folder.path().join("hubbub.toml");
        let queue = match store.starts_with("mongodb") {
            true => "sqlite:queue.db",
            false => "store:",
        };
        let text = format!(
            "no_limits = true\n[auth]\nbcrypt_cost = 4\nlegacy_secret = '{LEGACY}'\n\
             [backends]\nstore_url = '{store}'\nqueue_url = '{queue}'\n"
        );
        std::fs::write(&config, text).expect("a writable folder");
        config
    }

    pub(crate) async fn serve(&self, store: &str) -> Process {
        Process::start(PROGRAM, self.folder.path(), Some(self.on(store))).await
    }

    /// A command on this store.
    pub(crate) fn command(&self, store: &str, args: &[&str]) -> Command {
        self.command_in(self.folder.path(), store, args)
    }

    /// The same from a folder that nobody else is at work in.
    pub(crate) fn command_in(&self, data: &Path, store: &str, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .arg("--data")
            .arg(data)
            .arg("--config")
            .arg(self.on(store))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("HUBBUB_LOG__FILTER", "error")
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, store: &str, args: &[&str], input: &str) -> Done {
        ended(self.command(store, args), input).await
    }

    /// Runs a command that must succeed; says what it said.
    pub(crate) async fn done(&self, store: &str, args: &[&str]) -> String {
        let done = self.run(store, args, "").await;
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.complaint);
        done.said
    }

    /// Runs a command that must be refused; says why it was.
    pub(crate) async fn refused(&self, store: &str, args: &[&str]) -> String {
        self.run(store, args, "").await.refused()
    }

    pub(crate) async fn make_ops(&self, store: &str) {
        let args = ["user", "create", "ops", "--admin", "--password-stdin"];
        let made = self.run(store, &args, PASSWORD).await;
        assert_eq!(made.code, Some(0), "{}", made.complaint);
    }

    /// Whether there is a database of embedded mode.
    pub(crate) fn store_is_there(&self) -> bool {
        self.folder.path().join("hubbub.db").exists()
    }

    /// Starts a command, waits for a line that begins so, and kills it with -9.
    pub(crate) async fn kill_after(&self, store: &str, args: &[&str], line: &str) {
        let mut child = self.command(store, args).spawn().expect("it");
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let seen = async {
            while let Some(said) = lines.next_line().await.expect("output") {
                if said.starts_with(line) {
                    return true;
                }
            }
            false
        };
        assert!(soon(line, seen).await, "it ended before {line:?}");
        child.kill().await.expect("killed");
    }
}
