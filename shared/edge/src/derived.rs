//! Keys that are made of the secret of our tokens, one for each purpose. All processes of an
//! installation make the same.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Makes the key for a purpose, which no other use of the secret names.
pub(crate) fn key_for(purpose: &[u8], secret: &[u8]) -> Hmac<Sha256> {
    let key = keyed(secret).chain_update(purpose).finalize();
    keyed(&key.into_bytes())
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}
