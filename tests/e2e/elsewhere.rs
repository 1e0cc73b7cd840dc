//! People of other tenants: their tokens come from a login service that the server believes.

use e2e::{Server, SignedIn};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use settings::{IssuerSetting, Secret, Settings, SignatureAlgorithm};

/// A login service for each of these tenants.
pub(crate) fn believe(settings: &mut Settings, tenants: &[&str]) {
    let issuer = |tenant: &&str| IssuerSetting {
        tenant: (*tenant).to_owned(),
        issuer: issuer(tenant),
        secret: Secret::new(secret(tenant)),
        user_claim: "sub".to_owned(),
        ..IssuerSetting::of(SignatureAlgorithm::Hs256)
    };
    settings.auth.issuers = tenants.iter().map(issuer).collect();
}

fn issuer(tenant: &str) -> String {
    format!("https://login.{tenant}.example")
}

fn secret(tenant: &str) -> String {
    format!("what the login service of {tenant} signs with")
}

/// Somebody whom the login service of a tenant names so.
pub(crate) async fn person(server: &Server, tenant: &str, name: &str) -> SignedIn {
    let claims = json!({"iss": issuer(tenant), "sub": name, "username": name, "exp": later()});
    let key = EncodingKey::from_secret(secret(tenant).as_bytes());
    let token = encode(&Header::default(), &claims, &key).expect("a token");
    let rest = server.rest().with_token(&token);
    let me = rest.get("/api/v1/me").await.expect(200);
    let text = |name: &str| me[name].as_str().expect("a text").to_owned();
    SignedIn {
        name: text("username"),
        id: text("id"),
        token,
        rest,
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the login service is another system, with a clock of its own"
)]
fn later() -> i64 {
    jiff::Timestamp::now().as_second() + 600
}
