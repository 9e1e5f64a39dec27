//! The master key and its children.
//!
//! One 32-byte master key, kept outside the database, is the root of everything that a copy of the database
//! must not be able to do alone. Each purpose has a child of its own, made with HKDF-SHA-256 under a label.
//! **Never change a label**: every key and every sealed copy that exists would stop working.

mod file;
pub mod mac;

use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub use self::file::{KeyFileError, check_folder, create, parse, read, secret_file};

/// A key of 32 bytes that is overwritten when it is dropped.
pub type Key = Zeroizing<[u8; 32]>;

/// Version of the master key, stored with each token for the day on which a second one exists.
pub const VERSION: i32 = 1;

/// The children of the master key.
#[derive(Clone)]
pub struct Keys {
    /// Makes the digests of secrets and handles.
    pub pepper: Key,
    /// Seals the copy that a person can view again.
    pub sealing: Key,
    /// Makes the ids of sessions from cookies.
    pub session: Key,
    /// Proves, without telling, that the master key is the one of the database.
    check: Key,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Derives the children.
    #[must_use]
    pub fn derive(master: &Key) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, master.as_slice());
        let child = |label: &str| {
            let mut key = Zeroizing::new([0; 32]);
            // 32 bytes are within what HKDF-SHA-256 can give (255 * 32), so this never fails.
            let _ = hkdf.expand(label.as_bytes(), key.as_mut_slice());
            key
        };
        Self {
            pepper: child("latchkey pepper v1"),
            sealing: child("latchkey sealing v1"),
            session: child("latchkey session v1"),
            check: child("latchkey check v1"),
        }
    }

    /// What the database keeps to recognise this master key, as hex digits.
    #[must_use]
    pub fn check_value(&self) -> String {
        crate::hex(self.check.as_slice())
    }

    /// What the database keeps to recognise the pepper alone.
    #[must_use]
    pub fn pepper_check(&self) -> String {
        pepper_check(&self.pepper)
    }

    /// Whether the database's check value is that of this master key.
    ///
    /// # Errors
    /// [`KeyFileError::Wrong`].
    pub fn verify(&self, check_value: &str) -> Result<(), KeyFileError> {
        let same = self.check_value().as_bytes().ct_eq(check_value.as_bytes());
        if same.into() { Ok(()) } else { Err(KeyFileError::Wrong) }
    }
}

/// The Ed25519 key that signs assertions. Gatekeepers have the pepper alone, so it is made of that.
#[must_use]
pub fn assertion_seed(pepper: &Key) -> Key {
    let mut seed = Zeroizing::new([0; 32]);
    // Never fails: see `derive`.
    let _ = Hkdf::<Sha256>::new(None, pepper.as_slice()).expand(b"latchkey assertion v1", seed.as_mut_slice());
    seed
}

/// What the database keeps to recognise this pepper, as hex digits. It tells nothing about the pepper.
#[must_use]
pub fn pepper_check(pepper: &Key) -> String {
    crate::hex(&mac::hmac(pepper, &[b"latchkey pepper check v1"]))
}

/// Whether this is the pepper that a database was made with.
///
/// # Errors
/// [`KeyFileError::WrongPepper`].
pub fn verify_pepper(pepper: &Key, check_value: &str) -> Result<(), KeyFileError> {
    let same = pepper_check(pepper).as_bytes().ct_eq(check_value.as_bytes());
    if same.into() { Ok(()) } else { Err(KeyFileError::WrongPepper) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_are_distinct_and_never_change() {
        let keys = Keys::derive(&Zeroizing::new([7; 32]));
        let seed = assertion_seed(&keys.pepper);
        let children = [&keys.pepper, &keys.sealing, &keys.session, &keys.check, &seed];
        let shown: Vec<String> = children.iter().map(|key| crate::hex(&key[..4])).collect();
        assert_eq!(shown, ["66286f44", "841bde8d", "0b04a1fe", "8541ebc6", "675836c6"]);
    }

    #[test]
    fn another_master_key_is_noticed() {
        let keys = Keys::derive(&Zeroizing::new([7; 32]));
        assert!(keys.verify(&keys.check_value()).is_ok());
        let other = Keys::derive(&Zeroizing::new([8; 32]));
        assert!(matches!(other.verify(&keys.check_value()), Err(KeyFileError::Wrong)));
    }
}
