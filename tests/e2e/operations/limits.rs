//! Every limit of `docs/limits.md`: told in `hello`, kept, and refused with a code that says so.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use domain::Limits;
use e2e::{Server, people::PASSWORD};
use serde_json::{Value, json};

const HERE: &str = "tests/e2e/operations/limits.rs";
const ROOMS: &str = "chat-service/src/application/tests/mod.rs";
const LOGINS: &str = "chat-service/src/routes/tests/accounts.rs";
const FILES: &str = "chat-service/src/files/tests.rs";
const WRITER: &str = "chat-service/src/writer/tests/mod.rs";
const OUTBOX: &str = "shared/edge/src/outbox.rs";

/// Each limit, and the test that goes up to it and one further.
const KEPT: &[(&str, &str, &str)] = &[
    (
        "body_bytes",
        HERE,
        "what_is_too_large_is_refused_and_not_cut",
    ),
    (
        "message_bytes",
        HERE,
        "what_is_too_large_is_refused_and_not_cut",
    ),
    (
        "room_name_chars",
        HERE,
        "what_is_too_large_is_refused_and_not_cut",
    ),
    ("room_members", ROOMS, "rooms_and_people_have_a_most"),
    ("user_rooms", ROOMS, "rooms_and_people_have_a_most"),
    ("user_sessions", HERE, "sockets_of_one_person_are_counted"),
    (
        "address_sessions",
        "tests/e2e/operations/proxy.rs",
        "limits_count_the_clients_address_and_not_the_proxys",
    ),
    (
        "address_connections",
        "shared/edge/src/caps.rs",
        "one_address_does_not_take_all_places",
    ),
    (
        "connections",
        "shared/edge/src/serve/tests/connections.rs",
        "who_finds_no_place_is_told_so_and_places_come_back",
    ),
    ("page", HERE, "pages_have_a_size_and_a_most"),
    ("page_max", HERE, "pages_have_a_size_and_a_most"),
    ("resume_room_rows", HERE, "a_resume_of_too_much_says_so"),
    ("resume_rows", HERE, "a_resume_of_too_much_says_so"),
    (
        "outbox_bytes",
        OUTBOX,
        "too_many_frames_or_bytes_end_the_session_and_free_what_waits",
    ),
    (
        "outbox_frames",
        OUTBOX,
        "too_many_frames_or_bytes_end_the_session_and_free_what_waits",
    ),
    (
        "frames_per_second",
        "shared/edge/src/session/flood.rs",
        "the_sustained_rate_passes_for_ever",
    ),
    (
        "frames_burst",
        "shared/edge/src/session/flood.rs",
        "a_burst_passes_and_a_flood_does_not",
    ),
    ("writer_queue", WRITER, "a_full_queue_is_busy"),
    ("append_rows", WRITER, "a_batch_keeps_to_its_limits"),
    ("append_bytes", WRITER, "a_batch_keeps_to_its_limits"),
    (
        "sends_per_second",
        HERE,
        "who_sends_too_fast_reads_when_to_go_on",
    ),
    (
        "sends_burst",
        HERE,
        "who_sends_too_fast_reads_when_to_go_on",
    ),
    (
        "logins_per_minute",
        HERE,
        "log_ins_and_sign_ups_have_a_rate",
    ),
    ("signups_per_hour", HERE, "log_ins_and_sign_ups_have_a_rate"),
    (
        "refreshes_per_minute",
        LOGINS,
        "what_is_no_refresh_token_is_refused_and_counted",
    ),
    (
        "changes_per_minute",
        LOGINS,
        "whose_an_address_is_cannot_be_found_out_by_trying",
    ),
    (
        "tickets_per_minute",
        LOGINS,
        "tickets_are_for_those_who_are_known_and_not_for_ever",
    ),
    (
        "user_logins",
        "shared/edge/src/auth/families/tests.rs",
        "of_too_many_logins_the_least_used_ends",
    ),
    (
        "upload_bytes",
        FILES,
        "the_largest_file_fits_and_one_byte_more_leaves_nothing",
    ),
    (
        "user_uploads",
        FILES,
        "uploads_are_bounded_at_once_and_in_a_minute",
    ),
    (
        "uploads_per_minute",
        FILES,
        "uploads_are_bounded_at_once_and_in_a_minute",
    ),
    (
        "uploads",
        "chat-service/src/files/slots.rs",
        "a_place_is_free_again_when_its_upload_is_over",
    ),
    (
        "small_room",
        "shared/edge/src/live/tests/receipts.rs",
        "in_a_large_room_only_ones_own_sessions_hear",
    ),
    (
        "typing_per_second",
        "shared/edge/src/live/tests/typing.rs",
        "a_crowd_is_spared_wherever_its_people_type",
    ),
    (
        "presence_per_second",
        HERE,
        "presence_is_told_no_faster_and_asked_for_no_wider",
    ),
    (
        "presence_users",
        HERE,
        "presence_is_told_no_faster_and_asked_for_no_wider",
    ),
    (
        "run_batch",
        "scheduler-service/src/archive/tests.rs",
        "a_cancelled_run_stops_before_the_next_batch",
    ),
    (
        "change_days",
        "chat-service/src/old_changes.rs",
        "changes_go_when_their_days_are_over",
    ),
    (
        "archive_policies",
        "scheduler-service/src/routes/tests/policies.rs",
        "administrators_make_only_so_many",
    ),
];

fn all() -> Vec<String> {
    let limits = serde_json::to_value(Limits::default()).expect("plain values");
    let keys = limits.as_object().expect("a table").keys();
    keys.cloned().collect()
}

#[test]
fn every_limit_is_gone_up_to_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for key in all() {
        let kept = KEPT.iter().find(|(name, ..)| *name == key);
        let (_, file, test) = kept.unwrap_or_else(|| panic!("no test goes up to {key}"));
        let source = fs::read_to_string(root.join(file)).expect(file);
        assert!(
            source.contains(&format!("fn {test}()")),
            "{key}: {test} is not in {file}"
        );
    }
}

#[tokio::test]
async fn hello_tells_every_limit() {
    let server = Server::start_with(|settings| settings.limits.page = 7).await;
    let ann = server.anon().sign_up("ann").await;
    let (_socket, hello) = ann.native().await;
    for key in all() {
        assert!(hello["limits"][&key].is_u64(), "{key}: {}", hello["limits"]);
    }
    assert_eq!(hello["limits"]["page"], 7, "as they are in force");
    server.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_not_cut() {
    let server = Server::start_with(|settings| {
        settings.limits.body_bytes = 400;
        settings.limits.message_bytes = 100;
        settings.limits.room_name_chars = 10;
    })
    .await;
    let ann = server.anon().sign_up("ann").await;
    let room = ann.create_room("ten chars!").await;
    let longer = json!({"name": "ten chars!!"});
    let refused = ann.rest.post("/api/v1/rooms", &longer).await;
    assert_eq!(refused.code(), "invalid_room_name");
    let messages = format!("/api/v1/rooms/{room}/messages");
    let say = |bytes: usize| json!({"content": "x".repeat(bytes)});
    assert_eq!(ann.rest.post(&messages, &say(100)).await.status, 201);
    assert_eq!(
        ann.rest.post(&messages, &say(101)).await.code(),
        "message_too_long"
    );
    let refused = ann.rest.post(&messages, &say(400)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (413, "body_too_large")
    );
    assert_eq!(ann.whole_history(&room).await.len(), 1, "nothing in part");

    let (mut socket, _) = ann.native().await;
    socket.send(&say(400)).await;
    assert_eq!(socket.closed().await, Some(1009), "a frame is a body");
    server.stop().await;
}

#[tokio::test]
async fn sockets_of_one_person_are_counted() {
    let server = Server::start_with(|settings| settings.limits.user_sessions = 2).await;
    let ann = server.anon().sign_up("ann").await;
    let (_one, _two) = (ann.native().await, ann.native().await);
    let refused = ann.socket("/api/v1/ws").await.err().expect("a refusal");
    assert_eq!(refused.status, 429);
    assert!(refused.body.contains("too_many_sessions"), "{refused:?}");
    server.stop().await;
}

#[tokio::test]
async fn pages_have_a_size_and_a_most() {
    let server = Server::start_with(|settings| {
        settings.limits.page = 2;
        settings.limits.page_max = 3;
    })
    .await;
    let ann = server.anon().sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    for text in ["a", "b", "c", "d"] {
        ann.say(&room, text).await;
    }
    let page = async |query: &str| {
        let path = format!("/api/v1/rooms/{room}/messages{query}");
        let page = ann.rest.get(&path).await.expect(200);
        page["messages"].as_array().expect("messages").len()
    };
    assert_eq!(page("").await, 2);
    assert_eq!(page("?limit=3").await, 3);
    assert_eq!(page("?limit=4").await, 3);
    server.stop().await;
}

#[tokio::test]
async fn a_resume_of_too_much_says_so() {
    for (of_room, in_all) in [(3, 1_000), (1_000, 3)] {
        let server = Server::start_with(|settings| {
            settings.limits.resume_room_rows = of_room;
            settings.limits.resume_rows = in_all;
        })
        .await;
        let ann = server.anon().sign_up("ann").await;
        let room = ann.create_room("lobby").await;
        for text in ["a", "b", "c", "d"] {
            ann.say(&room, text).await;
        }
        let (mut socket, hello) = ann.native().await;
        let rooms = json!({&room: 0});
        let resume = json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": rooms});
        socket.send(&resume).await;
        assert_eq!(socket.next_of("gap").await["reason"], "too_many");
        server.stop().await;
    }
}

#[tokio::test]
async fn who_sends_too_fast_reads_when_to_go_on() {
    let server = Server::start_with(|settings| {
        settings.limits.sends_per_second = 1;
        settings.limits.sends_burst = 2;
    })
    .await;
    let ann = server.anon().sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let say = json!({"content": "hello"});
    let first = ann.rest.post(&path, &say).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("ratelimit-policy"), "\"sends\";q=2;w=2");
    // Making the room was counted too.
    let state = first.header("ratelimit");
    assert!(state.starts_with("\"sends\";r="), "{state}");
    assert_eq!(first.header("retry-after"), "");
    let refused = loop {
        let answer = ann.rest.post(&path, &say).await;
        if answer.status != 201 {
            break answer;
        }
    };
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (429, "rate_limited")
    );
    assert_eq!(refused.header("ratelimit"), "\"sends\";r=0;t=1");
    assert_eq!(refused.header("retry-after"), "1");
    let read = ann.rest.get(&path).await;
    assert_eq!(read.header("ratelimit"), "", "reading has no rate");

    let (mut socket, _) = ann.native().await;
    let frame = json!({"id": "s", "type": "send", "room": room, "content": "hello",
        "client_id": "0191b4a2-7c1e-7d3a-9f00-000000000001"});
    let answer = loop {
        socket.send(&frame).await;
        let answer = socket.answer("s").await;
        if answer["type"] == "error" {
            break answer;
        }
    };
    assert_eq!(answer["code"], "rate_limited");
    assert!(
        answer["retry_after_ms"]
            .as_u64()
            .is_some_and(|wait| wait <= 1_000),
        "{answer}"
    );
    server.stop().await;
}

#[tokio::test]
async fn log_ins_and_sign_ups_have_a_rate() {
    let server = Server::start_with(|settings| {
        settings.limits.logins_per_minute = 1;
        settings.limits.signups_per_hour = 1;
    })
    .await;
    let rest = server.rest();
    let ask = async |path: &str, name: &str| {
        let body: Value = json!({"username": name, "password": PASSWORD});
        let answer = rest.post(path, &body).await;
        let headers = ["ratelimit-policy", "ratelimit", "retry-after"];
        let headers = headers.map(|name| answer.header(name).to_owned());
        (answer.status.as_u16(), headers)
    };
    let said = |status: u16, headers: [&str; 3]| (status, headers.map(str::to_owned));
    let policy = "\"signups\";q=1;w=3600";
    let signup = "/api/v1/auth/signup";
    assert_eq!(
        ask(signup, "ann").await,
        said(201, [policy, "\"signups\";r=0;t=3600", ""])
    );
    let (status, headers) = ask(signup, "bob").await;
    assert_eq!(status, 429);
    assert!(headers[1].starts_with("\"signups\";r=0;t="), "{headers:?}");
    assert!(
        headers[2].parse::<u32>().is_ok_and(|wait| wait > 3_500),
        "{headers:?}"
    );

    let policy = "\"logins\";q=1;w=60, \"logins-of-name\";q=2;w=120";
    let state = "\"logins\";r=0;t=60, \"logins-of-name\";r=1;t=60";
    let login = "/api/v1/auth/login";
    assert_eq!(ask(login, "ann").await, said(200, [policy, state, ""]));
    assert_eq!(ask(login, "ann").await.0, 429);
    server.stop().await;
}

#[tokio::test]
async fn presence_is_told_no_faster_and_asked_for_no_wider() {
    let server = Server::start_with(|settings| {
        settings.limits.presence_per_second = 1;
        settings.limits.presence_users = 2;
    })
    .await;
    let carol = server.anon().sign_up("carol").await;
    let room = carol.create_room("lobby").await;
    let (mut hears, _) = carol.native().await;
    let ann = server.anon().sign_up("ann").await;
    let bob = server.anon().sign_up("bob").await;
    ann.join(&room).await;
    bob.join(&room).await;
    let look = async |ids: &[&String]| {
        let ids: Vec<_> = ids.iter().map(|id| id.as_str()).collect();
        let path = format!("/api/v1/presence?users={}", ids.join(","));
        carol.rest.get(&path).await.status.as_u16()
    };
    assert_eq!(look(&[&ann.id, &bob.id]).await, 200);
    assert_eq!(look(&[&ann.id, &bob.id, &carol.id]).await, 400);

    let (_ann, _bob) = tokio::join!(ann.native(), bob.native());
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = hears.next_of("presence").await;
        if event["user"] != json!(carol.id) && event["user"]["id"] != json!(carol.id) {
            told.push(Instant::now());
        }
    }
    let between = told[1].duration_since(told[0]);
    assert!(between > Duration::from_millis(500), "{between:?}");
    server.stop().await;
}
