//! People in one room, of whom some talk and some listen, and what is said of them in the end.

use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use domain::RoomId;
use e2e::{
    Anon, Rest, SignedIn,
    load::{self, Heads, Listener, Sender, Until},
};
use futures_util::future::join_all;
use testkit::judge::{Ledger, Verdict};

/// People in one room.
pub(crate) struct Crowd {
    /// Where they talk.
    pub(crate) room: RoomId,
    /// Who made the room, and says nothing.
    pub(crate) owner: SignedIn,
    /// Who talks.
    pub(crate) senders: Vec<Sender>,
    /// Who listens.
    pub(crate) listeners: Vec<Listener>,
}

impl Crowd {
    /// Signs everybody up.
    pub(crate) async fn gather(addr: SocketAddr, senders: usize, listeners: usize) -> Self {
        let anon = Anon {
            rest: Rest::new(addr),
        };
        let owner = anon.sign_up("owner").await;
        let room = owner.create_room("lobby").await;
        let mut people = Vec::new();
        for n in 0..senders + listeners {
            let person = anon.sign_up(&format!("person-{n}")).await;
            person.join(&room).await;
            people.push(person);
        }
        let room: RoomId = room.parse().expect("an id");
        let begin = load::heads(&owner).await;
        let sender = |n: usize| Sender::new(n, &people[n].token, room);
        let listener = |n: usize| Listener::new(n, &people[senders + n].token, begin.clone());
        Self {
            room,
            senders: (0..senders).map(sender).collect(),
            listeners: (0..listeners).map(listener).collect(),
            owner,
        }
    }

    /// Lets everybody talk at `talk` and listen at `listen`, by turns, while `harm` is done. It is
    /// over when whoever talks has said all they have to say, or else when the harm is done; then
    /// `heal` is waited for, and everybody hears the rest.
    ///
    /// # Panics
    /// When that takes longer than `patience`.
    pub(crate) async fn suffer(
        mut self,
        [talk, listen]: [&[SocketAddr]; 2],
        harm: impl AsyncFnOnce(&Until),
        patience: Duration,
    ) -> Verdict {
        let (until, all) = (Until::default(), Heads::default());
        let talking = self.senders.iter_mut().enumerate();
        let talking = talking.map(|(n, sender)| sender.talk_on(talk[n % talk.len()], &until));
        let listening = self.listeners.iter_mut().enumerate();
        let listening =
            listening.map(|(n, listener)| listener.listen_on(listen[n % listen.len()], &all));
        let (owner, room) = (&self.owner, self.room);
        let talked = async {
            let said = async {
                join_all(talking).await;
                until.store(true, Ordering::Relaxed);
            };
            tokio::join!(harm(&until), said);
            let history = load::history(owner, [&room]).await;
            all.send_replace(Some(load::ends(&history)));
            history
        };
        let heard = async { tokio::join!(talked, join_all(listening)) };
        let (history, _) = tokio::time::timeout(patience, heard)
            .await
            .expect("everybody hears everything in time");
        let mut ledger = Ledger {
            history,
            ..Ledger::default()
        };
        for (n, listener) in self.listeners.into_iter().enumerate() {
            ledger.heard.extend(listener.heard);
            ledger.recovered.extend(listener.recovered);
            ledger.complete.push((n, room, 1));
        }
        ledger.sent = self.senders.into_iter().flat_map(Sender::sent).collect();
        ledger.judge()
    }
}
