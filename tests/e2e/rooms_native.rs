//! Rooms: channels, groups and rooms for two; who may do what in them; and what everybody in them
//! hears of it, live and after coming back.

use std::time::{Duration, Instant};

use e2e::{Server, SignedIn, Socket};
use serde_json::{Value, json};

fn path(room: &str) -> String {
    format!("/api/v1/rooms/{room}")
}

/// Signs several people up.
async fn people<const N: usize>(server: &Server, names: [&str; N]) -> [SignedIn; N] {
    let anon = server.anon();
    let people = names.map(|name| anon.sign_up(name));
    futures_util::future::join_all(people)
        .await
        .try_into()
        .expect("all of them")
}

/// Makes a group and gives its id.
async fn group(owner: &SignedIn, members: &[&SignedIn]) -> String {
    let members: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
    let body = json!({"kind": "group", "name": "the crew", "members": members});
    let room = owner.rest.post("/api/v1/rooms", &body).await.expect(201);
    assert_eq!(
        (&room["kind"], &room["role"]),
        (&json!("group"), &json!("owner"))
    );
    room["id"].as_str().expect("an id").to_owned()
}

/// What was missed in a room since a seq: the frames of a resume, and its end.
async fn missed(person: &SignedIn, room: &str, since: u64) -> (Vec<Value>, Value) {
    let mut socket = person
        .socket("/api/v1/ws?resume=true")
        .await
        .expect("a socket");
    let hello = socket.next_of("hello").await;
    let rooms = json!({room: since});
    socket
        .send(&json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": rooms}))
        .await;
    let mut frames = Vec::new();
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("resumed" | "gap") => return (frames, frame),
            _ => frames.push(frame),
        }
    }
}

async fn pong(socket: &mut Socket) -> Value {
    socket.send(&json!({"id": "p", "type": "ping"})).await;
    socket.next().await
}

#[tokio::test]
async fn a_group_is_made_with_people_and_they_hear_of_it() {
    let server = Server::start().await;
    let [ann, bob, eve] = people(&server, ["ann", "bob", "eve"]).await;
    let (mut b, _) = bob.native().await;
    let room = group(&ann, &[&bob]).await;
    let joined = b.next_of("member_joined").await;
    assert_eq!(joined["room"], room);
    assert_eq!(
        (&joined["user"]["username"], &joined["by"]["username"]),
        (&json!("bob"), &json!("ann"))
    );
    ann.say(&room, "welcome").await;
    assert_eq!(b.next_of("message").await["message"]["content"], "welcome");
    let view = bob.rest.get(&path(&room)).await.expect(200);
    assert_eq!(
        (&view["name"], &view["role"]),
        (&json!("the crew"), &json!("member"))
    );
    for refused in [
        eve.rest.get(&path(&room)).await,
        eve.rest
            .post(&format!("{}/join", path(&room)), &json!({}))
            .await,
    ] {
        assert_eq!(refused.expect(404)["code"], "room_not_found");
    }
    server.stop().await;
}

#[tokio::test]
async fn two_people_have_one_direct_room_also_when_both_open_it_at_once() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let open = async |who: &SignedIn, with: &SignedIn| {
        let body = json!({"user": with.id});
        who.rest.post("/api/v1/rooms/direct", &body).await
    };
    let (one, other) = tokio::join!(open(&ann, &bob), open(&bob, &ann));
    assert!(one.status.is_success() && other.status.is_success());
    let (one, other) = (one.json(), other.json());
    assert_eq!(one["id"], other["id"]);
    assert_eq!(
        (&one["with"]["username"], &other["with"]["username"]),
        (&json!("bob"), &json!("ann"))
    );
    let again = open(&ann, &bob).await.expect(200);
    assert_eq!(again["head"], 2, "each came once");
    let room = again["id"].as_str().expect("an id");
    bob.say(room, "hi").await;

    let oneself = open(&ann, &ann).await.expect(400);
    assert_eq!(oneself["code"], "invalid_field");
    let nobody = json!({"user": "0191b4a2-7c1e-7d3a-9f00-0000000000ff"});
    let nobody = ann.rest.post("/api/v1/rooms/direct", &nobody).await;
    assert_eq!(nobody.expect(404)["code"], "user_not_found");
    let rename = json!({"name": "us"});
    let refused = ann.rest.patch(&path(room), &rename, &[]).await;
    assert_eq!(refused.expect(409)["code"], "wrong_room_kind");
    server.stop().await;
}

#[tokio::test]
async fn a_direct_room_is_deleted_for_oneself_until_something_new_is_said() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let body = json!({"user": bob.id});
    let room = ann.rest.post("/api/v1/rooms/direct", &body).await.json();
    let room = room["id"].as_str().expect("an id").to_owned();
    ann.say(&room, "old").await;
    let gone = bob.rest.delete(&path(&room), &[]).await;
    assert_eq!(gone.status, 204);
    let listed = async || bob.rest.get("/api/v1/rooms").await.expect(200)["rooms"].clone();
    assert_eq!(listed().await, json!([]));
    assert!(bob.whole_history(&room).await.is_empty());
    assert_eq!(ann.whole_history(&room).await.len(), 1);

    let (mut b, hello) = bob.native().await;
    assert_eq!(hello["rooms"][0]["hidden"], true, "it is heard, not shown");
    ann.say(&room, "new").await;
    assert_eq!(b.next_of("message").await["message"]["content"], "new");
    assert_eq!(listed().await[0]["unread"], 1);
    assert_eq!(bob.whole_history(&room).await.len(), 1);
    let (frames, end) = missed(&bob, &room, 0).await;
    assert_eq!((frames.len(), &end["type"]), (1, &json!("resumed")));
    server.stop().await;
}

#[tokio::test]
async fn members_are_added_promoted_and_removed_over_rest_and_socket() {
    let server = Server::start().await;
    let [ann, bob, cid] = people(&server, ["ann", "bob", "cid"]).await;
    let room = group(&ann, &[&bob]).await;
    let (mut a, _) = ann.native().await;
    let (mut b, _) = bob.native().await;
    let members = format!("{}/members", path(&room));

    let add = json!({"user": cid.id});
    let refused = bob.rest.post(&members, &add).await;
    assert_eq!(refused.expect(403)["code"], "role_too_low");
    let added = ann.rest.post(&members, &add).await.expect(201);
    assert_eq!(added["member"]["user"]["username"], "cid");
    let again = ann.rest.post(&members, &add).await.expect(200);
    assert!(again.get("seq").is_none(), "nothing changed: {again}");
    assert_eq!(b.next_of("member_joined").await["seq"], added["seq"]);

    let role = json!({"id": "x", "type": "role", "room": room, "user": bob.id, "role": "admin"});
    a.send(&role).await;
    assert_eq!(a.answer("x").await["member"]["role"], "admin");
    let updated = b.next_of("member_updated").await;
    assert_eq!(
        (
            &updated["role"],
            &updated["by"]["username"],
            &updated["rev"]
        ),
        (&json!("admin"), &json!("ann"), &json!(2))
    );
    let one = format!("{members}/{}", ann.id);
    let demote = bob.rest.patch(&one, &json!({"role": "member"}), &[]).await;
    assert_eq!(demote.expect(403)["code"], "role_too_low");
    b.send(&json!({"id": "y", "type": "remove", "room": room, "user": cid.id}))
        .await;
    assert_eq!(b.answer("y").await["type"], "ack");
    let left = a.next_of("member_left").await;
    assert_eq!(
        (&left["removed"], &left["user"]["username"]),
        (&json!(true), &json!("cid"))
    );
    b.send(&json!({"id": "z", "type": "add", "room": room, "user": cid.id}))
        .await;
    assert_eq!(b.answer("z").await["member"]["role"], "member");
    let (frames, _) = missed(&cid, &room, 2).await;
    let words: Vec<_> = frames.iter().map(|frame| frame["type"].clone()).collect();
    let all = [
        "member_joined",
        "member_updated",
        "member_left",
        "member_joined",
    ];
    assert_eq!(words, all, "the same after coming back");
    server.stop().await;
}

#[tokio::test]
async fn who_is_removed_hears_of_it_at_once_and_nothing_more() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let (mut b, _) = bob.native().await;
    let begun = Instant::now();
    let member = format!("{}/members/{}", path(&room), bob.id);
    assert_eq!(ann.rest.delete(&member, &[]).await.status, 204);
    let left = b.next_of("member_left").await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(
        (&left["removed"], &left["by"]["username"]),
        (&json!(true), &json!("ann"))
    );
    ann.say(&room, "between us").await;
    assert_eq!(pong(&mut b).await["id"], "p", "nothing came before it");
    let (frames, end) = missed(&bob, &room, 1).await;
    assert!(frames.is_empty(), "{frames:?}");
    assert_eq!(end["reason"], "no_access");
    let join = format!("{}/join", path(&room));
    let refused = bob.rest.post(&join, &json!({})).await;
    assert_eq!(refused.expect(403)["code"], "removed_from_room");
    let again = ann.rest.delete(&member, &[]).await;
    assert_eq!(again.expect(404)["code"], "user_not_found");
    server.stop().await;
}

#[tokio::test]
async fn a_room_is_changed_by_who_has_read_it_last() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let (mut b, _) = bob.native().await;
    let read = ann.rest.get(&path(&room)).await;
    let tag = read.header("etag").to_owned();
    assert_eq!((tag.as_str(), &read.json()["rev"]), ("\"1\"", &json!(1)));
    let if_match = [("if-match", tag.as_str())];
    let change = json!({"name": "hall", "read_only": true});
    let changed = ann.rest.patch(&path(&room), &change, &if_match).await;
    assert_eq!(changed.header("etag"), "\"2\"", "one change, and whole");
    assert_eq!(changed.expect(200)["read_only"], true);
    let stale = ann.rest.patch(&path(&room), &change, &if_match).await;
    let stale = stale.expect(409);
    assert_eq!(
        (&stale["code"], &stale["errors"][0]["field"]),
        (&json!("stale_revision"), &json!("rev"))
    );
    let heard = b.next_of("room_updated").await;
    assert_eq!(
        (&heard["name"], &heard["read_only"], &heard["rev"]),
        (&json!("hall"), &json!(true), &json!(2))
    );
    let say = json!({"content": "hi"});
    let messages = format!("{}/messages", path(&room));
    let refused = bob.rest.post(&messages, &say).await;
    assert_eq!(refused.expect(403)["code"], "room_read_only");
    ann.say(&room, "an announcement").await;
    for (body, code) in [
        (json!({}), "invalid_field"),
        (json!({"name": ""}), "invalid_room_name"),
    ] {
        let refused = ann.rest.patch(&path(&room), &body, &[]).await;
        assert_eq!(refused.expect(400)["code"], code);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_room_passes_from_owner_to_owner() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let room = group(&ann, &[&bob]).await;
    let leave = format!("{}/leave", path(&room));
    let refused = ann.rest.post(&leave, &json!({})).await;
    assert_eq!(refused.expect(409)["code"], "last_owner");
    let transfer = format!("{}/transfer", path(&room));
    let given = ann.rest.post(&transfer, &json!({"user": bob.id})).await;
    assert_eq!(given.expect(200)["role"], "admin");
    let view = bob.rest.get(&path(&room)).await.expect(200);
    assert_eq!(view["role"], "owner");
    assert_eq!(ann.rest.post(&leave, &json!({})).await.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn a_group_ends_with_its_last_member() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let room = group(&ann, &[&bob]).await;
    let leave = format!("{}/leave", path(&room));
    assert_eq!(bob.rest.post(&leave, &json!({})).await.status, 204);
    let (mut a, _) = ann.native().await;
    assert_eq!(ann.rest.post(&leave, &json!({})).await.status, 204);
    assert_eq!(a.next_of("room_deleted").await["room"], room);
    let gone = ann.rest.get(&path(&room)).await.expect(404);
    assert_eq!(gone["code"], "room_not_found");
    server.stop().await;
}

#[tokio::test]
async fn a_deleted_room_is_gone_for_everybody_within_a_second() {
    let server = Server::start().await;
    let [ann, bob] = people(&server, ["ann", "bob"]).await;
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let (mut b, _) = bob.native().await;
    let refused = bob.rest.delete(&path(&room), &[]).await;
    assert_eq!(refused.expect(403)["code"], "role_too_low");
    let begun = Instant::now();
    assert_eq!(ann.rest.delete(&path(&room), &[]).await.status, 204);
    let deleted = b.next_of("room_deleted").await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(
        (&deleted["room"], &deleted["by"]["username"]),
        (&json!(room), &json!("ann"))
    );
    let gone = bob.rest.get(&path(&room)).await.expect(404);
    assert_eq!(gone["code"], "room_not_found");
    let (frames, end) = missed(&bob, &room, 1).await;
    assert_eq!((frames.len(), &end["reason"]), (0, &json!("no_access")));
    bob.create_room("lobby").await;
    server.stop().await;
}
