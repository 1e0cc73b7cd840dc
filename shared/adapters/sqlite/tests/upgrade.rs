//! Databases of earlier versions are brought up to date when they are opened.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::{assert_sound, durable};
use domain::{
    Content, RoomId, RowId, RunId, Timestamp, UserId,
    archive::{Phase, RoomCount, Run},
    ports::{About, History, RunRooms, Runs},
};
use serde_json::{Value, json};

const FIRST: &str = include_str!("../src/schema/001_first.sql");

const ROOMS: [&str; 3] = [
    "01890a5d-0000-7000-8000-000000000001",
    "01890a5d-0000-7000-8000-000000000002",
    "01890a5d-0000-7000-8000-000000000003",
];

/// A database as the first version left it, before anything was put into it.
fn first(dir: &Path) -> (PathBuf, rusqlite::Connection) {
    let path = dir.join("hubbub.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(FIRST).unwrap();
    conn.pragma_update(None, "application_id", 0x4855_4242)
        .unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    (path, conn)
}

fn room(n: usize, moved: u64, done: bool) -> Value {
    json!({
        "room": ROOMS[n], "name": "general", "due": 10, "moved": moved, "held": 1,
        "bytes": 100, "oldest": format!("2026-01-0{}T00:00:00Z", n + 1),
        "newest": format!("2026-02-0{}T00:00:00Z", n + 1), "revs": 10, "through": moved,
        "done": done, "rule": "policy",
    })
}

/// A run's record as the first version wrote it.
fn record(id: RunId, phase: &str, rooms: &[Value]) -> Value {
    let policy = json!({
        "id": ROOMS[0], "name": "nightly", "scope": "all_rooms",
        "older_than": {"secs": 3_600, "nanos": 0}, "action": "archive",
        "schedule": "every day at 02:00", "timezone": "UTC", "catch_up": "run_once",
        "enabled": true, "next_run_at": null,
    });
    json!({
        "id": id, "policy": policy, "trigger": "manual", "slot": null, "origin": null,
        "cutoff": "2026-03-01T00:00:00Z", "phase": phase, "rooms": rooms, "missing": [],
        "started_at": "2026-03-02T00:00:00Z", "ended_at": null, "lag_ms": 0,
        "missed_slots": 0, "by": "ann", "restore": null, "error": null, "cancel": false,
        "fence": 1,
    })
}

fn put(conn: &rusqlite::Connection, id: RunId, phase: &str, rooms: &[Value]) {
    let sql = "INSERT INTO runs (id, policy, slot, phase, fence, cancel, body, started_at)
        VALUES (?1, x'00', NULL, ?2, 1, 0, ?3, 0)";
    let body = record(id, phase, rooms).to_string();
    conn.execute(sql, (id.uuid().into_bytes(), phase, body))
        .unwrap();
}

#[tokio::test]
async fn the_rooms_of_old_runs_become_rows_and_their_sums_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (path, conn) = first(dir.path());
    let (over, under_way, empty) = (RunId::new(), RunId::new(), RunId::new());
    let mut left = room(1, 4, true);
    left["error"] = json!("internal: it cannot be read");
    put(
        &conn,
        over,
        "failed",
        &[room(0, 10, true), left, room(2, 0, false)],
    );
    put(
        &conn,
        under_way,
        "running",
        &[room(0, 10, true), room(1, 4, false)],
    );
    put(&conn, empty, "finished", &[]);
    drop(conn);

    let store = durable(&path).unwrap();
    let read = async |id| -> (Run, Vec<RoomCount>) {
        let run = store.run(id).await.unwrap().expect("it is kept");
        (run, store.room_counts(id, None, 10).await.unwrap())
    };
    let (run, rooms) = read(over).await;
    assert_eq!(
        (run.through.rooms, run.through.moved, run.through.failed),
        (3, 14, 1)
    );
    assert_eq!(
        (run.through.oldest, run.through.newest),
        (rooms[0].oldest, rooms[2].newest)
    );
    assert_eq!((run.phase, run.at), (Phase::Failed, None));
    let why = "general (internal: it cannot be read)";
    assert_eq!(run.first_failure.as_deref(), Some(why));
    assert_eq!(rooms.len(), 3);
    assert_eq!(serde_json::to_value(&rooms[0]).unwrap(), room(0, 10, true));

    let (run, rooms) = read(under_way).await;
    assert_eq!((run.through.rooms, run.total().moved), (1, 14));
    assert_eq!(
        run.after.map(|room| room.to_string()).as_deref(),
        Some(ROOMS[0])
    );
    let at = run.at.expect("it goes on in the second");
    assert_eq!(serde_json::to_value(&at).unwrap(), room(1, 4, false));
    assert_eq!(rooms.len(), 1);

    let (run, rooms) = read(empty).await;
    assert_eq!((run.through.rooms, run.after, rooms.len()), (0, None, 0));
    store.close().await;
    assert_sound(&path);
}

/// A database as version `version` left it, before anything was put into it.
fn left_by(version: u8, dir: &Path) -> (PathBuf, rusqlite::Connection) {
    let (path, conn) = first(dir);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema");
    let files = std::fs::read_dir(schema).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for migration in &files[1..usize::from(version)] {
        let sql = std::fs::read_to_string(migration).unwrap();
        conn.execute_batch(&sql).unwrap();
    }
    conn.pragma_update(None, "user_version", version).unwrap();
    (path, conn)
}

/// A row as version 13 wrote it: its kind, its target and what it made of it.
fn put_row(conn: &rusqlite::Connection, seq: i64, (kind, target, rev): (&str, RowId, i64)) {
    let sql = "INSERT INTO messages (room, seq, id, generation, kind, sender, client_id, target,
            target_rev, created_at, content_hash, rev, body)
        VALUES (?1, ?2, ?3, 0, ?4, ?1, ?3, ?5, ?6, ?7, zeroblob(32), ?8, ?9)";
    let id = match kind {
        "message" => target,
        _ => RowId::new(),
    };
    let said = (kind == "message").then(|| serde_json::to_string(&Content::plain("x")).unwrap());
    let params = rusqlite::params![
        [1_u8; 16],
        seq,
        id.uuid().into_bytes(),
        kind,
        target.uuid().into_bytes(),
        rev,
        seq * 1_000,
        if said.is_some() { 3 } else { 0 },
        said,
    ];
    conn.execute(sql, params).unwrap();
}

#[tokio::test]
async fn the_times_of_edits_and_reactions_are_found_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let (path, conn) = left_by(13, dir.path());
    let (edited, forgotten) = (RowId::new(), RowId::new());
    for (seq, row) in [
        (1, ("message", edited, 1)),
        (2, ("message", forgotten, 1)),
        (3, ("edit", edited, 2)),
        (4, ("edit", edited, 3)),
        (5, ("reaction", RowId::new(), 5)),
    ] {
        put_row(&conn, seq, row);
    }
    for (seq, user) in [(5_i64, 1_u8), (4, 2)] {
        let sql = "INSERT INTO reactions (room, message, emoji, user, present, seq)
            VALUES (?1, ?2, '+1', ?3, 1, ?4)";
        let message = edited.uuid().into_bytes();
        conn.execute(sql, ([1_u8; 16], message, [user; 16], seq))
            .unwrap();
    }
    drop(conn);

    let store = durable(&path).unwrap();
    let room = RoomId::from_uuid(uuid::Uuid::from_bytes([1; 16]));
    let at = |second| Timestamp::from_second(second).ok();
    let read = async |id| store.message(room, id).await.unwrap().unwrap();
    assert_eq!(read(edited).await.edited_at, at(4));
    let unknown = read(forgotten).await;
    assert_eq!((unknown.edited_at, unknown.revised_at()), (None, at(2)));
    let viewer = UserId::new();
    let shown = store.reactions(room, viewer, &[edited], 5).await.unwrap();
    let times: Vec<_> = shown[0].people.iter().map(|one| one.at).collect();
    assert_eq!(times, [None, at(5)]);
    assert_sound(&path);
}
