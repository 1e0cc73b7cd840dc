//! Saying something, and reading what was said.

use std::collections::HashMap;

use domain::{
    Appended, Caller, ClientId, Code, Command, Content, Cursor, Error, Limits, NewChange, NewRow,
    Reply, Result, RoomId, RowId, Seq, command::ReplayPage,
};

use tokio::time::{Instant, timeout_at};

use super::{CHECKS, Chat, in_time, in_time_by, refused};
use crate::writer::Waiting;

/// A message that somebody wants to send.
pub(super) struct Draft {
    room: RoomId,
    client_id: ClientId,
    content: Content,
}

impl Draft {
    pub(super) fn new(room: RoomId, client_id: ClientId, content: Content) -> Self {
        Self {
            room,
            client_id,
            content,
        }
    }

    /// Takes a command that sends something, and hands any other back.
    pub(super) fn of(command: Command) -> Result<Self, Command> {
        match command {
            Command::Send {
                room,
                client_id,
                content,
            } => Ok(Self::new(room, client_id, content)),
            other => Err(other),
        }
    }
}

/// Whether somebody may send to rooms, as far as it was asked.
struct LookedUp {
    /// Until when there is time to ask.
    by: Instant,
    rooms: HashMap<RoomId, Result<(), Code>>,
}

impl Chat {
    pub(super) async fn send(&self, who: &Caller, draft: Draft) -> Result<Reply> {
        in_time(self.may_send(who, draft.room)).await?;
        sent(who, self.submit(who, draft)?).await
    }

    /// Sends several messages of one session: in order, and together, so that they share a commit.
    pub(super) async fn send_all(&self, who: &Caller, drafts: Vec<Draft>) -> Vec<Result<Reply>> {
        let begun = Instant::now();
        let mut looked_up = LookedUp {
            by: begun + CHECKS,
            rooms: HashMap::new(),
        };
        let mut waiting = Vec::with_capacity(drafts.len());
        for draft in drafts {
            waiting.push(self.submit_in_turn(who, draft, &mut looked_up).await);
        }
        let mut replies = Vec::with_capacity(waiting.len());
        for submitted in waiting {
            replies.push(match submitted {
                Ok(waiting) => timeout_at(begun + Limits::ACK, sent(who, waiting))
                    .await
                    .unwrap_or_else(|late| Err(Error::unknown_outcome(late))),
                Err(error) => Err(error),
            });
        }
        replies
    }

    /// Submits one of several messages.
    async fn submit_in_turn(
        &self,
        who: &Caller,
        draft: Draft,
        looked_up: &mut LookedUp,
    ) -> Result<Waiting> {
        let known = match looked_up.rooms.get(&draft.room) {
            Some(known) => *known,
            None => {
                let checked = in_time_by(looked_up.by, self.may_send(who, draft.room)).await;
                let known = checked.map_err(|error| error.code());
                looked_up.rooms.insert(draft.room, known);
                known
            }
        };
        known?;
        self.submit(who, draft)
    }

    async fn may_send(&self, who: &Caller, room: RoomId) -> Result<()> {
        self.membership(who, room).await.map(drop)
    }

    fn submit(&self, who: &Caller, draft: Draft) -> Result<Waiting> {
        self.rates.send(who.user)?;
        let row = NewRow {
            id: RowId::new(),
            client_id: draft.client_id,
            sender: who.user,
            change: NewChange::Message {
                content: draft.content,
            },
        };
        self.writers.submit(&who.tenant, draft.room, row)
    }

    pub(super) async fn read_history(
        &self,
        who: &Caller,
        room: RoomId,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Reply> {
        self.membership(who, room).await?;
        let limit = self.page(limit);
        let page = match cursor {
            Cursor::Newest => self.live.recent_history(room, limit).await?,
            _ => self.store.page(room, cursor, limit).await?,
        };
        Ok(Reply::History(page))
    }

    pub(super) async fn replay(
        &self,
        who: &Caller,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Reply> {
        self.membership(who, room).await?;
        // The head first: what is appended meanwhile makes the page longer than it, never shorter.
        let head = self.head(room).await?;
        let rows = self.store.rows(room, after, self.page(limit)).await?;
        let last = rows.last().map_or(0, |row| row.seq);
        Ok(Reply::Replay(ReplayPage {
            scenes: self.live.cards.scenes(rows).await,
            head: head.max(last),
        }))
    }

    pub(super) async fn head(&self, room: RoomId) -> Result<Seq> {
        let heads = self.store.heads(&[room]).await?;
        Ok(heads.first().map_or(0, |head| head.seq))
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
