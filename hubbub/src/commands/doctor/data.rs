//! The data folder: who may read it, how much room there is, and whether the database is sound.

use std::path::Path;

use adapters::{
    OpenError,
    checkup::{self, Checkup, Soundness},
};
use domain::Timestamp;
use rustix::fs::{Access, access, statvfs};
use settings::Settings;

use super::{Finding, secrets::is_open};

/// Below this much room writing soon fails.
const FULL: u64 = 100 * 1024 * 1024;

/// Below this much room somebody should see to it.
const SCARCE: u64 = 1024 * 1024 * 1024;

/// A log of writes that is larger than this is not being emptied.
const LARGE_WAL: u64 = 256 * 1024 * 1024;

/// How far the clock may be behind what was written.
const CLOCK_SECONDS: i64 = 5;

pub(super) async fn all(settings: &Settings) -> Vec<Finding> {
    let folder = &settings.data;
    let server = checkup::server(settings).await.map(of_server);
    if !folder.exists() {
        let text = format!("{} is made at the first start", folder.display());
        let mut found = vec![Finding::ok("data", text), clock(None)];
        found.extend(server);
        return found;
    }
    let mut found = vec![permissions(folder), room(folder)];
    if let Some(server) = server {
        found.extend([server, clock(None)]);
        return found;
    }
    let database = checkup::database(settings).filter(|path| path.exists());
    let looked = match database {
        Some(path) => look(path).await,
        None => None,
    };
    let newest = looked
        .as_ref()
        .and_then(|looked| looked.as_ref().ok()?.newest);
    match looked {
        Some(Ok(checkup)) => found.extend([soundness(&checkup), log_of_writes(&checkup)]),
        Some(Err(text)) => found.push(Finding::fail("database", text)),
        None => found.push(Finding::ok("database", "is made at the first start")),
    }
    found.push(clock(newest));
    found
}

/// What the store's server says of itself.
fn of_server(looked: Result<String, OpenError>) -> Finding {
    match looked {
        Ok(text) => Finding::ok("database", text),
        Err(error) => Finding::fail("database", error.to_string()),
    }
}

/// Reads the database through, apart from the threads that others wait on.
async fn look(path: std::path::PathBuf) -> Option<Result<Checkup, String>> {
    let looked = tokio::task::spawn_blocking(move || checkup::look(&path)).await;
    Some(looked.ok()?.map_err(|error| error.to_string()))
}

fn permissions(folder: &Path) -> Finding {
    let shown = folder.display();
    if !folder.is_dir() {
        let text = format!("{shown} is no folder — choose another with --data");
        return Finding::fail("data", text);
    }
    if access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let text = format!("{shown} cannot be written by this user — change its owner");
        return Finding::fail("data", text);
    }
    if is_open(folder) {
        let text = format!("{shown} is open to others — run `chmod 700 {shown}`");
        return Finding::warn("data", text);
    }
    Finding::ok(
        "data",
        format!("{shown} is writable, and its owner's alone"),
    )
}

fn room(folder: &Path) -> Finding {
    match statvfs(folder) {
        Ok(disk) => free(disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => Finding::warn(
            "disk",
            format!("how much room there is cannot be read: {error}"),
        ),
    }
}

fn free(bytes: u64) -> Finding {
    let text = format!("{} MiB free", bytes / (1024 * 1024));
    match bytes {
        ..FULL => Finding::fail("disk", format!("{text} — make room before writes fail")),
        FULL..SCARCE => Finding::warn("disk", format!("{text} — make room soon")),
        _ => Finding::ok("disk", text),
    }
}

fn soundness(checkup: &Checkup) -> Finding {
    let (found, known) = checkup.schema;
    let size = checkup.bytes / 1024;
    let about = match found == known {
        true => format!("schema {found}, {size} KiB"),
        false => format!("schema {found}, which the next start brings to {known}, {size} KiB"),
    };
    match &checkup.soundness {
        Soundness::Sound => Finding::ok("database", format!("sound, {about}")),
        Soundness::Unread => Finding::ok(
            "database",
            format!("too large to be read through here, {about}"),
        ),
        Soundness::Damaged(what) => {
            let what = what.replace('\n', " ");
            let text = format!("damaged ({what}) — stop the server and restore a backup");
            Finding::fail("database", text)
        }
    }
}

fn log_of_writes(checkup: &Checkup) -> Finding {
    let text = format!("{} KiB wait in the log of writes", checkup.wal_bytes / 1024);
    if checkup.wal_bytes > LARGE_WAL {
        let text = format!("{text} — something reads without end; restart the server");
        return Finding::warn("wal", text);
    }
    Finding::ok("wal", text)
}

/// In embedded mode the store's clock is the machine's: what was written can tell that it was set
/// back, and nobody outside is asked.
fn clock(newest: Option<Timestamp>) -> Finding {
    let now = checkup::clock().now();
    let ahead = newest.map_or(0, |newest| newest.as_second() - now.as_second());
    if ahead > CLOCK_SECONDS {
        let text = format!("{now} is {ahead} s before the newest row — set the clock right");
        return Finding::fail("clock", text);
    }
    Finding::ok("clock", now.to_string())
}

#[cfg(test)]
mod tests {
    use super::{super::Level, *};

    #[test]
    fn room_runs_out_with_a_warning() {
        assert_eq!(free(FULL - 1).level, Level::Fail);
        assert_eq!(free(FULL).level, Level::Warn);
        assert_eq!(free(SCARCE).level, Level::Ok);
    }

    #[test]
    fn a_clock_that_was_set_back_is_seen() {
        let at = |seconds: i64| {
            let now = checkup::clock().now().as_second();
            clock(Timestamp::from_second(now + seconds).ok()).level
        };
        assert_eq!(at(3_600), Level::Fail);
        assert_eq!(at(-3_600), Level::Ok);
    }
}
