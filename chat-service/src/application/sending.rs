//! Saying something.

use std::sync::Arc;

use domain::{
    Appended, Caller, ClientId, Code, Command, Draft, Error, Limits, MessageId, NewChange, NewRow,
    Reply, Result, RoomId, RowId, Sent,
};
use edge::trace;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::{CHECKS, Chat, in_time_by, places::Place, repeats::Key};
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

    fn key(&self) -> Key {
        let sent = Sent::Message((&self.draft).into());
        Key::new(self.room, self.client_id, &sent)
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

/// A message that stands in line.
struct InLine {
    waiting: Waiting,
    /// The message, if a file is held for it.
    holds: Option<MessageId>,
}

/// Where somebody is, as far as it was asked.
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
        self.sent(who, submitted).await
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
            let sent = timeout_at(begun + Limits::ACK, self.sent(who, submitted)).await;
            let reply = sent.unwrap_or_else(|late| Err(Error::unknown_outcome(late)));
            trace::finish(&span, &reply);
            replies.push(reply);
        }
        replies
    }

    /// Puts a message in line; one that is refused comes back as what it would be known by.
    async fn submit(
        &self,
        who: &Caller,
        outgoing: Outgoing,
        looked_up: &mut LookedUp,
    ) -> Result<InLine, (Key, Error)> {
        let (mut holds, row) = (None, self.row(who, &outgoing, looked_up).await);
        let waiting = match row {
            Ok(row) => {
                holds = held(&row);
                self.line_up(who, &outgoing, row, looked_up).await
            }
            Err(refusal) => Err(refusal),
        };
        match waiting {
            Ok(waiting) => Ok(InLine { waiting, holds }),
            Err(refusal) => {
                self.let_go(holds).await;
                Err((outgoing.key(), refusal))
            }
        }
    }

    /// The row that stores a message, if its sender may send it.
    async fn row(
        &self,
        who: &Caller,
        outgoing: &Outgoing,
        looked_up: &mut LookedUp,
    ) -> Result<NewRow> {
        let place = self.sending_place(who, outgoing.room, looked_up).await?;
        self.rates.send(who.user)?;
        place.check_write()?;
        let id = RowId::new();
        let composed = self.compose(who, &place, id, &outgoing.draft);
        let content = in_time_by(looked_up.by, composed).await?;
        Ok(NewRow {
            id,
            client_id: outgoing.client_id,
            sender: who.user,
            change: NewChange::Message { content },
        })
    }

    /// Hands a row to the room's writer. Where something was waited for meanwhile, the sender's
    /// place is looked up again.
    async fn line_up(
        &self,
        who: &Caller,
        outgoing: &Outgoing,
        row: NewRow,
        looked_up: &mut LookedUp,
    ) -> Result<Waiting> {
        if outgoing.draft.refers() {
            looked_up.last = None;
            let place = self.sending_place(who, outgoing.room, looked_up).await?;
            place.check_write()?;
        }
        self.writers.submit(&who.tenant, outgoing.room, row)
    }

    /// The caller's place in a room where they want to say something.
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
        let known = place.map(Arc::new).map_err(|error| error.code());
        looked_up.last = Some((room, known.clone()));
        Ok(known?)
    }

    /// What is told of a message that was put in line, or refused.
    async fn sent(&self, who: &Caller, submitted: Result<InLine, (Key, Error)>) -> Result<Reply> {
        let InLine { waiting, holds } = match submitted {
            Ok(in_line) => in_line,
            Err((key, refusal)) => return self.unless_repeated(who, key, refusal).await,
        };
        let answer = waiting.answer().await;
        self.let_go(holds.filter(|message| is_not_stored(*message, &answer)))
            .await;
        self.told(who, answer?).await
    }

    /// Lets go of what is held for a message that is not said.
    async fn let_go(&self, message: Option<MessageId>) {
        if let Some(message) = message {
            self.files.release(message).await;
        }
    }
}

/// The message that a file is held for, if its row shows one.
fn held(row: &NewRow) -> Option<MessageId> {
    match &row.change {
        NewChange::Message { content } if content.attachment.is_some() => Some(row.id),
        _ => None,
    }
}

/// Whether a message is surely not in the log under its id.
fn is_not_stored(message: MessageId, answer: &Result<Appended>) -> bool {
    match answer {
        Ok(Appended::Stored(_) | Appended::Unknown) => false,
        Ok(Appended::Repeat(row)) => row.id != message,
        Ok(_) => true,
        Err(error) => error.code() != Code::UnknownOutcome,
    }
}
