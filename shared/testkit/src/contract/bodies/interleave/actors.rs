use domain::{
    Appended, HoldId, MessageId, RunId, Timestamp,
    archive::{Hold, Key},
    ports::Copied,
};

use super::super::{BodyStore, talk::Talk};

/// Who does something to the messages of a room, one step at a time. What it remembers may be old
/// by the time it goes on.
pub(super) enum Actor {
    Mover {
        run: RunId,
        listed: Vec<Key>,
        step: usize,
    },
    Restorer {
        listed: Option<Vec<Key>>,
    },
    Deed(Deed),
}

/// What is done in one step, to the room's first message.
#[derive(Clone, Copy)]
pub(super) enum Deed {
    Edit,
    Delete,
    Erase,
    Hold,
    Collect,
}

impl Actor {
    pub(super) fn mover() -> Self {
        Self::Mover {
            run: RunId::new(),
            listed: Vec::new(),
            step: 0,
        }
    }

    pub(super) fn restorer() -> Self {
        Self::Restorer { listed: None }
    }

    /// How many steps it takes.
    pub(super) fn steps(&self) -> usize {
        match self {
            Self::Mover { .. } => 3,
            Self::Restorer { .. } => 2,
            Self::Deed(_) => 1,
        }
    }

    /// Takes the next step, and changes `expected` as readers should see it.
    pub(super) async fn step(
        &mut self,
        talk: &Talk<'_>,
        store: &dyn BodyStore,
        expected: &mut [Option<String>],
    ) {
        match self {
            Self::Mover { run, listed, step } => {
                move_on(talk, store, *run, (listed, *step)).await;
                *step += 1;
            }
            Self::Restorer { listed: None } => {
                let archived = store.archived(talk.room, None, 0, 10).await;
                *self = Self::Restorer {
                    listed: Some(archived.unwrap()),
                };
            }
            Self::Restorer { listed: Some(keys) } => {
                store.swing_back(talk.room, keys).await.unwrap();
            }
            Self::Deed(deed) => expected[0] = deed.done(talk, store, expected[0].take()).await,
        }
    }
}

async fn move_on(
    talk: &Talk<'_>,
    store: &dyn BodyStore,
    run: RunId,
    (listed, step): (&mut Vec<Key>, usize),
) {
    match step {
        0 => *listed = talk.due(store).await,
        1 => {
            let copied = store.copy(talk.room, run, listed).await.unwrap();
            let mut verified = copied.iter().map(|copied| *copied == Copied::Verified);
            listed.retain(|_| verified.next() == Some(true));
        }
        _ => {
            store.swing(talk.room, run, listed).await.unwrap();
        }
    }
}

impl Deed {
    /// Does it, and says what the first message says then, when it said `text` before.
    async fn done(
        self,
        talk: &Talk<'_>,
        store: &dyn BodyStore,
        text: Option<String>,
    ) -> Option<String> {
        let first: MessageId = talk.messages().await[0].id;
        match self {
            Self::Edit => match talk.edit(first, "edited").await {
                Appended::Stored(_) => Some("edited".to_owned()),
                _ => text,
            },
            Self::Delete => {
                let deleted = talk.delete(first).await;
                assert!(matches!(deleted, Appended::Stored(_)), "{deleted:?}");
                None
            }
            Self::Erase => {
                assert!(store.erase(talk.room, first).await.unwrap());
                None
            }
            Self::Hold => {
                place_hold(talk, store).await;
                text
            }
            Self::Collect => {
                store.collect(100).await.unwrap();
                text
            }
        }
    }
}

async fn place_hold(talk: &Talk<'_>, store: &dyn BodyStore) {
    let hold = Hold {
        id: HoldId::new(),
        room: talk.room,
        from: 1,
        through: 1,
        reason: "a case at court".to_owned(),
        by: "ops".to_owned(),
        since: Timestamp::UNIX_EPOCH,
        until: None,
    };
    store.place_hold(hold).await.unwrap();
}
