//! Passwords: argon2id with the library's parameters (19 MiB, two passes), which are OWASP's. One rule says which
//! passwords are taken, wherever one enters: [`check`].

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use latchkey_shared::{Problem, is_visible};
use tokio::{sync::Semaphore, task};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use crate::{http::Error, rng::Rng};

/// Characters of a password, after normalisation.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;
/// A password is refused below this score of zxcvbn (0 to 4): common passwords, names, dates, keyboard walks,
/// repetitions.
const WEAKEST: Score = Score::Three;

/// A word that everybody guesses.
const PRODUCT: &str = "latchkey";

/// Hashes at once: each takes 19 MiB and a core, and a flood of sign-ins must not take the machine.
const AT_ONCE: usize = 2;
/// Sign-ins that may wait for their turn: about two seconds of work. Users at networks from which they have signed in
/// before have a queue of their own, so that a flood from elsewhere does not keep them out.
const WAITING: usize = 32;

/// Checks passwords, a few at a time and off the threads that serve requests.
#[derive(Debug, Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    queue_of_known: Arc<Semaphore>,
    /// The hash that is checked for an address that nobody has, so that it costs the same.
    nobody: Arc<str>,
}

impl Passwords {
    /// Prepares the check.
    ///
    /// # Errors
    /// Says why hashing does not work.
    pub fn new(rng: &Rng) -> Result<Self, String> {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let (queue, queue_of_known) = (semaphore(AT_ONCE + WAITING), semaphore(AT_ONCE + WAITING));
        let nobody = hash(rng, &rng.hex::<16>())?.into();
        Ok(Self { slots: semaphore(AT_ONCE), queue, queue_of_known, nobody })
    }

    /// Whether `password` is the one of `hash`; with no hash, the same work and no. `is_known` says whether the user
    /// has signed in from this network before.
    ///
    /// # Errors
    /// [`Error::Throttled`] when too many wait; [`Error::Internal`] when the server is stopping.
    pub async fn verify(&self, password: &str, hash: Option<String>, is_known: bool) -> Result<bool, Error> {
        let queue = if is_known { &self.queue_of_known } else { &self.queue };
        let _place = queue.try_acquire().map_err(|_| Error::Throttled { seconds: 2 })?;
        let known = hash.is_some();
        let password = normalized(password);
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let _slot = self.slots.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
        let fits = task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(fits.await.map_err(|error| Error::Internal(error.to_string()))? && known)
    }
}

impl Passwords {
    /// The hash of a new password. Hashing shares its slots with sign-ins.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub async fn hash(&self, rng: &Rng, password: &str) -> Result<String, Error> {
        let _slot = self.slots.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
        let (rng, password) = (rng.clone(), Zeroizing::new(password.to_owned()));
        let hashed = task::spawn_blocking(move || hash(&rng, &password));
        hashed.await.map_err(|error| Error::Internal(error.to_string()))?.map_err(Error::Internal)
    }
}

/// The one form of a password: composed letters, so that it does not matter which keyboard wrote it. What is longer
/// than any password becomes an empty one, which is never right.
fn normalized(password: &str) -> Zeroizing<String> {
    // No character has more than four bytes, and composing makes a text longer by a factor of three at the most.
    let bounded = if password.len() <= 4 * LENGTH.end() { password } else { "" };
    Zeroizing::new(bounded.nfc().collect())
}

/// Whether a password may be set, for a user about whom `known` words are known, such as their address.
///
/// # Errors
/// Says what is wrong with it, as the end of a sentence that begins with "the password".
pub fn check(password: &str, known: &[&str]) -> Result<(), Problem> {
    let normalized = normalized(password);
    let length = if normalized.is_empty() { password.chars().count() } else { normalized.chars().count() };
    if length < *LENGTH.start() {
        return Err(Problem::with("password_short", "must have at least {} characters", &[LENGTH.start()]));
    }
    if length > *LENGTH.end() || normalized.is_empty() {
        return Err(Problem::with("password_long", "must have at most {} characters", &[LENGTH.end()]));
    }
    if normalized.chars().any(|letter| !is_visible(letter) && letter != ' ') {
        return Err(Problem::new("unseen_character", "contains a character that cannot be seen"));
    }
    let known: Vec<&str> = known.iter().copied().chain([PRODUCT]).collect();
    if zxcvbn(&normalized, &known).score() < WEAKEST {
        return Err(Problem::new(
            "password_weak",
            "is too easy to guess: use several unrelated words, or let a password manager make one",
        ));
    }
    Ok(())
}

/// The hash of a new password, as a PHC string.
///
/// # Errors
/// Says why hashing does not work.
pub fn hash(rng: &Rng, password: &str) -> Result<String, String> {
    let salt = rng.bytes::<16>();
    let hash = Argon2::default().hash_password_with_salt(normalized(password).as_bytes(), &salt);
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
    async fn only_the_right_password_of_a_known_user_is_accepted() {
        let rng = Rng::seeded(1);
        let passwords = Passwords::new(&rng).unwrap();
        let hash = hash(&rng, "correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery", Some(hash.clone()), false).await.unwrap());
        assert!(!passwords.verify("correct horse", Some(hash), false).await.unwrap());
        assert!(!passwords.verify("correct horse battery", None, false).await.unwrap());
        assert!(!passwords.verify("", Some("damaged".to_owned()), false).await.unwrap());
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_one_password() {
        let rng = Rng::seeded(1);
        let passwords = Passwords::new(&rng).unwrap();
        let hash = hash(&rng, "gr\u{fc}ner Ofen im Flur").unwrap();
        assert!(passwords.verify("gru\u{308}ner Ofen im Flur", Some(hash), false).await.unwrap());
    }

    #[tokio::test]
    async fn more_sign_ins_than_the_queue_holds_are_refused_but_at_known_networks() {
        let passwords = Passwords::new(&Rng::seeded(1)).unwrap();
        let attempts = (0..AT_ONCE + WAITING + 5).map(|_| passwords.verify("x", None, false));
        let attempts = attempts.chain([passwords.verify("x", None, true)]);
        let answers = futures_util::future::join_all(attempts).await;
        let is_refused = |answer: &Result<bool, Error>| matches!(answer, Err(Error::Throttled { .. }));
        assert_eq!(answers.iter().filter(|answer| is_refused(answer)).count(), 5);
        assert!(!is_refused(answers.last().unwrap()), "a user at a known network has a queue of their own");
    }

    #[test]
    fn easy_passwords_are_refused_wherever_they_enter() {
        for (password, reason) in [
            ("short", "at least 12 characters"),
            ("", "at least 12 characters"),
            ("aaaaaaaaaaaa", "too easy to guess"),
            ("passwordpassword", "too easy to guess"),
            ("qwertyuiop123", "too easy to guess"),
            ("ada@example.com", "too easy to guess"),
            ("correct horse\nbattery", "cannot be seen"),
            ("password\u{200b}password", "cannot be seen"),
            ("latchkeylatchkey", "too easy to guess"),
            (&"correct horse battery ".repeat(13), "at most 256 characters"),
            (&"x".repeat(1100), "at most 256 characters"),
        ] {
            let problem = check(password, &["ada@example.com", "Ada"]).unwrap_err();
            assert!(problem.message.contains(reason), "{password:?}: {problem}");
        }
        check("correct horse battery", &[]).unwrap();
        check(&generate(&Rng::seeded(1)), &[]).unwrap();
    }

    #[test]
    fn generated_password_is_long_enough() {
        let password = generate(&Rng::seeded(1));
        assert_eq!(password.len(), 27);
        assert_ne!(password, generate(&Rng::seeded(2)));
    }
}
