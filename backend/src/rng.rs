//! Randomness, injected wherever chance matters, so that tests own it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rand::{
    Rng as _, SeedableRng as _,
    rand_core::UnwrapErr,
    rngs::{StdRng, SysRng},
};

/// A source of random bytes. Cloning shares the same source.
#[derive(Clone)]
pub struct Rng(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Rng {
    /// The operating system's generator. A system without one has no secrets: the request that asked ends
    /// with an error, and nothing is stored.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A predictable source, for tests alone.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => UnwrapErr(SysRng).fill_bytes(&mut bytes),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        bytes
    }

    /// `N` random bytes as lower-case hex digits.
    #[must_use]
    pub fn hex<const N: usize>(&self) -> String {
        crate::hex(&self.bytes::<N>())
    }

    /// Groups of three random digits behind a prefix: `SU-160-984-311`.
    #[must_use]
    pub fn verbose_id(&self, prefix: &str, groups: usize) -> String {
        let number = u64::from_be_bytes(self.bytes());
        let digits = format!("{:09}", number % 1_000_000_000);
        let groups: Vec<&str> = [&digits[..3], &digits[3..6], &digits[6..]].into_iter().take(groups).collect();
        format!("{prefix}-{}", groups.join("-"))
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}
