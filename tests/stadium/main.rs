//! One room of a thousand listeners and four senders: nothing lost, doubled or reordered. A test
//! program of its own, so that nothing else takes its processors. Figures for the documentation:
//! `cargo test --release -p e2e --test stadium -- --nocapture`.

use domain::{ClientId, RoomId, RowId, Seq};
use e2e::{Anon, Process, Rest, SignedIn, Socket};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::judge::{Heard, How, Kept, Ledger, Sent, Told};

const LISTENERS: usize = 1_000;
const LISTENING_USERS: usize = 20;
const SENDERS: usize = 4;
const EACH: u64 = 100;
/// How many a sender sends before it waits for the answers.
const WINDOW: u64 = 4;
const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");

async fn talk(person: SignedIn, number: usize, room: RoomId) -> Vec<Sent> {
    let (mut socket, _) = person.native().await;
    let mut sent = Vec::new();
    for n in 1..=EACH {
        let client_id = ClientId::new();
        let told = Told::Nothing;
        sent.push(Sent {
            client_id,
            room,
            sender: number,
            n,
            told,
        });
        let content = format!("{number} says {n}");
        let frame = json!({
            "id": client_id, "type": "send", "room": room, "client_id": client_id,
            "content": content,
        });
        socket.send(&frame).await;
        if n % WINDOW == 0 {
            answers(&mut socket, &mut sent).await;
        }
    }
    answers(&mut socket, &mut sent).await;
    sent
}

/// Waits until everything that was sent is answered.
async fn answers(socket: &mut Socket, sent: &mut [Sent]) {
    for sent in sent.iter_mut().filter(|sent| sent.told == Told::Nothing) {
        let answer = socket.answer(&sent.client_id.to_string()).await;
        let message = &answer["message"];
        sent.told = Told::Stored {
            id: id(message),
            seq: seq(message),
        };
    }
}

fn id<T: std::str::FromStr>(message: &Value) -> T {
    let id = message["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("an id in {message}"))
}

fn seq(message: &Value) -> u64 {
    message["seq"]
        .as_u64()
        .unwrap_or_else(|| panic!("a seq in {message}"))
}

/// What a listener needs of a frame; four hundred thousand of them are read.
#[derive(Deserialize)]
struct Frame {
    message: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    id: RowId,
    seq: Seq,
}

async fn listen(mut socket: Socket, listener: usize, room: RoomId) -> Vec<Heard> {
    let mut heard = Vec::new();
    while heard.len() < SENDERS * usize::try_from(EACH).expect("small") {
        let text = socket.next_text().await;
        let frame: Frame = serde_json::from_str(&text).expect("a frame");
        let Some(Said { seq, id }) = frame.message else {
            continue;
        };
        heard.push(Heard {
            listener,
            room,
            seq,
            id,
            how: How::Live,
        });
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn four_senders_and_a_thousand_listeners_agree_on_every_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::without_limits(PROGRAM, folder.path()).await;
    let anon = Anon {
        rest: Rest::new(server.addr()),
    };
    let owner = anon.sign_up("owner").await;
    let room = owner.create_room("stadium").await;
    let room_id: RoomId = room.parse().expect("an id");
    let crowd = people(&anon, "listener", LISTENING_USERS, &room).await;
    let senders = people(&anon, "sender", SENDERS, &room).await;
    let open = (0..LISTENERS).map(|n| crowd[n % LISTENING_USERS].native());
    let sockets = join_all(open).await;

    let listening = sockets.into_iter().enumerate();
    let listening: Vec<_> = listening
        .map(|(n, (socket, _))| e2e::spawn(listen(socket, n, room_id)))
        .collect();
    let talking = senders
        .into_iter()
        .enumerate()
        .map(|(n, person)| talk(person, n, room_id));
    let sent = join_all(talking).await.concat();
    let heard = join_all(listening).await;

    let mut ledger = Ledger {
        sent,
        ..Ledger::default()
    };
    for heard in heard {
        ledger.heard.extend(heard.expect("a listener to the end"));
    }
    let history = owner.whole_history(&room).await;
    let kept = |m: &Value| Kept {
        seq: seq(m),
        id: id(m),
        client_id: m["client_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("a client_id"),
    };
    ledger
        .history
        .insert(room_id, history.iter().map(kept).collect());
    ledger.complete = (0..LISTENERS).map(|n| (n, room_id, 1)).collect();
    let verdict = ledger.judge();
    println!("{} deliveries: {verdict}", ledger.heard.len());
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(
        ledger.heard.len(),
        LISTENERS * SENDERS * usize::try_from(EACH).expect("small")
    );
    assert_eq!(server.terminate().await, Some(0));
}

async fn people(anon: &Anon, prefix: &str, count: usize, room: &str) -> Vec<SignedIn> {
    let mut people = Vec::new();
    for n in 0..count {
        let person = anon.sign_up(&format!("{prefix}-{n}")).await;
        person.join(room).await;
        people.push(person);
    }
    people
}
