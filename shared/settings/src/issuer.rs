//! Whose tokens are good here besides our own.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Secret;

/// One system whose tokens are good here. Whom it names is made at first sight, with the id that it
/// gives them as alias.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSetting {
    /// The tenant of everybody whom it names. Empty: `default`, unless `tenant_claim` says which.
    #[serde(default)]
    pub tenant: String,
    /// What its tokens must carry as `iss`. Empty: that is not looked at.
    #[serde(default)]
    pub issuer: String,
    /// For whom its tokens must be, which they carry as `aud`. Empty: that is not looked at.
    #[serde(default)]
    pub audience: String,
    /// The one algorithm of its signatures: `RS256`, `EdDSA` or `HS256`.
    pub algorithm: SignatureAlgorithm,
    /// The secret that it signs with: needed for `HS256`, and for that alone.
    #[serde(default)]
    pub secret: Secret,
    /// File with its public keys, as a JWK set; read again when it changes. This or `jwks_url` is
    /// needed for `RS256` and `EdDSA`.
    #[serde(default)]
    pub jwks_file: PathBuf,
    /// Where it publishes its public keys, as a JWK set. Asked every ten minutes, and for a key
    /// that is not known, twice a minute at most.
    #[serde(default)]
    pub jwks_url: String,
    /// The claim that names the user; points lead into objects. Empty: the first of `sub`,
    /// `user_id` and `user.id`.
    #[serde(default)]
    pub user_claim: String,
    /// The claim that names the tenant, one of `tenants`. Empty: all are of `tenant`.
    #[serde(default)]
    pub tenant_claim: String,
    /// The tenants that `tenant_claim` may name; a token that names another is no good. Needed with
    /// it. `["*"]`: any, for an issuer that is trusted in every tenant.
    #[serde(default)]
    pub tenants: Vec<String>,
}

/// How a foreign token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// RSA with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// A secret that both sides know, with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
}

impl IssuerSetting {
    /// What stands for any tenant in [`Self::tenants`].
    pub const ANY_TENANT: &'static str = "*";

    /// Whether `tenant_claim` may name this tenant.
    #[must_use]
    pub fn may_name(&self, tenant: &str) -> bool {
        let named = |one: &String| one == Self::ANY_TENANT || one == tenant;
        self.tenants.iter().any(named)
    }

    /// An issuer of the default tenant that says nothing else.
    #[must_use]
    pub fn of(algorithm: SignatureAlgorithm) -> Self {
        Self {
            tenant: String::new(),
            issuer: String::new(),
            audience: String::new(),
            algorithm,
            secret: Secret::default(),
            jwks_file: PathBuf::new(),
            jwks_url: String::new(),
            user_claim: String::new(),
            tenant_claim: String::new(),
            tenants: Vec::new(),
        }
    }
}
