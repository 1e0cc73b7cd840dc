//! How far members are: raised in memory, and by one owner stored and told, at most once a second
//! for each member and room.
//!
//! A raise is acknowledged before it is stored, because marks only rise: what a crash loses is
//! less than a second of reading, and the client says it again with the next message. The first
//! raise after a pause is stored and told at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::{Code, Limits, Mark, Member, Receipt, Result, RoomId, Seq, UserId};
use futures_util::{StreamExt, stream};
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Live, telling::Told};
use crate::{agenda::Agenda, in_time, locks::lock};

/// How many members' receipts may wait. Beyond it new ones are `busy`.
const MOST: usize = 64 * 1024;

/// Receipts of one turn, and how many of them are stored at a time.
const TURN: usize = 1_000;
const AT_A_TIME: usize = 64;

/// How long the last turn may take.
const LAST: Duration = Duration::from_secs(4);

type Key = (UserId, RoomId);

/// The receipts that this process still has to store or to tell.
#[derive(Debug, Default)]
pub struct Receipts {
    pending: Mutex<BTreeMap<Key, Pending>>,
    agenda: Agenda<Key>,
}

/// One member's receipt in one room.
#[derive(Debug, Clone, Copy)]
struct Pending {
    now: Receipt,
    stored: Receipt,
    joined: Seq,
    /// When it may be stored next.
    next: Instant,
}

impl Receipts {
    /// Raises a member's mark up to a row of the room's log. Raising it to where it is, or to
    /// before it, changes nothing, and neither do the marks that are no receipts.
    ///
    /// # Errors
    /// `busy` when too many wait, which is so while the store is away.
    pub fn raise(&self, member: &Member, mark: Mark, through: Seq) -> Result<()> {
        let key = (member.user, member.room);
        let mut pending = lock(&self.pending);
        let known = pending.get(&key).copied();
        let mut entry = known.unwrap_or_else(|| Pending::new(member));
        let raised = entry.now.raised(mark, through);
        if raised == entry.now {
            return Ok(());
        }
        if known.is_none() && pending.len() >= MOST {
            return Err(Code::Busy.into());
        }
        entry.now = raised;
        pending.insert(key, entry);
        self.agenda.note(key, entry.next);
        Ok(())
    }

    /// Shows a member as they are, also where that is not stored yet.
    pub fn overlay(&self, member: &mut Member) {
        if let Some(pending) = lock(&self.pending).get(&(member.user, member.room)) {
            member.read = member.read.max(pending.now.read);
            member.received = member.received.max(pending.now.received);
        }
    }

    /// Has what waits for a user stored at once: one of their sessions has ended.
    pub(super) fn hurry(&self, user: UserId) {
        let own = (user, RoomId::from_uuid(uuid::Uuid::nil()))..;
        let pending = lock(&self.pending);
        let own = pending.range(own).take_while(|((of, _), _)| *of == user);
        for (key, pending) in own.filter(|(_, pending)| pending.is_dirty()) {
            self.agenda.note(*key, Instant::now().min(pending.next));
        }
    }

    /// Takes one to be stored: what is stored, and what is to be. One that rests is forgotten.
    fn begin(&self, key: Key) -> Option<Pending> {
        let mut pending = lock(&self.pending);
        let entry = pending.get_mut(&key)?;
        if !entry.is_dirty() {
            pending.remove(&key);
            return None;
        }
        entry.next = Instant::now() + Limits::RECEIPT_PAUSE;
        Some(*entry)
    }

    /// Notes what has been stored, if it has, and comes back to it after the pause.
    fn end(&self, key: Key, stored: Option<Receipt>) {
        if let Some(entry) = lock(&self.pending).get_mut(&key) {
            entry.stored = stored.unwrap_or(entry.stored);
            self.agenda.note(key, entry.next);
        }
    }

    fn keys(&self) -> Vec<Key> {
        lock(&self.pending).keys().copied().collect()
    }
}

impl Pending {
    fn new(member: &Member) -> Self {
        let receipt = Receipt::of(member);
        Self {
            now: receipt,
            stored: receipt,
            joined: member.joined_seq,
            next: Instant::now(),
        }
    }

    fn is_dirty(&self) -> bool {
        self.now != self.stored
    }
}

impl Live {
    /// Stores and tells receipts until `stop`, and then what is left.
    pub(super) async fn keep_receipts(self: Arc<Self>, stop: CancellationToken) {
        // Whoever did this before may have failed in the middle.
        for key in self.receipts.keys() {
            self.receipts.agenda.note(key, Instant::now());
        }
        loop {
            let due = tokio::select! {
                () = stop.cancelled() => break,
                due = self.receipts.agenda.due(TURN) => due,
            };
            self.settle_receipts(due).await;
        }
        let last = self.settle_receipts(self.receipts.keys());
        if timeout(LAST, last).await.is_err() {
            tracing::warn!("receipts of the last second were not stored");
        }
    }

    async fn settle_receipts(&self, keys: Vec<Key>) {
        let settle = |key| self.settle_receipt(key);
        stream::iter(keys)
            .for_each_concurrent(AT_A_TIME, settle)
            .await;
    }

    async fn settle_receipt(&self, key: Key) {
        let Some(pending) = self.receipts.begin(key) else {
            return;
        };
        match self.store_receipt(&pending).await {
            Ok(()) => {
                self.receipts.end(key, Some(pending.now));
                self.tell_receipt(&pending).await;
            }
            Err(error) => {
                tracing::warn!(%error, "a receipt could not be stored; it is tried again");
                self.receipts.end(key, None);
            }
        }
    }

    async fn store_receipt(&self, pending: &Pending) -> Result<()> {
        let Pending { now, stored, .. } = pending;
        let read = (now.read > stored.read).then_some((Mark::Read, now.read));
        // Who has read it has received it: that needs no mark of its own.
        let received = now.received > stored.received.max(now.read);
        let received = received.then_some((Mark::Received, now.received));
        for (mark, seq) in read.into_iter().chain(received) {
            let raise = self.store.raise_mark(now.room, now.user, mark, seq);
            in_time(raise).await?;
        }
        Ok(())
    }

    async fn tell_receipt(&self, pending: &Pending) {
        let Pending { now, stored, .. } = pending;
        let more_read = now.read > stored.read;
        let unread = match more_read {
            true => self.count_unread(now, pending.joined).await,
            false => None,
        };
        let told = Told {
            receipt: *now,
            unread,
            more_read,
            everybody: self.sizes.is_small(now.room).await,
        };
        self.show_receipt(told).await;
        self.publish(told.into()).await;
    }

    async fn count_unread(&self, receipt: &Receipt, joined: Seq) -> Option<u64> {
        let read = receipt.read.max(joined);
        let counted = self.unread(receipt.room, receipt.user, read, 0);
        match timeout(Limits::STORE_CALL, counted).await.ok()? {
            Ok(unread) => Some(unread),
            Err(error) => {
                tracing::debug!(%error, "unread messages could not be counted");
                None
            }
        }
    }
}
