//! mongo-java-server: fetched and compiled once, then started in half a second.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::server::{FETCH, PATIENCE, Process, install, run, target_directory};

/// What the test report says.
pub(super) const DESCRIPTION: &str = "mongo-java-server 1.47.0 with H2";

const POM: &str = include_str!("../../mongo-server/pom.xml");
const SOURCE: &str = include_str!("../../mongo-server/TestServer.java");

/// The jars and the compiled server.
#[derive(Clone)]
pub(super) struct Kit {
    folder: PathBuf,
}

impl Kit {
    /// Makes the kit unless an earlier run has left it below the target
    /// directory. Test processes that come at the same time wait for one.
    pub(super) fn prepare() -> anyhow::Result<Self> {
        let root = target_directory().join("mongo-server");
        fs::create_dir_all(&root)?;
        let turn = File::create(root.join("lock"))?;
        turn.lock()
            .context("waiting for another test process to fetch the jars")?;
        // The name says what is in it, so that a change of either is another kit.
        let mut sources = DefaultHasher::new();
        (POM, SOURCE).hash(&mut sources);
        let kit = Self {
            folder: root.join(format!("{:016x}", sources.finish())),
        };
        install_tools()?;
        if !kit.ready().exists() {
            kit.build()
                .with_context(|| format!("see {}", kit.report().display()))?;
        }
        Ok(kit)
    }

    fn ready(&self) -> PathBuf {
        self.folder.join("ready")
    }

    fn report(&self) -> PathBuf {
        self.folder.join("build.log")
    }

    fn class_path(&self) -> String {
        format!("{0}/jars/*:{0}/classes", self.folder.display())
    }

    fn build(&self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.folder)?;
        fs::write(self.folder.join("pom.xml"), POM)?;
        fs::write(self.folder.join("TestServer.java"), SOURCE)?;
        let report = File::create(self.report())?;
        let logged = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .current_dir(&self.folder)
                .stdin(Stdio::null());
            command
                .stdout(report.try_clone()?)
                .stderr(report.try_clone()?);
            run(&mut command, FETCH)
        };
        logged(
            "mvn",
            &[
                "-q",
                "-B",
                "dependency:copy-dependencies",
                "-DoutputDirectory=jars",
            ],
        )
        .context("fetching mongo-java-server from Maven's central repository")?;
        logged(
            "javac",
            &["-cp", "jars/*", "-d", "classes", "TestServer.java"],
        )?;
        fs::write(self.ready(), "")?;
        Ok(())
    }

    /// Starts the server over what `data` holds.
    pub(super) fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        let log = data.join("server.log");
        let mut command = Command::new("java");
        command
            .args([
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                &self.class_path(),
                "TestServer",
            ])
            .arg(port.to_string())
            .arg(data)
            .stderr(File::create(&log)?);
        let (process, line) = Process::spawn(&mut command, PATIENCE)
            .with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        let port = line
            .strip_prefix("ready ")
            .with_context(|| format!("it says: {line}"))?;
        Ok((process, SocketAddr::from(([127, 0, 0, 1], port.parse()?))))
    }
}

/// Sees to it that java, javac and mvn are there, installing them if we may.
fn install_tools() -> anyhow::Result<()> {
    let ask = "-version";
    install(
        &[("java", ask), ("javac", ask), ("mvn", ask)],
        &["default-jdk-headless", "maven"],
        "install a JDK (17 or newer) and Maven, or put `mongod` on the PATH, or set MONGODB_URI",
    )
}
