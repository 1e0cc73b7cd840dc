//! The proxy against a plain TCP echo.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Direction, Proxy};

/// Sends back what it reads, and remembers it.
struct Echo {
    address: SocketAddr,
    got: watch::Receiver<Vec<u8>>,
    _tasks: JoinSet<()>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, got) = watch::channel(Vec::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(echo(stream, heard.clone()));
            }
        });
        Self {
            address,
            got,
            _tasks: tasks,
        }
    }

    async fn hears(&mut self, what: &[u8]) {
        let heard = self.got.wait_for(|got| got == what);
        let heard = tokio::time::timeout(Duration::from_secs(10), heard).await;
        assert!(heard.is_ok(), "{what:?} has not come");
    }
}

async fn echo(mut stream: TcpStream, heard: watch::Sender<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(count) = stream.read(&mut buffer).await {
        heard.send_modify(|got| got.extend(&buffer[..count]));
        if count == 0 || stream.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

async fn setting() -> (Echo, Proxy, TcpStream) {
    let echo = Echo::start().await;
    let proxy = Proxy::to(echo.address).await.unwrap();
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    (echo, proxy, client)
}

async fn says(client: &mut TcpStream, expected: &[u8]) {
    let mut answer = vec![0; expected.len()];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, expected);
}

async fn is_reset(mut client: TcpStream) {
    let mut rest = Vec::new();
    let end = client.read_to_end(&mut rest).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn passes_bytes_and_the_end() {
    let (_echo, proxy, mut client) = setting().await;
    client.write_all(b"hello").await.unwrap();
    says(&mut client, b"hello").await;
    client.shutdown().await.unwrap();
    assert_eq!(
        client.read(&mut [0; 1]).await.unwrap(),
        0,
        "the echo's end comes back"
    );
    assert_eq!(proxy.seen().passed(Direction::ToServer), 5);
    proxy.until(|seen| seen.open == 0).await;
}

#[tokio::test]
async fn holds_and_releases_in_order() {
    let (mut echo, proxy, mut client) = setting().await;
    proxy.hold(Direction::ToServer);
    client.write_all(b"one ").await.unwrap();
    proxy
        .until(|seen| seen.held(Direction::ToServer) == 4)
        .await;
    assert!(echo.got.borrow().is_empty());
    proxy.release(Direction::ToServer).await;
    client.write_all(b"two").await.unwrap();
    echo.hears(b"one two").await;
    says(&mut client, b"one two").await;
}

#[tokio::test]
async fn holds_answers_too() {
    let (mut echo, proxy, mut client) = setting().await;
    proxy.hold(Direction::ToClient);
    client.write_all(b"hello").await.unwrap();
    echo.hears(b"hello").await;
    proxy
        .until(|seen| seen.held(Direction::ToClient) == 5)
        .await;
    proxy.release(Direction::ToClient).await;
    says(&mut client, b"hello").await;
}

#[tokio::test]
async fn a_request_lands_after_its_client_was_cut() {
    let (mut echo, proxy, mut client) = setting().await;
    proxy.hold(Direction::ToServer);
    client.write_all(b"zombie").await.unwrap();
    proxy
        .until(|seen| seen.held(Direction::ToServer) == 6)
        .await;
    proxy.cut_clients();
    is_reset(client).await;
    assert!(echo.got.borrow().is_empty());
    proxy.release(Direction::ToServer).await;
    echo.hears(b"zombie").await;
    let mut next = TcpStream::connect(proxy.address()).await.unwrap();
    next.write_all(b"!").await.unwrap();
    says(&mut next, b"!").await;
}

#[tokio::test]
async fn a_request_lands_after_its_client_went_by_itself() {
    let (mut echo, proxy, mut client) = setting().await;
    proxy.hold(Direction::ToServer);
    client.write_all(b"zombie").await.unwrap();
    proxy
        .until(|seen| seen.held(Direction::ToServer) == 6)
        .await;
    drop(client);
    proxy.until(|seen| seen.open == 0).await;
    proxy.release(Direction::ToServer).await;
    echo.hears(b"zombie").await;
}

#[tokio::test]
async fn cuts_at_once() {
    let (mut echo, proxy, mut client) = setting().await;
    client.write_all(b"hello").await.unwrap();
    echo.hears(b"hello").await;
    says(&mut client, b"hello").await;
    proxy.cut();
    is_reset(client).await;
}

#[tokio::test]
async fn cuts_after_a_byte_in_either_direction() {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let (mut echo, proxy, mut client) = setting().await;
        proxy.cut_after(direction, 3);
        client.write_all(b"hello").await.unwrap();
        is_reset_after(client, direction).await;
        assert_eq!(proxy.seen().passed(direction), 3);
        let arrived: &[u8] = if direction == Direction::ToServer {
            b"hel"
        } else {
            b"hello"
        };
        echo.hears(arrived).await;
    }
}

/// A reset may overtake the bytes before it, so only its coming is certain.
async fn is_reset_after(mut client: TcpStream, direction: Direction) {
    let mut rest = Vec::new();
    let end = client.read_to_end(&mut rest).await;
    assert_eq!(
        end.unwrap_err().kind(),
        ErrorKind::ConnectionReset,
        "{direction:?}"
    );
    assert!(b"hel".starts_with(&rest), "{rest:?}");
}

#[tokio::test]
async fn delays_every_byte() {
    let (_echo, proxy, mut client) = setting().await;
    let delay = Duration::from_millis(50);
    proxy.delay(Direction::ToServer, delay);
    proxy.delay(Direction::ToClient, delay);
    let start = Instant::now();
    client.write_all(b"hello").await.unwrap();
    says(&mut client, b"hello").await;
    assert!(start.elapsed() >= 2 * delay);
}

#[tokio::test]
async fn refuses_new_connections_and_keeps_old_ones() {
    let (_echo, proxy, mut client) = setting().await;
    proxy.until(|seen| seen.open == 1).await;
    proxy.refuse(true);
    if let Ok(refused) = TcpStream::connect(proxy.address()).await {
        is_reset(refused).await;
    }
    client.write_all(b"still").await.unwrap();
    says(&mut client, b"still").await;
    proxy.refuse(false);
    let mut next = TcpStream::connect(proxy.address()).await.unwrap();
    next.write_all(b"again").await.unwrap();
    says(&mut next, b"again").await;
}

#[tokio::test]
async fn resets_the_client_when_there_is_no_server() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let proxy = Proxy::to(address).await.unwrap();
    is_reset(TcpStream::connect(proxy.address()).await.unwrap()).await;
}
