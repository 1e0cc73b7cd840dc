//! Whom a client means: by the id that their own system gives them, or by ours.

use domain::{Caller, Code, Foreign, FullName, Result, TenantId, UserId};
use settings::Settings;

use crate::routes::House;

/// Somebody of the caller's tenant. Where another system names its people, somebody whom no token
/// has named yet gets a place that they find when they come.
///
/// # Errors
/// `user_not_found` for who is of another tenant, and for who is not there; what the store says.
pub(super) async fn meant(house: &House, who: &Caller, id: &str) -> Result<UserId> {
    match known(house, who, id).await? {
        Some(user) => Ok(user),
        None if names_its_people(&house.ctx.settings, &who.tenant) => placed(house, who, id).await,
        None => Err(Code::UserNotFound.into()),
    }
}

/// Somebody of the caller's tenant who is there.
pub(super) async fn known(house: &House, who: &Caller, id: &str) -> Result<Option<UserId>> {
    let store = &house.ctx.ports.store;
    if let Some(user) = store.user_by_alias(&who.tenant, id).await? {
        return Ok(Some(user.id));
    }
    let Ok(id) = id.parse::<UserId>() else {
        return Ok(None);
    };
    let user = store.user(id).await?;
    let user = user.filter(|user| user.tenant == who.tenant);
    Ok(user.map(|user| user.id))
}

async fn placed(house: &House, who: &Caller, id: &str) -> Result<UserId> {
    house.ctx.rates.send(who.user)?;
    let somebody = Foreign {
        tenant: &who.tenant,
        alias: id,
        wanted: "",
        names: FullName::default(),
    };
    let made = somebody.user(&*house.ctx.ports.store).await;
    Ok(made.map_err(|_| Code::UserNotFound)?.id)
}

/// Whether people of a tenant are named by an issuer.
fn names_its_people(settings: &Settings, tenant: &TenantId) -> bool {
    settings.auth.issuers.iter().any(|issuer| {
        let own = match issuer.tenant.as_str() {
            "" => TenantId::default(),
            named => TenantId::new(named),
        };
        !issuer.tenant_claim.is_empty() || own == *tenant
    })
}
