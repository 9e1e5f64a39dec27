//! Passwords: argon2id with the library's parameters (19 MiB, two passes), which are OWASP's.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task};

use crate::{http::Error, rng::Rng};

/// Fewer characters are refused when a password is set.
pub const SHORTEST: usize = 12;

/// Hashes at once: each takes 19 MiB and a core, and a flood of sign-ins must not take the machine.
const AT_ONCE: usize = 2;

/// Checks passwords, a few at a time and off the threads that serve requests.
#[derive(Debug, Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// The hash that is checked for an address that nobody has, so that it costs the same.
    nobody: Arc<str>,
}

impl Passwords {
    /// Prepares the check.
    ///
    /// # Errors
    /// Says why hashing does not work.
    pub fn new(rng: &Rng) -> Result<Self, String> {
        Ok(Self { slots: Arc::new(Semaphore::new(AT_ONCE)), nobody: hash(rng, &rng.hex::<16>())?.into() })
    }

    /// Whether `password` is the one of `hash`; with no hash, the same work and no.
    ///
    /// # Errors
    /// [`Error::Internal`] when the server is stopping.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let _slot = self.slots.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
        let fits = task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(fits.await.map_err(|error| Error::Internal(error.to_string()))? && known)
    }
}

/// The hash of a new password, as a PHC string.
///
/// # Errors
/// Says why hashing does not work.
pub fn hash(rng: &Rng, password: &str) -> Result<String, String> {
    let salt = rng.bytes::<16>();
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| format!("hashing a password: {error}"))
}

/// A password for a first sign-in: 96 random bits in groups that can be typed.
#[must_use]
pub fn generate(rng: &Rng) -> String {
    let digits = rng.hex::<12>();
    let groups: Vec<&str> = (0..4).map(|group| &digits[group * 6..group * 6 + 6]).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_fits() {
        let rng = Rng::seeded(1);
        let passwords = Passwords::new(&rng).unwrap();
        let hash = hash(&rng, "correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse battery".to_owned(), None).await.unwrap());
        assert!(!passwords.verify(String::new(), Some("damaged".to_owned())).await.unwrap());
    }

    #[test]
    fn a_generated_password_is_long_enough() {
        let password = generate(&Rng::seeded(1));
        assert_eq!(password.len(), 27);
        assert_ne!(password, generate(&Rng::seeded(2)));
    }
}
