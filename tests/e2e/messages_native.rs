//! What becomes of a message: edits, deletion, reactions, replies and mentions, over REST and
//! socket alike, live and after coming back.

use e2e::{Server, SignedIn, Socket};
use serde_json::{Value, json};

const KEY: &str = "0191b4a2-7c1e-7d3a-9f00-000000000001";

/// A thumb, as a path says it.
const THUMB: &str = "%F0%9F%91%8D";

struct Talk {
    server: Server,
    ann: SignedIn,
    bob: SignedIn,
    room: String,
    /// Bob's socket.
    b: Socket,
}

/// Ann and bob in a channel; bob listens.
async fn talk() -> Talk {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let bob = server.anon().sign_up("bob").await;
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let (b, _) = bob.native().await;
    Talk {
        server,
        ann,
        bob,
        room,
        b,
    }
}

impl Talk {
    fn path(&self, message: &Value) -> String {
        let id = message["message"]["id"].as_str().expect("an id");
        format!("/api/v1/rooms/{}/messages/{id}", self.room)
    }

    /// Sends a message that is more than a text.
    async fn send(&self, body: Value) -> e2e::Answer {
        let path = format!("/api/v1/rooms/{}/messages", self.room);
        self.ann.rest.post(&path, &body).await
    }

    /// What bob missed in the room since a seq.
    async fn missed(&self, since: u64) -> Vec<Value> {
        let mut socket = self
            .bob
            .socket("/api/v1/ws?resume=true")
            .await
            .expect("a socket");
        let hello = socket.next_of("hello").await;
        let rooms = json!({self.room.as_str(): since});
        socket
            .send(&json!({"type": "resume", "epoch": hello["epoch"], "rooms": rooms}))
            .await;
        let mut frames = Vec::new();
        loop {
            let frame = socket.next().await;
            if frame["type"] == "resumed" {
                return frames;
            }
            frames.push(frame);
        }
    }
}

#[tokio::test]
async fn an_edit_names_the_revision_it_was_made_on() {
    let mut talk = talk().await;
    let said = talk.ann.say(&talk.room, "helo").await;
    let path = talk.path(&said);
    let read = talk.bob.rest.get(&path).await;
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.expect(200)["message"]["reactions"], json!([]));

    let body = json!({"content": "hello"});
    let headers = [("if-match", "\"1\""), ("idempotency-key", KEY)];
    let edited = talk.ann.rest.patch(&path, &body, &headers).await;
    assert_eq!(edited.header("etag"), "\"2\"");
    let edited = edited.expect(200);
    assert_eq!(
        (&edited["message"]["content"], &edited["message"]["edited"]),
        (&json!("hello"), &json!(true))
    );
    let again = talk
        .ann
        .rest
        .patch(&path, &body, &headers)
        .await
        .expect(200);
    assert_eq!(
        (&again["repeat"], &again["seq"]),
        (&json!(true), &edited["seq"])
    );
    let heard = talk.b.next_of("message_updated").await;
    assert_eq!(
        (
            &heard["seq"],
            &heard["message"]["rev"],
            &heard["message"]["seq"]
        ),
        (&edited["seq"], &json!(2), &said["message"]["seq"])
    );

    let stale = talk.ann.rest.patch(&path, &body, &headers[..1]).await;
    let stale = stale.expect(409);
    assert_eq!(stale["code"], "stale_revision");
    assert!(stale["detail"].as_str().expect("a detail").contains('2'));
    let others = talk.bob.rest.patch(&path, &body, &[]).await;
    assert_eq!(others.expect(403)["code"], "not_the_sender");
    let missed = talk.missed(2).await;
    assert_eq!(missed[0]["message"]["content"], "hello", "as it is now");
    assert_eq!(missed[1]["type"], "message_updated");
    talk.server.stop().await;
}

#[tokio::test]
async fn the_socket_edits_and_deletes_as_rest_does() {
    let mut talk = talk().await;
    let (mut a, _) = talk.ann.native().await;
    let said = talk.ann.say(&talk.room, "one").await;
    let id = said["message"]["id"].clone();
    let room = talk.room.clone();
    let edit = |rev: u64| {
        json!({
            "id": "e", "type": "edit", "room": room, "message": id, "content": "two",
            "rev": rev, "client_id": KEY,
        })
    };
    a.send(&edit(1)).await;
    let ack = a.answer("e").await;
    assert_eq!(
        (&ack["message"]["rev"], &ack["repeat"]),
        (&json!(2), &json!(false))
    );
    a.send(&edit(1)).await;
    assert_eq!(a.answer("e").await["repeat"], true);
    a.send(
        &json!({"id": "s", "type": "edit", "room": room, "message": id, "content": "x",
        "rev": 1}),
    )
    .await;
    let stale = a.answer("s").await;
    assert_eq!(
        (&stale["code"], &stale["field"]),
        (&json!("stale_revision"), &json!("rev"))
    );
    a.send(&json!({"id": "d", "type": "delete", "room": room, "message": id}))
        .await;
    assert_eq!(a.answer("d").await["message"]["state"], "deleted");
    let deleted = talk.b.next_of("message_deleted").await;
    assert!(deleted["message"].get("content").is_none(), "{deleted}");
    a.send(&json!({"id": "r", "type": "react", "room": room, "message": id, "emoji": "+1"}))
        .await;
    assert_eq!(a.answer("r").await["code"], "message_deleted");
    talk.server.stop().await;
}

#[tokio::test]
async fn what_others_said_is_deleted_by_admins_of_the_room() {
    let talk = talk().await;
    let mine = talk.ann.say(&talk.room, "mine").await;
    let path = talk.path(&mine);
    let refused = talk.bob.rest.delete(&path, &[]).await;
    assert_eq!(refused.expect(403)["code"], "role_too_low");
    let his = talk.bob.say(&talk.room, "spam").await;
    let path = talk.path(&his);
    let key = [("idempotency-key", KEY)];
    let deleted = talk.ann.rest.delete(&path, &key).await.expect(200);
    assert_eq!(
        (
            &deleted["message"]["state"],
            &deleted["message"]["sender"]["username"]
        ),
        (&json!("deleted"), &json!("bob"))
    );
    let again = talk.ann.rest.delete(&path, &key).await.expect(200);
    assert_eq!(again["repeat"], true);
    let twice = talk.bob.rest.delete(&path, &[]).await;
    assert_eq!(twice.expect(409)["code"], "message_deleted");
    let edit = json!({"content": "again"});
    let edit = talk.bob.rest.patch(&path, &edit, &[]).await;
    assert_eq!(edit.expect(409)["code"], "message_deleted");
    let nowhere = path.replace(his["message"]["id"].as_str().expect("an id"), KEY);
    let nowhere = talk.ann.rest.delete(&nowhere, &[]).await;
    assert_eq!(nowhere.expect(404)["code"], "message_not_found");
    talk.server.stop().await;
}

#[tokio::test]
async fn reactions_are_counted_by_emoji() {
    let mut talk = talk().await;
    let said = talk.ann.say(&talk.room, "cake?").await;
    let path = format!("{}/reactions/{THUMB}", talk.path(&said));
    let first = talk.ann.rest.put(&path, &json!({})).await.expect(200);
    assert!(first["seq"].is_u64());
    let again = talk.ann.rest.put(&path, &json!({})).await.expect(200);
    assert_eq!(again, json!({}), "it is so already");
    let added = talk.b.next_of("reaction_added").await;
    assert_eq!(
        (&added["emoji"], &added["message"], &added["seq"]),
        (&json!("\u{1F44D}"), &said["message"]["id"], &first["seq"])
    );
    assert_eq!(added["user"]["username"], "ann");
    let react = |word: &str| {
        json!({
            "id": word, "type": word, "room": talk.room, "message": said["message"]["id"],
            "emoji": "\u{1F44D}",
        })
    };
    let (on, off) = (react("react"), react("unreact"));
    talk.b.send(&on).await;
    assert!(talk.b.answer("react").await["seq"].is_u64());
    let shown = talk.bob.whole_history(&talk.room).await[0]["reactions"].clone();
    assert_eq!(
        (&shown[0]["emoji"], &shown[0]["count"], &shown[0]["me"]),
        (&json!("\u{1F44D}"), &json!(2), &json!(true))
    );
    assert_eq!(shown[0]["users"][0]["username"], "ann");
    talk.b.send(&off).await;
    assert!(talk.b.answer("unreact").await["seq"].is_u64());
    talk.b.send(&off).await;
    assert!(talk.b.answer("unreact").await.get("seq").is_none());
    assert_eq!(talk.ann.rest.delete(&path, &[]).await.status, 200);
    let one = talk.bob.rest.get(&talk.path(&said)).await.expect(200);
    assert_eq!(one["message"]["reactions"], json!([]));

    let missed = talk.missed(2).await;
    let words: Vec<_> = missed.iter().map(|frame| frame["type"].clone()).collect();
    let all = [
        "message",
        "reaction_added",
        "reaction_added",
        "reaction_removed",
        "reaction_removed",
    ];
    assert_eq!(words, all);
    let bad = format!("{}/reactions/two%20words", talk.path(&said));
    let bad = talk.ann.rest.put(&bad, &json!({})).await;
    assert_eq!(bad.expect(400)["code"], "invalid_emoji");
    talk.server.stop().await;
}

#[tokio::test]
async fn a_message_answers_another_and_means_members() {
    let mut talk = talk().await;
    let eve = talk.server.anon().sign_up("eve").await;
    let question = talk.bob.say(&talk.room, "who brings cake?").await;
    let reply_to = question["message"]["id"].clone();
    talk.b.next_of("message").await;
    let body = json!({"content": "you do", "reply_to": reply_to,
        "mentions": [talk.bob.id, talk.bob.id]});
    let sent = talk.send(body).await.expect(201);
    assert_eq!(sent["message"]["mentions"], json!([talk.bob.id]));
    let heard = talk.b.next_of("message").await;
    assert_eq!(
        (&heard["message"]["reply_to"], &heard["message"]["kind"]),
        (&reply_to, &json!("text"))
    );
    let edit = json!({"content": "I do"});
    let edited = talk.ann.rest.patch(&talk.path(&sent), &edit, &[]).await;
    let edited = edited.expect(200);
    assert_eq!(edited["message"]["reply_to"], reply_to);
    assert!(edited["message"].get("mentions").is_none());
    for (body, status, code) in [
        (
            json!({"content": "x", "reply_to": KEY}),
            404,
            "message_not_found",
        ),
        (
            json!({"content": "x", "mentions": [eve.id]}),
            400,
            "invalid_field",
        ),
        (
            json!({"content": "x", "mentions": ["bob"]}),
            400,
            "invalid_field",
        ),
        (
            json!({"content": "x y", "kind": "emoji"}),
            400,
            "invalid_emoji",
        ),
        (json!({"content": "x", "kind": "system"}), 403, "forbidden"),
        (json!({"kind": "image"}), 400, "invalid_field"),
        (json!({"content": "x", "file": KEY}), 400, "invalid_field"),
        (json!({}), 400, "invalid_field"),
    ] {
        let refused = talk.send(body.clone()).await;
        assert_eq!(refused.expect(status)["code"], code, "{body}");
    }
    let emoji = json!({"content": "\u{1F370}", "kind": "emoji"});
    let emoji = talk.send(emoji).await.expect(201);
    assert_eq!(emoji["message"]["kind"], "emoji");
    talk.server.stop().await;
}

#[tokio::test]
async fn who_is_not_in_the_room_finds_no_message() {
    let talk = talk().await;
    let eve = talk.server.anon().sign_up("eve").await;
    let said = talk.ann.say(&talk.room, "between us").await;
    let path = talk.path(&said);
    let body = json!({"content": "x"});
    for refused in [
        eve.rest.get(&path).await,
        eve.rest.patch(&path, &body, &[]).await,
        eve.rest.delete(&path, &[]).await,
        eve.rest
            .put(&format!("{path}/reactions/{THUMB}"), &json!({}))
            .await,
    ] {
        assert_eq!(refused.expect(404)["code"], "room_not_found");
    }
    talk.server.stop().await;
}
