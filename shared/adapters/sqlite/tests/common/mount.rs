//! A small disk of its own, where the system lets us have one.

use std::{path::Path, process::Command};

/// A mounted tmpfs, unmounted at the end.
pub(crate) struct Mount {
    dir: tempfile::TempDir,
}

impl Mount {
    /// Mounts a disk of so many KiB. `None`, with the reason printed, where that is not allowed.
    pub(crate) fn of_kib(kib: u32, test: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let size = format!("size={kib}k");
        let mounted = mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], dir.path());
        if !mounted {
            println!("skipped {test}: mounting a tmpfs needs root");
            return None;
        }
        Some(Self { dir })
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Makes the whole disk read-only.
    pub(crate) fn make_read_only(&self) {
        let done = mount(&["-o", "remount,ro"], self.path());
        assert!(done, "what we mounted we can mount anew");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(args: &[&str], at: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(args).arg(at);
    mount.output().is_ok_and(|output| output.status.success())
}
