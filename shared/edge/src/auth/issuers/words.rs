//! Whom a token names, in the words of the system that made it.

use domain::TenantId;
use serde_json::{Map, Value};
use settings::IssuerSetting;

use crate::auth::{Subject, claims::HUBBUB};

/// Where a user is named, unless the settings say where.
const USERS: [&str; 3] = ["sub", "user_id", "user.id"];

/// Where somebody's name may stand.
const NAMES: [&str; 3] = ["username", "user.username", "preferred_username"];

/// Longest id of a user and of a tenant, in bytes.
const USER_BYTES: usize = 128;
const TENANT_BYTES: usize = 64;

/// All that a token of the Go original says. One that says more is none of its, but, where both
/// systems share a secret, perhaps a token of ours that was refused for good reason.
const ORIGINAL: [&str; 3] = ["exp", "id", "username"];

/// How a system names people.
pub(super) enum Words {
    /// As the Go original does: an id in the form of ours names that user and no other; 24
    /// hexadecimal digits are its own (`ObjectId`), and an alias here.
    Original,
    /// By an alias, in a tenant.
    Foreign {
        /// The claim of the settings, or all that are usual.
        users: Vec<String>,
        tenant: Tenant,
    },
}

/// In which tenant a system names people.
pub(super) enum Tenant {
    Always(TenantId),
    /// As a claim says, if the issuer may name that one.
    Claim(Box<IssuerSetting>),
}

impl Words {
    pub(super) fn of(issuer: &IssuerSetting) -> Self {
        let tenant = match (issuer.tenant.as_str(), issuer.tenant_claim.as_str()) {
            ("", "") => Tenant::Always(TenantId::default()),
            ("", _) => Tenant::Claim(Box::new(issuer.clone())),
            (tenant, _) => Tenant::Always(TenantId::new(tenant)),
        };
        let users = match issuer.user_claim.as_str() {
            "" => USERS.map(str::to_owned).to_vec(),
            claim => vec![claim.to_owned()],
        };
        Self::Foreign { users, tenant }
    }

    /// Whom these claims name.
    pub(super) fn subject(&self, claims: &Map<String, Value>) -> Option<Subject> {
        match self {
            Self::Original => original(claims),
            Self::Foreign { users, tenant } if is_theirs(claims) => Some(Subject::Alias {
                tenant: tenant.of(claims)?,
                alias: users
                    .iter()
                    .find_map(|claim| id(claims, claim, USER_BYTES))?,
                username: name(claims),
            }),
            Self::Foreign { .. } => None,
        }
    }
}

impl Tenant {
    fn of(&self, claims: &Map<String, Value>) -> Option<TenantId> {
        match self {
            Self::Always(tenant) => Some(tenant.clone()),
            Self::Claim(issuer) => {
                let named = id(claims, &issuer.tenant_claim, TENANT_BYTES)?;
                issuer.may_name(&named).then(|| TenantId::new(named))
            }
        }
    }
}

/// Not a token of ours, whoever else may know its secret; and one to come in with, not one that is
/// for getting others.
fn is_theirs(claims: &Map<String, Value>) -> bool {
    let says = |claim: &str, word: &str| claims.get(claim).and_then(Value::as_str) == Some(word);
    !says("iss", HUBBUB) && !says("token_type", "refresh") && !says("token_use", "refresh")
}

fn original(claims: &Map<String, Value>) -> Option<Subject> {
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    if !claims
        .keys()
        .all(|claim| ORIGINAL.contains(&claim.as_str()))
    {
        return None;
    }
    let (id, username) = (text("id")?, text("username")?);
    if let Ok(user) = id.parse() {
        return Some(Subject::Ours(user));
    }
    is_object_id(id).then(|| Subject::Alias {
        tenant: TenantId::default(),
        alias: id.to_ascii_lowercase(),
        username: username.to_owned(),
    })
}

fn is_object_id(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An id, which is a text or a whole number, and has nothing that cannot be shown.
fn id(claims: &Map<String, Value>, claim: &str, most: usize) -> Option<String> {
    let id = match find(claims, claim)? {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    let odd = |c: char| c.is_control() || c.is_whitespace();
    (!id.is_empty() && id.len() <= most && !id.contains(odd)).then_some(id)
}

/// The wanted name; the maker of people finds another where it may not be.
fn name(claims: &Map<String, Value>) -> String {
    let text = |claim: &&str| find(claims, claim)?.as_str();
    let name = NAMES.iter().find_map(text);
    name.unwrap_or_default().to_owned()
}

/// What stands under a name; points lead into objects.
fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    let mut parts = claim.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}
