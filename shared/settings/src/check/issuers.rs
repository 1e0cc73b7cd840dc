//! Foreign issuers: one algorithm each, and the kind of key that belongs to it.

use super::Faults;
use crate::{Auth, IssuerSetting, SignatureAlgorithm};

/// Says what is wrong with the issuers, each by its own key.
pub(super) fn check(auth: &Auth, faults: &mut Faults) {
    for (index, issuer) in auth.issuers.iter().enumerate() {
        let key = |name: &str| format!("auth.issuers[{index}].{name}");
        let places = given(issuer);
        let fine = places.len() == 1;
        let text = "needs exactly one of secret, jwks_file and jwks_url";
        faults.unless(fine, &format!("auth.issuers[{index}]"), text);
        let is_shared = issuer.algorithm == SignatureAlgorithm::Hs256;
        let fine = !fine || is_shared == (places == ["secret"]);
        let text = "HS256 goes with a secret; RS256 and EdDSA with jwks_file or jwks_url";
        faults.unless(fine, &key("algorithm"), text);
        let own = auth.secret.reveal();
        let fine = issuer.secret.is_empty() || issuer.secret.reveal() != own;
        let text = "is that of our own tokens (auth.secret); give each system one of its own";
        faults.unless(fine, &key("secret"), text);
        let fine = issuer.tenant.is_empty() || issuer.tenant_claim.is_empty();
        let text = "and tenant exclude each other: leave one out";
        faults.unless(fine, &key("tenant_claim"), text);
        let fine = issuer.tenant_claim.is_empty() == issuer.tenants.is_empty();
        let text = "goes with tenant_claim: the tenants that it may name, or [\"*\"] for any";
        faults.unless(fine, &key("tenants"), text);
        let fine = issuer.tenants.iter().all(|tenant| !tenant.is_empty());
        let text = "has an empty name: the default tenant is called default";
        faults.unless(fine, &key("tenants"), text);
        let fine = issuer.jwks_url.is_empty() || is_address(&issuer.jwks_url);
        let text = "must be an address without a user: https://login.example.org/jwks.json";
        faults.unless(fine, &key("jwks_url"), text);
    }
}

fn given(issuer: &IssuerSetting) -> Vec<&'static str> {
    let all = [
        ("secret", !issuer.secret.is_empty()),
        ("jwks_file", !issuer.jwks_file.as_os_str().is_empty()),
        ("jwks_url", !issuer.jwks_url.is_empty()),
    ];
    let given = all.into_iter().filter(|(_, given)| *given);
    given.map(|(name, _)| name).collect()
}

/// Whoever sees the settings sees the address, so that no password may stand in it.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://");
    let rest = rest.or_else(|| url.strip_prefix("http://"));
    let odd = |c: char| c.is_whitespace() || c.is_control() || "@#".contains(c);
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(odd))
}
