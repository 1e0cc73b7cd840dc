//! Sessions without a socket, on a clock that stands still until somebody waits.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use async_trait::async_trait;
use domain::{
    Body, Caller, Change, ClientId, Code, Command, Content, Error, Event, Limits, Member as Place,
    MemberChange, MemberRow, MemberState, Message as Said, Reply, Result, Role, Room as DomainRoom,
    RoomId, RoomKind, Row, RowId, Scene, Seq, SessionId, TenantId, Timestamp, TokenKey, UserId,
    Username,
    command::{ReplayPage, RoomView},
};
use futures_util::{Sink, SinkExt, Stream};
use protocol::native::Native;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Duration, Instant, timeout},
};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_util::sync::{CancellationToken, PollSender};

use super::{
    Ending, Flood, Terms,
    means::Means,
    member::{Member, Wants},
    tenure::Tenure,
};
use crate::{Application, hub::Subscriber, locks::lock, testing::World};

/// A socket made of two channels.
struct Wire {
    read: mpsc::Receiver<std::result::Result<Message, WsError>>,
    write: PollSender<Message>,
}

impl Stream for Wire {
    type Item = std::result::Result<Message, WsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.read.poll_recv(cx)
    }
}

type Sent = std::result::Result<(), WsError>;

impl Sink<Message> for Wire {
    type Error = WsError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Sent> {
        self.write
            .poll_ready_unpin(cx)
            .map_err(|_| WsError::ConnectionClosed)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Sent {
        self.write
            .start_send_unpin(message)
            .map_err(|_| WsError::ConnectionClosed)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Sent> {
        self.write
            .poll_flush_unpin(cx)
            .map_err(|_| WsError::ConnectionClosed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Sent> {
        self.write
            .poll_close_unpin(cx)
            .map_err(|_| WsError::ConnectionClosed)
    }
}

/// The newest row of a log.
fn end(log: &[Row]) -> Seq {
    log.last().map_or(0, |row| row.seq)
}

/// A log that grows, and the rules in miniature: one member, who may do everything.
#[derive(Default)]
struct Log {
    rooms: Mutex<BTreeMap<RoomId, Vec<Row>>>,
    /// How many commands came in each batch.
    batches: Mutex<Vec<usize>>,
    /// The next messages are refused like this.
    refusals: Mutex<VecDeque<Code>>,
    /// Holds the next batch of commands until something is sent.
    gate: Mutex<Option<oneshot::Receiver<()>>>,
    /// Holds the next read of a room.
    read_gate: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Log {
    fn append(&self, room: RoomId, text: &str) -> Row {
        self.put(room, |seq| row(room, seq, text))
    }

    fn put(&self, room: RoomId, make: impl FnOnce(Seq) -> Row) -> Row {
        let mut rooms = lock(&self.rooms);
        let log = rooms.entry(room).or_default();
        let row = make(end(log) + 1);
        log.push(row.clone());
        row
    }

    fn head(&self, room: RoomId) -> Seq {
        lock(&self.rooms).get(&room).map_or(0, |log| end(log))
    }

    /// Drops old changes from a room's log.
    fn expire(&self, room: RoomId, seqs: impl std::ops::RangeBounds<Seq>) {
        let mut rooms = lock(&self.rooms);
        let log = rooms.get_mut(&room).expect("there is such a room");
        log.retain(|row| !seqs.contains(&row.seq));
    }

    fn views(&self) -> Vec<RoomView> {
        lock(&self.rooms)
            .iter()
            .map(|(room, log)| view(*room, end(log)))
            .collect()
    }

    fn replay(&self, room: RoomId, after: Seq, limit: usize) -> Result<Reply> {
        let rooms = lock(&self.rooms);
        let log = rooms.get(&room).ok_or(Error::new(Code::RoomNotFound))?;
        let rows = log.iter().filter(|row| row.seq > after).take(limit);
        let rows: Vec<Row> = rows.cloned().collect();
        Ok(Reply::Replay(ReplayPage {
            through: rows.last().map_or(after, |row| row.seq),
            missing: domain::missing_after(after, &rows),
            scenes: rows.into_iter().map(scene).collect(),
            head: end(log),
        }))
    }
}

#[async_trait]
impl Application for Log {
    async fn handle(&self, who: &Caller, command: Command) -> Result<Reply> {
        // Every read takes a moment, so that rows can come between.
        tokio::task::yield_now().await;
        match command {
            Command::ListOwnRooms { .. } => Ok(Reply::Rooms {
                rooms: self.views(),
                more: false,
            }),
            Command::Replay { room, after, limit } => {
                let gate = lock(&self.read_gate).take();
                if let Some(gate) = gate {
                    let _ = gate.await;
                }
                self.replay(room, after, limit)
            }
            Command::ListReceipts { .. } => Ok(Reply::Receipts {
                receipts: Vec::new(),
                more: false,
            }),
            Command::Send { room, draft, .. } => {
                if let Some(code) = lock(&self.refusals).pop_front() {
                    return Err(code.into());
                }
                let row = self.append(room, draft.text());
                Ok(Reply::Sent {
                    row,
                    sender: who.card(),
                    repeat: false,
                })
            }
            other => panic!("{other:?}"),
        }
    }

    async fn handle_all(&self, who: &Caller, commands: Vec<Command>) -> Vec<Result<Reply>> {
        lock(&self.batches).push(commands.len());
        let gate = lock(&self.gate).take();
        if let Some(gate) = gate {
            let _ = gate.await;
        }
        let mut replies = Vec::new();
        for command in commands {
            replies.push(self.handle(who, command).await);
        }
        replies
    }
}

fn row(room: RoomId, seq: Seq, text: &str) -> Row {
    let (id, sender, client_id) = (RowId::new(), UserId::new(), ClientId::new());
    let created_at = Timestamp::UNIX_EPOCH;
    let body = Body::Present {
        content: Content::plain(text),
    };
    let (rev, archived) = (1, false);
    let said = Said {
        id,
        room,
        seq,
        sender,
        client_id,
        created_at,
        edited_at: None,
        rev,
        body,
        archived,
    };
    let (generation, change) = (0, Change::Message(said));
    Row {
        id,
        room,
        seq,
        generation,
        sender,
        client_id,
        created_at,
        change,
    }
}

fn scene(row: Row) -> Scene {
    Scene {
        event: Event::Logged(row),
        actor: None,
        subject: None,
    }
}

fn view(room: RoomId, head: Seq) -> RoomView {
    let user = UserId::new();
    RoomView {
        room: DomainRoom {
            id: room,
            tenant: TenantId::default(),
            kind: RoomKind::Channel,
            name: None,
            created_by: user,
            created_at: Timestamp::UNIX_EPOCH,
            rev: 1,
            read_only: false,
            deleted_at: None,
        },
        head,
        member: Some(Place {
            room,
            user,
            role: Role::Member,
            state: MemberState::Active,
            rev: 1,
            joined_seq: 0,
            joined_at: Timestamp::UNIX_EPOCH,
            read: 0,
            received: 0,
            notified: 0,
            hidden: 0,
            rule: domain::Rule::default(),
        }),
        unread: 0,
        peer: None,
    }
}

fn caller() -> Caller {
    Caller {
        tenant: TenantId::default(),
        user: UserId::new(),
        username: Username::stored("ann".into()),
        admin: false,
        expires_at: Timestamp::MAX,
        session: None,
    }
}

/// The other end of a session.
struct Client {
    world: World,
    log: Arc<Log>,
    drain: CancellationToken,
    write: mpsc::Sender<std::result::Result<Message, WsError>>,
    read: mpsc::Receiver<Message>,
    session: JoinHandle<Ending>,
}

const HOUR: Duration = Duration::from_hours(1);

/// Opens a native session onto rooms with as many rows as said.
fn open(rooms: &[(RoomId, u64)], wants: Wants) -> Client {
    let log = Arc::new(Log::default());
    for (room, rows) in rooms {
        lock(&log.rooms).entry(*room).or_default();
        (0..*rows).for_each(|n| drop(log.append(*room, &n.to_string())));
    }
    open_with(log, wants, HOUR, 10_000)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the test itself waits for the end"
)]
fn open_with(log: Arc<Log>, wants: Wants, expires: Duration, window: usize) -> Client {
    let world = World::new();
    let caller = caller();
    let live = Arc::clone(&world.ctx.live);
    let limits = Arc::new(Limits {
        outbox_frames: 100,
        ..Limits::default()
    });
    let subscriber = Subscriber::new(SessionId::new(), caller.user, &Native, &limits);
    let means = Arc::new(Means {
        caller,
        app: log.clone(),
        auth: Arc::clone(&world.ctx.auth),
        live: Arc::clone(&live),
        limits,
        clock: Arc::clone(&world.ctx.ports.clock),
    });
    let seat = live.hub.seat(Arc::clone(&subscriber), wants.messages);
    live.heartbeats.watch(&subscriber);
    let drain = CancellationToken::new();
    let mut terms = Terms {
        subscriber: Arc::clone(&subscriber),
        tenure: Tenure {
            expires: Instant::now() + expires,
            _key: live
                .keys
                .watch(&TokenKey::Single("test".into()), &subscriber),
        },
        flood: Flood::new(&Limits::default(), false),
        drain: drain.clone(),
    };
    let (write, session_reads) = mpsc::channel(10_000);
    let (session_writes, read) = mpsc::channel(window);
    let mut wire = Wire {
        read: session_reads,
        write: PollSender::new(session_writes),
    };
    let mut machine = Member::new(means, seat, wants);
    let session =
        tokio::spawn(async move { super::run(&mut wire, &mut machine, &mut terms).await });
    Client {
        world,
        log,
        drain,
        write,
        read,
        session,
    }
}

impl Client {
    async fn say(&self, frame: Value) {
        self.write
            .send(Ok(Message::text(frame.to_string())))
            .await
            .unwrap();
    }

    /// The next message of any kind; `None` when the session has ended.
    async fn next(&mut self) -> Option<Message> {
        timeout(Duration::from_secs(600), self.read.recv())
            .await
            .expect("something comes")
    }

    /// The next frame.
    async fn hear(&mut self) -> Value {
        loop {
            match self.next().await.expect("a frame") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Frames until one of this type, that one included.
    async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.hear().await);
            if frames.last().unwrap()["type"] == kind {
                return frames;
            }
        }
    }

    /// Appends a row and announces it.
    fn append(&self, room: RoomId) {
        let row = self.log.append(room, "live");
        self.world.ctx.live.hub.deliver(room, vec![scene(row)]);
    }

    /// Appends a row by which somebody comes or goes, and announces it.
    fn append_change(&self, room: RoomId, user: UserId, change: MemberChange) {
        let change = Change::Member(MemberRow {
            user,
            change,
            role: Role::Member,
            rev: 1,
        });
        let row = self.log.put(room, |seq| Row {
            change,
            ..row(room, seq, "")
        });
        self.world.ctx.live.hub.deliver(room, vec![scene(row)]);
    }

    /// The code that the session closes with.
    async fn closed(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(_) => {}
                None => panic!("it ended without a word"),
            }
        }
    }
}

const MESSAGES: Wants = Wants {
    messages: true,
    notifications: false,
    resume: false,
};

fn room(n: u128) -> RoomId {
    RoomId::from_uuid(uuid::Uuid::from_u128(n))
}

fn seqs(frames: &[Value], room: RoomId) -> Vec<Seq> {
    let of_room = |frame: &&Value| frame["type"] == "message" && frame["room"] == room.to_string();
    frames
        .iter()
        .filter(of_room)
        .map(|frame| frame["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn hello_comes_first_and_the_rooms_are_live_after_it() {
    let mut ann = open(&[(room(1), 3), (room(2), 0)], MESSAGES);
    let hello = ann.hear().await;
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["rooms"][0]["head"], 3);
    assert_eq!(hello["rooms"].as_array().unwrap().len(), 2);
    assert_eq!(hello["heartbeat_ms"], 25_000);
    assert_eq!(hello["user"]["username"], "ann");
    ann.append(room(1));
    ann.append(room(2));
    let frames = [ann.hear().await, ann.hear().await];
    assert_eq!(seqs(&frames, room(1)), [4]);
    assert_eq!(seqs(&frames, room(2)), [1]);
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_in_order_and_fill_a_batch() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    let (open, gate) = oneshot::channel();
    *lock(&ann.log.gate) = Some(gate);
    for n in 0..11 {
        ann.say(json!({"id": n.to_string(), "type": "send", "room": room(1), "content": "x"}))
            .await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    open.send(()).unwrap();
    for n in 0..11 {
        let ack = ann.hear().await;
        assert_eq!(
            (&ack["type"], &ack["id"]),
            (&json!("ack"), &json!(n.to_string()))
        );
        assert_eq!(ack["message"]["seq"], n + 1);
    }
    assert_eq!(*lock(&ann.log.batches), [1, 10]);
}

/// Sends as many messages as said, with their numbers as ids, of which the first is held until
/// what is returned is told.
async fn send_behind_a_gate(ann: &Client, messages: usize) -> oneshot::Sender<()> {
    let (open, gate) = oneshot::channel();
    *lock(&ann.log.gate) = Some(gate);
    for n in 0..messages {
        ann.say(json!({"id": n.to_string(), "type": "send", "room": room(1), "content": "x"}))
            .await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    open
}

#[tokio::test(start_paused = true)]
async fn nothing_overtakes_what_must_be_sent_again() {
    let (away, busy, unknown) = (Code::Unavailable, Code::Busy, Code::UnknownOutcome);
    for (code, behind) in [(away, away), (busy, busy), (unknown, away)] {
        let mut ann = open(&[(room(1), 0)], MESSAGES);
        ann.hear().await;
        lock(&ann.log.refusals).push_back(code);
        let gate = send_behind_a_gate(&ann, 3).await;
        gate.send(()).unwrap();
        for (n, code) in [code, behind, behind].into_iter().enumerate() {
            let refused = ann.hear().await;
            assert_eq!(
                (&refused["id"], &refused["code"], &refused["temporary"]),
                (&json!(n.to_string()), &json!(code.name()), &json!(true))
            );
        }
        ann.say(json!({"type": "send", "room": room(1), "content": "again"}))
            .await;
        assert_eq!(ann.hear().await["message"]["seq"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_the_close_is_done() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    let gate = send_behind_a_gate(&ann, 3).await;
    ann.write.send(Ok(Message::Close(None))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    gate.send(()).unwrap();
    assert_eq!(ann.session.await.unwrap(), Ending::Gone);
    assert_eq!(ann.log.head(room(1)), 3);
}

#[tokio::test(start_paused = true)]
async fn who_goes_because_they_must_send_again_is_not_overtaken_by_themselves() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    lock(&ann.log.refusals).push_back(Code::Unavailable);
    ann.say(json!({"type": "send", "room": room(1), "content": "x"}))
        .await;
    assert_eq!(ann.hear().await["code"], "unavailable");
    let gate = send_behind_a_gate(&ann, 1).await;
    ann.write.send(Ok(Message::Close(None))).await.unwrap();
    assert_eq!(ann.session.await.unwrap(), Ending::Gone);
    assert!(gate.is_closed(), "nobody waits to do it any more");
    assert_eq!(ann.log.head(room(1)), 0);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_window_of_requests_is_taken() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    let (open, gate) = oneshot::channel();
    *lock(&ann.log.gate) = Some(gate);
    for _ in 0..100 {
        ann.say(json!({"type": "send", "room": room(1), "content": "x"}))
            .await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(ann.write.max_capacity() - ann.write.capacity(), 100 - 32);
    open.send(()).unwrap();
    for n in 1..=100 {
        assert_eq!(ann.hear().await["message"]["seq"], n);
    }
    assert!(lock(&ann.log.batches).iter().all(|batch| *batch <= 32));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_frame_is_refused_and_the_session_goes_on() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    ann.say(json!({"id": "c1", "type": "dance"})).await;
    let refused = ann.hear().await;
    assert_eq!(
        (&refused["id"], &refused["code"]),
        (&json!("c1"), &json!("unknown_type"))
    );
    ann.say(json!({"id": "c2", "type": "ping"})).await;
    assert_eq!(ann.hear().await, json!({"id": "c2", "type": "ack"}));
}

#[tokio::test(start_paused = true)]
async fn a_binary_frame_ends_the_session() {
    let mut ann = open(&[], MESSAGES);
    ann.write
        .send(Ok(Message::binary(vec![1, 2])))
        .await
        .unwrap();
    assert_eq!(ann.closed().await, 1003);
}

#[tokio::test(start_paused = true)]
async fn a_resume_replays_and_then_goes_live() {
    let mut ann = open(&[(room(1), 500), (room(2), 7)], MESSAGES);
    let hello = ann.hear().await;
    ann.say(
        json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": {
            room(1).to_string(): 40, room(9).to_string(): 1,
        }}),
    )
    .await;
    let frames = ann.until("ack").await;
    assert_eq!(seqs(&frames, room(1)), (41..=500).collect::<Vec<_>>());
    assert_eq!(seqs(&frames, room(2)), [] as [Seq; 0]);
    let resumed = frames
        .iter()
        .find(|frame| frame["type"] == "resumed")
        .unwrap();
    assert_eq!(
        (&resumed["recovered"], &resumed["head"]),
        (&json!(true), &json!(500))
    );
    let gap = frames.iter().find(|frame| frame["type"] == "gap").unwrap();
    assert_eq!(
        (&gap["room"], &gap["reason"]),
        (&json!(room(9)), &json!("no_access"))
    );
    let ack = frames.last().unwrap();
    assert_eq!(ack["id"], "r");
    assert_eq!(ack["not_named"], json!([{"room": room(2), "head": 7}]));
    ann.append(room(1));
    ann.append(room(2));
    let live = [ann.hear().await, ann.hear().await];
    assert_eq!(
        (seqs(&live, room(1)), seqs(&live, room(2))),
        (vec![501], vec![8])
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_replayed_is_said() {
    let rooms = [(room(1), 1_500), (room(2), 5)];
    let mut ann = open(&rooms, MESSAGES);
    let hello = ann.hear().await;
    ann.say(json!({"type": "resume", "epoch": hello["epoch"], "rooms": {
        room(1).to_string(): 10, room(2).to_string(): 6,
    }}))
    .await;
    let frames = ann.until("ack").await;
    assert_eq!(frames[0]["reason"], "too_many");
    assert_eq!(
        (&frames[0]["from"], &frames[0]["to"]),
        (&json!(11), &json!(1_500))
    );
    assert_eq!(frames[1]["reason"], "unknown_position");
    assert_eq!(
        frames.len(),
        3,
        "no part of a room that is not replayed whole"
    );
    ann.append(room(1));
    assert_eq!(seqs(&[ann.hear().await], room(1)), [1_501]);

    let mut bob = open(&rooms, MESSAGES);
    bob.hear().await;
    bob.say(json!({"type": "resume", "epoch": room(5), "rooms": {room(2).to_string(): 1}}))
        .await;
    let frames = bob.until("ack").await;
    assert_eq!(
        (&frames[0]["type"], &frames[0]["reason"]),
        (&json!("gap"), &json!("unknown_position"))
    );
}

#[tokio::test(start_paused = true)]
async fn changes_that_are_not_kept_any_more_are_a_gap_and_the_room_goes_on_live() {
    let rooms = [(room(1), 20), (room(2), 900), (room(3), 20)];
    let mut ann = open(&rooms, MESSAGES);
    ann.log.expire(room(1), 11..=12);
    // In the second page; what came before has been said by then.
    ann.log.expire(room(2), 350..=350);
    // Before the position: nobody asks for it.
    ann.log.expire(room(3), 9..=10);
    let hello = ann.hear().await;
    ann.say(
        json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": {
            room(1).to_string(): 10, room(2).to_string(): 100, room(3).to_string(): 10,
        }}),
    )
    .await;
    let frames = ann.until("ack").await;
    let gaps: Vec<_> = frames.iter().filter(|f| f["type"] == "gap").collect();
    let gap = |room, from, to| json!({"type": "gap", "room": room, "from": from, "to": to, "reason": "changes_expired"});
    assert_eq!(gaps, [&gap(room(1), 11, 20), &gap(room(2), 301, 900)]);
    assert_eq!(seqs(&frames, room(1)), [] as [Seq; 0]);
    assert_eq!(seqs(&frames, room(2)), (101..=300).collect::<Vec<_>>());
    assert_eq!(seqs(&frames, room(3)), (11..=20).collect::<Vec<_>>());
    let ack = frames.last().unwrap();
    assert_eq!(ack["gaps"], json!([room(1), room(2)]));
    assert_eq!(ack["resumed"], json!([room(3)]));
    for (room, next) in [(room(1), 21), (room(2), 901), (room(3), 21)] {
        ann.append(room);
        assert_eq!(seqs(&[ann.hear().await], room), [next]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resume_among_live_rows_is_in_order_and_once() {
    for early in [0, 1, 3, 7, 20] {
        let mut ann = open(&[(room(1), 600)], MESSAGES);
        let hello = ann.hear().await;
        ann.say(
            json!({"type": "resume", "epoch": hello["epoch"], "rooms": {room(1).to_string(): 0}}),
        )
        .await;
        let mut frames = Vec::new();
        for turn in 0..400 {
            if turn >= early && turn % 3 == 0 {
                ann.append(room(1));
            }
            tokio::task::yield_now().await;
            while let Ok(message) = ann.read.try_recv() {
                frames.push(serde_json::from_str(message.to_text().unwrap()).unwrap());
            }
        }
        let head = ann.log.head(room(1));
        while seqs(&frames, room(1)).last() != Some(&head) {
            frames.push(ann.hear().await);
        }
        assert_eq!(
            seqs(&frames, room(1)),
            (1..=head).collect::<Vec<_>>(),
            "{early}"
        );
        assert_eq!(
            frames
                .iter()
                .filter(|frame| frame["type"] == "resumed")
                .count(),
            1
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_resume_fills_only_what_was_before_the_live_rows() {
    let mut ann = open(&[(room(1), 5)], MESSAGES);
    let hello = ann.hear().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    ann.append(room(1));
    assert_eq!(seqs(&[ann.hear().await], room(1)), [6]);
    ann.say(json!({"type": "resume", "epoch": hello["epoch"], "rooms": {room(1).to_string(): 2}}))
        .await;
    let frames = ann.until("ack").await;
    assert_eq!(seqs(&frames, room(1)), [3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_came_during_the_hold_are_read_from_the_store() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    (0..450).for_each(|_| ann.append(room(1)));
    let mut frames = Vec::new();
    for _ in 0..450 {
        frames.push(ann.hear().await);
    }
    assert_eq!(seqs(&frames, room(1)), (1..=450).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_leaves_and_comes_back_while_catching_up_misses_nothing() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    let hello = ann.hear().await;
    let user: UserId = serde_json::from_value(hello["user"]["id"].clone()).unwrap();
    let (open, gate) = oneshot::channel();
    *lock(&ann.log.read_gate) = Some(gate);
    (0..450).for_each(|_| ann.append(room(1)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(lock(&ann.log.read_gate).is_none(), "it is catching up");
    ann.append_change(room(1), user, MemberChange::Left);
    ann.append_change(room(1), user, MemberChange::Joined);
    tokio::time::sleep(Duration::from_secs(1)).await;
    open.send(()).unwrap();
    let mut frames = Vec::new();
    while seqs(&frames, room(1)).len() < 450 {
        frames.push(ann.hear().await);
    }
    assert_eq!(seqs(&frames, room(1)), (1..=450).collect::<Vec<_>>());
    ann.append(room(1));
    assert_eq!(seqs(&ann.until("message").await, room(1)), [453]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_is_let_go() {
    let mut ann = open(&[], MESSAGES);
    let begun = Instant::now();
    let stop = CancellationToken::new();
    let live = Arc::clone(&ann.world.ctx.live);
    let code = tokio::select! {
        () = live.heartbeats.run(stop) => panic!("it turns for ever"),
        code = ann.closed() => code,
    };
    assert_eq!(code, 4010);
    let after = begun.elapsed().as_secs();
    assert!((45..=75).contains(&after), "{after}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_let_go_and_harms_nobody() {
    let log = Arc::new(Log::default());
    lock(&log.rooms).entry(room(1)).or_default();
    let mut slow = open_with(log, MESSAGES, HOUR, 1);
    slow.hear().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    (0..1_000).for_each(|_| slow.append(room(1)));
    let ending = timeout(Duration::from_secs(60), &mut slow.session)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ending, Ending::Code(Code::TooSlow));
    assert!(begun.elapsed() <= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_ends_the_session() {
    let mut ann = open_with(Arc::default(), MESSAGES, Duration::from_secs(5), 100);
    let begun = Instant::now();
    assert_eq!(ann.closed().await, 4501);
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_flood_ends_the_session() {
    let mut ann = open(&[], MESSAGES);
    ann.hear().await;
    for _ in 0..600 {
        // The session may have ended before all are sent.
        let _ = ann.write.send(Ok(Message::Ping(bytes::Bytes::new()))).await;
    }
    let error = ann.hear().await;
    assert_eq!(error["code"], "rate_limited");
    assert!(error["retry_after_ms"].as_u64().unwrap() > 0);
    assert_eq!(ann.closed().await, 4008);
}

#[tokio::test(start_paused = true)]
async fn a_message_too_large_is_named_before_the_socket_closes() {
    use tokio_tungstenite::tungstenite::error::CapacityError;
    let mut ann = open(&[], MESSAGES);
    ann.hear().await;
    let too_long = CapacityError::MessageTooLong {
        size: 2,
        max_size: 1,
    };
    let error = WsError::Capacity(too_long);
    ann.write.send(Err(error)).await.unwrap();
    assert_eq!(ann.hear().await["code"], "body_too_large");
    match ann.next().await {
        Some(Message::Close(Some(frame))) => {
            assert_eq!(u16::from(frame.code), 1009);
            assert_eq!(frame.reason.as_str(), "body_too_large");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_announced_a_resume_is_waited_for_whatever_else_they_say() {
    let wants = Wants {
        resume: true,
        ..MESSAGES
    };
    let mut ann = open(&[(room(1), 3)], wants);
    let hello = ann.hear().await;
    ann.say(json!({"id": "p", "type": "ping"})).await;
    assert_eq!(ann.hear().await["id"], "p");
    ann.append(room(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    ann.say(json!({"type": "resume", "epoch": hello["epoch"], "rooms": {room(1).to_string(): 1}}))
        .await;
    assert_eq!(seqs(&ann.until("ack").await, room(1)), [2, 3, 4]);

    let mut bob = open(&[(room(1), 0)], wants);
    bob.hear().await;
    let begun = Instant::now();
    bob.say(json!({"id": "p", "type": "ping"})).await;
    bob.append(room(1));
    bob.until("message").await;
    assert_eq!(begun.elapsed().as_secs(), 5, "not for ever, though");
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_says_so_and_finishes_what_it_took() {
    let mut ann = open(&[(room(1), 0)], MESSAGES);
    ann.hear().await;
    let (open, gate) = oneshot::channel();
    *lock(&ann.log.gate) = Some(gate);
    ann.say(json!({"id": "c1", "type": "send", "room": room(1), "content": "x"}))
        .await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    ann.drain.cancel();
    let draining = ann.hear().await;
    assert_eq!(draining["type"], "draining");
    assert!(draining["retry_after_ms"].as_u64().unwrap() < 5_000);
    open.send(()).unwrap();
    assert_eq!(ann.hear().await["id"], "c1");
    assert_eq!(ann.closed().await, 4001);
}

#[tokio::test(start_paused = true)]
async fn broken_frames_end_with_the_code_of_the_protocol() {
    use tokio_tungstenite::tungstenite::error::CapacityError;
    let too_long = WsError::Capacity(CapacityError::MessageTooLong {
        size: 2,
        max_size: 1,
    });
    for (error, code) in [(too_long, 1009), (WsError::Utf8("x".into()), 1007)] {
        let mut ann = open(&[], MESSAGES);
        ann.write.send(Err(error)).await.unwrap();
        assert_eq!(ann.closed().await, code);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_a_session_that_has_gone() {
    let ann = open(&[(room(1), 1)], MESSAGES);
    let hub = Arc::clone(&ann.world.ctx.live.hub);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(hub.live_rooms(), [room(1)]);
    drop(ann.write);
    assert_eq!(ann.session.await.unwrap(), Ending::Gone);
    assert!(hub.live_rooms().is_empty());
}

#[test]
fn sessions_are_small() {
    assert!(size_of::<Member>() <= 1_024, "{}", size_of::<Member>());
    assert!(
        size_of::<super::room::Room>() <= 512,
        "{}",
        size_of::<super::room::Room>()
    );
}
