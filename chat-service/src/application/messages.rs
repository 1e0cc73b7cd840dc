//! Reading what was said.

use domain::{
    Caller, Cursor, Message, MessageId, Order, Page, Reply, Result, RoomId, SHOWN_REACTORS, Seq,
    command::ReplayPage, missing_after,
};

use super::Chat;

impl Chat {
    pub(super) async fn get_message(
        &self,
        who: &Caller,
        room: RoomId,
        message: MessageId,
    ) -> Result<Reply> {
        let place = self.place(who, room).await?;
        let message = self.target(&place, message).await?;
        let reactions = self
            .store
            .reactions(room, who.user, &[message.id], SHOWN_REACTORS)
            .await?;
        Ok(Reply::Message { message, reactions })
    }

    pub(super) async fn read_history(
        &self,
        who: &Caller,
        room: RoomId,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Reply> {
        let hidden = self.membership(who, room).await?.hidden;
        let limit = self.page(limit);
        let page = match cursor {
            Cursor::Newest => self.live.recent_history(room, limit).await?,
            cursor => self.store.page(room, behind(cursor, hidden), limit).await?,
        };
        let page = shown(page, hidden);
        let ids: Vec<MessageId> = page.messages.iter().map(|message| message.id).collect();
        let reactions = self
            .store
            .reactions(room, who.user, &ids, SHOWN_REACTORS)
            .await?;
        Ok(Reply::History { page, reactions })
    }

    /// Reads messages by their place. Of what the caller has hidden nothing is counted.
    pub(super) async fn read_numbered(
        &self,
        who: &Caller,
        room: RoomId,
        (order, skip): (Order, u64),
        limit: usize,
    ) -> Result<Reply> {
        let hidden = self.membership(who, room).await?.hidden;
        let count = self.store.count_messages(room, hidden).await?;
        let first = match limit {
            0 => None,
            _ => self.store.nth_message(room, hidden, order, skip).await?,
        };
        let messages = match first {
            Some(first) => self.run_from(room, first, order, self.page(limit)).await?,
            None => Vec::new(),
        };
        let shown = messages.into_iter().filter(|message| message.seq > hidden);
        let messages: Vec<Message> = shown.collect();
        let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
        let reactions = self
            .store
            .reactions(room, who.user, &ids, SHOWN_REACTORS)
            .await?;
        Ok(Reply::Numbered {
            messages,
            reactions,
            count,
        })
    }

    /// Messages from one on, in either direction.
    async fn run_from(
        &self,
        room: RoomId,
        first: Seq,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Message>> {
        let cursor = match order {
            Order::Rising => Cursor::After(first.saturating_sub(1)),
            Order::Falling => Cursor::Before(first + 1),
        };
        let mut messages = self.store.page(room, cursor, limit).await?.messages;
        if order == Order::Falling {
            messages.reverse();
        }
        Ok(messages)
    }

    pub(super) async fn replay(
        &self,
        who: &Caller,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Reply> {
        let hidden = self.membership(who, room).await?.hidden;
        let after = after.max(hidden);
        // The head first: what is appended meanwhile makes the page longer than it, never shorter.
        let head = self.head(room).await?;
        let rows = self.store.rows(room, after, self.page(limit)).await?;
        let last = rows.last().map(|row| row.seq);
        Ok(Reply::Replay(ReplayPage {
            missing: missing_after(after, &rows),
            scenes: self.live.cards.scenes(rows).await,
            through: last.unwrap_or(after),
            head: head.max(last.unwrap_or(0)),
        }))
    }

    pub(super) async fn head(&self, room: RoomId) -> Result<Seq> {
        let heads = self.store.heads(&[room]).await?;
        Ok(heads.first().map_or(0, |head| head.seq))
    }
}

/// A cursor that does not begin before what is hidden.
fn behind(cursor: Cursor, hidden: Seq) -> Cursor {
    match cursor {
        Cursor::After(seq) => Cursor::After(seq.max(hidden)),
        Cursor::Around(seq) => Cursor::Around(seq.max(hidden)),
        Cursor::Newest | Cursor::Before(_) => cursor,
    }
}

/// Leaves out what somebody has hidden from themselves.
fn shown(mut page: Page, hidden: Seq) -> Page {
    let hides = page.messages.first().is_some_and(|m| m.seq <= hidden + 1);
    page.messages.retain(|message| message.seq > hidden);
    page.more_before &= hidden == 0 || !(hides || page.messages.is_empty());
    page
}
