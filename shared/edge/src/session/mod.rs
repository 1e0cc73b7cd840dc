//! One socket's life, in one task.
//!
//! A [`Machine`] decides what is said; it never touches the socket. The loop here waits for one
//! thing, lets the machine take its turn, and is the only one that writes: all that waits goes
//! out with one flush.

mod catch_up;
mod flood;
pub(crate) mod friends;
mod kept;
mod lanes;
pub(crate) mod means;
pub(crate) mod member;
mod news;
pub(crate) mod notifications;
mod requests;
mod resume;
pub(crate) mod room;
pub(crate) mod tenure;
#[cfg(test)]
mod tests;
pub(crate) mod turn;
pub(crate) mod unread;
pub(crate) mod visitor;

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use domain::{Code, Error};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::time::{Duration, Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{
    Error as WsError, Message, Utf8Bytes,
    error::CapacityError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    flood::{Flood, flood_error},
    turn::Turn,
};
use self::{lanes::Lanes, tenure::Tenure};
use crate::{hub::Subscriber, outbox::Item};

/// How long one write may take.
const WRITE: Duration = Duration::from_secs(10);

/// How long who sends too fast should wait before coming back.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// How long the farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long what a client said before it went may take. What takes longer was told to nobody.
const FINISH: Duration = Duration::from_secs(5);

/// RFC 6455, 7.4.1.
const PROTOCOL_ERROR: u16 = 1002;
const INVALID_TEXT: u16 = 1007;

/// What a session does with what comes to it. It answers into a [`Turn`] and never waits.
pub(crate) trait Machine: Send {
    /// What its own work in the background ends with.
    type Done: Send + 'static;

    /// The session begins.
    fn start(&mut self, turn: &mut Turn<Self::Done>);

    /// Whether a frame of the client can be taken now.
    fn hears(&self) -> bool;

    /// Whether what waits in the outbox can be taken now.
    fn listens(&self) -> bool;

    /// Whether something that was taken is not answered yet.
    fn is_busy(&self) -> bool;

    /// The client sent a text.
    fn on_text(&mut self, text: &str, turn: &mut Turn<Self::Done>);

    /// The client sent bytes.
    fn on_binary(&mut self, bytes: &[u8], turn: &mut Turn<Self::Done>);

    /// The client answered a ping.
    fn on_pong(&mut self, _payload: &[u8], _turn: &mut Turn<Self::Done>) {}

    /// What the heartbeat's ping carries.
    fn heartbeat(&self) -> Bytes {
        Bytes::new()
    }

    /// Something waited that is no frame.
    fn on_item(&mut self, item: Item, turn: &mut Turn<Self::Done>);

    /// Work has ended.
    fn on_done(&mut self, done: Self::Done, turn: &mut Turn<Self::Done>);

    /// Whether the client was told to ask again, and knows what that holds for: it does so in its
    /// order, which what it said since must not overtake.
    fn is_put_off(&self) -> bool {
        false
    }

    /// When to call [`Machine::on_time`].
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// The time has come.
    fn on_time(&mut self, _turn: &mut Turn<Self::Done>) {}

    /// The server is stopping.
    fn on_drain(&mut self, _turn: &mut Turn<Self::Done>) {}

    /// What is said before a socket is closed because of what its client did.
    fn last_word(&self, _error: &Error) -> Option<String> {
        None
    }

    /// The last work, done after the socket is closed.
    fn last_work(&mut self) -> Option<turn::Work<()>> {
        None
    }
}

/// What a session is told from outside besides its machine.
pub(crate) struct Terms {
    /// Where things wait for it.
    pub(crate) subscriber: Arc<Subscriber>,
    /// By which token it lives, and how long.
    pub(crate) tenure: Tenure,
    /// How fast the client may send.
    pub(crate) flood: Flood,
    /// The server is stopping.
    pub(crate) drain: CancellationToken,
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The other side is gone, or closed.
    Gone,
    /// We close, for a reason of ours.
    Code(Code),
    /// We close, because the other side breaks the protocol.
    Protocol(u16),
}

/// What comes to a session.
enum Input<D> {
    Frame(Option<Result<Message, WsError>>),
    Outbox,
    Done(D),
    Time,
    Drain,
}

/// Runs a session to its end, and says goodbye. All by reference: what is moved into a future
/// lies in it twice, for as long as the socket lives.
pub(crate) async fn run<S, M>(socket: &mut S, machine: &mut M, terms: &mut Terms) -> Ending
where
    S: Stream<Item = Result<Message, WsError>> + Sink<Message, Error = WsError> + Unpin,
    M: Machine,
{
    let mut session = Session {
        socket,
        machine: &mut *machine,
        terms,
        lanes: Lanes::default(),
        draining: false,
    };
    let ending = session.live().await;
    session.say_why(ending).await;
    farewell(session.socket, ending).await;
    session.finish(ending).await;
    drop(session);
    if let Some(work) = machine.last_work() {
        work.await;
    }
    ending
}

struct Session<'a, S, M: Machine> {
    socket: &'a mut S,
    machine: &'a mut M,
    terms: &'a mut Terms,
    lanes: Lanes<M::Done>,
    draining: bool,
}

impl<S, M> Session<'_, S, M>
where
    S: Stream<Item = Result<Message, WsError>> + Sink<Message, Error = WsError> + Unpin,
    M: Machine,
{
    async fn live(&mut self) -> Ending {
        let mut turn = Turn::default();
        self.machine.start(&mut turn);
        loop {
            if let Err(ending) = self.perform(&mut turn).await {
                return ending;
            }
            if self.draining && !self.machine.is_busy() {
                return Ending::Code(Code::Draining);
            }
            let input = self.next().await;
            if let Err(ending) = self.take(input, &mut turn) {
                return ending;
            }
        }
    }

    /// Waits for whatever comes first.
    async fn next(&mut self) -> Input<M::Done> {
        let hears = self.machine.hears() && !self.draining;
        let wakes = self.machine.wakes_at();
        let expires = self.terms.tenure.expires;
        let time = wakes.map_or(expires, |at| at.min(expires));
        tokio::select! {
            frame = self.socket.next(), if hears => Input::Frame(frame),
            done = self.lanes.next() => Input::Done(done),
            () = self.terms.subscriber.outbox.ready(), if self.machine.listens() => Input::Outbox,
            () = sleep_until(time) => Input::Time,
            () = self.terms.drain.cancelled(), if !self.draining => Input::Drain,
        }
    }

    fn take(&mut self, input: Input<M::Done>, turn: &mut Turn<M::Done>) -> Result<(), Ending> {
        match input {
            Input::Frame(frame) => return self.hear(frame, turn),
            Input::Done(done) => self.machine.on_done(done, turn),
            Input::Outbox => {
                let items = self.terms.subscriber.outbox.take();
                self.unpack(items, turn);
            }
            Input::Time if Instant::now() >= self.terms.tenure.expires => {
                return Err(Ending::Code(Code::TokenExpired));
            }
            Input::Time => self.machine.on_time(turn),
            Input::Drain => {
                self.draining = true;
                self.machine.on_drain(turn);
            }
        }
        Ok(())
    }

    fn hear(
        &mut self,
        frame: Option<Result<Message, WsError>>,
        turn: &mut Turn<M::Done>,
    ) -> Result<(), Ending> {
        let message = match frame {
            None => return Err(Ending::Gone),
            Some(Err(error)) => return Err(broken(&error)),
            Some(Ok(message)) => message,
        };
        self.terms.subscriber.outbox.hear();
        if !self.terms.flood.admits() {
            return Err(Ending::Code(Code::RateLimited));
        }
        match message {
            Message::Text(text) => self.machine.on_text(text.as_str(), turn),
            Message::Binary(bytes) => self.machine.on_binary(&bytes, turn),
            Message::Pong(payload) => self.machine.on_pong(&payload, turn),
            Message::Close(_) => return Err(Ending::Gone),
            // Pings are answered by the library, with the next flush.
            Message::Ping(_) => turn.flush(),
            Message::Frame(_) => {}
        }
        Ok(())
    }

    fn unpack(&mut self, items: VecDeque<Item>, turn: &mut Turn<M::Done>) {
        for item in items {
            match item {
                Item::Frame(text) | Item::Passing(text) => turn.say(text),
                Item::Ping => turn.ping(self.machine.heartbeat()),
                Item::Close(code) => turn.close(code),
                other => self.machine.on_item(other, turn),
            }
        }
    }

    /// Does what a turn led to: writes everything with one flush, then begins what is to be done.
    async fn perform(&mut self, turn: &mut Turn<M::Done>) -> Result<(), Ending> {
        if turn.writes() {
            let written = timeout(WRITE, write(self.socket, turn)).await;
            written
                .map_err(|_| Ending::Code(Code::TooSlow))?
                .map_err(|_| Ending::Gone)?;
        }
        if let Some(tenure) = turn.take_tenure() {
            self.terms.tenure = tenure;
        }
        self.lanes.begin(turn);
        turn.take_close().map_or(Ok(()), Err)
    }

    /// Does what a client had said before it went, or before it did what its socket is closed for: a
    /// front end without acknowledgements may close right after a message.
    async fn finish(&mut self, ending: Ending) {
        let is_ours = matches!(ending, Ending::Code(_)) && fault(ending).is_none();
        if is_ours {
            return;
        }
        let doing = async {
            while self.machine.is_busy() && !self.machine.is_put_off() {
                let done = self.lanes.next().await;
                let mut turn = Turn::default();
                self.machine.on_done(done, &mut turn);
                self.lanes.begin(&mut turn);
            }
        };
        // Nobody is there any more to be told that it took too long.
        let _ = timeout(FINISH, doing).await;
    }

    /// Tells a client what it did, before the close code does.
    async fn say_why(&mut self, ending: Ending) {
        let word = fault(ending).and_then(|error| self.machine.last_word(&error));
        if let Some(text) = word {
            // Whoever does not read it finds the connection closed.
            let _ = timeout(FAREWELL, self.socket.feed(Message::Text(text.into()))).await;
        }
    }
}

/// What a client has done that its socket is closed for, where that is its doing.
pub(crate) fn fault(ending: Ending) -> Option<Error> {
    match ending {
        Ending::Code(Code::RateLimited) => Some(Error::too_many(Code::RateLimited, COOL_DOWN)),
        Ending::Code(code @ Code::BodyTooLarge) => Some(Error::new(code)),
        _ => None,
    }
}

/// Says why a session ends, as far as somebody listens.
pub(crate) async fn farewell<S>(socket: &mut S, ending: Ending)
where
    S: Sink<Message, Error = WsError> + Unpin,
{
    let (code, reason) = match ending {
        Ending::Code(code) => (code.info().close, code.name()),
        Ending::Protocol(code) => (code, ""),
        Ending::Gone => {
            // Answers the other side's close.
            let _ = timeout(FAREWELL, socket.flush()).await;
            return;
        }
    };
    let frame = CloseFrame {
        code: CloseCode::from(code),
        reason: Utf8Bytes::from_static(reason),
    };
    // Whoever does not read it finds the connection closed.
    let _ = timeout(FAREWELL, socket.send(Message::Close(Some(frame)))).await;
}

async fn write<S, D>(socket: &mut S, turn: &mut Turn<D>) -> Result<(), WsError>
where
    S: Sink<Message, Error = WsError> + Unpin,
{
    for message in turn.messages() {
        socket.feed(message).await?;
    }
    socket.flush().await
}

/// What to say to somebody who sends what cannot be read.
pub(crate) fn broken(error: &WsError) -> Ending {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => Ending::Code(Code::BodyTooLarge),
        WsError::Utf8(_) => Ending::Protocol(INVALID_TEXT),
        WsError::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => Ending::Gone,
        WsError::Protocol(_) => Ending::Protocol(PROTOCOL_ERROR),
        WsError::Io(error) if flood::is_flood(error) => Ending::Code(Code::RateLimited),
        _ => Ending::Gone,
    }
}

/// Logs what a client is told, where it has causes.
pub(crate) fn report(error: &Error) {
    crate::answer::report(error);
}
