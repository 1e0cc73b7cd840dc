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
            format!("mongodb://{address}/?directConnection=true&appName=tea"),
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

/// A variable as a shell has it that was told to read the file.
fn sourced(target: &Path, name: &str) -> String {
    let script = format!(r#". "$0" && printf %s "${name}""#);
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(target.join("services/env"));
    let output = shell.env_remove(name).output().expect("a shell");
    String::from_utf8_lossy(&output.stdout).into_owned()
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
    let store = format!("mongodb://{address}/hubbub?directConnection=true&appName=tea");
    let store = format!("up    STORE_URL='{store}'");
    assert!(told.contains(&store), "{told}");
    assert_eq!(
        sourced(target.path(), "REDIS_URL"),
        format!("redis://{address}")
    );
    assert!(sourced(target.path(), "STORE_URL").ends_with("&appName=tea"));
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
