//! The archive: schedules, records, holds, and the moving of bodies.

use async_trait::async_trait;

use crate::{
    HoldId, MessageId, PolicyId, Result, Rev, RoomId, RunId, Seq, TenantId, Timestamp,
    archive::{Due, DueCount, Hold, Key, Policy, RoomCount, RoomOverride, Run},
};

/// The policies.
#[async_trait]
pub trait Policies: Send + Sync {
    /// Stores a policy if the stored one has the revision `from`, or if there is none of its id
    /// and `from` is `None`; says whether it did. Atomic: of several changes of one revision
    /// exactly one succeeds.
    ///
    /// # Errors
    /// `policy_exists` when another policy has the name.
    async fn save_policy(&self, policy: Policy, from: Option<Rev>) -> Result<bool>;

    /// Removes a policy if it has the revision `from`; its runs stay. Says whether it did. Atomic.
    async fn remove_policy(&self, id: PolicyId, from: Rev) -> Result<bool>;

    /// All policies, by name. There are few.
    async fn policies(&self) -> Result<Vec<Policy>>;

    /// Sets the next slot if it still is `from`; says whether it was. Atomic: of several
    /// schedulers one wins.
    async fn advance_policy(
        &self,
        id: PolicyId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<bool>;
}

/// What rooms have of their own.
#[async_trait]
pub trait Overrides: Send + Sync {
    /// Gives a room a rule of its own, replacing what it had. Atomic.
    async fn set_override(&self, own: RoomOverride) -> Result<()>;

    /// Takes a room's own rule away; says whether it had one. Atomic, idempotent.
    async fn lift_override(&self, room: RoomId) -> Result<bool>;

    /// What a room has of its own.
    async fn room_override(&self, room: RoomId) -> Result<Option<RoomOverride>>;

    /// Up to `limit` rules of a tenant's rooms, by room id after `after`.
    async fn overrides(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<RoomOverride>>;

    /// Up to `limit` rooms that a policy alone covers, by id after `after`.
    async fn pinned_rooms(
        &self,
        policy: PolicyId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<RoomId>>;
}

/// The records of runs.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Stores a new run. Atomic: of several with the same (policy, slot) exactly one succeeds,
    /// the others get `false`. Runs without a slot always succeed, once per id.
    async fn claim_run(&self, run: Run) -> Result<bool>;

    /// Replaces a run's record if its fence is still `run.fence`; says whether it was. Leaves
    /// `cancel` as it is stored.
    async fn save_run(&self, run: &Run) -> Result<bool>;

    /// Takes over an interrupted run: raises its fence, so that the process that had it can no
    /// longer save. `None` when it is not running, or its fence is no longer `fence`.
    async fn take_over_run(&self, id: RunId, fence: u64) -> Result<Option<Run>>;

    /// Asks a run to stop; says whether it was running. Atomic.
    async fn cancel_run(&self, id: RunId) -> Result<bool>;

    /// A run's record.
    async fn run(&self, id: RunId) -> Result<Option<Run>>;

    /// Up to `limit` runs of a policy, or of all, newest first, before the run `before`.
    async fn runs(
        &self,
        policy: Option<PolicyId>,
        before: Option<RunId>,
        limit: usize,
    ) -> Result<Vec<Run>>;

    /// The runs whose phase is running.
    async fn unfinished_runs(&self) -> Result<Vec<Run>>;
}

/// What runs found and did room by room: one outcome for each (run, room).
#[async_trait]
pub trait RunRooms: Send + Sync {
    /// Stores what a run found and did in a room, replacing what was there, if the run's fence
    /// still is `fence`; says whether it was. Atomic, idempotent.
    async fn save_room_count(&self, run: RunId, fence: u64, count: &RoomCount) -> Result<bool>;

    /// What a run found and did in this room; `None` when it is not through with it, or there was
    /// nothing.
    async fn room_count(&self, run: RunId, room: RoomId) -> Result<Option<RoomCount>>;

    /// Up to `limit` outcomes of a run, by room id after `after`.
    async fn room_counts(
        &self,
        run: RunId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<RoomCount>>;
}

/// What must not be touched.
#[async_trait]
pub trait Holds: Send + Sync {
    /// Places a hold. From the answer on, no body that it covers is moved: it raises the place of
    /// what it covers. Idempotent by id.
    async fn place_hold(&self, hold: Hold) -> Result<()>;

    /// Lifts a hold. Idempotent.
    async fn release_hold(&self, id: HoldId) -> Result<()>;

    /// The holds of a room that have not run out at `now`.
    async fn holds(&self, room: RoomId, now: Timestamp) -> Result<Vec<Hold>>;
}

/// What became of one body of [`Bodies::copy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// The copy is in the archive, read back and equal to the body.
    Verified,
    /// The key moved on since it was listed; nothing of it was copied, or an older copy stays.
    Moved,
}

/// What became of one key of [`Bodies::swing`] or [`Bodies::swing_back`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swung {
    /// The key now points to the other place.
    Done,
    /// It was changed in between (edited, erased, moved, held): nothing happened.
    Lost,
}

/// The bodies of messages, which move between the log and the archive while their keys stay.
///
/// A mover lists what is due, copies, and swings the keys. It may stop anywhere, sleep for a day
/// and go on, beside other movers, editors and erasures: every step compares (rev, place).
#[async_trait]
pub trait Bodies: Send + Sync {
    /// Up to `limit` messages that are due, by rising seq: present, not archived, not held at
    /// `now`.
    async fn due(&self, due: Due, now: Timestamp, limit: usize) -> Result<Vec<Key>>;

    /// Counts what is due, and what would be if it were not held at `now`.
    async fn count_due(&self, due: Due, now: Timestamp) -> Result<DueCount>;

    /// Copies bodies into the archive under (id, rev, place), never over an existing copy, and
    /// reads them back. One answer per key, in order. Idempotent.
    async fn copy(&self, room: RoomId, run: RunId, keys: &[Key]) -> Result<Vec<Copied>>;

    /// Makes keys point to their copies and takes the bodies away: compare-and-set on (rev,
    /// place, not archived), `place` + 1. One answer per key, in order.
    async fn swing(&self, room: RoomId, run: RunId, keys: &[Key]) -> Result<Vec<Swung>>;

    /// Up to `limit` archived messages of a room after `after`, by rising seq; of one run, or of
    /// all.
    async fn archived(
        &self,
        room: RoomId,
        run: Option<RunId>,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Key>>;

    /// Brings bodies back from their copies: compare-and-set on (rev, place, archived),
    /// `place` + 1. One answer per key, in order.
    async fn swing_back(&self, room: RoomId, keys: &[Key]) -> Result<Vec<Swung>>;

    /// Takes away what a message said, wherever it lies: a tombstone stays, every copy goes.
    /// Idempotent. `false` when there is no such message.
    async fn erase(&self, room: RoomId, message: MessageId) -> Result<bool>;

    /// Removes up to `limit` copies that no key points to and whose (rev, place) is below their
    /// key's: garbage of movers that lost or died. Says how many.
    async fn collect(&self, limit: usize) -> Result<u64>;
}
