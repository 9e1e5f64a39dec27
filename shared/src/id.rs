//! "Verbose ids": a prefix and groups of digits, as the Connect API writes them.
//! A value of one of these types is well-formed by construction.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    /// The shape that was expected, for the person who reads the message: `SU-ddd-ddd-ddd`.
    pub expected: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must look like {}", self.expected)
    }
}

impl std::error::Error for IdError {}

/// True when `text` is `pattern` with every `d` replaced by a decimal digit.
fn matches(pattern: &str, text: &str) -> bool {
    pattern.len() == text.len()
        && pattern
            .bytes()
            .zip(text.bytes())
            .all(|(expected, found)| if expected == b'd' { found.is_ascii_digit() } else { expected == found })
}

macro_rules! verbose_id {
    ($(#[$doc:meta])* $name:ident, $first:literal $(| $other:literal)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The shapes that are accepted, `d` standing for a digit.
            pub const PATTERNS: &'static [&'static str] = &[$first $(, $other)*];

            /// Whether `text` is well-formed.
            #[must_use]
            pub fn is_shape_of(text: &str) -> bool {
                Self::PATTERNS.iter().any(|pattern| matches(pattern, text))
            }

            /// The id as it stands in addresses and bodies.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                if Self::is_shape_of(&text) {
                    Ok(Self(text))
                } else {
                    Err(IdError { expected: concat!($first $(, " or ", $other)*) })
                }
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

verbose_id!(
    /// An account: a vendor (`VA-`) or a provider (`PA-`).
    AccountId, "VA-ddd-ddd" | "PA-ddd-ddd"
);
verbose_id!(
    /// A person who signs in.
    UserId, "UR-ddd-ddd-ddd"
);
verbose_id!(
    /// A token: the service user that a key stands for.
    TokenId, "SU-ddd-ddd-ddd"
);
verbose_id!(
    /// A module: the unit of permission.
    ModuleId, "MD-dddd"
);
verbose_id!(
    /// An extension: the kind of integration that a token is for.
    ExtensionId, "EXT-ddd-ddd"
);

impl ModuleId {
    /// The id of the module *All*: it stands for every module of the API, also for those added later.
    pub const ALL: &str = "MD-0000";

    /// The module *All*.
    #[must_use]
    pub fn all() -> Self {
        Self(Self::ALL.to_owned())
    }

    /// Whether this is the module *All*.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0 == Self::ALL
    }

    /// Its digits as a number: 101 of `MD-0101`.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.0.bytes().filter(u8::is_ascii_digit).fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
    }

    /// The id that [`number`](Self::number) made `number` of.
    #[must_use]
    pub fn from_number(number: u16) -> Self {
        Self(format!("MD-{:04}", number % 10_000))
    }
}

impl TokenId {
    /// The digits of a well-formed id as a number: 160984311 of `SU-160-984-311`.
    #[must_use]
    pub fn number_of(text: &str) -> u32 {
        text.bytes().filter(u8::is_ascii_digit).fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    }

    /// The id that [`number_of`](Self::number_of) made `number` of.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(Self::text_of(number).map(char::from).into_iter().collect())
    }

    /// The same as ASCII, where a String would be too much.
    #[must_use]
    pub fn text_of(number: u32) -> [u8; 14] {
        let mut text = *b"SU-000-000-000";
        let mut rest = number;
        for digit in text.iter_mut().rev().filter(|character| **character == b'0') {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_of_the_guide_is_accepted() {
        assert_eq!("SU-160-984-311".parse::<TokenId>().unwrap().as_str(), "SU-160-984-311");
    }

    #[test]
    fn id_of_another_shape_is_refused() {
        for text in [
            "",
            "SU-160-984-31",
            "SU-160-984-3111",
            "su-160-984-311",
            "SU-160-984-31a",
            "SU-160-984-31١",
            "UR-160-984-311",
        ] {
            assert!(text.parse::<TokenId>().is_err(), "{text}");
        }
    }

    #[test]
    fn message_names_both_shapes_of_an_account() {
        assert_eq!("XX-1".parse::<AccountId>().unwrap_err().to_string(), "must look like VA-ddd-ddd or PA-ddd-ddd");
        assert!("PA-000-001".parse::<AccountId>().is_ok());
    }

    #[test]
    fn number_of_a_token_gives_its_id() {
        for id in ["SU-160-984-311", "SU-000-000-001", "SU-999-999-999"] {
            assert_eq!(TokenId::from_number(TokenId::number_of(id)).as_str(), id);
        }
    }

    #[test]
    fn id_is_checked_when_it_is_read_from_json() {
        assert!(serde_json::from_str::<ModuleId>("\"MD-00\"").is_err());
        assert!(serde_json::from_str::<ModuleId>("\"MD-0000\"").unwrap().is_all());
    }
}
