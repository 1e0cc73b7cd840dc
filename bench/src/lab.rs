//! What a run of the benchmark has at hand.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use crate::subject::{Peer, Subject, naive, node};

/// Files that a process has open beside its sockets.
const OTHER_FILES: u64 = 600;

/// The machine, the programs, and how much is to be done.
pub(crate) struct Lab {
    /// Whether only what can be counted on any machine is looked at, in a minute.
    pub(crate) quick: bool,
    /// This program, which is also the product and the bare loop.
    pub(crate) program: PathBuf,
    /// Servers of others that are installed.
    pub(crate) peers: Vec<Peer>,
    /// Why others are not there.
    pub(crate) absent: Vec<String>,
    work: PathBuf,
}

impl Lab {
    /// Looks at what there is. The sources of the peers lie in `home`; what is kept is kept beside
    /// this program, so that a disk is measured, and no memory that calls itself one.
    ///
    /// # Errors
    /// When this program cannot be found.
    pub(crate) async fn open(quick: bool, home: &Path) -> Result<Self> {
        let program = env::current_exe().context("this program")?;
        let work = program.parent().context("a folder")?.to_owned();
        let mut lab = Self {
            quick,
            program,
            peers: Vec::new(),
            absent: Vec::new(),
            work,
        };
        if !quick {
            let all = [naive(home, &lab.work).await, node(home)];
            for peer in all {
                match peer {
                    Ok(peer) => lab.peers.push(peer),
                    Err(error) => lab.absent.push(format!("{error:#}")),
                }
            }
        }
        Ok(lab)
    }

    /// What this is in a whole run, or in a quick one.
    pub(crate) fn pick<T>(&self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }

    /// How long people talk in one run.
    pub(crate) fn length(&self) -> Duration {
        self.pick(Duration::from_secs(3), Duration::from_millis(500))
    }

    /// How often each run is repeated; the middle one counts.
    pub(crate) fn rounds(&self) -> usize {
        self.pick(3, 1)
    }

    /// A folder of its own on the disk that is measured.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(&self) -> Result<TempDir> {
        let made = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(&self.work);
        made.context("a folder for a server")
    }

    /// The bare loop, the product, and all peers that there are.
    pub(crate) fn all(&self) -> Vec<Subject> {
        let peers = self.peers.iter().cloned().map(Subject::Peer);
        [Subject::Bare, Subject::Hubbub]
            .into_iter()
            .chain(peers)
            .collect()
    }

    /// As many sockets of those wanted as a process may open here.
    pub(crate) fn sockets(&self, wanted: usize) -> usize {
        let files = raise_files();
        let room = files.saturating_sub(OTHER_FILES);
        wanted.min(usize::try_from(room).unwrap_or(usize::MAX))
    }
}

/// Lets this process and its servers open as many files as the system lets them.
fn raise_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    limit.unwrap_or(u64::MAX)
}
