//! One message, and what is to be seen of it.

use domain::{
    Cursor, MessageId, RoomId, Timestamp, UserId,
    archive::{Due, Key},
    ports::{Bodies, History},
};
use testkit::contract::steps;

use super::deeds::Deed;
use crate::common::{self, network::Network};

/// A room in which something was said, as the near node sees it.
pub(crate) struct Talk<'n> {
    pub(crate) network: &'n Network,
    pub(crate) room: RoomId,
    pub(crate) sender: UserId,
    pub(crate) message: MessageId,
    /// What readers should see; `None` for a tombstone.
    pub(crate) text: Option<String>,
}

impl<'n> Talk<'n> {
    /// Makes a room in which a thing is said that is said nowhere else.
    pub(crate) async fn begin(network: &'n Network) -> Self {
        let room = steps::channel(&*network.near).await;
        let (sender, text) = (UserId::new(), format!("said in {room}"));
        let row = steps::say(&*network.near, room, sender, &text).await;
        Self {
            network,
            room,
            sender,
            message: row.id,
            text: Some(text),
        }
    }

    /// The message, if it is due; everything is old enough.
    pub(crate) async fn due(&self) -> Vec<Key> {
        let due = Due {
            room: self.room,
            cutoff: Timestamp::MAX,
            after: 0,
        };
        let due = self.network.near.due(due, Timestamp::UNIX_EPOCH, 1).await;
        due.expect("the server is there")
    }

    /// The message, if it is archived.
    pub(crate) async fn archived(&self) -> Vec<Key> {
        let archived = self.network.near.archived(self.room, None, 0, 1).await;
        archived.expect("the server is there")
    }

    /// Fails unless the message reads as it should, now and on its way to the archive and back,
    /// and has one body or, as a tombstone, none.
    pub(crate) async fn is_whole(&mut self, case: &str) {
        self.reads_as_expected(case).await;
        let bodies = usize::from(self.text.is_some());
        for (deed, copies) in [(Deed::Move, bodies), (Deed::Restore, 0)] {
            deed.done(self).await;
            self.reads_as_expected(case).await;
            Deed::Collect.done(self).await;
            self.reads_as_expected(case).await;
            let found = common::copies(&self.network.database, self.message).await;
            assert_eq!(found.len(), copies, "{case}; then {deed:?}: {found:?}");
        }
        if self.text.is_none() {
            let said = format!("said in {}", self.room);
            let left = common::saying(&self.network.database, &said).await;
            assert_eq!(left, 0, "{case}: it is still stored somewhere");
        }
    }

    async fn reads_as_expected(&self, case: &str) {
        let page = self.network.near.page(self.room, Cursor::Newest, 10).await;
        let page = page.unwrap_or_else(|error| panic!("{case}: {error:?}"));
        let mut found = page.messages.into_iter();
        let message = found.find(|message| message.id == self.message);
        let message = message.unwrap_or_else(|| panic!("{case}: the key is gone"));
        let text = message.content().map(domain::Content::as_text);
        assert_eq!(text, self.text.as_deref(), "{case}");
        assert!(found.all(|other| other.id != self.message), "{case}");
    }
}
