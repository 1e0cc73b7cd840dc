//! A repeat is a repeat, whatever has changed since. Commands with a `client_id` are checked before
//! the log is asked for it, so that asking costs nothing where all is well; what the checks refuse
//! is looked up, and only if the log does not have it, it stays refused. Who is not in the room any
//! more hears nothing of what they did there.

use domain::{
    Appended, Caller, Change, ClientId, Command, ContentHash, Error, Kind, Reply, Result, RoomId,
    Sent, Words,
};

use super::{Chat, refused};

/// What a command is known by, should it come again.
pub(super) struct Key {
    room: RoomId,
    client_id: ClientId,
    hash: ContentHash,
}

impl Key {
    pub(super) fn new(room: RoomId, client_id: ClientId, sent: &Sent<'_>) -> Self {
        Self {
            room,
            client_id,
            hash: sent.hash(),
        }
    }

    /// The key of a change of a message. Messages themselves are many, and get theirs when they are
    /// refused; other commands have none.
    fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Edit {
                room,
                client_id,
                message,
                edit,
            } => {
                let words = Words::edited(&edit.text, &edit.mentions);
                let sent = Sent::Edit(*message, words);
                Some(Self::new(*room, *client_id, &sent))
            }
            Command::Delete {
                room,
                client_id,
                message,
                ..
            } => Some(Self::new(*room, *client_id, &Sent::Deletion(*message))),
            _ => None,
        }
    }
}

impl Chat {
    /// Carries a command out.
    pub(super) async fn carry_out(&self, who: &Caller, command: Command) -> Result<Reply> {
        let key = Key::of(&command);
        match (self.dispatch(who, command).await, key) {
            (Err(refusal), Some(key)) => self.unless_repeated(who, key, refusal).await,
            (done, _) => done,
        }
    }

    /// What is told of a command that was refused: what it was told the first time, if it is in the
    /// log, with the message as it is now.
    pub(super) async fn unless_repeated(
        &self,
        who: &Caller,
        key: Key,
        refusal: Error,
    ) -> Result<Reply> {
        if !is_final(&refusal) || self.membership(who, key.room).await.is_err() {
            return Err(refusal);
        }
        let original = self.store.original(key.room, who.user, key.client_id);
        match original.await? {
            Some(original) => self.told(who, original.answer(key.hash)).await,
            None => Err(refusal),
        }
    }

    /// What is told of a message that was sent, changed or deleted.
    pub(super) async fn told(&self, who: &Caller, answer: Appended) -> Result<Reply> {
        let (row, repeat) = match answer {
            Appended::Stored(row) => (row, false),
            Appended::Repeat(row) => (row, true),
            other => return Err(refused(&other)),
        };
        let cards = &self.live.cards;
        if let Change::Message(_) = row.change {
            let sender = cards.caller(who).await;
            return Ok(Reply::Sent {
                row,
                sender,
                repeat,
            });
        }
        let sender = row.message().map(|message| message.sender);
        cards.learn(sender).await;
        Ok(Reply::Changed {
            sender: sender.and_then(|sender| cards.card(sender)),
            row,
            repeat,
        })
    }
}

/// Whether the same command will be refused again: then nothing is lost by looking whether it was
/// carried out before. What is refused for now can be repeated.
fn is_final(refusal: &Error) -> bool {
    match refusal.kind() {
        Kind::Forbidden | Kind::NotFound | Kind::Invalid | Kind::Conflict => true,
        Kind::Unauthenticated | Kind::TooMany | Kind::Unavailable | Kind::Internal => false,
    }
}
