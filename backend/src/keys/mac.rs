//! HMAC-SHA-256 (RFC 2104) under a derived key.
//!
//! **Never change the labels**: every key that exists would stop working.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Key;

/// Makes digests of secrets, with the work that depends on the pepper alone done once.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

impl Digester {
    /// Takes the pepper.
    #[must_use]
    pub fn new(pepper: &Key) -> Self {
        Self(add(keyed(pepper), b"latchkey secret v1"))
    }

    /// The digest of a secret, bound to its token.
    #[must_use]
    pub fn digest(&self, id: &str, secret: &str) -> [u8; 32] {
        finish(self.0.clone(), &[id.as_bytes(), secret.as_bytes()])
    }
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester")
    }
}

/// HMAC-SHA-256 over `parts`, each behind its length, so that no two lists of parts are the same text.
pub fn hmac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    finish(keyed(key), parts)
}

fn keyed(key: &Key) -> Hmac<Sha256> {
    // A key shorter than the hash's block is filled up with zeros (RFC 2104): to do it here leaves nothing to fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..key.len()].copy_from_slice(key.as_slice());
    Hmac::new((&*block).into())
}

fn add(mut mac: Hmac<Sha256>, part: &[u8]) -> Hmac<Sha256> {
    mac.update(&(part.len() as u64).to_be_bytes());
    mac.update(part);
    mac
}

fn finish(mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(mac, |mac, part| add(mac, part)).finalize().into_bytes().into()
}
