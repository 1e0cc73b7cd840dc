//! Reading what was said.

use domain::{
    Caller, Cursor, MessageId, Page, Reply, Result, RoomId, SHOWN_REACTORS, Seq,
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
