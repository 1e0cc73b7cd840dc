//! The command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::{bare::Bare, workloads::Workload};

/// Measures what Hubbub costs beside the least that any server could cost.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// Workloads by name (W1, W2 …), or `all`, which also writes the page.
    #[arg(value_name = "WORKLOAD")]
    asked: Vec<String>,
    /// Only what can be counted on any machine, in a minute.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Folder for the page and its plots [default for `all`: docs].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Another server to be measured, may be repeated: `NAME=PROGRAM ARGUMENT …`.
    #[arg(long = "peer", value_name = "NAME=COMMAND")]
    pub(crate) peers: Vec<String>,
    /// Where the sources of the peers lie.
    #[arg(long, value_name = "FOLDER", default_value = "bench")]
    pub(crate) home: PathBuf,
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

/// What else this program is. `serve`, the product itself, has a command line of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Is the bare loop, until it is killed.
    #[command(hide = true)]
    Bare(Bare),
}

impl Cli {
    /// What is to be done, in the order of the workloads.
    ///
    /// # Errors
    /// When nothing is asked for, or something that is not there.
    pub(crate) fn workloads(&self) -> Result<Vec<Workload>> {
        if self.quick && self.asked.is_empty() {
            return Ok(Workload::QUICK.to_vec());
        }
        if self.is_all() {
            return Ok(Workload::ALL.to_vec());
        }
        if self.asked.is_empty() {
            bail!("say which workloads: `all`, or some of {:?}", Workload::ALL);
        }
        let named = self.asked.iter().map(|name| Workload::named(name));
        named.collect()
    }

    fn is_all(&self) -> bool {
        self.asked.iter().any(|name| name == "all")
    }

    /// Where the page is to be written.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        let docs = || (self.is_all() && !self.quick).then(|| PathBuf::from("docs"));
        self.out.clone().or_else(docs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cli(words: &[&str]) -> Cli {
        Cli::try_parse_from(["bench"].iter().chain(words)).unwrap()
    }

    #[test]
    fn workloads_are_named() {
        let some = cli(&["w4", "W1"]).workloads().unwrap();
        assert_eq!(some, [Workload::W4, Workload::W1]);
        assert_eq!(cli(&["all"]).workloads().unwrap(), Workload::ALL);
        assert_eq!(cli(&["--quick"]).workloads().unwrap(), Workload::QUICK);
        assert!(cli(&[]).workloads().is_err() && cli(&["W99"]).workloads().is_err());
    }

    #[test]
    fn only_a_whole_run_writes_the_page_unasked() {
        assert_eq!(cli(&["all"]).folder(), Some("docs".into()));
        assert_eq!(cli(&["all", "--quick"]).folder(), None);
        assert_eq!(cli(&["W1", "--out", "x"]).folder(), Some("x".into()));
    }
}
