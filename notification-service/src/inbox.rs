//! What a user has not acknowledged, over all their rooms, oldest first.
//!
//! No message is stored per user: each room's part is read from its log, after what is settled.
//! What no log tells is kept, and read beside. Pages are merged by time, so a cursor is a moment
//! and a row. In a room time rises with seq, which is why the place of a moment is found by
//! halving. What a rule leaves out is stepped over, not read: a page costs the same however long
//! the log of a muted room has grown.

use domain::{
    Member, Message, Notification, Result, RoomId, Row, Seq, Timestamp, UserId,
    notification::{Level, Position},
    notifies,
    ports::Store,
};

/// How many memberships are read at once.
const ROOMS: usize = 200;

/// How many messages are read at once to fill a page.
const READ: usize = 100;

/// How many messages of a room are looked at for a page. Where only mentions are news, few of
/// many may be: what lies beyond is for the next page.
const LOOKED_AT: usize = 2_000;

/// A part of an inbox.
#[derive(Debug)]
pub struct Page {
    /// Oldest first. May be fewer than asked for, even none, where there is more.
    pub notifications: Vec<Notification>,
    /// Where to go on, if there may be more.
    pub next: Option<Position>,
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
    /// Nothing after this is known yet.
    known_through: Option<Position>,
}

impl Oldest {
    fn new(most: usize) -> Self {
        Self {
            found: Vec::new(),
            most,
            known_through: None,
        }
    }

    /// Whether everything at or after this one is too new to be kept.
    fn is_beyond(&self, position: Position) -> bool {
        let newest = self.found.last().filter(|_| self.found.len() >= self.most);
        let full = newest.is_some_and(|newest| newest.position < position);
        full || self.known_through.is_some_and(|end| end < position)
    }

    fn add(&mut self, notifications: Vec<Notification>) {
        self.found.extend(notifications);
        self.found.sort_by_key(|notification| notification.position);
        self.found.truncate(self.most);
    }

    /// Somebody has stopped looking here.
    fn stop(&mut self, position: Position) {
        let end = self.known_through.unwrap_or(position);
        self.known_through = Some(end.min(position));
    }

    fn page(mut self, limit: usize) -> Page {
        let end = self.known_through;
        self.found
            .retain(|found| end.is_none_or(|end| found.position <= end));
        let full = self.found.len() > limit;
        self.found.truncate(limit);
        let last = self.found.last().map(|last| last.position);
        Page {
            notifications: self.found,
            next: if full { last } else { end },
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
    /// Adds what is oldest here, until the page is full, the room has no more, or enough was
    /// looked at.
    async fn collect(&self, after: Option<Position>, oldest: &mut Oldest) -> Result<()> {
        let rule = &self.member.rule;
        if rule.level == Level::None {
            return Ok(());
        }
        let mut from = self.begin(after).await?;
        for _ in 0..LOOKED_AT / READ {
            let (room, user) = (self.member.room, self.member.user);
            let news = self.store.news(room, user, from, READ).await?;
            let whole = news.len() < READ;
            let Some(last) = news.last().map(position) else {
                return Ok(());
            };
            oldest.add(self.notifications(news, after));
            if whole || oldest.is_beyond(last) {
                return Ok(());
            }
            from = match rule.mute_at(last.at) {
                Some(mute) => self.before(mute.until, last.seq).await?,
                None => last.seq,
            };
        }
        if let Some(row) = self.row(from).await? {
            oldest.stop(row);
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

    /// The row after which to read: what is settled, or, further on, the row of the cursor, or the
    /// last one before its moment where it is another room's.
    async fn begin(&self, after: Option<Position>) -> Result<Seq> {
        let settled = self.member.notified_through();
        match after {
            Some(after) if after.room == self.member.room => Ok(settled.max(after.seq)),
            Some(after) => self.before(after.at, settled).await,
            None => Ok(settled),
        }
    }

    /// A row at or after `from`, not far from the last one before a moment and not beyond it.
    async fn before(&self, moment: Timestamp, from: Seq) -> Result<Seq> {
        let (mut before, mut beyond) = (from, self.head.max(from));
        while beyond - before > READ as u64 {
            let middle = before + (beyond - before) / 2;
            match self.row(middle).await? {
                Some(row) if row.at < moment => before = middle,
                _ => beyond = middle,
            }
        }
        Ok(before)
    }

    /// The place of the row `seq`.
    async fn row(&self, seq: Seq) -> Result<Option<Position>> {
        let rows = self.store.rows(self.member.room, seq - 1, 1).await?;
        // A change that was dropped stands where the row after it does.
        let place = |row: &Row| Position {
            at: row.created_at,
            room: row.room,
            seq,
        };
        Ok(rows.first().map(place))
    }
}

fn position(message: &Message) -> Position {
    Position {
        at: message.created_at,
        room: message.room,
        seq: message.seq,
    }
}

#[cfg(test)]
mod tests;
