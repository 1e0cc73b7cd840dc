//! The log of a room and what is read from it.

use async_trait::async_trait;

use crate::{
    Appended, ClientId, Cursor, Envelope, Head, Message, MessageId, NewRow, Notification, Order,
    Original, Page, Reaction, Result, RoomId, Row, RowId, Seq, Timestamp, UserId,
    notification::Position,
};

/// The log of each room: dense seqs, append without transactions.
#[async_trait]
pub trait Log: Send + Sync {
    /// Appends rows to a room's log and applies them: one answer per row, in order.
    ///
    /// Atomic per row; what is stored is always a dense prefix of the log. Idempotent by
    /// (sender, client_id): a repeat, also within the batch, is answered with the original and
    /// changes nothing. Rows are stored in the order given. A stored row is durable and applied
    /// (its message edited, its member changed) before the answer, is visible to every reader,
    /// and carries an outbox mark. `created_at` is the store's time, never before the row before.
    ///
    /// For edits and deletions `if_rev` is compared with the target after the look-up of the
    /// client_id; member and room rows name the revision they make. Whoever loses gets
    /// `Conflict`. Reactions never conflict: the row with the higher seq says what is set, and
    /// what is so already is `Unchanged`.
    ///
    /// A row that changes a role says nothing of who is in the room: the state stays. A row that
    /// would leave others in the room without an owner gets `Refused(LastOwner)`, and who comes
    /// into a room that all have left without owning it gets `Conflict`: both decided on who is in
    /// the room just before the row, whatever is appended at the same time.
    ///
    /// What only members do ([`NewChange::is_for_members`](crate::NewChange::is_for_members)) is
    /// not stored after a row by which its sender left or was removed, in the same batch or
    /// before: it gets `Refused(SenderGone)`, while repeats of what was stored before are still
    /// repeats. A removal that another process appends at the same time may come before it in the
    /// log all the same. Somebody who never was a member passes: the application sees to that, and
    /// to what roles allow.
    ///
    /// A deletion of the room is the last row of its log: new rows after it get
    /// `Refused(RoomDeleted)`, in the same batch or later, while repeats of what was stored before
    /// it are still repeats. Its name is free before the answer. A name that another channel of
    /// the tenant has gives `Refused(NameTaken)`, before anything is stored.
    ///
    /// A room that does not exist gives `room_not_found` for the whole batch. An empty batch
    /// gives an empty answer. At most one call per room and process may be under way.
    async fn append(&self, room: RoomId, rows: Vec<NewRow>) -> Result<Vec<Appended>>;

    /// The heads of rooms, as a majority sees them, after applying marked rows up to them. In the
    /// order asked; a room without rows has seq 0.
    async fn heads(&self, rooms: &[RoomId]) -> Result<Vec<Head>>;

    /// The heads of up to `limit` rooms that have rows stored at or after `at`, by room after
    /// `after`, rising: fewer than `limit` are the last. As a majority sees them, after applying
    /// marked rows up to them. A row counts by its own time, so one that was long on its way may
    /// come to be found only later than its time; whoever looks back looks back twice as far as
    /// they last did, and asks for [`Log::heads`] now and then.
    ///
    /// Costs what was stored since `at` where many processes share the store, and a look at every
    /// room where only one has it.
    async fn since(&self, at: Timestamp, after: Option<RoomId>, limit: usize) -> Result<Vec<Head>>;

    /// Up to `limit` rows of a room after `after`, rising, each showing its message as it is now,
    /// wherever the body lies. A row that is not there below one that is was dropped
    /// ([`crate::missing_after`]); the newest row is always there.
    async fn rows(&self, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Row>>;

    /// Drops changes from before `before`, in all rooms: edits, deletions, reactions, rows of
    /// members and of the room itself. What they changed stays as it is. Looks at no more than
    /// `limit` of them after `after`, oldest first; says where to go on.
    ///
    /// Messages stay, and archive rows. So does what is marked, and the newest row of each room,
    /// from which the next takes its number, time and generation; they are passed over.
    ///
    /// Atomic per row. Idempotent, also from several nodes at once, and however late: what may go
    /// never has to stay again, since no mark comes back and no row becomes the newest again. A
    /// repeat of a row that was dropped is a new row, so `before` must lie much longer ago than
    /// anybody waits for an answer, and than a request can be on its way.
    async fn drop_changes(
        &self,
        before: Timestamp,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Dropped>;
}

/// What came of dropping changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// How many rows were dropped.
    pub rows: u64,
    /// The last row that was looked at, if there may be more after it.
    pub next: Option<Position>,
}

/// The messages of a room, hot and archived alike.
#[async_trait]
pub trait History: Send + Sync {
    /// A page of messages around a cursor, tombstones included, in rising order. Readers follow
    /// the key to the body, so a move that is under way shows nothing twice and misses nothing.
    async fn page(&self, room: RoomId, cursor: Cursor, limit: usize) -> Result<Page>;

    /// A message as it is now; `None` when the room has none of this id.
    async fn message(&self, room: RoomId, id: MessageId) -> Result<Option<Message>>;

    /// What `sender` did in a room under this `client_id`, as a repeat of it would be answered;
    /// `None` when there is no such row.
    async fn original(
        &self,
        room: RoomId,
        sender: UserId,
        client_id: ClientId,
    ) -> Result<Option<Original>>;

    /// The room that a message of this id was said in.
    async fn room_of(&self, message: MessageId) -> Result<Option<RoomId>>;

    /// The reactions to these messages, by message in the order asked and then by the seq of the
    /// emoji's first reaction; `me` as `viewer` sees it, and the first `users` people of each.
    /// Deleted messages have none.
    async fn reactions(
        &self,
        room: RoomId,
        viewer: UserId,
        messages: &[MessageId],
        users: usize,
    ) -> Result<Vec<Reaction>>;

    /// How many messages a room has after `after`, tombstones included, archived or not.
    async fn count_messages(&self, room: RoomId, after: Seq) -> Result<u64>;

    /// The seq of the message after `after` that `skip` others stand before in this order; `None`
    /// where there are not so many.
    async fn nth_message(
        &self,
        room: RoomId,
        after: Seq,
        order: Order,
        skip: u64,
    ) -> Result<Option<Seq>>;

    /// How many messages after `after` are not `user`'s own and not deleted or purged, archived
    /// or not. Counted up to `cap`.
    async fn unread(&self, room: RoomId, user: UserId, after: Seq, cap: u64) -> Result<u64>;
}

/// The inbox of a user. What is news of messages is derived from the log, never written per member;
/// other news is kept here until it is settled.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Up to `limit` messages of a room after `after` that are not `user`'s own, oldest first,
    /// tombstones left out. What of it is news, [`crate::notifies`] decides.
    async fn news(
        &self,
        room: RoomId,
        user: UserId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Message>>;

    /// Keeps a notification that is not of a message; says whether it was new. Atomic, idempotent
    /// by id: one that was settled stays settled.
    async fn keep_notification(&self, notification: Notification) -> Result<bool>;

    /// Up to `limit` kept notifications of a user that are not settled, by position after `after`.
    async fn kept_notifications(
        &self,
        user: UserId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Notification>>;

    /// Settles the kept notifications of a user in a room through a seq; says whether there were
    /// any. Idempotent.
    async fn settle_notifications(&self, user: UserId, room: RoomId, through: Seq) -> Result<bool>;

    /// Forgets up to `limit` kept notifications from before `before`, settled or not; says how many.
    async fn forget_notifications(&self, before: Timestamp, limit: usize) -> Result<u64>;
}

/// Rows that have not been published yet. The mark is a field of the row itself, so that storing
/// and marking are one commit.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Up to `limit` marked rows stored before `before`, oldest first.
    async fn marked(&self, before: Timestamp, limit: usize) -> Result<Vec<Envelope>>;

    /// Clears the marks of rows that were published and applied. Idempotent; unknown ids are
    /// ignored.
    async fn clear_marks(&self, rows: &[RowId]) -> Result<()>;
}
