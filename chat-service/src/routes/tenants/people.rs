//! Whom a client means: by the id that their own system gives them, or by ours.

use domain::{Caller, Code, Foreign, FullName, Result, TenantId, UserId, foreign};
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
    let found = foreign::find(&*house.ctx.ports.store, &who.tenant, id).await?;
    Ok(found.map(|user| user.id))
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
        match issuer.tenant_claim.as_str() {
            "" => own == *tenant,
            _ => issuer.may_name(tenant.as_str()),
        }
    })
}
