//! Being the only process that works on something.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
};

/// The right to work on what a lock file stands for, until it is dropped or the process ends,
/// however it ends: the system gives the lock back. The file stays; removing it would let two in.
#[derive(Debug)]
pub struct ProcessLock(#[expect(dead_code, reason = "the lock lives as long as it")] File);

/// Who has the lock instead of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder(
    /// Their process id, if it could be read.
    pub Option<u32>,
);

impl ProcessLock {
    /// Takes the lock, making its file, readable for its owner alone, where there is none.
    /// Never waits; the inner error says who has it.
    ///
    /// # Errors
    /// The system's, when the file cannot be opened or locked.
    pub fn claim(path: &Path) -> io::Result<Result<Self, Holder>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = crate::files::private(&mut options).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(Holder(holder(&mut file)))),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // On a full disk nobody learns our id; the lock is ours all the same.
        let _ = sign(&mut file);
        Ok(Ok(Self(file)))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => write!(f, "another hubbub (process {id})"),
            None => f.write_str("another hubbub"),
        }
    }
}

/// Leaves our process id, for the message that others get.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_other_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = ProcessLock::claim(&path).unwrap().unwrap();
        let holder = ProcessLock::claim(&path).unwrap().unwrap_err();
        assert_eq!(holder, Holder(Some(std::process::id())));
        drop(first);
        assert!(ProcessLock::claim(&path).unwrap().is_ok());
    }
}
