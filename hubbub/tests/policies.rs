//! Commands on a stopped server, from wherever they are given.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use settings::Settings;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Serves once with a policy, and ends.
async fn served_once(data: &Path) {
    let policy = serde_json::json!({
        "name": "old",
        "older_than": "90 days",
        "action": "archive",
        "schedule": "every day at 02:00",
    });
    let mut settings = Settings {
        data: data.to_owned(),
        ..Settings::default()
    };
    settings.archive.policies = vec![serde_json::from_value(policy).unwrap()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = hubbub::run(settings, vec![listener]).await.unwrap();
    server.stop().await.unwrap();
}

/// Runs the program in a folder without a configuration.
fn command(elsewhere: &Path, data: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
    let command = command.args(args).arg("--data").arg(data);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.current_dir(elsewhere).env_clear().spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that reads nothing may be gone already.
    let _ = stdin.write_all(b"correct horse\n");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    output
}

fn policies(elsewhere: &Path, data: &Path) -> Vec<Value> {
    let output = command(elsewhere, data, &["archive", "policies", "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let policies = answer["policies"].as_array().unwrap();
    let kept = |policy: &Value| ["id", "enabled", "next_run_at"].map(|key| policy[key].clone());
    policies.iter().map(|policy| kept(policy).into()).collect()
}

#[tokio::test]
async fn a_command_without_the_configuration_leaves_the_policies_alone() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    served_once(&data).await;
    let before = policies(folder.path(), &data);
    assert_eq!(before.len(), 1, "{before:?}");
    let create = ["user", "create", "--password-stdin", "bob"];
    command(folder.path(), &data, &create);
    assert_eq!(policies(folder.path(), &data), before);
}
