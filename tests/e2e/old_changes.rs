//! Changes are replayed for thirty days. What they changed stays, and who comes back later is told
//! to read it anew.

use e2e::{Server, SignedIn, Socket};
use serde_json::{Value, json};

/// A thumb, as a path says it.
const THUMB: &str = "%F0%9F%91%8D";

/// Opens a socket that resumes a room after a row.
async fn resume(who: &SignedIn, room: &str, since: &Value) -> Socket {
    let socket = who.socket("/api/v1/ws?resume=true").await;
    let mut socket = socket.expect("a socket");
    let hello = socket.next_of("hello").await;
    let rooms = json!({room: since});
    let resume = json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": rooms});
    socket.send(&resume).await;
    socket
}

#[tokio::test]
async fn who_comes_back_after_a_month_reads_the_room_anew() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let bob = server.anon().sign_up("bob").await;
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    let body = json!({"content": "helo", "client_id": "0191b4a2-7c1e-7d3a-9f00-000000000001"});
    let said = ann.rest.post(&messages, &body).await.expect(201);
    // Bob has seen this much. Then ann corrects herself, likes it, and says something else.
    let since = &said["message"]["seq"];
    let path = format!(
        "{messages}/{}",
        said["message"]["id"].as_str().expect("an id")
    );
    let correction = json!({"content": "hello"});
    let _ = ann.rest.patch(&path, &correction, &[]).await.expect(200);
    let thumb = format!("{path}/reactions/{THUMB}");
    let liked = ann.rest.put(&thumb, &json!({})).await.expect(200);
    let news = ann.say(&room, "news").await;
    let head = &news["message"]["seq"];
    server.a_month_later().await;

    let mut socket = resume(&bob, &room, since).await;
    let gap = socket.next_of("gap").await;
    assert_eq!(gap["reason"], "changes_expired");
    let from = since.as_u64().expect("a seq") + 1;
    assert_eq!((&gap["from"], &gap["to"]), (&json!(from), head));
    let answer = socket.answer("r").await;
    assert_eq!(answer["gaps"], json!([room]));

    the_room_shows_what_was_changed(&bob, &room).await;

    ann.say(&room, "live again").await;
    let live = socket.next_of("message").await;
    let next = head.as_u64().expect("a seq") + 1;
    assert_eq!(live["message"]["content"], "live again");
    assert_eq!(live["message"]["seq"], next, "the numbers go on");
    // Whose position is behind the old changes has missed none of them.
    let mut recent = resume(&bob, &room, &liked["seq"]).await;
    assert_eq!(
        recent.next_of("message").await["message"]["content"],
        "news"
    );
    assert_eq!(recent.next_of("resumed").await["head"], next);

    let again = ann.rest.post(&messages, &body).await.expect(200);
    assert_eq!(
        (&again["repeat"], &again["message"]["content"]),
        (&json!(true), &json!("hello"))
    );
    let unchanged = ann.rest.put(&thumb, &json!({})).await.expect(200);
    assert_eq!(unchanged, json!({}), "it is set still");
    server.stop().await;
}

/// What ann changed a month ago, as bob reads it.
async fn the_room_shows_what_was_changed(bob: &SignedIn, room: &str) {
    let messages = format!("/api/v1/rooms/{room}/messages");
    let history = bob.rest.get(&messages).await.expect(200);
    let shown = |n: usize, field: &str| history["messages"][n][field].clone();
    assert_eq!(
        (shown(0, "content"), shown(1, "content")),
        (json!("hello"), json!("news"))
    );
    assert_eq!(
        (shown(0, "edited"), shown(0, "rev")),
        (json!(true), json!(2))
    );
    assert_eq!(shown(0, "reactions")[0]["count"], 1);
    let members = bob.rest.get(&format!("/api/v1/rooms/{room}/members")).await;
    assert_eq!(
        members.expect(200)["members"].as_array().map(Vec::len),
        Some(2)
    );
}
