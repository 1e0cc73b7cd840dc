//! Whole numbers for things.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Numbered, Numbering, Result, TenantId};

/// The numbers of things, for clients that know no other ids. Each kind of each tenant has its own,
/// from 1 up, with holes. None changes, and none is given again.
#[async_trait]
pub trait Numbers: Send + Sync {
    /// The numbers of things of a tenant, in the order asked; what has none gets one now. Atomic for
    /// each, idempotent. Whether there is such a thing is not looked at.
    ///
    /// # Errors
    /// `storage_full` when the kind has no number left ([`Numbering::last`]).
    async fn numbers(&self, tenant: &TenantId, things: &[Numbered]) -> Result<Vec<u64>>;

    /// The thing of a tenant that has this number.
    async fn numbered(
        &self,
        tenant: &TenantId,
        kind: Numbering,
        number: u64,
    ) -> Result<Option<Uuid>>;
}
