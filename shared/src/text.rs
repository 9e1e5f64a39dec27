//! Texts that people type, trimmed and bounded. Limits are counted in characters, as the Connect API's are,
//! and the messages are shown beside the field as they stand.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Problem,
    problem::{NOT_AN_EMAIL, REQUIRED},
};

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $range:expr, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The greatest number of characters.
            pub const MAX: usize = *$range.end();

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Problem;

            fn try_from(text: String) -> Result<Self, Problem> {
                let text = composed(text);
                let text = text.trim();
                bounded(text, &$range)?;
                let check: fn(&str) -> Result<(), Problem> = $check;
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// One text for what looks the same: `é` is one character, however it was typed.
#[cfg(feature = "nfc")]
fn composed(text: String) -> String {
    use unicode_normalization::{UnicodeNormalization as _, is_nfc};
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

#[cfg(not(feature = "nfc"))]
fn composed(text: String) -> String {
    text
}

/// Length and the characters that no field takes: control characters break logs and tables, and
/// bidirectional overrides make one name look like another.
fn bounded(text: &str, range: &std::ops::RangeInclusive<usize>) -> Result<(), Problem> {
    let length = text.chars().count();
    if length < *range.start() {
        return Err(REQUIRED);
    }
    if length > *range.end() {
        return Err(Problem::with("too_long", "must be at most {} characters, and has {}", &[range.end(), &length]));
    }
    let unwanted =
        |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if text.contains(unwanted) {
        return Err(Problem::new("not_printable", "contains a character that cannot be shown"));
    }
    if !text.is_empty() && !text.contains(is_visible) {
        return Err(Problem::new("not_visible", "contains nothing that can be seen"));
    }
    Ok(())
}

/// Whether a character can be seen. Those that cannot may stand inside a text: some join or part letters of a script.
#[must_use]
pub fn is_visible(character: char) -> bool {
    let is_ignorable = matches!(character,
        // Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and the empty pattern of Braille.
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D159}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}');
    let is_noncharacter = matches!(u32::from(character), 0xFDD0..=0xFDEF) || u32::from(character) & 0xFFFE == 0xFFFE;
    !is_ignorable && !is_noncharacter && !character.is_whitespace() && !character.is_control()
}

fn one_line(text: &str) -> Result<(), Problem> {
    // The separators of lines and of paragraphs break a line, too.
    let breaks = text.contains(['\n', '\u{2028}', '\u{2029}']);
    if breaks { Err(Problem::new("not_a_line", "must be a single line")) } else { Ok(()) }
}

fn email(text: &str) -> Result<(), Problem> {
    one_line(text)?;
    let valid = text.split_once('@').is_some_and(|(local, domain)| {
        let has_labels = domain.split('.').all(|label| !label.is_empty());
        !local.is_empty() && has_labels && !domain.contains('@') && text.chars().all(is_visible)
    });
    if valid { Ok(()) } else { Err(NOT_AN_EMAIL) }
}

bounded_text!(
    /// A token's name: required, one line.
    TokenName, 1..=128, one_line
);
bounded_text!(
    /// What another system calls the token. Empty means none.
    ExternalId, 0..=128, one_line
);
bounded_text!(
    /// What a token is for. Empty means none.
    Description, 0..=255, |_| Ok(())
);
bounded_text!(
    /// An address to sign in with. Kept as typed; compared without regard to case.
    Email, 1..=254, email
);

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<TokenName, Problem> {
        TokenName::try_from(text.to_owned())
    }

    #[test]
    fn name_is_trimmed() {
        assert_eq!(name("  Billing  ").unwrap().as_str(), "Billing");
    }

    #[test]
    fn empty_name_is_required() {
        assert_eq!(name(" \t ").unwrap_err().message, "is required");
    }

    #[test]
    fn limit_counts_characters_not_bytes() {
        assert!(name(&"ü".repeat(128)).is_ok());
        assert_eq!(name(&"ü".repeat(129)).unwrap_err().message, "must be at most 128 characters, and has 129");
    }

    #[test]
    fn invisible_characters_are_refused() {
        for text in ["a\u{0}b", "a\u{202E}b", "a\u{7}b"] {
            assert_eq!(name(text).unwrap_err().message, "contains a character that cannot be shown");
        }
        assert_eq!(name("a\nb").unwrap_err().message, "must be a single line");
    }

    #[test]
    fn text_of_invisible_characters_is_refused_and_marks_inside_words_are_not() {
        for text in [
            "\u{200B}",
            "\u{200B}\u{200D} \u{FEFF}",
            "\u{2800}",
            "\u{3164}",
            "\u{E0041}\u{FE0F}",
            "\u{FFF9}",
            "\u{FFFF}",
            "\u{1D159}",
        ] {
            assert_eq!(name(text).unwrap_err().message, "contains nothing that can be seen", "{text:?}");
            assert!(Description::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        for text in [
            "\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645}",
            "\u{5D0}\u{200F}!",
            "\u{1F468}\u{200D}\u{1F4BB}",
            "a\u{AD}b",
        ] {
            assert!(name(text).is_ok(), "{text:?}");
        }
        for text in ["a\u{2028}b", "a\u{2029}b"] {
            assert_eq!(name(text).unwrap_err().message, "must be a single line", "{text:?}");
        }
        assert!(Description::try_from("\u{2028}a".to_owned()).is_ok());
        assert!(ExternalId::try_from(String::new()).is_ok());
    }

    #[test]
    fn description_may_have_lines() {
        assert!(Description::try_from("first\nsecond".to_owned()).is_ok());
    }

    #[test]
    fn address_has_two_sides() {
        for text in ["a", "a@", "@b", "a@b@c", "a b@c"] {
            assert!(Email::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert!(Email::try_from("admin@localhost".to_owned()).is_ok());
    }
}
