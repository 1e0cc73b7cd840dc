//! From a request, or a frame on a socket, to what the notification-service makes of it.

use e2e::Socket;
use serde_json::json;

use crate::{
    collector::{Collector, Span},
    start,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00f067aa0ba902b7";

fn traceparent(trace: &str) -> String {
    format!("00-{trace}-{CALLER}-01")
}

fn is<'a>(name: &'a str, trace: &'a str) -> impl Fn(&Span) -> bool + 'a {
    move |span| span.name == name && span.trace == trace
}

#[tokio::test]
async fn a_message_is_one_trace_from_the_request_to_the_notification() {
    let (collector, data) = (
        Collector::start().await,
        tempfile::tempdir().expect("a folder"),
    );
    let (process, anon) = start(data.path(), &collector.url()).await;
    let ann = anon.sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let headers = [
        ("traceparent", &*traceparent(TRACE)),
        ("x-request-id", "request-7"),
    ];
    let said = json!({"content": "a word of mine"});
    let answer = ann.rest.post_with(&path, &said, &headers).await;
    assert_eq!(answer.status, 201);

    let route = "POST /api/v1/rooms/{room}/messages";
    let request = collector.span("the request", is(route, TRACE)).await;
    assert_eq!((&*request.parent, &*request.kind), (CALLER, "Server"));
    assert_eq!(request.get("http.request.method"), "POST");
    assert_eq!(request.get("http.route"), "/api/v1/rooms/{room}/messages");
    assert_eq!(request.get("http.response.status_code"), "201");
    assert_eq!(request.get("hubbub.request_id"), "request-7");
    assert_eq!(request.process["service.name"], "hubbub");
    assert!(!request.process["service.version"].is_empty());
    assert!(!request.process["service.instance.id"].is_empty());

    let send = collector.span("the command", is("send", TRACE)).await;
    assert_eq!((&send.parent, &*send.kind), (&request.id, "Internal"));
    assert_eq!(send.get("hubbub.room"), room);
    let append = collector.span("the append", is("append", TRACE)).await;
    assert_eq!((&append.parent, append.get("hubbub.rows")), (&send.id, "1"));
    let publish = collector.span("the relay", is("publish", TRACE)).await;
    assert_eq!((&publish.parent, &*publish.kind), (&send.id, "Producer"));
    let consume = collector.span("the consumer", is("consume", TRACE)).await;
    assert_eq!((&consume.parent, &*consume.kind), (&send.id, "Consumer"));

    assert_eq!(process.terminate().await, Some(0));
    let all = collector.spans();
    let of_trace = all.iter().filter(|span| span.trace == TRACE);
    assert_eq!(of_trace.count(), 5, "{all:?}");
    let told = format!("{all:?}");
    for secret in ["a word of mine", &ann.token, e2e::people::PASSWORD] {
        assert!(!told.contains(secret), "{secret} is nobody's business");
    }
}

#[tokio::test]
async fn a_socket_goes_on_with_the_trace_of_its_handshake() {
    let (collector, data) = (
        Collector::start().await,
        tempfile::tempdir().expect("a folder"),
    );
    let (process, anon) = start(data.path(), &collector.url()).await;
    let ann = anon.sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    let (bearer, parent) = (format!("Bearer {}", ann.token), traceparent(OTHER));
    let headers = [("authorization", &*bearer), ("traceparent", &*parent)];
    let mut socket = Socket::open_with(process.addr(), "/api/v1/ws", &headers)
        .await
        .expect("a socket");
    let client_id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let send =
        json!({"id": "1", "type": "send", "room": room, "client_id": client_id, "content": "x"});
    socket.send(&send).await;
    socket.next_of("ack").await;
    let nowhere = "01890a5d-ac96-774b-bcce-b302099a8058";
    socket
        .send(&json!({"id": "2", "type": "join", "room": nowhere}))
        .await;
    socket.next_of("error").await;
    socket.close().await;

    let send = collector.span("the command", is("send", OTHER)).await;
    assert_eq!((&*send.parent, &*send.kind), (CALLER, "Server"));
    let consume = collector.span("the consumer", is("consume", OTHER)).await;
    assert_eq!(consume.parent, send.id);
    let join = collector.span("the refused", is("join", OTHER)).await;
    assert_eq!(join.get("error.type"), "room_not_found");
    assert!(!join.failed, "a refusal is no fault of the server");
    let handshake = collector
        .span("the handshake", is("GET /api/v1/ws", OTHER))
        .await;
    assert_eq!(handshake.get("http.response.status_code"), "101");
    assert_eq!(process.terminate().await, Some(0));
}

#[tokio::test]
async fn what_names_no_trace_begins_one_and_probes_are_none() {
    let (collector, data) = (
        Collector::start().await,
        tempfile::tempdir().expect("a folder"),
    );
    let (process, anon) = start(data.path(), &collector.url()).await;
    let unsaid = traceparent(OTHER).replace("-01", "-00");
    for (path, parent) in [
        ("/api/v1/rooms/x?token=secret", "00-not-a-trace"),
        ("/api/v1/nowhere/xyzzy", &traceparent(TRACE).to_uppercase()),
        ("/api/v1/me", &unsaid),
        ("/readyz", &traceparent(TRACE)),
    ] {
        let get = hyper::Method::GET;
        anon.rest
            .send(get, path, &[("traceparent", parent)], None)
            .await;
    }
    assert_eq!(process.terminate().await, Some(0));
    let room = collector
        .span("the room", |span| span.name == "GET /api/v1/rooms/{room}")
        .await;
    let other = collector
        .span("the rest", |span| span.name == "GET other")
        .await;
    for span in [&room, &other] {
        assert_eq!(span.parent, "", "{span:?}");
    }
    assert_ne!(room.trace, other.trace);
    let told = format!("{:?}", collector.spans());
    for hidden in ["secret", "xyzzy", "readyz", OTHER, TRACE] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
}
