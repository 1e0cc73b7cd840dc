//! Saying something.

use std::sync::Arc;

use domain::{
    Appended, Caller, ClientId, Code, Command, Draft, Error, Limits, NewChange, NewRow, Reply,
    Result, RoomId, RowId,
};
use edge::trace;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::{CHECKS, Chat, in_time_by, places::Place, refused};
use crate::writer::Waiting;

/// A message that somebody wants to send.
pub(super) struct Outgoing {
    room: RoomId,
    client_id: ClientId,
    draft: Draft,
}

impl Outgoing {
    pub(super) fn new(room: RoomId, client_id: ClientId, draft: Draft) -> Self {
        Self {
            room,
            client_id,
            draft,
        }
    }

    /// Takes a command that sends something, and hands any other back.
    #[allow(
        clippy::result_large_err,
        reason = "the other command goes on as it is"
    )]
    pub(super) fn of(command: Command) -> Result<Self, Command> {
        match command {
            Command::Send {
                room,
                client_id,
                draft,
            } => Ok(Self::new(room, client_id, draft)),
            other => Err(other),
        }
    }
}

/// Where somebody may send, as far as it was asked.
struct LookedUp {
    /// Until when there is time to ask.
    by: Instant,
    /// The place that was looked up last, while nothing was waited for since. So a right that is
    /// taken away is gone with the next message, and messages that come together need one look.
    last: Option<(RoomId, Result<Arc<Place>, Code>)>,
}

impl LookedUp {
    fn nothing(begun: Instant) -> Self {
        Self {
            by: begun + CHECKS,
            last: None,
        }
    }

    /// What is known of a room without asking.
    fn of(&self, room: RoomId) -> Option<Result<Arc<Place>, Code>> {
        let (known, place) = self.last.as_ref()?;
        (*known == room).then(|| place.clone())
    }
}

impl Chat {
    pub(super) async fn send(&self, who: &Caller, outgoing: Outgoing) -> Result<Reply> {
        let mut looked_up = LookedUp::nothing(Instant::now());
        let submitted = self.submit(who, outgoing, &mut looked_up).await;
        sent(who, submitted?).await
    }

    /// Sends several messages of one session: in order, and together, so that they share a commit.
    pub(super) async fn send_all(
        &self,
        who: &Caller,
        messages: Vec<Outgoing>,
    ) -> Vec<Result<Reply>> {
        let begun = Instant::now();
        let mut looked_up = LookedUp::nothing(begun);
        let mut waiting = Vec::with_capacity(messages.len());
        for outgoing in messages {
            let span = trace::command(Command::SEND, Some(outgoing.room));
            let submitted = self.submit(who, outgoing, &mut looked_up);
            waiting.push((submitted.instrument(span.clone()).await, span));
        }
        let mut replies = Vec::with_capacity(waiting.len());
        for (submitted, span) in waiting {
            let reply = match submitted {
                Ok(waiting) => timeout_at(begun + Limits::ACK, sent(who, waiting))
                    .await
                    .unwrap_or_else(|late| Err(Error::unknown_outcome(late))),
                Err(error) => Err(error),
            };
            trace::finish(&span, &reply);
            replies.push(reply);
        }
        replies
    }

    /// Puts a message in line.
    async fn submit(
        &self,
        who: &Caller,
        outgoing: Outgoing,
        looked_up: &mut LookedUp,
    ) -> Result<Waiting> {
        let Outgoing {
            room,
            client_id,
            draft,
        } = outgoing;
        let place = self.sending_place(who, room, looked_up).await?;
        self.rates.send(who.user)?;
        let id = RowId::new();
        let waits = draft.refers();
        let content = in_time_by(looked_up.by, self.compose(who, &place, id, draft)).await?;
        if waits {
            looked_up.last = None;
            self.sending_place(who, room, looked_up).await?;
        }
        let row = NewRow {
            id,
            client_id,
            sender: who.user,
            change: NewChange::Message { content },
        };
        self.writers.submit(&who.tenant, room, row)
    }

    /// The caller's place in a room where they may say something.
    async fn sending_place(
        &self,
        who: &Caller,
        room: RoomId,
        looked_up: &mut LookedUp,
    ) -> Result<Arc<Place>> {
        if let Some(known) = looked_up.of(room) {
            return Ok(known?);
        }
        let place = in_time_by(looked_up.by, self.place(who, room)).await;
        let place = place.and_then(|place| place.check_write().map(|()| Arc::new(place)));
        let known = place.map_err(|error| error.code());
        looked_up.last = Some((room, known.clone()));
        Ok(known?)
    }
}

async fn sent(who: &Caller, waiting: Waiting) -> Result<Reply> {
    let (row, repeat) = match waiting.answer().await? {
        Appended::Stored(row) => (row, false),
        Appended::Repeat(row) => (row, true),
        other => return Err(refused(&other)),
    };
    let sender = who.card();
    Ok(Reply::Sent {
        row,
        sender,
        repeat,
    })
}
