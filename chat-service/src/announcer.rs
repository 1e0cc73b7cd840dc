//! Where stored rows go next.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{RoomId, Seq, TenantId};
use edge::Live;

use crate::{
    relay::{HandOver, Retell},
    writer::{Announce, Stored},
};

/// Shows stored rows to whoever is live, and hands them to the relay.
pub(crate) struct Announcer {
    live: Arc<Live>,
    relay: HandOver,
}

impl Announcer {
    pub(crate) fn new(live: Arc<Live>, relay: HandOver) -> Self {
        Self { live, relay }
    }
}

#[async_trait]
impl Announce for Announcer {
    async fn announce(&self, tenant: &TenantId, rows: Vec<Stored>) {
        self.relay.rows(tenant, &rows);
        let rows = rows.into_iter().map(|stored| stored.row);
        self.live.rows(rows.collect()).await;
    }
}

#[async_trait]
impl Retell for Announcer {
    async fn retell(&self, room: RoomId, seq: Seq) {
        self.live.retell(room, seq).await;
    }
}
