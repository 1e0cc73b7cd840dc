//! The newest messages of a room, from memory where that is true, and from the store in one
//! query for however many ask at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use domain::{
    Change, Cursor, Error, Head, Limits, Message, Page, Recent, Result, RoomId, Row, Seq, UserId,
    command::RoomView, marks::UNREAD, recent::RECENT_ROWS,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::time::timeout;

use super::Live;
use crate::{in_time, locks::lock};

type Outcome = std::result::Result<Arc<Block>, Arc<Error>>;
type Filling = BoxFuture<'static, Outcome>;

/// The reads of the store that are under way, one per room.
#[derive(Default)]
pub(super) struct Fills(Mutex<HashMap<RoomId, WeakShared<Filling>>>);

/// The newest rows as the store has them.
struct Block {
    head: Head,
    recent: Recent,
}

impl Live {
    /// The newest messages of a room, at most `limit` of them, tombstones included, and the head
    /// that they belong to. Whether the reader may see them is the caller's business.
    ///
    /// However many ask for a cold room at once, the store is asked once.
    ///
    /// # Errors
    /// `unavailable` when the store had to be asked and is away.
    pub async fn recent_history(self: &Arc<Self>, room: RoomId, limit: usize) -> Result<Page> {
        if let Some(page) = self.cached(room, limit).await {
            return Ok(page);
        }
        let block = self.fill(room).await?;
        if let Some(page) = newest(&block.recent, block.head.seq, limit) {
            return Ok(page);
        }
        let read = self.store.page(room, Cursor::Newest, limit);
        in_time(read).await
    }

    /// How many messages of a room after `read` are not `user`'s own and still say something,
    /// counted up to [`UNREAD`]: from the rows in memory where they reach back to it, and forward to
    /// `head`, else by the store.
    ///
    /// # Errors
    /// `unavailable` when the store had to be asked and is away.
    pub async fn unread(&self, room: RoomId, user: UserId, read: Seq, head: Seq) -> Result<u64> {
        let known = self.remembered(room).await;
        let known = known.filter(|(known, _)| known.seq >= head);
        if let Some(unread) = known.and_then(|(_, recent)| recent.unread(user, read)) {
            return Ok(unread.min(UNREAD));
        }
        self.store.unread(room, user, read, UNREAD).await
    }

    /// What was said last in a room that still says something and is not hidden from its member,
    /// among its newest `among` messages. From memory where it is there; nothing is kept for it.
    ///
    /// # Errors
    /// `unavailable` when the store had to be asked and is away.
    pub async fn last_message(&self, view: &RoomView, among: usize) -> Result<Option<Message>> {
        let room = view.room.id;
        let hidden = view.member.as_ref().map_or(0, |member| member.hidden);
        let page = match self.cached(room, among).await {
            Some(page) => page,
            None => in_time(self.store.page(room, Cursor::Newest, among)).await?,
        };
        let shown = |message: &Message| message.seq > hidden && message.content().is_some();
        Ok(page.messages.into_iter().rev().find(shown))
    }

    async fn cached(&self, room: RoomId, limit: usize) -> Option<Page> {
        let (head, recent) = self.remembered(room).await?;
        newest(&recent, head.seq, limit)
    }

    /// What the cache keeps of a room that is live here, if it shows the log as it stands.
    async fn remembered(&self, room: RoomId) -> Option<(Head, Recent)> {
        let head = self.hub.position(room)?;
        let read = timeout(Limits::CACHE_CALL, self.cache.recent(room, head.generation));
        let recent = read.await.ok()?.ok()??;
        recent.covers(head.seq).then_some((head, recent))
    }

    async fn fill(self: &Arc<Self>, room: RoomId) -> Result<Arc<Block>> {
        let filling = self.join_fill(room);
        filling.await.map_err(|error| match Arc::try_unwrap(error) {
            Ok(error) => error,
            Err(shared) => Error::from(shared.code()),
        })
    }

    /// Joins the read that is under way, or begins one.
    fn join_fill(self: &Arc<Self>, room: RoomId) -> Shared<Filling> {
        let mut fills = lock(&self.fills.0);
        let under_way = fills.get(&room).and_then(WeakShared::upgrade);
        if let Some(filling) = under_way.filter(|filling| filling.peek().is_none()) {
            return filling;
        }
        let live = Arc::clone(self);
        let filling: Shared<Filling> = async move {
            let block = live.read_block(room).await;
            lock(&live.fills.0).remove(&room);
            block.map(Arc::new).map_err(Arc::new)
        }
        .boxed()
        .shared();
        if let Some(weak) = filling.downgrade() {
            fills.insert(room, weak);
        }
        filling
    }

    async fn read_block(&self, room: RoomId) -> Result<Block> {
        let (head, recent) = in_time(self.read_newest(room)).await?;
        self.hub.note_head(head);
        let kept = self
            .cache
            .fill_recent(room, head.generation, recent.clone());
        super::ignore(
            "cache",
            timeout(Limits::CACHE_CALL, kept)
                .await
                .map_err(Error::unavailable)
                .flatten(),
        );
        Ok(Block { head, recent })
    }

    /// The newest rows up to the head that they belong to.
    async fn read_newest(&self, room: RoomId) -> Result<(Head, Recent)> {
        let heads = self.store.heads(&[room]).await?;
        let head = heads.into_iter().next().unwrap_or(Head {
            room,
            seq: 0,
            generation: 0,
        });
        let after = first_of(head.seq) - 1;
        let mut rows = self.store.rows(room, after, RECENT_ROWS).await?;
        rows.retain(|row| row.seq <= head.seq);
        // It reaches back as far as it was read, also where old changes are not there any more.
        let (from, upto) = (after + 1, head.seq);
        Ok((head, Recent { upto, from, rows }))
    }
}

/// The first row that a fill reads of a room with this head.
fn first_of(head: Seq) -> Seq {
    head.saturating_sub(RECENT_ROWS as u64) + 1
}

/// The newest messages of a block; `None` when it does not reach back far enough, also to say
/// whether there is a message before them.
fn newest(recent: &Recent, head: domain::Seq, limit: usize) -> Option<Page> {
    let said = |row: &Row| match &row.change {
        Change::Message(message) => Some(message.clone()),
        _ => None,
    };
    let mut messages: Vec<Message> = recent
        .rows
        .iter()
        .rev()
        .filter_map(said)
        .take(limit + 1)
        .collect();
    let more_before = messages.len() > limit;
    if !more_before && recent.from > 1 {
        return None;
    }
    messages.truncate(limit);
    messages.reverse();
    Some(Page {
        more_before,
        more_after: false,
        messages,
        head,
    })
}

#[cfg(test)]
mod tests {
    use testkit::builders::{message, new_channel, new_user};

    use super::*;
    use crate::testing::World;

    /// Whether something lies before the newest `limit` messages, by memory and by the store.
    async fn before(world: &World, room: RoomId, limit: usize) -> (bool, bool) {
        let recent = world.ctx.live.recent_history(room, limit).await.unwrap();
        let store = &world.ctx.ports.store;
        let page = store.page(room, Cursor::Newest, limit).await.unwrap();
        assert_eq!(recent, page);
        (recent.more_before, page.more_before)
    }

    #[tokio::test]
    async fn whether_more_lies_before_is_the_same_from_memory_and_store() {
        let world = World::new();
        let store = &world.ctx.ports.store;
        let ann = store.create_user(new_user("ann")).await.unwrap().id;
        let room = store
            .create_room(new_channel("lobby", ann))
            .await
            .unwrap()
            .id;
        assert_eq!(before(&world, room, 2).await, (false, false));
        // The first rows of a room tell of its members: what is said begins behind them.
        for (limit, more) in [(2, false), (1, true)] {
            store.append(room, vec![message(ann, "x")]).await.unwrap();
            assert_eq!(before(&world, room, limit).await, (more, more));
        }
        let many = (0..RECENT_ROWS).map(|_| message(ann, "x")).collect();
        store.append(room, many).await.unwrap();
        for (limit, more) in [(2, true), (RECENT_ROWS, true), (RECENT_ROWS + 2, false)] {
            assert_eq!(before(&world, room, limit).await, (more, more), "{limit}");
        }
    }
}
