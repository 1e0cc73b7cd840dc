//! A sender that behaves as a client should: it pipelines, and what was not answered before the
//! connection went it sends again, with the same client_id, before anything new.

use std::{collections::VecDeque, net::SocketAddr, sync::atomic::Ordering};

use domain::{ClientId, RoomId};
use serde_json::{Value, json};
use testkit::judge::{Sent, Told};
use tokio::time::sleep;

use super::{COME_BACK, Until, id};
use crate::Socket;

/// Sends that may be unanswered at a time.
const WINDOW: usize = 8;

/// One person talking in one room.
pub struct Sender {
    number: usize,
    token: String,
    room: RoomId,
    next: u64,
    /// How much there is to say.
    most: u64,
    unanswered: VecDeque<Sent>,
    /// What was answered, in order.
    pub answered: Vec<Sent>,
}

impl Sender {
    /// Somebody with a token who will talk in a room.
    #[must_use]
    pub fn new(number: usize, token: &str, room: RoomId) -> Self {
        let token = token.to_owned();
        Self {
            number,
            token,
            room,
            next: 0,
            most: u64::MAX,
            unanswered: VecDeque::new(),
            answered: Vec::new(),
        }
    }

    /// The same with so much to say, and no more.
    #[must_use]
    pub fn saying(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// Whether there is something to be said, or to be answered.
    fn is_at_it(&self, until: &Until) -> bool {
        self.has_more(until) || !self.unanswered.is_empty()
    }

    fn has_more(&self, until: &Until) -> bool {
        self.next < self.most && !until.load(Ordering::Relaxed)
    }

    /// Talks until told to stop, put off or cut off.
    ///
    /// # Panics
    /// When something is refused.
    pub async fn talk(&mut self, addr: SocketAddr, until: &Until) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let Ok(mut socket) = Socket::try_open(addr, "/api/v1/ws", &headers).await else {
            return;
        };
        for sent in &self.unanswered {
            if socket.try_send(&frame(sent)).await.is_err() {
                return;
            }
        }
        while self.is_at_it(until) {
            if self.send_more(&mut socket, until).await.is_none() {
                return;
            }
            let Some(answer) = socket.try_next().await else {
                return;
            };
            if answer["temporary"] == true {
                return;
            }
            self.on_answer(&answer);
        }
    }

    /// The same, and comes back each time.
    ///
    /// # Panics
    /// As [`Self::talk`].
    pub async fn talk_on(&mut self, addr: SocketAddr, until: &Until) {
        while self.is_at_it(until) {
            self.talk(addr, until).await;
            sleep(COME_BACK).await;
        }
    }

    async fn send_more(&mut self, socket: &mut Socket, until: &Until) -> Option<()> {
        while self.unanswered.len() < WINDOW && self.has_more(until) {
            self.next += 1;
            let sent = Sent {
                client_id: ClientId::new(),
                room: self.room,
                sender: self.number,
                n: self.next,
                told: Told::Nothing,
            };
            let sending = frame(&sent);
            self.unanswered.push_back(sent);
            socket.try_send(&sending).await.ok()?;
        }
        Some(())
    }

    fn on_answer(&mut self, answer: &Value) {
        let kind = answer["type"].as_str().unwrap_or_default();
        let to = answer["id"].as_str().unwrap_or_default();
        let Some(at) = self
            .unanswered
            .iter()
            .position(|s| s.client_id.to_string() == to)
        else {
            return;
        };
        assert_eq!(kind, "ack", "under this load nothing is refused: {answer}");
        let mut sent = self.unanswered.remove(at).expect("just found");
        let message = &answer["message"];
        sent.told = Told::Stored {
            id: id(&message["id"]),
            seq: message["seq"].as_u64().expect("a seq"),
        };
        self.answered.push(sent);
    }

    /// Everything that was sent, answered or not.
    pub fn sent(self) -> impl Iterator<Item = Sent> {
        self.answered.into_iter().chain(self.unanswered)
    }
}

fn frame(sent: &Sent) -> Value {
    json!({
        "id": sent.client_id, "type": "send", "room": sent.room, "client_id": sent.client_id,
        "content": format!("{} says {}", sent.sender, sent.n),
    })
}
