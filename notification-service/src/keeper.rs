//! Forgets kept notifications when they are old.

use std::{sync::Arc, time::Duration};

use domain::{
    Result,
    notification::KEPT_DAYS,
    ports::{Clock, Inbox},
};
use edge::Context;
use tokio::time;
use tokio_util::sync::CancellationToken;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How many are forgotten at once.
const SLICE: usize = 500;

/// Forgets what was kept longer than [`KEPT_DAYS`].
#[derive(Clone)]
pub(crate) struct Keeper {
    inbox: Arc<dyn Inbox>,
    clock: Arc<dyn Clock>,
}

impl Keeper {
    pub(crate) fn new(ctx: &Context) -> Self {
        Self {
            inbox: ctx.ports.store.clone(),
            clock: ctx.ports.clock.clone(),
        }
    }

    /// Looks now and then, until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.forget().await {
                tracing::warn!(%error, "old notifications stay for now");
            }
            if stop.run_until_cancelled(time::sleep(EVERY)).await.is_none() {
                return;
            }
        }
    }

    async fn forget(&self) -> Result<()> {
        let before = self.clock.now() - Duration::from_secs(u64::from(KEPT_DAYS) * 24 * 60 * 60);
        while self.inbox.forget_notifications(before, SLICE).await? == SLICE as u64 {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Cause, MemberChange, Notification, NotificationId, Role, RoomId, RowId, UserId,
        notification::{MembershipNews, Position},
    };

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn what_is_kept_goes_after_thirty_days() {
        let world = World::new();
        let (ann, room) = (UserId::new(), RoomId::new());
        let news = MembershipNews {
            by: UserId::new(),
            change: MemberChange::Removed,
            role: Role::Member,
        };
        let notification = Notification {
            id: NotificationId::of(RowId::new(), ann),
            receiver: ann,
            position: Position {
                at: world.clock.now(),
                room,
                seq: 1,
            },
            cause: Cause::Membership(news),
        };
        world.store.keep_notification(notification).await.unwrap();
        let keeper = Keeper::new(&world.ctx);
        let left = async || {
            keeper.forget().await.unwrap();
            let kept = world.store.kept_notifications(ann, None, 10).await;
            kept.unwrap().len()
        };
        let day = Duration::from_secs(24 * 60 * 60);
        world.clock.advance(day * 30);
        assert_eq!(left().await, 1, "thirty days are not over");
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(left().await, 0);
    }
}
