//! Every text of the console, in each of its languages: `en` and `de` have a file for each part of the console.
//!
//! To add a text: a field in the struct of its part here, and the compiler asks for it in each language. To add a
//! language: a folder like `en`, a line in [`Language`], and its tag in the script of `index.html`.

use std::{cell::Cell, fmt::Display};

use latchkey_shared::{Problem, Role};

use crate::browser::{dates, page};

pub mod account;
pub mod actions;
pub mod activity;
pub mod catalogue;
pub mod common;
pub mod create;
pub mod de;
pub mod details;
pub mod edit;
pub mod en;
pub mod frame;
pub mod hand_over;
pub mod list;
pub mod session;
pub mod settings;

/// All texts of a language.
#[derive(Debug)]
pub struct Texts {
    /// Users, invitations and the profile.
    pub account: account::Texts,
    /// Disable, delete, rotate and the others, and what becomes of them.
    pub actions: actions::Texts,
    /// The audit trail.
    pub activity: activity::Texts,
    /// Extensions and modules.
    pub catalogue: catalogue::Texts,
    /// What every screen shares.
    pub common: common::Texts,
    /// The wizard.
    pub create: create::Texts,
    /// The details of a token.
    pub details: details::Texts,
    /// Changing a token.
    pub edit: edit::Texts,
    /// Top bar, navigation, keys.
    pub frame: frame::Texts,
    /// Handing a key over by a link.
    pub hand_over: hand_over::Texts,
    /// The list of tokens.
    pub list: list::Texts,
    /// Sign-in and password dialogs.
    pub session: session::Texts,
    /// The fields of a token, in the wizard and when it is changed.
    pub settings: settings::Texts,
    /// What is wrong with an input, by its code; `None` where the sentence of the API will do.
    pub problem: fn(code: &str) -> Option<&'static str>,
}

/// A language of the console.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    texts: &'static Texts,
}

/// The languages that there are.
pub const LANGUAGES: [Language; 2] = [
    Language { tag: "en", name: "English", texts: &en::TEXTS },
    Language { tag: "de", name: "Deutsch", texts: &de::TEXTS },
];

thread_local! {
    static CURRENT: Cell<Language> = const { Cell::new(LANGUAGES[0]) };
}

/// Speaks the language that `index.html` has chosen from what was chosen here and what the browser prefers.
pub fn start() {
    let tag = page::language();
    if let Some(language) = LANGUAGES.into_iter().find(|language| language.tag == tag) {
        CURRENT.set(language);
    }
}

/// The language that is spoken. Choosing another one loads the page again.
#[must_use]
pub fn language() -> Language {
    CURRENT.get()
}

/// The texts of that language.
#[must_use]
pub fn t() -> &'static Texts {
    CURRENT.get().texts
}

/// What is wrong, to be read after the name of its field where it has one.
#[must_use]
pub fn said(problem: &Problem) -> String {
    match (t().problem)(&problem.code) {
        Some(text) => fill(text, |at| problem.values.get(at).map(String::as_str).unwrap_or_default().to_owned()),
        None => problem.message.clone().into_owned(),
    }
}

/// The word for a role.
#[must_use]
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => t().frame.role_admin,
        Role::Member => t().frame.role_member,
        Role::Viewer => t().frame.role_viewer,
    }
}

/// A text with `N` places, `{0}` to `{N - 1}`, in any order.
#[derive(Debug)]
pub struct Template<const N: usize>(&'static str);

impl<const N: usize> Template<N> {
    /// A text that has these places and no others, which the compiler checks.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let (mut at, mut seen) = (0, [false; N]);
        while at < bytes.len() {
            if bytes[at] == b'{' {
                seen[(bytes[at + 1] - b'0') as usize] = true;
                assert!(bytes[at + 2] == b'}', "a place is a digit in braces");
            }
            at += 1;
        }
        let mut place = 0;
        while place < N {
            assert!(seen[place], "every place is used");
            place += 1;
        }
        Self(text)
    }

    /// The text with these values in its places.
    #[must_use]
    pub fn with(&self, values: [&dyn Display; N]) -> String {
        fill(self.0, |at| values.get(at).map(ToString::to_string).unwrap_or_default())
    }
}

/// A text that depends on a number.
#[derive(Debug)]
pub struct Counted {
    one: Template<1>,
    other: Template<1>,
}

impl Counted {
    /// The text for 1, and the text for any other number.
    #[must_use]
    pub const fn new(one: &'static str, other: &'static str) -> Self {
        Self { one: Template::new(one), other: Template::new(other) }
    }

    /// The text for `count`, with the number as the language writes it.
    #[must_use]
    pub fn of(&self, count: usize) -> String {
        let template = if count == 1 { &self.one } else { &self.other };
        template.with([&dates::number(count)])
    }
}

fn fill(text: &str, value: impl Fn(usize) -> String) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    for (index, part) in text.split('{').enumerate() {
        match part.split_once('}') {
            Some((place, rest)) if index > 0 => {
                filled.push_str(&place.parse().map(&value).unwrap_or_default());
                filled.push_str(rest);
            }
            _ => filled.push_str(part),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places_in_any_order() {
        let template = Template::<2>::new("{1} of {0}, {1}!");
        assert_eq!(template.with([&7, &"two"]), "two of 7, two!");
        assert_eq!(Template::<0>::new("as it is").with([]), "as it is");
    }
}
