//! TLS on the listener: https and wss on one port, and a certificate that is renewed.

use std::fs;

use e2e::{
    Process, Server, eventually,
    tls::{TlsClient, issue},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");

#[tokio::test]
async fn https_and_wss_are_served_on_one_port() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = issue(folder.path());
    let server = Server::start_with(|settings| settings.server.tls = files.clone()).await;
    let client = TlsClient::new(server.addr(), &files.cert_file);
    let token = client.sign_up("ann").await;
    let (mut socket, hello) = client.native(&token).await;
    assert_eq!(hello["user"]["username"], "ann");
    socket.ping().await;
    server.stop().await;
}

#[tokio::test]
async fn a_hangup_brings_the_next_certificate_and_what_is_no_use_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = issue(folder.path());
    let config = folder.path().join("hubbub.toml");
    let text = format!(
        "[server]\ntls = {{ cert_file = {:?}, key_file = {:?} }}\n",
        files.cert_file, files.key_file
    );
    fs::write(&config, text).expect("written");
    let process = Process::start(PROGRAM, folder.path(), Some(config)).await;
    let first = TlsClient::new(process.addr(), &files.cert_file);
    let token = first.sign_up("ann").await;
    let (mut socket, _) = first.native(&token).await;

    let _ = issue(folder.path());
    process.signal("HUP").await;
    let next = TlsClient::new(process.addr(), &files.cert_file);
    eventually("the next certificate", || async {
        next.try_connect().await.ok()
    })
    .await;
    assert!(
        first.try_connect().await.is_err(),
        "the first is served no more"
    );
    socket.ping().await;

    let key = fs::read(&files.key_file).expect("a key");
    for refused in 1..=2 {
        // A certificate that is none, and then one that is not this key's.
        match refused {
            1 => fs::write(&files.cert_file, "no certificate").expect("written"),
            _ => {
                let _ = issue(folder.path());
                fs::write(&files.key_file, &key).expect("written");
            }
        }
        process.signal("HUP").await;
        let said = || {
            process
                .log()
                .matches("the certificate stays as it was")
                .count()
        };
        eventually("a line that says so", || async {
            (said() == refused).then_some(())
        })
        .await;
        next.try_connect().await.expect("the certificate of before");
        socket.ping().await;
    }
    assert_eq!(process.terminate().await, Some(0));
}

#[tokio::test]
async fn without_a_certificate_a_hangup_is_a_terminal_that_was_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(PROGRAM, folder.path(), None).await;
    assert_eq!(process.end_by("HUP").await, Some(0), "it drained");
}
