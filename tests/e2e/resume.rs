//! Coming back: everything since the last seq, or plainly what is missing and why.

use e2e::{Server, SignedIn, Socket};
use serde_json::{Value, json};

async fn resume(socket: &mut Socket, epoch: &Value, rooms: Value) {
    socket
        .send(&json!({"id": "r", "type": "resume", "epoch": epoch, "rooms": rooms}))
        .await;
}

/// The messages of a room that come before its `resumed` or `gap`, and that frame.
async fn replayed(socket: &mut Socket, room: &str) -> (Vec<String>, Value) {
    let mut texts = Vec::new();
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("message") if frame["message"]["room"] == room => {
                texts.push(
                    frame["message"]["content"]
                        .as_str()
                        .expect("text")
                        .to_owned(),
                );
            }
            Some("resumed" | "gap") if frame["room"] == room => return (texts, frame),
            _ => {}
        }
    }
}

async fn say_many(person: &SignedIn, room: &str, from: usize, to: usize) {
    for n in from..to {
        person.say(room, &format!("m{n}")).await;
    }
}

#[tokio::test]
async fn a_client_that_was_away_gets_everything_since_in_order() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    let (socket, hello) = bob.native().await;
    let since = hello["rooms"][0]["head"].as_u64().expect("a head");
    socket.close().await;
    say_many(&alice, &room, 0, 450).await;

    let (mut socket, hello) = bob.native().await;
    resume(&mut socket, &hello["epoch"], json!({&room: since})).await;
    let (texts, end) = replayed(&mut socket, &room).await;
    let expected: Vec<_> = (0..450).map(|n| format!("m{n}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(
        (&end["type"], &end["recovered"]),
        (&json!("resumed"), &json!(true))
    );
    assert_eq!(end["head"], json!(since + 450));
    alice.say(&room, "live again").await;
    assert_eq!(
        socket.next_of("message").await["message"]["content"],
        "live again"
    );
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_recovered_is_said_and_why() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let stranger = server.anon().sign_up("stranger").await;
    let room = alice.create_room("long").await;
    let foreign = stranger.create_room("foreign").await;
    say_many(&alice, &room, 0, 1_005).await;
    let (mut socket, hello) = alice.native().await;
    let epoch = &hello["epoch"];
    let other_epoch = json!("00000000-0000-7000-8000-000000000000");
    let cases = [
        (epoch, &room, json!(0), "too_many"),
        (epoch, &room, json!(999_999), "unknown_position"),
        (&other_epoch, &room, json!(5), "unknown_position"),
        (epoch, &foreign, json!(0), "no_access"),
    ];
    for (epoch, room, since, reason) in cases {
        resume(&mut socket, epoch, json!({room: since})).await;
        let (texts, end) = replayed(&mut socket, room).await;
        assert_eq!(
            (end["type"].as_str(), end["reason"].as_str()),
            (Some("gap"), Some(reason))
        );
        assert_eq!(texts, Vec::<String>::new(), "nothing partial beside a gap");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_resume_while_others_talk_misses_nothing_and_repeats_nothing() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("busy").await;
    bob.join(&room).await;
    let (socket, hello) = bob.native().await;
    let since = hello["rooms"][0]["head"].as_u64().expect("a head");
    socket.close().await;
    say_many(&alice, &room, 0, 300).await;

    let talk = say_many(&alice, &room, 300, 600);
    let listen = async {
        let (mut socket, hello) = bob.native().await;
        resume(&mut socket, &hello["epoch"], json!({&room: since})).await;
        let mut texts: Vec<String> = Vec::new();
        while texts.last().map(String::as_str) != Some("m599") {
            let frame = socket.next().await;
            if frame["type"] == "message" {
                texts.push(
                    frame["message"]["content"]
                        .as_str()
                        .expect("text")
                        .to_owned(),
                );
            }
        }
        texts
    };
    let ((), texts) = tokio::join!(talk, listen);
    let from_resume: Vec<_> = texts.iter().skip_while(|text| *text != "m0").collect();
    let expected: Vec<_> = (0..600).map(|n| format!("m{n}")).collect();
    assert_eq!(from_resume, expected.iter().collect::<Vec<_>>());
    server.stop().await;
}
