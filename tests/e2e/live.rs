//! Receipts, unread, typing and presence: what is told as it happens, and is in no log.

use e2e::{Server, SignedIn, Socket, eventually};
use serde_json::{Value, json};

/// Two people in one room, in which Alice has said three things.
async fn alice_and_bob(server: &Server) -> (SignedIn, SignedIn, String, u64) {
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    let mut head = 0;
    for text in ["one", "two", "three"] {
        let said = alice.say(&room, text).await;
        head = said["message"]["seq"].as_u64().expect("a seq");
    }
    (alice, bob, room, head)
}

async fn ask(socket: &mut Socket, mut frame: Value) -> Value {
    frame["id"] = json!("ask");
    socket.send(&frame).await;
    socket.answer("ask").await
}

/// Everything that is heard before the answer to a ping.
async fn heard(socket: &mut Socket) -> Vec<Value> {
    socket.send(&json!({"id": "ping", "type": "ping"})).await;
    let mut heard = Vec::new();
    loop {
        let frame = socket.next().await;
        if frame["id"] == "ping" {
            return heard;
        }
        heard.push(frame);
    }
}

fn types(frames: &[Value]) -> Vec<&str> {
    let types = frames.iter().map(|frame| frame["type"].as_str());
    types.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn what_one_reads_is_told_to_the_room_and_to_ones_other_devices() {
    let server = Server::start().await;
    let (alice, bob, room, head) = alice_and_bob(&server).await;
    let (mut a, _) = alice.native().await;
    let (mut phone, hello) = bob.native().await;
    let (mut laptop, _) = bob.native().await;
    assert_eq!(hello["rooms"][0]["unread"], 3);
    assert_eq!(hello["rooms"][0]["unread_more"], false);

    let read = json!({"type": "read", "room": room, "seq": head - 1});
    assert_eq!(ask(&mut phone, read).await["type"], "ack");
    let told = a.next_of("receipt").await;
    assert_eq!(
        (&told["room"], &told["user"]["username"]),
        (&json!(room), &json!("bob"))
    );
    assert_eq!(
        (&told["read"], &told["received"]),
        (&json!(head - 1), &json!(head - 1))
    );
    assert!(
        told.get("unread").is_none(),
        "that is bob's business: {told}"
    );
    let own = laptop.next_of("receipt").await;
    assert_eq!(
        (&own["unread"], &own["unread_more"]),
        (&json!(1), &json!(false))
    );

    let received = json!({"type": "received", "room": room, "seq": 1_000_000});
    assert_eq!(ask(&mut laptop, received).await["type"], "ack");
    let told = a.next_of("receipt").await;
    let marks = (&told["read"], &told["received"]);
    assert_eq!(
        marks,
        (&json!(head - 1), &json!(head)),
        "beyond the head is the head"
    );
    server.stop().await;
}

#[tokio::test]
async fn who_scrolls_fast_is_told_of_once_a_second() {
    let server = Server::without_limits().await;
    let (alice, bob, room, _) = alice_and_bob(&server).await;
    for n in 0..40 {
        alice.say(&room, &format!("m{n}")).await;
    }
    let (mut a, hello) = alice.native().await;
    let head = hello["rooms"][0]["head"].as_u64().expect("a head");
    let (mut b, _) = bob.native().await;
    for seq in 1..=head {
        b.send(&json!({"type": "read", "room": room, "seq": seq}))
            .await;
    }
    let mut receipts = 0;
    loop {
        receipts += 1;
        if a.next_of("receipt").await["read"] == json!(head) {
            break;
        }
    }
    assert!(receipts < head / 4, "{receipts} receipts of {head} reads");
    let unread = bob
        .rest
        .get(&format!("/api/v1/rooms/{room}"))
        .await
        .expect(200);
    assert_eq!(
        (&unread["unread"], &unread["read"]),
        (&json!(0), &json!(head))
    );
    server.stop().await;
}

#[tokio::test]
async fn in_a_large_room_only_ones_own_devices_are_told() {
    let server = Server::start_with(|settings| settings.limits.small_room = 1).await;
    let (alice, bob, room, head) = alice_and_bob(&server).await;
    let (mut a, _) = alice.native().await;
    let (mut phone, _) = bob.native().await;
    let (mut laptop, hello) = bob.native().await;
    assert_eq!(hello["limits"]["small_room"], 1);
    ask(
        &mut phone,
        json!({"type": "read", "room": room, "seq": head}),
    )
    .await;
    assert_eq!(laptop.next_of("receipt").await["unread"], 0);
    assert!(!types(&heard(&mut a).await).contains(&"receipt"));
    let path = format!("/api/v1/rooms/{room}/receipts");
    let receipts = alice.rest.get(&path).await.expect(200);
    assert_eq!(receipts["more"], true);
    let shown = receipts["receipts"].as_array().expect("receipts");
    assert_eq!(shown.len(), 1, "one's own: {receipts}");
    assert_eq!(shown[0]["user"]["id"], json!(alice.id));
    server.stop().await;
}

#[tokio::test]
async fn who_comes_back_learns_how_far_the_others_are() {
    let server = Server::start().await;
    let (alice, bob, room, head) = alice_and_bob(&server).await;
    let path = format!("/api/v1/rooms/{room}/received");
    let received = bob.rest.post(&path, &json!({"seq": head})).await;
    assert_eq!(received.status.as_u16(), 204);
    let path = format!("/api/v1/rooms/{room}/read");
    assert_eq!(
        bob.rest
            .post(&path, &json!({"seq": 2}))
            .await
            .status
            .as_u16(),
        204
    );

    let (mut a, hello) = alice.native().await;
    let resume = json!({
        "id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": {&room: head - 1},
    });
    a.send(&resume).await;
    assert_eq!(a.next_of("message").await["message"]["seq"], json!(head));
    let resumed = a.next_of("resumed").await;
    let of_bob = |receipts: &Value| {
        let receipts = receipts.as_array().expect("receipts").clone();
        let of_bob = receipts
            .into_iter()
            .find(|r| r["user"]["id"] == json!(bob.id));
        of_bob.expect("bob's receipt")
    };
    let bobs = of_bob(&resumed["receipts"]);
    assert_eq!(
        (&bobs["read"], &bobs["received"]),
        (&json!(2), &json!(head))
    );
    assert_eq!(a.answer("r").await["resumed"], json!([room]));

    let path = format!("/api/v1/rooms/{room}/receipts");
    let listed = alice.rest.get(&path).await.expect(200);
    assert_eq!(listed["more"], false);
    assert_eq!(of_bob(&listed["receipts"]), bobs);
    server.stop().await;
}

#[tokio::test]
async fn what_was_read_stays_read_over_a_restart() {
    let server = Server::start().await;
    let (_, bob, room, head) = alice_and_bob(&server).await;
    let (mut socket, _) = bob.native().await;
    for seq in 1..=head {
        ask(
            &mut socket,
            json!({"type": "read", "room": room, "seq": seq}),
        )
        .await;
    }
    let server = server.restart().await;
    let bob = server.anon().log_in("bob").await;
    let (_, hello) = bob.native().await;
    let view = &hello["rooms"][0];
    assert_eq!((&view["read"], &view["unread"]), (&json!(head), &json!(0)));
    server.stop().await;
}

#[tokio::test]
async fn beyond_a_thousand_nobody_counts() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("busy").await;
    bob.join(&room).await;
    let (mut a, _) = alice.native().await;
    let mut seq = 0;
    for _ in 0..40 {
        for n in 0..25 {
            let send = json!({"id": n.to_string(), "type": "send", "room": room, "content": "x"});
            a.send(&send).await;
        }
        seq = a.answer("24").await["message"]["seq"]
            .as_u64()
            .expect("a seq");
    }
    let unread = async || {
        let view = bob
            .rest
            .get(&format!("/api/v1/rooms/{room}"))
            .await
            .expect(200);
        (view["unread"].clone(), view["unread_more"].clone())
    };
    assert_eq!(unread().await, (json!(1_000), json!(true)));
    let path = format!("/api/v1/rooms/{room}/read");
    bob.rest.post(&path, &json!({"seq": seq - 999})).await;
    assert_eq!(unread().await, (json!(999), json!(false)));
    server.stop().await;
}

#[tokio::test]
async fn typing_is_heard_by_the_others_and_ends_by_itself() {
    let server = Server::start().await;
    let (alice, bob, room, _) = alice_and_bob(&server).await;
    let (mut a, _) = alice.native().await;
    let (mut phone, _) = bob.native().await;
    let (mut laptop, _) = bob.native().await;
    for _ in 0..5 {
        let typing = json!({"type": "typing", "room": room, "on": true});
        assert_eq!(ask(&mut phone, typing).await["type"], "ack");
    }
    let begun = a.next_of("typing").await;
    assert_eq!(
        (&begun["user"]["username"], &begun["on"]),
        (&json!("bob"), &json!(true))
    );
    let again = a.next_of("typing").await;
    assert_eq!(again["on"], true, "said again, and told once more");
    assert_eq!(a.next_of("typing").await["on"], false);
    assert!(
        !types(&heard(&mut laptop).await).contains(&"typing"),
        "not one's own"
    );
    server.stop().await;
}

#[tokio::test]
async fn closing_one_of_two_tabs_keeps_one_online() {
    let server = Server::start().await;
    let (alice, bob, room, _) = alice_and_bob(&server).await;
    let (mut a, _) = alice.native().await;
    let (tab, _) = bob.native().await;
    let online = a.next_of("presence").await;
    assert_eq!(
        (&online["user"]["username"], &online["state"]),
        (&json!("bob"), &json!("online"))
    );
    let (other, _) = bob.native().await;
    tab.close().await;
    let path = format!("/api/v1/presence?users={},{}", bob.id, alice.id);
    let state = async || {
        let seen = alice.rest.get(&path).await.expect(200);
        assert_eq!(seen["presence"][1]["state"], "online", "oneself");
        seen["presence"][0].clone()
    };
    assert_eq!(state().await["state"], "online");
    other.close().await;
    let gone = a.next_of("presence").await;
    assert_eq!(
        (&gone["user"]["username"], &gone["state"]),
        (&json!("bob"), &json!("offline"))
    );
    let seen = state().await;
    assert_eq!(
        (&seen["state"], &seen["last_seen"]),
        (&json!("offline"), &gone["last_seen"])
    );
    let room = alice
        .rest
        .get(&format!("/api/v1/rooms/{room}/presence"))
        .await
        .expect(200);
    let states = room["presence"].as_array().expect("members").iter();
    let mut states: Vec<_> = states.map(|one| one["state"].as_str()).collect();
    states.sort_unstable();
    assert_eq!(states, [Some("offline"), Some("online")]);
    server.stop().await;
}

#[tokio::test]
async fn who_is_away_or_busy_is_seen_so_until_they_go() {
    let server = Server::start().await;
    let (alice, bob, _, _) = alice_and_bob(&server).await;
    let (mut a, _) = alice.native().await;
    let (mut tab, _) = bob.native().await;
    let (mut other, _) = bob.native().await;
    assert_eq!(a.next_of("presence").await["state"], "online");
    for state in ["away", "busy"] {
        ask(&mut tab, json!({"type": "presence", "state": state})).await;
        assert_eq!(a.next_of("presence").await["state"], state);
        assert_eq!(
            other.next_of("presence").await["state"],
            state,
            "one's own other tab"
        );
    }
    for state in ["offline", "gone", ""] {
        let refused = ask(&mut tab, json!({"type": "presence", "state": state})).await;
        assert_eq!(
            (&refused["code"], &refused["field"]),
            (&json!("invalid_field"), &json!("state"))
        );
    }
    tab.close().await;
    other.close().await;
    assert_eq!(a.next_of("presence").await["state"], "offline");
    let (_tab, _) = bob.native().await;
    assert_eq!(
        a.next_of("presence").await["state"],
        "online",
        "the wish is gone"
    );
    server.stop().await;
}

#[tokio::test]
async fn strangers_and_those_who_left_hear_nothing_and_see_nobody() {
    let server = Server::start().await;
    let (alice, bob, room, head) = alice_and_bob(&server).await;
    let eve = server.anon().sign_up("eve").await;
    let ex = server.anon().sign_up("ex").await;
    ex.join(&room).await;
    let (mut e, _) = eve.native().await;
    let (mut x, _) = ex.native().await;
    ask(&mut x, json!({"type": "leave", "room": room})).await;
    let (mut a, _) = alice.native().await;
    let (mut b, _) = bob.native().await;
    a.next_of("presence").await;
    ask(&mut b, json!({"type": "typing", "room": room, "on": true})).await;
    ask(&mut b, json!({"type": "read", "room": room, "seq": head})).await;
    a.next_of("typing").await;
    a.next_of("receipt").await;
    for socket in [&mut e, &mut x] {
        let frames = heard(socket).await;
        let live = types(&frames).into_iter();
        let live: Vec<_> = live
            .filter(|kind| ["typing", "receipt", "presence"].contains(kind))
            .collect();
        assert_eq!(live, [] as [&str; 0], "{frames:?}");
        for kind in ["read", "received", "typing"] {
            let frame = json!({"type": kind, "room": room, "seq": 1, "on": true});
            assert_eq!(ask(socket, frame).await["code"], "room_not_found");
        }
    }
    let nobody = "0191b4a2-7c1e-7d3a-9f00-0000000000ff";
    for person in [&eve, &ex] {
        let path = format!("/api/v1/presence?users={},{nobody}", alice.id);
        let seen = person.rest.get(&path).await.expect(200);
        assert_eq!(seen["presence"][0]["state"], "offline", "who is there");
        assert_eq!(
            seen["presence"][1]["state"], "offline",
            "who does not exist"
        );
        assert!(seen["presence"][0].get("last_seen").is_none());
        for path in ["receipts", "presence"] {
            let refused = person
                .rest
                .get(&format!("/api/v1/rooms/{room}/{path}"))
                .await;
            assert_eq!(
                (refused.status.as_u16(), refused.code().as_str()),
                (404, "room_not_found")
            );
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_name() {
    let server = Server::start().await;
    let (alice, _, room, _) = alice_and_bob(&server).await;
    let (mut a, _) = alice.native().await;
    for (frame, field) in [
        (json!({"type": "typing", "room": room}), "on"),
        (json!({"type": "typing", "room": room, "on": "yes"}), "on"),
        (
            json!({"type": "typing", "room": "here", "on": true}),
            "room",
        ),
        (json!({"type": "received", "room": room, "seq": -1}), "seq"),
        (json!({"type": "presence"}), "state"),
    ] {
        let refused = ask(&mut a, frame).await;
        assert_eq!(
            (&refused["code"], &refused["field"]),
            (&json!("invalid_field"), &json!(field))
        );
    }
    let many = vec![alice.id.as_str(); 101].join(",");
    for users in ["", "users=", "users=bob", &format!("users={many}")] {
        let refused = alice.rest.get(&format!("/api/v1/presence?{users}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (400, "invalid_field")
        );
    }
    let answer = eventually("an answer", async || {
        let path = format!("/api/v1/presence?users={}", alice.id);
        let seen = alice.rest.get(&path).await.expect(200);
        (seen["presence"][0]["state"] == "online").then_some(seen)
    });
    assert_eq!(answer.await["more"], false);
    server.stop().await;
}
