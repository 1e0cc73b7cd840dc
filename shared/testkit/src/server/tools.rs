//! Programs that tests need, and how they come onto the machine.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use super::{run, variable};

/// How long Maven or apt-get may take.
pub(crate) const FETCH: Duration = Duration::from_secs(600);

/// Where builds put what they make.
#[must_use]
pub fn target_directory() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Relative to the workspace, as cargo would have it in the workspace's root.
    workspace.join(variable("CARGO_TARGET_DIR").unwrap_or_else(|| "target".to_owned()))
}

/// Sees to it that programs are there, installing Debian's packages if we may. Test processes that
/// come at the same time wait for one. `advice` says what else helps.
pub(crate) fn install(
    programs: &[(&str, &str)],
    packages: &[&str],
    advice: &str,
) -> anyhow::Result<()> {
    if missing(programs).is_empty() {
        return Ok(());
    }
    let root = target_directory();
    fs::create_dir_all(&root)?;
    let turn = File::create(root.join("test-servers.lock"))?;
    turn.lock()
        .context("waiting for another test process to install programs")?;
    let missing = missing(programs).join(", ");
    if missing.is_empty() {
        return Ok(());
    }
    let Some(apt_get) = apt_get() else {
        bail!("{missing} missing: {advice}");
    };
    println!("{missing} missing: installing {}", packages.join(", "));
    run(Command::new(apt_get).args(["update", "-q"]), FETCH)?;
    let mut command = Command::new(apt_get);
    command.args(["install", "-y", "-q", "--no-install-recommends"]);
    command
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // A service that is installed is not started: each test has its own.
        .env("RUNLEVEL", "1");
    run(&mut command, FETCH)
}

fn missing<'a>(programs: &[(&'a str, &str)]) -> Vec<&'a str> {
    let missing = programs.iter().filter(|(name, ask)| !works(name, ask));
    missing.map(|(name, _)| *name).collect()
}

/// Returns the installer if there is one and we are root.
fn apt_get() -> Option<&'static str> {
    let id = Command::new("id").arg("-u").output().ok()?;
    (id.stdout.trim_ascii() == b"0" && works("apt-get", "--version")).then_some("apt-get")
}

/// Tells whether a program is there and can say its version.
pub(crate) fn works(program: &str, ask_version: &str) -> bool {
    let mut command = Command::new(program);
    let silent = command
        .arg(ask_version)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}
