//! What a user has not acknowledged, over all their rooms, oldest first.
//!
//! No message is stored per user: each room's part is read from its log, after what is settled.
//! What no log tells is kept, and read beside. Pages are merged by time, so a cursor is a moment and a row. In a room time rises with seq, which is
//! why the place of a moment is found by halving.

use domain::{
    Member, Message, Notification, Result, RoomId, Seq, Timestamp, UserId, notification::Position,
    notifies, ports::Store,
};

/// How many memberships are read at once.
const ROOMS: usize = 200;

/// How many messages are read at once to fill a page.
const READ: usize = 100;

/// A part of an inbox.
#[derive(Debug)]
pub struct Page {
    /// Oldest first.
    pub notifications: Vec<Notification>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// Reads a page of a user's inbox after a position. It keeps no more in memory than two pages,
/// however many rooms there are.
///
/// # Errors
/// What the store says.
pub async fn page(
    store: &dyn Store,
    user: UserId,
    after: Option<Position>,
    limit: usize,
) -> Result<Page> {
    let mut oldest = Oldest::new(limit + 1);
    oldest.add(store.kept_notifications(user, after, limit + 1).await?);
    let mut last = None;
    loop {
        let members = store.memberships(user, last, ROOMS).await?;
        let rooms: Vec<RoomId> = members.iter().map(|member| member.room).collect();
        let heads = store.heads(&rooms).await?;
        for (member, head) in members.iter().zip(heads) {
            let room = Room {
                store,
                member,
                head: head.seq,
            };
            room.collect(after, &mut oldest).await?;
        }
        match rooms.last() {
            Some(room) if rooms.len() == ROOMS => last = Some(*room),
            _ => return Ok(oldest.page(limit)),
        }
    }
}

/// The oldest notifications found so far, sorted, at most so many.
struct Oldest {
    found: Vec<Notification>,
    most: usize,
}

impl Oldest {
    fn new(most: usize) -> Self {
        Self {
            found: Vec::new(),
            most,
        }
    }

    /// Whether everything at or after this one is too new to be kept.
    fn is_beyond(&self, notification: &Notification) -> bool {
        let newest = self.found.last().filter(|_| self.found.len() >= self.most);
        newest.is_some_and(|newest| newest.position < notification.position)
    }

    fn add(&mut self, notifications: Vec<Notification>) {
        self.found.extend(notifications);
        self.found.sort_by_key(|notification| notification.position);
        self.found.truncate(self.most);
    }

    fn page(mut self, limit: usize) -> Page {
        let more = self.found.len() > limit;
        self.found.truncate(limit);
        Page {
            notifications: self.found,
            more,
        }
    }
}

/// One room's part of an inbox.
struct Room<'a> {
    store: &'a dyn Store,
    member: &'a Member,
    head: Seq,
}

impl Room<'_> {
    /// Adds what is oldest here, until the page is full or the room has no more.
    async fn collect(&self, after: Option<Position>, oldest: &mut Oldest) -> Result<()> {
        let mut from = self.begin(after).await?;
        while from < self.head {
            let (room, user) = (self.member.room, self.member.user);
            let news = self.store.news(room, user, from, READ).await?;
            let Some(last) = news.last().map(|message| message.seq) else {
                return Ok(());
            };
            let whole = news.len() < READ;
            let found = self.notifications(news, after);
            let beyond = found.last().is_some_and(|last| oldest.is_beyond(last));
            oldest.add(found);
            if whole || beyond {
                return Ok(());
            }
            from = last;
        }
        Ok(())
    }

    fn notifications(&self, news: Vec<Message>, after: Option<Position>) -> Vec<Notification> {
        let news = news
            .into_iter()
            .filter(|message| notifies(self.member, message));
        let all = news.map(|message| Notification::of(self.member, message));
        all.filter(|found| after.is_none_or(|after| found.position > after))
            .collect()
    }

    /// The row after which to read: what is settled, or, further on, the last row before the
    /// moment of the cursor.
    async fn begin(&self, after: Option<Position>) -> Result<Seq> {
        let settled = self.member.notified_through();
        let Some(after) = after else {
            return Ok(settled);
        };
        let (mut before, mut beyond) = (settled, self.head.max(settled));
        while beyond - before > READ as u64 {
            let middle = before + (beyond - before) / 2;
            match self.moment(middle).await? {
                Some(at) if at < after.at => before = middle,
                _ => beyond = middle,
            }
        }
        Ok(before)
    }

    /// When the row `seq` was stored.
    async fn moment(&self, seq: Seq) -> Result<Option<Timestamp>> {
        let rows = self.store.rows(self.member.room, seq - 1, 1).await?;
        Ok(rows.first().map(|row| row.created_at))
    }
}

#[cfg(test)]
mod tests;
