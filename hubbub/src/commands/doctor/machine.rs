//! What the machine lets the process have: files, memory, ports.

use std::fs;

use domain::Limits;
use settings::Settings;

use super::Finding;

/// Files that are open beside those of connections: the database, the log, the listeners.
const OWN_FILES: u64 = 200;

/// Below this much memory the process is likely to be ended by the system.
const LITTLE: u64 = 128 * 1024 * 1024;

pub(super) fn all(settings: &Settings, runs: bool, process: Option<u32>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(files(&settings.limits, process));
    found.extend(memory());
    found.extend(ports(settings, runs));
    found
}

/// The limit of the running server; without one, that of whoever asks.
fn files(limits: &Limits, process: Option<u32>) -> Option<Finding> {
    let who = process.map_or("self".to_owned(), |id| id.to_string());
    let table = fs::read_to_string(format!("/proc/{who}/limits")).ok()?;
    let may = open_files(&table)?;
    let needed = limits.connections as u64 + OWN_FILES;
    Some(enough(may, needed))
}

/// `Max open files            1024                 524288               files`
fn open_files(table: &str) -> Option<u64> {
    let line = table
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

fn enough(may: u64, needed: u64) -> Finding {
    if may < needed {
        let text = format!(
            "{may} may be open, limits.connections needs {needed} — run `ulimit -n {needed}` \
             (LimitNOFILE of systemd), or lower limits.connections"
        );
        return Finding::warn("open files", text);
    }
    Finding::ok(
        "open files",
        format!("{may} may be open, {needed} are needed at most"),
    )
}

fn memory() -> Option<Finding> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let line = table
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    let text = format!("{} MiB available", kib / 1024);
    Some(match kib.saturating_mul(1024) {
        ..LITTLE => Finding::warn("memory", format!("{text} — give the machine more")),
        _ => Finding::ok("memory", text),
    })
}

fn ports(settings: &Settings, runs: bool) -> Vec<Finding> {
    let fixed = settings.listen.iter().filter(|address| address.port() != 0);
    let look = |address: &std::net::SocketAddr| {
        if runs {
            return Finding::ok(
                "listener",
                format!("{address} is the running server's to serve"),
            );
        }
        match edge::listen(*address) {
            Ok(_) => Finding::ok("listener", format!("{address} is free")),
            Err(error) => Finding::fail("listener", error.to_string()),
        }
    };
    fixed.map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::Level, *};

    #[test]
    fn the_limit_of_files_is_read_and_compared() {
        let table = "Limit  Soft Limit  Hard Limit  Units\n\
                     Max open files            1024                 524288               files\n";
        assert_eq!(open_files(table), Some(1024));
        assert_eq!(
            open_files("Max open files  unlimited  unlimited  files"),
            Some(u64::MAX)
        );
        assert_eq!(open_files(""), None);
        assert_eq!(enough(1024, 16_200).level, Level::Warn);
        assert_eq!(enough(65_536, 16_200).level, Level::Ok);
    }
}
