//! A listener that comes back after every cut, and resumes from the last seq it saw.

use std::{collections::BTreeMap, net::SocketAddr};

use domain::{MessageId, RoomId, Seq};
use e2e::Socket;
use serde_json::{Value, json};
use testkit::judge::{Heard, How, Recovered};

/// One person listening in all their rooms.
pub(crate) struct Listener {
    number: usize,
    token: String,
    positions: BTreeMap<RoomId, Seq>,
    /// Where each room's resume began, until it is said to be complete.
    replaying: BTreeMap<RoomId, Seq>,
    /// What was heard, in order.
    pub heard: Vec<Heard>,
    /// What was promised on resuming.
    pub recovered: Vec<Recovered>,
}

impl Listener {
    /// Somebody with a token who has seen these rooms up to these rows.
    pub(crate) fn new(number: usize, token: &str, positions: BTreeMap<RoomId, Seq>) -> Self {
        Self {
            number,
            token: token.to_owned(),
            positions,
            replaying: BTreeMap::new(),
            heard: Vec::new(),
            recovered: Vec::new(),
        }
    }

    /// Listens until cut off, or until every room has been heard up to `heads`.
    pub(crate) async fn listen(&mut self, addr: SocketAddr, heads: Option<&BTreeMap<RoomId, Seq>>) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let Ok(mut socket) = Socket::try_open(addr, "/api/v1/ws?resume=true", &headers).await
        else {
            return;
        };
        while let Some(frame) = socket.try_next().await {
            if frame["type"] == "hello" && self.resume(&mut socket, &frame).await.is_none() {
                return;
            }
            self.on_frame(&frame);
            if heads.is_some_and(|heads| self.has_heard(heads)) {
                return;
            }
        }
    }

    fn has_heard(&self, heads: &BTreeMap<RoomId, Seq>) -> bool {
        self.replaying.is_empty()
            && heads
                .iter()
                .all(|(room, head)| self.positions.get(room) >= Some(head))
    }

    async fn resume(&mut self, socket: &mut Socket, hello: &Value) -> Option<()> {
        self.replaying = self.positions.clone();
        let rooms = json!(self.positions);
        let resume = json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": rooms});
        socket.try_send(&resume).await.ok()
    }

    fn on_frame(&mut self, frame: &Value) {
        match frame["type"].as_str() {
            Some("message") => self.on_message(&frame["message"]),
            Some("resumed") => {
                let room = room_of(frame);
                let head = frame["head"].as_u64().expect("a head");
                let Some(since) = self.replaying.remove(&room) else {
                    return;
                };
                let listener = self.number;
                self.recovered.push(Recovered {
                    listener,
                    room,
                    since,
                    head,
                });
                let position = self.positions.entry(room).or_default();
                *position = head.max(*position);
            }
            Some("gap") => panic!("a short absence must be recovered: {frame}"),
            _ => {}
        }
    }

    fn on_message(&mut self, message: &Value) {
        let room = room_of(message);
        let replaying = self.replaying.contains_key(&room);
        let seq = message["seq"].as_u64().expect("a seq");
        let id: MessageId = message["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let how = if replaying { How::Replay } else { How::Live };
        self.heard.push(Heard {
            listener: self.number,
            room,
            seq,
            id,
            how,
        });
        self.positions.insert(room, seq);
    }
}

fn room_of(value: &Value) -> RoomId {
    value["room"]
        .as_str()
        .and_then(|room| room.parse().ok())
        .expect("a room")
}
