//! A room's fan-out is no slower for having several voices: a row is encoded once for each dialect
//! that is there, however many listen, and the rest costs as much as among listeners of one dialect.
//! A test program of its own, so that nothing else takes its processors. Figures for the
//! documentation: `cargo test --release --workspace --test voices -- --nocapture`.

use std::{collections::BTreeMap, time::Duration};

use e2e::{Anon, Process, Rest, SignedIn, Socket};
use futures_util::future::join_all;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");
const LISTENERS: usize = 300;
const USERS: usize = 15;
const MESSAGES: usize = 100;
const ROUNDS: usize = 3;

/// So many are heard before anything is measured: by then everybody is live.
const WARM: usize = 2;

/// How much more several voices may cost than one. It is about one; the rest is for what else the
/// machine does.
const MOST: f64 = 1.5;

/// The kernel counts the time of processes in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// How a listener listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Native,
    Rooms,
    Tenants,
}

impl Voice {
    /// Those that can be in a room of many.
    const ALL: [Self; 3] = [Self::Native, Self::Rooms, Self::Tenants];

    async fn open(self, who: &SignedIn, room: &str) -> Socket {
        match self {
            Self::Native => who.native().await.0,
            Self::Rooms => {
                let mut socket = who.socket("/ws/join/?name=hall").await.expect("a socket");
                socket.next().await;
                socket
            }
            Self::Tenants => {
                let path = format!("/ws/chat/default/?token={}", who.token);
                let mut socket = who.socket(&path).await.expect("a socket");
                let join = json!({"type": "join_conversation", "conversation_id": room});
                socket.send(&join).await;
                socket.next_of("conversation_joined").await;
                socket
            }
        }
    }

    /// What a frame says, if it is a message.
    fn said(self, frame: &Value) -> Option<&str> {
        match (self, frame["type"].as_str()?) {
            (Self::Native, "message") | (Self::Tenants, "new_message") => {
                frame["message"]["content"].as_str()
            }
            (Self::Rooms, "message") => frame["content"].as_str(),
            _ => None,
        }
    }
}

/// Those who listen, and how.
type Listeners = Vec<(Voice, Socket)>;

/// A server and those who are in its room.
struct Hall {
    server: Process,
    speaker: SignedIn,
    people: Vec<SignedIn>,
    room: String,
}

impl Hall {
    async fn new(folder: &tempfile::TempDir) -> Self {
        let server = Process::without_limits(PROGRAM, folder.path()).await;
        let anon = Anon {
            rest: Rest::new(server.addr()),
        };
        let speaker = anon.sign_up("speaker").await;
        let room = speaker.create_room("hall").await;
        let mut people = Vec::new();
        for n in 0..USERS {
            let person = anon.sign_up(&format!("listener-{n}")).await;
            person.join(&room).await;
            people.push(person);
        }
        Self {
            server,
            speaker,
            people,
            room,
        }
    }

    /// What the server's process worked while everything was said to listeners of these voices, and
    /// how many rows it encoded.
    async fn cost(&self, voices: &[Voice]) -> (Duration, BTreeMap<String, usize>) {
        let voices = (0..LISTENERS).map(|n| voices[n % voices.len()]);
        let opened = voices.enumerate().map(|(n, voice)| async move {
            let who = &self.people[n % USERS];
            (voice, voice.open(who, &self.room).await)
        });
        let listeners = join_all(opened).await;
        let listeners = self.say_all(listeners, WARM).await;
        let (worked_before, encoded_before) = (worked(self.server.id()), self.encoded().await);
        let listeners = self.say_all(listeners, MESSAGES).await;
        let cost = worked(self.server.id()).saturating_sub(worked_before);
        let encoded = self.since(&encoded_before).await;
        join_all(listeners.into_iter().map(|(_, socket)| socket.close())).await;
        (cost, encoded)
    }

    /// Says so many messages, and gives the listeners back when all have heard them.
    async fn say_all(&self, listeners: Listeners, messages: usize) -> Listeners {
        let listening = listeners
            .into_iter()
            .map(|(voice, socket)| e2e::spawn(listen(voice, socket, messages)));
        let listening: Vec<_> = listening.collect();
        for n in 0..messages {
            self.speaker.say(&self.room, &n.to_string()).await;
        }
        let listened = join_all(listening).await.into_iter();
        let listeners = listened.map(|listener| listener.expect("a listener to the end"));
        listeners.collect()
    }

    /// How many rows were encoded so far, by dialect.
    async fn encoded(&self) -> BTreeMap<String, usize> {
        let text = Rest::new(self.server.addr()).get("/metrics").await.text;
        let lines = text.lines().filter_map(|line| {
            let line = line.strip_prefix("hubbub_rows_encoded_total{dialect=\"")?;
            let (dialect, count) = line.split_once("\"} ")?;
            Some((dialect.to_owned(), count.parse().ok()?))
        });
        lines.collect()
    }

    /// How many rows were encoded since then.
    async fn since(&self, before: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
        let now = self.encoded().await.into_iter();
        let since = now.map(|(dialect, count)| {
            let before = before.get(&dialect).copied().unwrap_or_default();
            (dialect, count - before)
        });
        since.filter(|(_, count)| *count > 0).collect()
    }
}

/// Listens until everything was said, in its order.
async fn listen(voice: Voice, mut socket: Socket, messages: usize) -> (Voice, Socket) {
    for n in 0..messages {
        loop {
            let frame = socket.next().await;
            if let Some(said) = voice.said(&frame) {
                assert_eq!(said, n.to_string(), "{voice:?}");
                break;
            }
        }
    }
    (voice, socket)
}

/// For how long a process has worked so far, in user and in kernel mode.
fn worked(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // Behind the name, which may hold anything; the times are the 14th and 15th field.
    let (_, fields) = stat.rsplit_once(") ").expect("a name");
    let times = fields.split(' ').skip(11).take(2);
    let ticks: u32 = times.filter_map(|time| time.parse::<u32>().ok()).sum();
    TICK * ticks
}

fn counts(dialects: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let each = dialects.iter();
    each.map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn several_voices_cost_what_one_costs() {
    let folder = tempfile::tempdir().expect("a folder");
    let hall = Hall::new(&folder).await;
    let (mut one, mut several) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        let (cost, encoded) = hall.cost(&[Voice::Native]).await;
        assert_eq!(encoded, counts(&[("native", MESSAGES)]), "once for all");
        one += cost;
        let (cost, encoded) = hall.cost(&Voice::ALL).await;
        let each = ["native", "rooms", "tenants"].map(|name| (name, MESSAGES));
        assert_eq!(encoded, counts(&each), "once for each");
        several += cost;
    }
    let ratio = several.as_secs_f64() / one.as_secs_f64();
    let many = u32::try_from(LISTENERS * MESSAGES * ROUNDS).expect("a number");
    println!(
        "{} deliveries each: {:?} of the processors for one delivery in one voice, {:?} in {}: \
         {ratio:.2} times",
        many,
        one / many,
        several / many,
        Voice::ALL.len()
    );
    assert!(ratio <= MOST, "{ratio:.2} times as much work");
    assert_eq!(hall.server.terminate().await, Some(0));
}

/// Where the words depend on who hears them, each socket costs one encoding, and nobody else does.
#[tokio::test(flavor = "multi_thread")]
async fn only_personal_voices_are_encoded_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let hall = Hall::new(&folder).await;
    let (ann, bob) = (&hall.people[0], &hall.people[1]);
    let body = json!({"user": bob.id});
    let room = ann.rest.post("/api/v1/rooms/direct", &body).await.json();
    let room = room["id"].as_str().expect("an id");
    let mut sockets = Vec::new();
    for who in [ann, bob, bob] {
        sockets.push(who.native().await.0);
        let path = format!("/ws/chat/{room}/?token={}", who.token);
        sockets.push(who.socket(&path).await.expect("a socket"));
    }
    let path = format!("/ws/{}/?token={}", bob.name, ann.token);
    let mut named = ann.socket(&path).await.expect("a socket");
    named.next_of("user_join").await;
    sockets.push(named);
    let mut before = BTreeMap::new();
    for text in ["warm", "warmer", "hello"] {
        before = hall.encoded().await;
        ann.say(room, text).await;
        for socket in &mut sockets {
            while !socket.next().await.to_string().contains(text) {}
        }
    }
    let expected = counts(&[("native", 1), ("recipients", 3), ("usernames", 1)]);
    assert_eq!(hall.since(&before).await, expected);
    assert_eq!(hall.server.terminate().await, Some(0));
}
