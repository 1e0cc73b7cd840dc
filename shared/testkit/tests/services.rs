//! The servers of a machine without Docker, as somebody starts and stops them.

use std::{path::Path, process::Command};

use testkit::redis_server::{RedisServer, or_skip};

/// What a command printed, and whether it succeeded.
fn services(command: &str, target: &Path, address: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_services"))
        .arg(command)
        .env("CARGO_TARGET_DIR", target)
        .env(
            "MONGODB_URI",
            format!("mongodb://{address}/?directConnection=true"),
        )
        .env("REDIS_URL", format!("redis://{address}"))
        .env("AMQP_URL", format!("amqp://guest:guest@{address}"))
        .output()
        .expect("the program");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// All three are given, and are one Redis: what is asked is only whether something is there.
#[test]
fn they_are_up_until_they_are_told_to_end() {
    let Some(redis) = or_skip(RedisServer::shared()) else {
        return;
    };
    let address = redis.address().unwrap().to_string();
    let target = tempfile::tempdir().unwrap();
    let run = |command| services(command, target.path(), &address);

    let (up, told) = run("status");
    assert!(!up && told.contains("just services up"), "{told}");
    let (up, told) = run("up");
    assert!(up, "{told}");
    let store = format!("up    STORE_URL=mongodb://{address}/hubbub?directConnection=true");
    assert!(told.contains(&store), "{told}");
    let (up, told) = run("up");
    assert!(up && told.contains("They run already."), "{told}");
    let (down, told) = run("down");
    assert!(down, "{told}");
    assert!(!run("status").0);
    let (fine, told) = run("sideways");
    assert!(
        !fine && told.contains("usage: services up | down | status"),
        "{told}"
    );
}
