//! Connections: how long they may take, how many there may be, and what becomes of them.

use hyper::upgrade::OnUpgrade;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::*;

#[tokio::test]
async fn only_http_1_is_spoken_and_heads_have_an_end() {
    let world = World::new();
    let served = world.serve(vec![]);
    let preface = served.ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!preface.contains("200"), "{preface}");
    let long = format!(
        "GET / HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    assert!(served.ask(&long).await.starts_with("HTTP/1.1 431"));
    let many = format!(
        "GET / HTTP/1.1\r\nhost: h\r\n{}\r\n",
        "x: y\r\n".repeat(100)
    );
    assert!(served.ask(&many).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_connection_is_kept_between_requests() {
    let world = World::new();
    let served = world.serve(vec![]);
    let mut client = served.connect().await;
    for _ in 0..3 {
        client.send("GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await;
        client.until("ok\n").await;
    }
}

#[tokio::test]
async fn half_a_head_is_waited_for_no_longer_than_five_seconds() {
    let world = World::new();
    let served = world.serve(vec![]);
    let begun = Instant::now();
    let mut silent = served.connect().await;
    let mut half = served.connect().await;
    half.send("GET /livez HTTP/1.1\r\nhost: ").await;
    let mut second = served.connect().await;
    second.send("GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await;
    second.until("ok\n").await;
    second.send("GET /li").await;
    for client in [&mut silent, &mut half, &mut second] {
        assert_eq!(client.rest().await, "");
    }
    let took = begun.elapsed();
    assert!(took >= HEAD - LOOK && took < 3 * HEAD, "{took:?}");
}

#[tokio::test]
async fn small_writes_do_not_wait_for_company() {
    let world = World::new();
    let (told, mut hears) = tokio::sync::mpsc::channel(1);
    let served = world.serve(vec![echo(&world.ctx, told)]);
    let mut client = served.connect().await;
    client.send(UPGRADE).await;
    client.until("\r\n\r\n").await;
    assert_eq!(hears.recv().await, Some(true));
}

#[tokio::test]
async fn who_finds_no_place_is_told_so_and_places_come_back() {
    let world = World::with(|settings| settings.limits.connections = 1);
    let served = world.serve(vec![]);
    let mut first = served.connect().await;
    first.send("GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await;
    first.until("ok\n").await;
    let refused = served.connect().await.rest().await;
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 1"),
        "{refused}"
    );
    drop(first);
    loop {
        if served
            .ask(&bare("GET", "/livez"))
            .await
            .starts_with("HTTP/1.1 200")
        {
            break;
        }
    }
}

const UPGRADE: &str =
    "GET /echo HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

/// A route that takes the connection over and echoes a line. It tells first whether small writes
/// go at once.
fn echo(ctx: &Context, told: tokio::sync::mpsc::Sender<bool>) -> Service {
    let tasks = ctx.tasks.clone();
    let routes =
        warp::path!("echo")
            .and(warp::ext::get::<OnUpgrade>())
            .map(move |upgrade: OnUpgrade| {
                let told = told.clone();
                tasks.spawn(async move {
                    let parts = upgrade
                        .await
                        .unwrap()
                        .downcast::<TokioIo<Socket>>()
                        .unwrap();
                    let socket = parts.io.into_inner();
                    let nodelay = socket.stream().tcp().nodelay().unwrap();
                    told.send(nodelay).await.unwrap();
                    let mut lines = BufReader::new(socket);
                    let mut line = String::new();
                    while lines.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                        lines.write_all(line.as_bytes()).await.unwrap();
                        line.clear();
                    }
                });
                let mut response = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
                let headers = response.headers_mut();
                headers.insert("connection", "upgrade".parse().unwrap());
                headers.insert("upgrade", "echo".parse().unwrap());
                response
            });
    let echo = Endpoint {
        path: "/echo",
        methods: &["GET"],
    };
    Service::new("echo", routes, Vec::new()).with_endpoints(&[echo])
}

#[tokio::test]
async fn an_upgraded_connection_keeps_its_place_and_outlives_the_request() {
    let world = World::with(|settings| settings.limits.connections = 1);
    let (told, _hears) = tokio::sync::mpsc::channel(1);
    let served = world.serve(vec![echo(&world.ctx, told)]);
    let mut client = served.connect().await;
    client.send(UPGRADE).await;
    let answer = client.until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    client.send("hello\n").await;
    client.until("hello\n").await;
    let refused = served.connect().await.rest().await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    drop(client);
    while !served
        .ask(&bare("GET", "/livez"))
        .await
        .starts_with("HTTP/1.1 200")
    {
        tokio::task::yield_now().await;
    }
}
