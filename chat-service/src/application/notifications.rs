//! Settling news.

use domain::{Caller, Reply, Result, RoomId, Seq, notification};

use super::Chat;

impl Chat {
    pub(super) async fn acknowledge(
        &self,
        who: &Caller,
        room: RoomId,
        through: Seq,
    ) -> Result<Reply> {
        notification::acknowledge(&*self.store, room, who.user, through).await?;
        Ok(Reply::Done)
    }
}
