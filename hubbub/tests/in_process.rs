//! The handle that tests and programs around Hubbub use.

use hubbub::Failure;
use settings::Settings;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

fn settings(folder: &TempDir) -> Settings {
    Settings {
        data: folder.path().join("data"),
        ..Settings::default()
    }
}

async fn listener() -> Vec<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    vec![listener.expect("a port")]
}

#[tokio::test]
async fn it_serves_until_it_is_stopped_and_can_be_started_again() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let server = hubbub::run(settings(&folder), listener().await)
            .await
            .unwrap();
        let address = server.address();
        TcpStream::connect(address).await.unwrap();
        assert!(server.ctx().health.missing().await.is_empty());
        server.stop().await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}

#[tokio::test]
async fn two_cannot_share_a_folder() {
    let folder = TempDir::new().unwrap();
    let first = hubbub::run(settings(&folder), listener().await)
        .await
        .unwrap();
    let second = hubbub::run(settings(&folder), listener().await).await;
    assert!(matches!(second.err(), Some(Failure::InUse { .. })));
    first.stop().await.unwrap();
}

#[tokio::test]
async fn without_limits_only_on_loopback() {
    let folder = TempDir::new().unwrap();
    let open = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let settings = Settings {
        no_limits: true,
        ..settings(&folder)
    };
    let refused = hubbub::run(settings, vec![open]).await;
    assert!(matches!(refused.err(), Some(Failure::Unlimited)));
}
