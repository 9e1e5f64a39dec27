//! The API key that clients send: `ApiKey SU-ddd-ddd-ddd:<40 lower-case hex>`.
//!
//! The last eight hex digits are a CRC-32 over the id and the random part. They make typing errors and junk
//! recognisable without any look-up, and let scanners find leaked keys. **Never change this format**: keys
//! that exist would stop working.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::TokenId;

/// Bytes of randomness in a secret: 128 bits.
pub const RANDOM_BYTES: usize = 16;
const RANDOM_HEX: usize = RANDOM_BYTES * 2;
const CHECKSUM_HEX: usize = 8;
/// Characters of a secret or a handle: 32 of randomness, 8 of checksum.
pub const SECRET_LENGTH: usize = RANDOM_HEX + CHECKSUM_HEX;
const SCHEME: &str = "ApiKey";
/// Characters of `<id>:<secret>`.
const PAIR_LENGTH: usize = "SU-ddd-ddd-ddd:".len() + SECRET_LENGTH;

/// A token's secret, or a handle: 40 lower-case hex digits. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret of the token `id` made of 16 random bytes.
    #[must_use]
    pub fn new(id: &TokenId, random: &[u8; RANDOM_BYTES]) -> Self {
        let mut text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let checksum = crc32fast::hash(format!("{id}:{text}").as_bytes());
        text.push_str(&format!("{checksum:08x}"));
        Self(text)
    }

    /// The digits themselves. Keep them out of logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Takes back what [`expose`](Self::expose) gave, unchecked: for a copy that was kept sealed.
    #[must_use]
    pub fn from_trusted(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An API key that is well-formed: shape and checksum are right. Whether it opens anything is not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The token that the key claims to be.
    pub id: TokenId,
    /// What proves the claim.
    pub secret: Secret,
}

/// Why a header value is not an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Not `ApiKey SU-ddd-ddd-ddd:<40 hex>`.
    Malformed,
    /// The shape is right, the checksum is not: a typing error, a cut-off copy, or junk.
    Checksum,
}

impl ApiKey {
    /// The value of the `Authorization` header, which is also what *Copy* puts on the clipboard.
    #[must_use]
    pub fn header_value(&self) -> String {
        header_value(&self.id, &self.secret)
    }

    /// Reads an `Authorization` header strictly and within bounds. The scheme may be written in any case.
    ///
    /// # Errors
    /// [`KeyError`], which tells a log what was wrong and is the same 401 for the caller.
    pub fn parse(header: &str) -> Result<Self, KeyError> {
        let key = PresentedKey::from_header(header.as_bytes())?;
        let id = key.id.parse().map_err(|_| KeyError::Malformed)?;
        Ok(Self { id, secret: Secret(key.secret.to_owned()) })
    }
}

/// An API key as somebody presents it: well-formed, and nothing of it copied. `Debug` hides the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PresentedKey<'a> {
    /// `SU-ddd-ddd-ddd`.
    pub id: &'a str,
    /// 40 lower-case hex digits.
    pub secret: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// Reads an `Authorization` header strictly, within bounds and without a copy. The scheme may be written in
    /// any case.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_header(header: &'a [u8]) -> Result<Self, KeyError> {
        let header = header.trim_ascii();
        let (scheme, key) = header.split_at_checked(SCHEME.len()).ok_or(KeyError::Malformed)?;
        if !scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) || !key.starts_with(b" ") {
            return Err(KeyError::Malformed);
        }
        Self::from_pair(key.trim_ascii_start())
    }

    /// Reads `<id>:<secret>`, as above but without the scheme.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pair(pair: &'a [u8]) -> Result<Self, KeyError> {
        if pair.len() != PAIR_LENGTH {
            return Err(KeyError::Malformed);
        }
        let pair = std::str::from_utf8(pair).map_err(|_| KeyError::Malformed)?;
        let (covered, found) = pair.split_at_checked(PAIR_LENGTH - CHECKSUM_HEX).ok_or(KeyError::Malformed)?;
        let (id, secret) = pair.split_once(':').ok_or(KeyError::Malformed)?;
        // All of them in any case: so the compiler can look at many digits at once.
        let is_hex = |byte: u8| byte.is_ascii_digit() | (b'a'..=b'f').contains(&byte);
        let are_hex = secret.bytes().fold(true, |all, byte| all & is_hex(byte));
        if !TokenId::is_shape_of(id) || !are_hex {
            return Err(KeyError::Malformed);
        }
        if u32::from_str_radix(found, 16) != Ok(crc32fast::hash(covered.as_bytes())) {
            return Err(KeyError::Checksum);
        }
        Ok(Self { id, secret })
    }
}

impl fmt::Debug for PresentedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedKey({}:…)", self.id)
    }
}

/// `ApiKey <id>:<secret>`.
#[must_use]
pub fn header_value(id: &TokenId, secret: &Secret) -> String {
    format!("{SCHEME} {id}:{}", secret.expose())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(random: [u8; RANDOM_BYTES]) -> ApiKey {
        let id: TokenId = "SU-160-984-311".parse().unwrap();
        ApiKey { secret: Secret::new(&id, &random), id }
    }

    #[test]
    fn format_never_changes() {
        assert_eq!(
            key([7; RANDOM_BYTES]).header_value(),
            "ApiKey SU-160-984-311:070707070707070707070707070707076bcdae30"
        );
    }

    #[test]
    fn example_of_the_guide_is_well_formed_without_a_valid_checksum() {
        let example = "ApiKey SU-160-984-311:f45bee7e79b10ff6eff67902ccb4f3d46724ceb8";
        assert_eq!(ApiKey::parse(example), Err(KeyError::Checksum));
    }

    #[test]
    fn scheme_may_be_written_in_any_case() {
        let header = key([1; RANDOM_BYTES]).header_value();
        assert!(ApiKey::parse(&header.replace("ApiKey", "apikey")).is_ok());
        assert_eq!(ApiKey::parse(&header.replace("ApiKey", "Bearer")), Err(KeyError::Malformed));
    }

    #[test]
    fn key_of_another_token_does_not_fit() {
        let header = key([1; RANDOM_BYTES]).header_value();
        assert_eq!(ApiKey::parse(&header.replace("311", "312")), Err(KeyError::Checksum));
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let key = key([1; RANDOM_BYTES]);
        assert!(!format!("{key:?}").contains(key.secret.expose()));
    }

    proptest! {
        #[test]
        fn written_key_reads_back(random in any::<[u8; RANDOM_BYTES]>()) {
            let key = key(random);
            prop_assert_eq!(ApiKey::parse(&key.header_value()), Ok(key));
        }

        #[test]
        fn one_wrong_digit_is_noticed(random in any::<[u8; RANDOM_BYTES]>(), at in 22usize..62) {
            let mut header = key(random).header_value().into_bytes();
            header[at] = if header[at] == b'0' { b'1' } else { b'0' };
            prop_assert_eq!(ApiKey::parse(std::str::from_utf8(&header).unwrap()), Err(KeyError::Checksum));
        }

        #[test]
        fn random_text_never_panics(junk in ".{0,200}") {
            prop_assert!(ApiKey::parse(&junk).is_err());
        }
    }
}
