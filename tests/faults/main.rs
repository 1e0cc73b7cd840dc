//! Faults by really killing: the judge decides.

mod away;
mod cluster;
mod crowd;
mod kill;
mod nodes;
mod services;

/// Has no limits, and archives what is older than two seconds, every second, in all rooms.
const CONFIG: &str = r#"
no_limits = true

[[archive.policies]]
name = "at-once"
older_than = "2s"
action = "archive"
schedule = "* * * * * *"
"#;
