//! The copy of a secret that a person can view again: sealed with XChaCha20-Poly1305. The associated data
//! bind it to installation, account, token and version, so that no sealed copy can be moved to another row.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use latchkey_shared::{Secret, key::SECRET_LENGTH};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{http, keys::Key, rng::Rng};

const NONCE: usize = 24;

/// What a sealed copy belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The installation's id.
    pub installation: &'a str,
    /// The owner.
    pub account: &'a str,
    /// The token.
    pub token: &'a str,
    /// The number of this secret of the token, counted from 1.
    pub secret_version: i32,
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let Self { installation, account, token, secret_version } = self;
        format!("latchkey seal v1\n{installation}\n{account}\n{token}\n{secret_version}").into_bytes()
    }
}

/// The secret and the handle of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The secret.
    pub secret: Secret,
    /// The handle.
    pub handle: Secret,
}

/// Why a sealed copy cannot be made or opened.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The copy does not belong here, or the key is not the one it was sealed with.
    #[error("the sealed copy of the secret does not open")]
    DoesNotOpen,
    /// The text could not be sealed.
    #[error("the secret could not be sealed")]
    DoesNotSeal,
}

impl From<VaultError> for http::Error {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Seals `secrets` for `place`: nonce, then ciphertext.
///
/// # Errors
/// [`VaultError::DoesNotSeal`].
pub fn seal(key: &Key, rng: &Rng, place: Place<'_>, secrets: &Secrets) -> Result<Vec<u8>, VaultError> {
    let nonce = rng.bytes::<NONCE>();
    let text = Zeroizing::new([secrets.secret.expose(), secrets.handle.expose()].concat());
    let payload = Payload { msg: text.as_bytes(), aad: &place.associated_data() };
    let cipher = XChaCha20Poly1305::new(key.as_slice().try_into().map_err(|_| VaultError::DoesNotSeal)?);
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::DoesNotSeal)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made for the same `place`.
///
/// # Errors
/// [`VaultError::DoesNotOpen`].
pub fn open(key: &Key, place: Place<'_>, sealed: &[u8]) -> Result<Secrets, VaultError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(VaultError::DoesNotOpen)?;
    let payload = Payload { msg: sealed, aad: &place.associated_data() };
    let cipher = XChaCha20Poly1305::new(key.as_slice().try_into().map_err(|_| VaultError::DoesNotOpen)?);
    let text = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError::DoesNotOpen)?;
    let text = Zeroizing::new(text);
    let text = std::str::from_utf8(&text).map_err(|_| VaultError::DoesNotOpen)?;
    let (secret, handle) = text.split_at_checked(SECRET_LENGTH).ok_or(VaultError::DoesNotOpen)?;
    let [secret, handle] = [secret, handle].map(|text| Secret::from_trusted(text.to_owned()));
    Ok(Secrets { secret, handle })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> =
        Place { installation: "i", account: "VA-000-001", token: "SU-000-000-001", secret_version: 1 };

    fn sealed() -> (Key, Secrets, Vec<u8>) {
        let (key, rng) = (Zeroizing::new([1; 32]), Rng::seeded(1));
        let id = PLACE.token.parse().unwrap();
        let [secret, handle] = [(); 2].map(|()| crate::tokens::secret::generate(&rng, &id));
        let secrets = Secrets { secret, handle };
        let sealed = seal(&key, &rng, PLACE, &secrets).unwrap();
        (key, secrets, sealed)
    }

    #[test]
    fn sealed_text_opens_at_its_place() {
        let (key, secrets, sealed) = sealed();
        assert_eq!(open(&key, PLACE, &sealed).unwrap(), secrets);
        let text = String::from_utf8_lossy(&sealed);
        assert!(!text.contains(secrets.secret.expose()));
    }

    #[test]
    fn sealed_copy_opens_nowhere_else() {
        let (key, _, sealed) = sealed();
        let places = [
            Place { installation: "j", ..PLACE },
            Place { account: "VA-000-002", ..PLACE },
            Place { token: "SU-000-000-002", ..PLACE },
            Place { secret_version: 2, ..PLACE },
        ];
        for place in places {
            assert!(open(&key, place, &sealed).is_err(), "{place:?}");
        }
    }

    #[test]
    fn another_key_or_a_changed_copy_opens_nothing() {
        let (key, _, mut sealed) = sealed();
        assert!(open(&Zeroizing::new([2; 32]), PLACE, &sealed).is_err());
        sealed[30] ^= 1;
        assert!(open(&key, PLACE, &sealed).is_err());
        assert!(open(&key, PLACE, &[]).is_err());
    }
}
