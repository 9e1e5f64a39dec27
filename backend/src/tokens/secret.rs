//! How a secret is kept to be checked: as an HMAC-SHA-256 under the pepper, never as itself. The secret has
//! 128 random bits, so a slow hash would protect nothing and cost every request.
//!
//! **Never change the labels**: every key that exists would stop working.

use latchkey_shared::{Secret, TokenId, key::RANDOM_BYTES};

use crate::{
    keys::{
        Key,
        mac::{Digester, hmac},
    },
    rng::Rng,
};

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

/// The digest by which a handle is found.
#[must_use]
pub fn handle_digest(pepper: &Key, handle: &Secret) -> [u8; 32] {
    hmac(pepper, &[b"latchkey handle v1", handle.expose().as_bytes()])
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn digest_depends_on_pepper_token_and_secret() {
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
