//! How a secret is kept to be checked: as an HMAC-SHA-256 under the pepper, never as itself. The secret has
//! 128 random bits, so a slow hash would protect nothing and cost every request.
//!
//! **Never change the labels**: every key that exists would stop working.

use hmac::{Hmac, KeyInit as _, Mac as _};
use latchkey_shared::{Secret, TokenId, key::RANDOM_BYTES};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{keys::Key, rng::Rng};

/// A new secret (or handle) for the token `id`.
#[must_use]
pub fn generate(rng: &Rng, id: &TokenId) -> Secret {
    Secret::new(id, &rng.bytes::<RANDOM_BYTES>())
}

/// The digest of a secret, bound to its token.
#[must_use]
pub fn digest(pepper: &Key, id: &TokenId, secret: &Secret) -> [u8; 32] {
    Digester::new(pepper).digest(id.as_str(), secret.expose())
}

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

/// The digest by which a handle is found.
#[must_use]
pub fn handle_digest(pepper: &Key, handle: &Secret) -> [u8; 32] {
    hmac(pepper, &[b"latchkey handle v1", handle.expose().as_bytes()])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_depends_on_pepper_token_and_secret() {
        let rng = Rng::seeded(1);
        let [one, two]: [TokenId; 2] = ["SU-000-000-001", "SU-000-000-002"].map(|id| id.parse().unwrap());
        let (pepper, other) = (Zeroizing::new([1; 32]), Zeroizing::new([2; 32]));
        let secret = generate(&rng, &one);
        let digest_of = digest;
        assert_eq!(digest_of(&pepper, &one, &secret), digest_of(&pepper, &one, &secret));
        assert_ne!(digest_of(&pepper, &one, &secret), digest_of(&other, &one, &secret));
        assert_ne!(digest_of(&pepper, &one, &secret), digest_of(&pepper, &two, &secret));
        let another = generate(&rng, &one);
        assert_ne!(digest_of(&pepper, &one, &secret), digest_of(&pepper, &one, &another));
        assert_ne!(digest_of(&pepper, &one, &secret), handle_digest(&pepper, &secret));
    }
}
