//! The README's lines work as they are printed; only the address is this test's own.

use std::process::Stdio;

use e2e::{Server, soon};
use tokio::{io::AsyncReadExt, process::Command};

const README: &str = include_str!("../../README.md");
const PRINTED: &str = "127.0.0.1:8080";

/// The shell block behind the marker.
fn block() -> &'static str {
    let (_, rest) = README
        .split_once("tests/e2e/readme.rs. -->")
        .expect("the marker");
    let (_, rest) = rest.split_once("```sh\n").expect("a block");
    rest.split_once("```").expect("the block's end").0
}

#[tokio::test]
async fn somebody_who_pastes_the_readmes_lines_hears_themselves() {
    let server = Server::start().await;
    let script = block().replace(PRINTED, &server.addr().to_string());
    let mut shell = Command::new("bash")
        .args([
            "-c",
            &format!("trap 'kill $(jobs -p)' EXIT\n{script}\nwait"),
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("bash and curl");
    let mut stdout = shell.stdout.take().expect("piped");
    let heard = soon("the message", async {
        let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let read = stdout.read(&mut buffer).await.expect("output");
            assert_ne!(read, 0, "it ended: {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&seen);
            // Once in the answer to the sender, once on the socket.
            if text.matches("hello, room").count() >= 2 {
                return text.into_owned();
            }
        }
    })
    .await;
    assert!(
        heard.contains("[]"),
        "the history of an empty room comes first: {heard}"
    );
    server.stop().await;
    drop(shell);
}
