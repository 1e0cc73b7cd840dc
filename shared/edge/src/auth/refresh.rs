//! Refresh tokens: opaque to clients, and derived, so that none is stored.
//!
//! A token is the family's id, its generation, and a MAC of both and of the family's nonce, in a
//! key made from the secret. The store alone makes no token, and neither does the secret alone; and
//! whoever is to get one token twice gets the same.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Family, FamilyId};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::derived::key_for;

/// What the key is for, so that no other use of the secret gives the same.
const PURPOSE: &[u8] = b"hubbub refresh token 1";

/// Longest token that is looked at: 32 digits, 20, 43, and two dots.
const TOKEN_BYTES: usize = 97;

/// The key of our refresh tokens. Built once.
pub(super) struct RefreshKey(Hmac<Sha256>);

/// A refresh token that somebody presents, not checked yet.
pub(super) struct Claimed {
    /// The family that it names.
    pub(super) family: FamilyId,
    /// Its number there.
    pub(super) generation: u64,
    mac: Vec<u8>,
}

impl RefreshKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(key_for(PURPOSE, secret))
    }

    /// The token of a family's generation.
    pub(super) fn token(&self, family: &Family) -> String {
        let mac = self.mac(family, family.generation).finalize().into_bytes();
        let mac = URL_SAFE_NO_PAD.encode(mac);
        let id = family.id.uuid().simple();
        format!("{id}.{}.{mac}", family.generation)
    }

    /// Whether a token is one of this family, of whatever generation. Takes the same time for all.
    pub(super) fn knows(&self, family: &Family, claimed: &Claimed) -> bool {
        let mac = self.mac(family, claimed.generation);
        family.id == claimed.family && mac.verify_slice(&claimed.mac).is_ok()
    }

    fn mac(&self, family: &Family, generation: u64) -> Hmac<Sha256> {
        let mac = self.0.clone().chain_update(family.id.uuid().as_bytes());
        mac.chain_update(generation.to_be_bytes())
            .chain_update(family.nonce)
    }
}

impl Claimed {
    /// Takes a token apart; `None` when it has another form.
    pub(super) fn parse(token: &str) -> Option<Self> {
        if token.len() > TOKEN_BYTES {
            return None;
        }
        let (family, rest) = token.split_once('.')?;
        let (generation, mac) = rest.split_once('.')?;
        let claimed = Self {
            family: FamilyId::from_uuid(Uuid::try_parse(family).ok()?),
            generation: generation.parse().ok()?,
            mac: URL_SAFE_NO_PAD.decode(mac).ok()?,
        };
        // One token is written in one way.
        let id = claimed.family.uuid().simple();
        let same = token.starts_with(&format!("{id}.{}.", claimed.generation));
        same.then_some(claimed)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, UserId};
    use testkit::builders::family;

    use super::*;

    const SECRET: &[u8] = b"5b1d0c6fe2a94e8797c1f0a3d24b6e58";

    fn begun() -> Family {
        family(UserId::new(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_token_is_the_same_each_time_and_known_by_its_family_alone() {
        let (key, family) = (RefreshKey::new(SECRET), begun());
        let token = key.token(&family);
        assert_eq!(RefreshKey::new(SECRET).token(&family), token);
        let claimed = Claimed::parse(&token).unwrap();
        assert_eq!((claimed.family, claimed.generation), (family.id, 1));
        assert!(key.knows(&family, &claimed));
        let (other_nonce, other_id) = (
            Family {
                nonce: [0; 16],
                ..family.clone()
            },
            Family {
                id: FamilyId::new(),
                ..family.clone()
            },
        );
        assert!(!key.knows(&other_nonce, &claimed));
        assert!(!key.knows(&other_id, &claimed));
        assert!(!RefreshKey::new(b"another").knows(&family, &claimed));
    }

    #[test]
    fn tokens_of_all_generations_are_known() {
        let (key, family) = (RefreshKey::new(SECRET), begun());
        let token = key.token(&family);
        let next = family.renewed(Timestamp::UNIX_EPOCH, std::time::Duration::ZERO);
        assert_ne!(key.token(&next), token);
        assert!(key.knows(&next, &Claimed::parse(&token).unwrap()));
        assert!(key.knows(&family, &Claimed::parse(&key.token(&next)).unwrap()));
    }

    #[test]
    fn a_token_is_written_in_one_way() {
        let (key, family) = (RefreshKey::new(SECRET), begun());
        let token = key.token(&family);
        let id = family.id.uuid();
        let mac = token.rsplit('.').next().unwrap();
        for other in [
            String::new(),
            "..".to_owned(),
            format!("{id}.1.{mac}"),
            format!("{}.01.{mac}", id.simple()),
            format!("{}.+1.{mac}", id.simple()),
            format!("{}.1.{mac}=", id.simple()),
            format!("{token}.x"),
            format!(" {token}"),
            "x".repeat(10_000),
        ] {
            assert!(Claimed::parse(&other).is_none(), "{other}");
        }
        let last = if token.ends_with('A') { "E" } else { "A" };
        let forged = format!("{}{last}", &token[..token.len() - 1]);
        let forged = Claimed::parse(&forged);
        assert!(!forged.is_some_and(|forged| key.knows(&family, &forged)));
    }
}
