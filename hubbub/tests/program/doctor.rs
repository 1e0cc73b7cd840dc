//! `hubbub doctor`: what would keep a server from starting, or troubles one that runs.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{Done, Place};

/// The line about something.
fn line<'a>(done: &'a Done, what: &str) -> &'a str {
    let about = |line: &&str| line.split_ascii_whitespace().nth(1) == Some(what);
    let found = done.stdout.lines().find(about);
    found.unwrap_or_else(|| panic!("nothing about {what}: {done:?}"))
}

#[test]
fn a_healthy_place_is_all_ok_before_and_beside_a_server() {
    let place = Place::new();
    place.write(
        "hubbub.toml",
        "listen = ['127.0.0.1:0']\n[limits]\nconnections = 100\n",
    );
    let before = place.run(&["doctor"]);
    assert_eq!(before.code, Some(0), "{before:?}");
    assert!(!place.path("data").exists(), "it makes nothing");
    assert!(line(&before, "server").starts_with("ok "), "{before:?}");

    let serving = place.serve();
    let beside = place.run(&["doctor"]);
    assert_eq!(beside.code, Some(0), "{beside:?}");
    assert!(line(&beside, "server").contains("ready"), "{beside:?}");
    assert!(line(&beside, "database").contains("sound"), "{beside:?}");
    assert!(
        line(&beside, "data").contains("its owner's alone"),
        "{beside:?}"
    );
    let files = line(&beside, "files");
    assert!(files.contains("written, read and removed"), "{files}");
    assert_eq!(files_below(&place.path("data/blobs")), 0, "nothing is left");
    assert_eq!(serving.status("/readyz"), 200, "it goes on");
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn what_is_wrong_is_a_line_that_says_what_to_do() {
    let place = Place::new();
    assert_eq!(place.serve().end("-TERM"), Some(0));
    let open = |name: &str, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.path(name), mode).expect("our own file");
    };
    open("data/token.secret", 0o644);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let file = format!(
        "listen = ['{address}']\n[auth]\nlegacy_secret = 'short and old'\n\
         [server.tls]\ncert_file = 'cert.pem'\nkey_file = 'key.pem'\n"
    );
    place.write("hubbub.toml", &file);
    open("hubbub.toml", 0o644);
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.complaint().contains("must be mended"), "{done:?}");
    let secret = line(&done, "secret");
    assert!(
        secret.starts_with("fail") && secret.contains("chmod 600"),
        "{secret}"
    );
    let weak = "warn  secret         auth.legacy_secret has fewer than 32 bytes";
    assert!(done.stdout.contains(weak), "{done:?}");
    assert!(
        done.stdout.contains("hubbub.toml holds auth.legacy_secret"),
        "{done:?}"
    );
    assert!(!done.stdout.contains("short and old"), "no secret is shown");
    let listener = line(&done, "listener");
    assert!(
        listener.starts_with("fail") && listener.contains("--listen"),
        "{listener}"
    );
    let tls = line(&done, "tls");
    assert!(
        tls.starts_with("fail") && tls.contains("cert.pem cannot be read"),
        "{tls}"
    );
}

/// How many files lie below a folder.
fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let count = |path: PathBuf| if path.is_dir() { files_below(&path) } else { 1 };
    entries.map(|entry| count(entry.path())).sum()
}

#[test]
fn a_storage_of_files_that_is_of_no_use_says_what_to_look_at() {
    let place = Place::new();
    assert_eq!(place.serve().end("-TERM"), Some(0));
    std::fs::remove_dir_all(place.path("data/blobs")).expect("our own folder");
    place.write("data/blobs", "a file");
    let done = place.run(&["doctor"]);
    let files = line(&done, "files");
    assert!(files.starts_with("fail"), "{files}");
    assert!(files.contains("data/blobs"), "{files}");

    let nowhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = nowhere.local_addr().expect("an address");
    drop(nowhere);
    let file = format!(
        "[backends]\nblobs_url = 's3://bucket/files'\n[s3]\nendpoint = 'http://{address}'\n\
         access_key_id = 'AKIA'\nsecret_access_key = 'not to be shown'\n"
    );
    place.write("hubbub.toml", &file);
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let files = line(&done, "files");
    assert!(files.starts_with("fail"), "{files}");
    assert!(files.contains("writing failed"), "{files}");
    assert!(files.contains("look at [s3]"), "{files}");
    assert!(!done.stdout.contains("not to be shown"), "{done:?}");
}

#[test]
fn a_damaged_database_is_found() {
    let place = Place::new();
    assert_eq!(place.serve().end("-TERM"), Some(0));
    let path = place.path("data/hubbub.db");
    std::fs::write(
        &path,
        "no database at all, but a text that is long enough\n".repeat(100),
    )
    .expect("our own file");
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let database = line(&done, "database");
    assert!(
        database.starts_with("fail") && database.contains("hubbub.db"),
        "{database}"
    );
}

#[test]
fn a_redis_that_cannot_be_reached_is_named_without_its_password() {
    let place = Place::new();
    let nowhere = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr();
    let address = nowhere.expect("an address");
    let file = format!(
        "[backends]\ncache_url = 'redis://ann:hunter2@{address}'\n\
         bus_url = 'redis://ann:hunter2@{address}'\n"
    );
    place.write("hubbub.toml", &file);
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let cache = line(&done, "cache");
    assert!(
        cache.starts_with("fail") && cache.contains(&address.to_string()),
        "{cache}"
    );
    assert!(!done.stdout.contains("hunter2"), "no secret is shown");
    assert!(!done.stdout.contains(" bus "), "it is the same server");
}

#[test]
fn the_public_address_says_how_requests_arrive() {
    let place = Place::new();
    let serving = place.serve();
    let url = format!("http://{}", serving.address);
    let done = place.run(&["doctor", "--url", &url]);
    let proxy = line(&done, "proxy");
    assert!(
        proxy.starts_with("ok") && proxy.contains("127.0.0.1, over http"),
        "{proxy}"
    );
    let nowhere = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr();
    let url = format!("https://{}", nowhere.expect("an address"));
    let done = place.run(&["doctor", "--url", &url]);
    assert_eq!(done.code, Some(1));
    assert!(
        line(&done, "proxy").contains("cannot be reached"),
        "{done:?}"
    );
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn machines_read_it_too() {
    let place = Place::new();
    place.write("hubbub.toml", "lissten = []\n");
    let done = place.run(&["doctor", "--json"]);
    assert_eq!(done.code, Some(1));
    let found: Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(found[0]["level"], "fail");
    assert_eq!(found[0]["what"], "configuration");
    let text = found[0]["text"].as_str().expect("a text");
    assert!(text.contains("did you mean `listen`?"), "{text}");
}
