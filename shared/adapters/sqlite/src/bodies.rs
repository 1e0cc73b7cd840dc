//! The bodies of messages, moving between `messages` and `archived_messages` while keys stay.
//!
//! Each step of a mover is one transaction over a few keys on the background lane, so commands
//! hardly notice a run. Whoever stops between two steps leaves at worst a copy that no key points
//! to.

mod due;
mod erase;
mod steps;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    MessageId, Result, RoomId, RunId, Seq, Timestamp,
    archive::{Due, DueCount, Key},
    ports::{Bodies, Copied, Swung},
};
use futures_util::future::try_join_all;
use rusqlite::Connection;

use self::steps::Copying;
use crate::{SqliteStore, error::Failure, writer::Lane};

/// How many keys one transaction steps on: about a millisecond.
const SLICE: usize = 64;

/// How many slices wait for the writer at once. The lane puts those that fit into one commit.
const AT_ONCE: usize = 16;

#[async_trait]
impl Bodies for SqliteStore {
    async fn due(&self, due: Due, now: Timestamp, limit: usize) -> Result<Vec<Key>> {
        self.read(move |conn| Ok(due::list(conn, due, now, limit)?))
            .await
    }

    async fn count_due(&self, due: Due, now: Timestamp) -> Result<DueCount> {
        let (mut total, mut due) = (DueCount::default(), due);
        loop {
            let count = move |conn: &Connection| Ok(due::count(conn, due, now)?);
            let (found, next) = self.read(count).await?;
            total = total.followed_by(found);
            match next {
                Some(next) => due.after = next,
                None => return Ok(total),
            }
        }
    }

    async fn copy(&self, room: RoomId, run: RunId, keys: &[Key]) -> Result<Vec<Copied>> {
        let clock = Arc::clone(&self.clock);
        self.in_slices(keys, move |conn, keys| {
            let copying = Copying::begin(conn, room, run, clock.now())?;
            keys.iter().map(|key| copying.copy(key)).collect()
        })
        .await
    }

    async fn swing(&self, room: RoomId, run: RunId, keys: &[Key]) -> Result<Vec<Swung>> {
        self.in_slices(keys, move |conn, keys| {
            let swung = keys.iter().map(|key| steps::swing(conn, room, run, key));
            Ok(swung.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn archived(
        &self,
        room: RoomId,
        run: Option<RunId>,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Key>> {
        self.read(move |conn| Ok(due::archived(conn, (room, run), after, limit)?))
            .await
    }

    async fn swing_back(&self, room: RoomId, keys: &[Key]) -> Result<Vec<Swung>> {
        self.in_slices(keys, move |conn, keys| {
            let swung = keys.iter().map(|key| steps::swing_back(conn, room, key));
            Ok(swung.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn erase(&self, room: RoomId, message: MessageId) -> Result<bool> {
        self.write(Lane::Command, move |conn| {
            Ok(erase::erase(conn, room, message)?)
        })
        .await
    }

    async fn collect(&self, limit: usize) -> Result<u64> {
        let mut collected = 0;
        loop {
            let slice = limit.saturating_sub(collected).min(SLICE);
            let removed = self
                .write(Lane::Background, move |conn| {
                    Ok(erase::collect(conn, slice)?)
                })
                .await?;
            collected += removed;
            if removed < slice || slice == 0 {
                return Ok(collected as u64);
            }
        }
    }
}

impl SqliteStore {
    /// Takes a step with all keys, a slice per transaction.
    async fn in_slices<A, F>(&self, keys: &[Key], step: F) -> Result<Vec<A>>
    where
        A: Send + 'static,
        F: Fn(&Connection, &[Key]) -> Result<Vec<A>, Failure> + Clone + Send + 'static,
    {
        let mut answers = Vec::with_capacity(keys.len());
        for keys in keys.chunks(SLICE * AT_ONCE) {
            let slices = keys.chunks(SLICE).map(|slice| {
                let (slice, step) = (slice.to_vec(), step.clone());
                self.write(Lane::Background, move |conn| step(conn, &slice))
            });
            answers.extend(try_join_all(slices).await?.into_iter().flatten());
        }
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{
        HoldId, UserId,
        archive::Hold,
        ports::{Clock, Holds, Log, Rooms},
    };
    use testkit::{builders, clock::TestClock};

    use super::*;
    use crate::{Options, Synchronous};

    fn hold(room: RoomId, since: Timestamp) -> Hold {
        Hold {
            id: HoldId::new(),
            room,
            from: 5,
            through: 9,
            reason: "court".to_owned(),
            by: "ann".to_owned(),
            since,
            until: None,
        }
    }

    /// However much is in a room: no read is so long that it is cut off.
    #[tokio::test]
    async fn a_room_is_counted_in_reads_that_have_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let options = Options {
            synchronous: Synchronous::Off,
            ..Options::new(clock.clone())
        };
        let store = SqliteStore::open(dir.path().join("hubbub.db"), options).unwrap();
        let room = store.create_room(builders::bare_channel("large")).await;
        let (room, began) = (room.unwrap().id, clock.now());
        let rows = (0..20).map(|n| builders::message(UserId::new(), &format!("message {n:02}")));
        store.append(room, rows.collect()).await.unwrap();
        store.place_hold(hold(room, began)).await.unwrap();
        clock.advance(Duration::from_hours(1));

        let (cutoff, now) = (clock.now(), clock.now());
        let due = Due {
            room,
            cutoff,
            after: 0,
        };
        let one = store.read(move |conn| Ok(due::count(conn, due, now)?));
        let (found, next) = one.await.unwrap();
        assert_eq!(found.due + found.held, due::COUNTED);
        assert_eq!(next, Some(due::COUNTED));
        let all = store.count_due(due, now).await.unwrap();
        let keys = store.due(due, now, 100).await.unwrap();
        assert_eq!((all.due, all.held), (keys.len() as u64, 5));
        assert_eq!(all.bytes, keys.iter().map(|key| key.bytes).sum::<u64>());
        assert_eq!(all.revs, keys.iter().map(|key| key.rev).sum::<u64>());
        assert_eq!((all.oldest, all.newest), (Some(began), Some(began)));
    }
}
