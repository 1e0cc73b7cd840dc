//! Servers of others: programs that print a line with their address on the loopback, take an
//! upgrade at `/?room=NAME`, greet with `{"type":"hello"}`, and pass every text on to the room.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

/// A server of somebody else.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// What it is called in the report.
    pub(crate) name: String,
    program: PathBuf,
    arguments: Vec<PathBuf>,
}

impl Peer {
    /// What a command line says: `NAME=PROGRAM ARGUMENT …`.
    ///
    /// # Errors
    /// When it says less.
    pub(crate) fn parse(line: &str) -> Result<Self> {
        let (name, words) = line.split_once('=').context("NAME=PROGRAM is wanted")?;
        let mut words = words.split_whitespace().map(PathBuf::from);
        let program = words.next().context("NAME=PROGRAM is wanted")?;
        Ok(Self {
            name: name.to_owned(),
            program,
            arguments: words.collect(),
        })
    }

    /// How it is started.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }
}

/// The chat that one would write with `warp::ws` in an afternoon. It has versions of our libraries
/// that the product must not have, so that it is built apart, into `target`.
///
/// # Errors
/// When its sources are not there, or cannot be built.
pub(crate) async fn naive(home: &Path, target: &Path) -> Result<Peer> {
    let manifest = home.join("naive/Cargo.toml");
    ensure!(
        manifest.is_file(),
        "the naive chat: {} is not there",
        manifest.display()
    );
    let target = target.join("naive");
    println!("building the naive chat");
    let mut build = Command::new("cargo");
    build
        .args(["build", "--release", "--locked", "--quiet"])
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .stdin(Stdio::null());
    let built = build.status().await.context("cargo")?;
    ensure!(built.success(), "the naive chat cannot be built");
    Ok(Peer {
        name: "naive warp::ws".to_owned(),
        program: target.join("release/naive"),
        arguments: Vec::new(),
    })
}

/// `ws` on Node, once `npm ci` has put it beside its program.
///
/// # Errors
/// When it is not there.
pub(crate) fn node(home: &Path) -> Result<Peer> {
    let folder = home.join("peers/ws");
    ensure!(
        folder.join("node_modules/ws").is_dir(),
        "`ws` on Node: run `npm ci --prefix {}`",
        folder.display()
    );
    Ok(Peer {
        name: "ws on Node".to_owned(),
        program: PathBuf::from("node"),
        arguments: vec![folder.canonicalize()?.join("server.js")],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_name_and_a_command() {
        let peer = Peer::parse("mine=./mine --port 0").unwrap();
        assert_eq!(peer.name, "mine");
        assert_eq!(peer.arguments, [Path::new("--port"), Path::new("0")]);
        assert!(Peer::parse("mine").is_err() && Peer::parse("mine=").is_err());
    }
}
