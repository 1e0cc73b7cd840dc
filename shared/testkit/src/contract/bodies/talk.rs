use domain::{
    Appended, ClientId, Content, Cursor, Message, MessageId, NewChange, NewRoom, NewRow,
    RoomChange, RoomId, RoomKind, RoomRow, RowId, RunId, Seq, TenantId, Timestamp, UserId,
    archive::{Due, Key},
    ports::{Copied, Swung},
};

use super::{BodiesWorld, BodyStore};

/// One room and those who talk in it.
pub(super) struct Talk<'w> {
    pub(super) world: &'w dyn BodiesWorld,
    pub(super) room: RoomId,
    pub(super) run: RunId,
    sender: UserId,
}

impl<'w> Talk<'w> {
    /// Makes an empty room.
    pub(super) async fn begin(world: &'w dyn BodiesWorld) -> Self {
        let room = RoomId::new();
        let sender = UserId::new();
        let new = NewRoom {
            id: room,
            tenant: TenantId::default(),
            kind: RoomKind::Group,
            name: None,
            read_only: false,
            created_by: sender,
            init: Vec::new(),
        };
        world.first().create_room(new).await.unwrap();
        let run = RunId::new();
        Self {
            world,
            room,
            run,
            sender,
        }
    }

    /// Makes a room in which `count` messages were said.
    pub(super) async fn of(world: &'w dyn BodiesWorld, count: usize) -> Self {
        let talk = Self::begin(world).await;
        talk.say(count).await;
        talk
    }

    pub(super) fn store(&self) -> &'w dyn BodyStore {
        self.world.first()
    }

    /// Says `count` things, which no other message says.
    pub(super) async fn say(&self, count: usize) -> Vec<Message> {
        let said = |_| {
            let text = format!("said as {}", RowId::new());
            let content = Content::plain(text);
            self.row(NewChange::Message { content })
        };
        let rows = (0..count).map(said).collect();
        let appended = self.store().append(self.room, rows).await.unwrap();
        appended.iter().map(stored).collect()
    }

    /// Changes what a message says.
    pub(super) async fn edit(&self, message: MessageId, text: &str) -> Appended {
        let content = Content::plain(text);
        self.change(NewChange::Edit {
            message,
            content,
            if_rev: None,
        })
        .await
    }

    /// Deletes a message.
    pub(super) async fn delete(&self, message: MessageId) -> Appended {
        let if_rev = None;
        self.change(NewChange::Deletion { message, if_rev }).await
    }

    /// Sets a reaction on a message.
    pub(super) async fn react(&self, message: MessageId, emoji: &str) -> Appended {
        let new = crate::builders::reaction(self.sender, message, emoji, true);
        self.change(new.change).await
    }

    /// Deletes the room, which nothing has changed before.
    pub(super) async fn delete_room(&self) -> Appended {
        let (change, rev) = (RoomChange::Deleted, 2);
        self.change(NewChange::Room(RoomRow { change, rev })).await
    }

    async fn change(&self, change: NewChange) -> Appended {
        let rows = vec![self.row(change)];
        let mut appended = self.store().append(self.room, rows).await.unwrap();
        appended.remove(0)
    }

    fn row(&self, change: NewChange) -> NewRow {
        NewRow {
            id: RowId::new(),
            client_id: ClientId::new(),
            sender: self.sender,
            change,
        }
    }

    /// All messages as they are now, read in pages of three.
    pub(super) async fn messages(&self) -> Vec<Message> {
        self.read(self.store(), 3).await
    }

    /// All messages as they are now, read in pages.
    pub(super) async fn read(&self, store: &dyn BodyStore, limit: usize) -> Vec<Message> {
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let after = messages.last().map_or(0, |message| message.seq);
            let cursor = Cursor::After(after);
            let page = store.page(self.room, cursor, limit).await.unwrap();
            messages.extend(page.messages);
            if !page.more_after {
                return messages;
            }
        }
    }

    /// The message as it is now.
    pub(super) async fn message(&self, id: MessageId) -> Message {
        let message = self.store().message(self.room, id).await.unwrap();
        message.expect("a key never goes")
    }

    /// What is due when everything is old enough.
    pub(super) async fn due(&self, store: &dyn BodyStore) -> Vec<Key> {
        store.due(self.old(), noon(), 10_000).await.unwrap()
    }

    /// Everything in the room, as old enough.
    pub(super) fn old(&self) -> Due {
        self.due_before(late(), 0)
    }

    pub(super) fn due_before(&self, cutoff: Timestamp, after: Seq) -> Due {
        Due {
            room: self.room,
            cutoff,
            after,
        }
    }

    pub(super) async fn copy(&self, keys: &[Key]) -> Vec<Copied> {
        let copied = self.store().copy(self.room, self.run, keys);
        copied.await.unwrap()
    }

    pub(super) async fn swing(&self, keys: &[Key]) -> Vec<Swung> {
        let swung = self.store().swing(self.room, self.run, keys);
        swung.await.unwrap()
    }

    pub(super) async fn swing_back(&self, keys: &[Key]) -> Vec<Swung> {
        self.store().swing_back(self.room, keys).await.unwrap()
    }

    pub(super) async fn archived(&self) -> Vec<Key> {
        let archived = self.store().archived(self.room, None, 0, 10_000);
        archived.await.unwrap()
    }

    /// Moves everything that is due, and says how much that was.
    pub(super) async fn archive(&self) -> usize {
        let keys = self.due(self.store()).await;
        assert!(all(&self.copy(&keys).await, Copied::Verified));
        assert!(all(&self.swing(&keys).await, Swung::Done));
        keys.len()
    }

    /// Collects until nothing is left to collect, and says how much went.
    pub(super) async fn collect(&self) -> u64 {
        let mut collected = 0;
        loop {
            match self.store().collect(100).await.unwrap() {
                0 => return collected,
                some => collected += some,
            }
        }
    }

    /// How many copies of the room's messages lie in the archive.
    pub(super) async fn copies(&self) -> usize {
        let mut copies = 0;
        for message in self.messages().await {
            copies += self.world.copies(message.id).await.len();
        }
        copies
    }
}

pub(super) fn all<T: PartialEq>(answers: &[T], wanted: T) -> bool {
    answers.iter().all(|answer| *answer == wanted)
}

/// The message that a stored row tells of.
pub(super) fn stored(appended: &Appended) -> Message {
    let Appended::Stored(row) = appended else {
        panic!("not stored: {appended:?}");
    };
    row.message().expect("the row is of a message").clone()
}

/// What messages say, as text; `None` for tombstones.
pub(super) fn texts(messages: &[Message]) -> Vec<Option<String>> {
    let text = |message: &Message| {
        message
            .content()
            .map(|content| content.as_text().to_owned())
    };
    messages.iter().map(text).collect()
}

/// The moment at which holds are looked at, where a case does not care.
pub(super) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a moment")
}

/// A cutoff before which everything was said.
pub(super) fn late() -> Timestamp {
    "2100-01-01T00:00:00Z".parse().expect("a moment")
}
