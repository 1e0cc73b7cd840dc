//! A listener that comes back after every cut, and resumes from the last seq it saw.

use std::net::SocketAddr;

use serde_json::{Value, json};
use testkit::judge::{Heard, How, Recovered};
use tokio::{sync::watch, time::sleep};

use super::{COME_BACK, Positions, id};
use crate::Socket;

/// Tells listeners up to which rows they are to listen, once that is known.
pub type Heads = watch::Sender<Option<Positions>>;

/// One person listening in all their rooms.
pub struct Listener {
    number: usize,
    token: String,
    positions: Positions,
    /// Where each room's resume began, until it is said to be complete.
    replaying: Positions,
    /// What was heard, in order.
    pub heard: Vec<Heard>,
    /// What was promised on resuming.
    pub recovered: Vec<Recovered>,
}

impl Listener {
    /// Somebody with a token who has seen these rooms up to these rows.
    #[must_use]
    pub fn new(number: usize, token: &str, positions: Positions) -> Self {
        Self {
            number,
            token: token.to_owned(),
            positions,
            replaying: Positions::new(),
            heard: Vec::new(),
            recovered: Vec::new(),
        }
    }

    /// Listens until cut off, or until every room has been heard up to `heads`.
    ///
    /// # Panics
    /// When what was missed is not recovered.
    pub async fn listen(&mut self, addr: SocketAddr, heads: &Heads) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let Ok(mut socket) = Socket::try_open(addr, "/api/v1/ws?resume=true", &headers).await
        else {
            return;
        };
        let mut heads = heads.subscribe();
        while !self.has_heard(heads.borrow_and_update().as_ref()) {
            let frame = tokio::select! {
                frame = socket.try_next() => frame,
                _ = heads.changed() => continue,
            };
            let Some(frame) = frame else { return };
            if frame["type"] == "hello" && self.resume(&mut socket, &frame).await.is_none() {
                return;
            }
            self.on_frame(&frame);
        }
    }

    /// The same, and comes back after every cut.
    ///
    /// # Panics
    /// As [`Self::listen`].
    pub async fn listen_on(&mut self, addr: SocketAddr, heads: &Heads) {
        while !self.has_heard(heads.borrow().as_ref()) {
            self.listen(addr, heads).await;
            sleep(COME_BACK).await;
        }
    }

    /// Whether everything was heard. Who has just come back waits to be told what they missed.
    fn has_heard(&self, heads: Option<&Positions>) -> bool {
        let heard = |(room, head)| self.positions.get(room) >= Some(head);
        heads.is_some_and(|heads| self.replaying.is_empty() && heads.iter().all(heard))
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
                let room = id(&frame["room"]);
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
        let room = id(&message["room"]);
        let replaying = self.replaying.contains_key(&room);
        let seq = message["seq"].as_u64().expect("a seq");
        let how = if replaying { How::Replay } else { How::Live };
        self.heard.push(Heard {
            listener: self.number,
            room,
            seq,
            id: id(&message["id"]),
            how,
        });
        self.positions.insert(room, seq);
    }
}
