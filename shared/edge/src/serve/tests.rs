//! The accept loop over real TCP.

use std::sync::Arc;

use domain::Code;
use hyper::{StatusCode, upgrade::OnUpgrade};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::Notify,
    time::Instant,
};
use warp::{Filter, reply::Response};

use super::*;
use crate::{
    Endpoint, Missed, answer, body, listen_local,
    request::{self, LocalAdministrator},
    testing::{World, bare},
};

#[derive(serde::Deserialize)]
struct Name {
    name: String,
}

const ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        path: "/names",
        methods: &["GET", "POST"],
    },
    Endpoint {
        path: "/rooms/{room}/",
        methods: &["POST"],
    },
    Endpoint {
        path: "/dialect/here",
        methods: &["GET"],
    },
    Endpoint {
        path: "/who",
        methods: &["GET", "HEAD"],
    },
];

/// Something of everything: a body, a panic, a dialect of its own, the caller's address.
fn service() -> Service {
    let names = warp::path!("names")
        .and(warp::post())
        .and(body::json(64))
        .map(|name: domain::Result<Name>| match name {
            Ok(name) => answer::text(StatusCode::OK, name.name),
            Err(error) => answer::problem(&error),
        });
    let panics = warp::path!("panics").map(|| -> Response { panic!("expected by the test") });
    let who = warp::path!("who")
        .and(warp::get())
        .and(request::peer())
        .and(warp::ext::optional())
        .map(|peer: Peer, local: Option<LocalAdministrator>| {
            let text = format!("{} {}", peer.0.ip(), local.is_some());
            answer::text(StatusCode::OK, text)
        });
    let wrong = warp::path!("wrong")
        .and(warp::query::<std::collections::BTreeMap<u8, u8>>())
        .map(|_| answer::empty(StatusCode::OK));
    let routes = names.or(panics).unify().or(who).unify().or(wrong).unify();
    Service::new("test", routes, Vec::new())
        .with_endpoints(&ENDPOINTS)
        .with_fallback("/dialect/", dialect)
}

fn dialect(missed: &Missed<'_>) -> Response {
    let message = serde_json::json!({ "message": missed.error.code().name() });
    answer::json(answer::status_of(missed.error), &message)
}

fn post(body: &str, headers: &str) -> String {
    format!("POST /names HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{headers}\r\n{body}",)
}

fn with_length(body: &str) -> String {
    let length = body.len();
    post(
        body,
        &format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
    )
}

fn chunked(body: &str) -> String {
    let chunks: String = body
        .as_bytes()
        .chunks(7)
        .map(|chunk| {
            format!(
                "{:x}\r\n{}\r\n",
                chunk.len(),
                String::from_utf8_lossy(chunk)
            )
        })
        .collect();
    let body = format!("{chunks}0\r\n\r\n");
    post(
        &body,
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
    )
}

#[tokio::test]
async fn every_answer_is_named_and_carries_the_headers() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    for (method, path, status) in [
        ("GET", "/livez", "200"),
        ("GET", "/nowhere", "404"),
        ("DELETE", "/names", "405"),
        ("GET", "/panics", "500"),
        ("GET", "/wrong?x=y", "400"),
        ("CONNECT", "h:80", "405"),
        ("TRACE", "/names", "405"),
        ("OPTIONS", "/names", "204"),
        ("HEAD", "/who", "200"),
        ("HEAD", "/names", "405"),
    ] {
        let answer = served.ask(&bare(method, path)).await.to_lowercase();
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")),
            "{method} {path}: {answer}"
        );
        for header in [
            "x-request-id: ",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "content-security-policy: default-src 'none'",
        ] {
            assert!(answer.contains(header), "{method} {path}: {answer}");
        }
        assert!(
            !answer.contains("panicked") && !answer.contains("server:"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_in_the_words_of_the_dialect() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let answer = served.ask(&bare("DELETE", "/names")).await;
    assert!(answer.contains("allow: OPTIONS, GET, POST\r\n"), "{answer}");
    assert!(
        answer.contains("\"code\":\"method_not_allowed\""),
        "{answer}"
    );
    let answer = served.ask(&bare("GET", "/rooms/7/")).await;
    assert!(answer.contains("allow: OPTIONS, POST\r\n"), "{answer}");

    let answer = served.ask(&bare("POST", "/dialect/here")).await;
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: OPTIONS, GET\r\n"));
    assert!(
        answer.ends_with("{\"message\":\"method_not_allowed\"}"),
        "{answer}"
    );
    let answer = served.ask(&bare("GET", "/dialect/gone")).await;
    assert!(answer.ends_with("{\"message\":\"not_found\"}"), "{answer}");
}

#[tokio::test]
async fn the_clients_name_for_a_request_is_kept() {
    let world = World::new();
    let served = world.serve(vec![]);
    let request = "GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-request-id: abc-1\r\n\r\n";
    let answer = served.ask(request).await;
    assert!(answer.contains("x-request-id: abc-1\r\n"), "{answer}");
    assert!(answer.contains("\"request_id\":\"abc-1\""), "{answer}");
}

#[tokio::test]
async fn bodies_are_counted_whichever_way_they_come() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let fits = format!("{{\"name\":\"{}\"}}", "x".repeat(64 - 11));
    let over = format!("{{\"name\":\"{}\"}}", "x".repeat(64 - 10));
    let far_over = format!("{{\"name\":\"{}\"}}", "x".repeat(500_000));
    for request in [with_length(&fits), chunked(&fits)] {
        assert!(served.ask(&request).await.starts_with("HTTP/1.1 200"));
    }
    for request in [
        with_length(&over),
        chunked(&over),
        with_length(&far_over),
        chunked(&far_over),
    ] {
        let answer = served.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("body_too_large"), "{answer}");
    }
    let patient = post("", "content-length: 100000\r\nexpect: 100-continue\r\n");
    assert!(served.ask(&patient).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_are_refused() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    for (request, status) in [
        (post("{\"name\":\"a\"}", "content-length: 12\r\n"), "415"),
        (
            post(
                "{\"name\":\"a\"}",
                "content-type: text/plain\r\ncontent-length: 12\r\n",
            ),
            "415",
        ),
        (with_length("{"), "400"),
        (with_length("{\"name\":7}"), "400"),
        (
            post("x", "content-length: 1\r\ncontent-length: 2\r\n"),
            "400",
        ),
        (
            post("x", "content-length: 1\r\ntransfer-encoding: chunked\r\n"),
            "400",
        ),
        (post("x", "transfer-encoding: xchunked\r\n"), "400"),
        (
            post(
                "zz\r\n",
                "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
            ),
            "400",
        ),
    ] {
        let answer = served.ask(&request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{request} {answer}"
        );
    }
}

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
    let shared = Shared::new(&world.ctx, vec![]);
    let listener = crate::listen(([127, 0, 0, 1], 0).into()).unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    assert!(!stream.nodelay().unwrap());
    let slot = shared.slots.clone().try_acquire_owned().unwrap();
    let socket = open(stream, Pace::begin(), slot);
    assert!(socket.stream().nodelay().unwrap());
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

#[tokio::test]
async fn the_caller_is_known_by_address_and_by_the_local_socket() {
    let world = World::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("admin.sock");
    let listeners = vec![Listener::Local(listen_local(&path).unwrap())];
    let served = world.serve(vec![service()]);
    assert!(
        served
            .ask(&bare("GET", "/who"))
            .await
            .ends_with("127.0.0.1 false")
    );

    let ctx = world.ctx.clone();
    let serving = serve(&ctx, listeners, vec![service()]);
    let asking = async {
        let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        let request = bare("GET", "/who");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
            .await
            .unwrap();
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text)
            .await
            .unwrap();
        ctx.drain.cancel();
        text
    };
    let (ended, answer) = tokio::join!(serving, asking);
    ended.unwrap();
    assert!(answer.ends_with("127.0.0.1 true"), "{answer}");
    assert!(!path.exists(), "the socket goes with its process");
}

#[tokio::test]
async fn the_process_asks_itself_without_a_socket() {
    let world = World::new();
    let mut front = in_process(&world.ctx, vec![service()]);
    let request = Request::get("/who")
        .body(http_body_util::Empty::<Bytes>::new())
        .unwrap();
    let response = tower::Service::call(&mut front, request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap();
    assert_eq!(body.to_bytes(), "127.0.0.1 true");
}

/// A route that says when it was entered, and answers when it is let go.
fn slow(entered: Arc<Notify>, go: Arc<Notify>) -> Service {
    let routes = warp::path!("slow").then(move || {
        let (entered, go) = (entered.clone(), go.clone());
        async move {
            entered.notify_one();
            go.notified().await;
            answer::text(StatusCode::OK, "finished")
        }
    });
    Service::new("slow", routes, Vec::new())
}

#[tokio::test]
async fn draining_finishes_what_was_taken_and_takes_nothing_more() {
    let world = World::new();
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let served = world.serve(vec![slow(entered.clone(), go.clone())]);
    let mut idle = served.connect().await;
    idle.send("GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await;
    idle.until("ok\n").await;
    let mut busy = served.connect().await;
    busy.send("GET /slow HTTP/1.1\r\nhost: h\r\n\r\n").await;
    entered.notified().await;

    world.ctx.drain.cancel();
    assert_eq!(
        idle.rest().await,
        "",
        "a connection that does nothing is closed"
    );
    assert!(!world.ctx.health.missing().await.is_empty());
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        !world.ctx.stop.is_cancelled(),
        "the tasks go on while requests are answered"
    );
    go.notify_one();
    assert!(busy.rest().await.ends_with("finished"));
    served.ended().await.unwrap();
    assert!(world.ctx.stop.is_cancelled());
}

#[tokio::test]
async fn what_never_ends_is_cut_off_in_time() {
    let world = World::new();
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let stubborn = Task::new("stubborn", std::future::pending());
    let mut services = vec![slow(entered.clone(), go)];
    services[0].tasks.push(stubborn);
    let served = world.serve(services);
    let mut busy = served.connect().await;
    busy.send("GET /slow HTTP/1.1\r\nhost: h\r\n\r\n").await;
    entered.notified().await;
    let user = domain::UserId::new();
    let _session = world.ctx.sessions.enter(user, Peer::local()).unwrap();
    let begun = Instant::now();
    world.ctx.drain.cancel();
    served.ended().await.unwrap();
    let took = begun.elapsed();
    assert!(took >= TASKS_END && took < Limits::DRAIN, "{took:?}");
    assert_eq!(busy.rest().await, "");
}

#[tokio::test]
async fn a_task_that_fails_ends_the_process_with_an_error() {
    let world = World::new();
    let fails = Task::new("fails", async { panic!("expected by the test") });
    let service = Service::new("test", service().routes, vec![fails]);
    let ended = world.serve(vec![service]).ended().await;
    assert_eq!(ended.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn readiness_says_what_is_missing() {
    let world = World::new();
    let served = world.serve(vec![]);
    let queue = world.ctx.health.part("queue");
    let answer = served.ask(&bare("GET", "/readyz?verbose")).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(
        answer.contains("[+]store ok\n") && answer.contains("[-]queue: starting\n"),
        "{answer}"
    );
    queue.up();
    let answer = served.ask(&bare("GET", "/readyz")).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("ready\n"),
        "{answer}"
    );
    let metrics = served.ask(&bare("GET", "/metrics")).await;
    assert!(metrics.contains("hubbub_http_requests_total{"), "{metrics}");
}

#[tokio::test]
async fn pages_of_listed_origins_may_read_the_answers() {
    let world = World::with(|settings| {
        settings.http.allowed_origins = vec!["https://good.com".to_owned()];
    });
    let served = world.serve(vec![service()]);
    let ask = async |method: &str, origin: &str, more: &str| {
        let request = format!(
            "{method} /names HTTP/1.1\r\nhost: h\r\nconnection: close\r\norigin: {origin}\r\n{more}\r\n"
        );
        served.ask(&request).await
    };
    let preflight = "access-control-request-method: POST\r\n";
    let answer = ask("OPTIONS", "https://good.com", preflight).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(
        answer.contains("access-control-allow-origin: https://good.com\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("access-control-allow-methods: GET, POST\r\n"),
        "{answer}"
    );
    let answer = ask("OPTIONS", "https://evil.com", preflight).await;
    assert!(
        answer.starts_with("HTTP/1.1 403") && !answer.contains("allow-origin"),
        "{answer}"
    );
    // An error is readable too, or the page cannot tell what went wrong.
    let answer = ask("DELETE", "https://good.com", "").await;
    assert!(
        answer.contains("access-control-allow-origin: https://good.com\r\n"),
        "{answer}"
    );
    let answer = ask("DELETE", "https://evil.com", "").await;
    assert!(
        !answer.contains("allow-origin") && answer.contains("vary: Origin\r\n"),
        "{answer}"
    );
}

/// A route that takes the connection over and echoes a line.
fn echo(ctx: &Context) -> Service {
    let tasks = ctx.tasks.clone();
    let routes =
        warp::path!("echo")
            .and(warp::ext::get::<OnUpgrade>())
            .map(move |upgrade: OnUpgrade| {
                tasks.spawn(async move {
                    let parts = upgrade
                        .await
                        .unwrap()
                        .downcast::<TokioIo<Socket>>()
                        .unwrap();
                    let mut lines = BufReader::new(parts.io.into_inner());
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
    Service::new("echo", routes, Vec::new())
}

#[tokio::test]
async fn an_upgraded_connection_keeps_its_place_and_outlives_the_request() {
    let world = World::with(|settings| settings.limits.connections = 1);
    let served = world.serve(vec![echo(&world.ctx)]);
    let mut client = served.connect().await;
    client
        .send("GET /echo HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await;
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

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_no_longer_than_ten_seconds() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let begun = Instant::now();
    let json = "content-type: application/json\r\ncontent-length: 20\r\n";
    let answer = served.ask(&post("{\"name\":", json)).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("body_too_slow"),
        "{answer}"
    );
    assert!(begun.elapsed() < body::DEADLINE * 2);
}
