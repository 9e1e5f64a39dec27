//! The addresses of the console, and going to them.

use std::{fmt, rc::Rc};

use leptos::prelude::*;

use crate::ui::LeaveGuard;

/// The address of the list of tokens, which is where one starts.
pub const HOME: &str = "/integrations/tokens";

/// The address of the audit trail.
pub const ACTIVITY: &str = "/integrations/activity";

/// The address of the extensions.
pub const EXTENSIONS: &str = "/integrations/extensions";
/// The address of the modules.
pub const MODULES: &str = "/integrations/modules";

/// The address of what APIs in observe mode would have refused.
pub const OBSERVED: &str = "/integrations/observed";

/// The address of the users.
pub const USERS: &str = "/account/users";
/// The address of the own profile.
pub const PROFILE: &str = "/account/profile";
/// Where an invitation leads, before its user has signed in.
pub const INVITATION: &str = "/invitation";
/// Signing in.
pub const SIGN_IN: &str = "/sign-in";
/// Where a person without an account takes a key.
pub const TAKE: &str = "/take";

/// The address of the wizard.
pub const NEW_TOKEN: &str = "/integrations/tokens/new";

/// The address of a token's details.
#[must_use]
pub fn token(id: &str, tab: &str) -> String {
    format!("{HOME}/{id}/{tab}")
}

/// Goes to addresses of the console. A component asks the one of its context; a test gives it a function.
#[derive(Clone, Copy)]
pub struct Navigator {
    go: StoredValue<Go, LocalStorage>,
    guard: LeaveGuard,
}

/// Goes to an address; true replaces the current one in the history.
type Go = Rc<dyn Fn(&str, bool)>;

impl fmt::Debug for Navigator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Navigator")
    }
}

impl Navigator {
    /// A navigator that goes by `go` and asks `guard` first.
    #[must_use]
    pub fn new(guard: LeaveGuard, go: impl Fn(&str, bool) + 'static) -> Self {
        Self { go: StoredValue::new_local(Rc::new(go)), guard }
    }

    /// Goes to `address`, unless that would lose unsaved input: then the person is asked first.
    pub fn to(self, address: &str) {
        self.go(address, false);
    }

    /// Like [`to`](Self::to), but Back will not lead here again.
    pub fn replace(self, address: &str) {
        self.go(address, true);
    }

    fn go(self, address: &str, replace: bool) {
        if self.guard.asks_before(address) {
            return;
        }
        if let Some(go) = self.go.try_get_value() {
            go(address, replace);
        }
    }
}

/// What an address names inside the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// The root, which leads to the list.
    Home,
    /// The list of tokens.
    List,
    /// The wizard.
    New,
    /// The audit trail.
    Activity,
    /// The extensions.
    Extensions,
    /// The modules.
    Modules,
    /// What APIs in observe mode would have refused.
    Observed,
    /// The users of the account.
    Users,
    /// The own profile.
    Profile,
    /// The form for the token of this id.
    Edit(String),
    /// The details of a token. Which one, and the tab, are parts of the address that change under the screen.
    Details,
    /// A token without a tab, which leads to its first.
    Token(String),
    /// No screen.
    NotFound,
}

impl Screen {
    /// The place that `path` leads to. A slash at its end makes no difference.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match parts(path).as_slice() {
            [] | ["integrations"] => Self::Home,
            ["integrations", "tokens"] => Self::List,
            ["integrations", "tokens", "new"] => Self::New,
            ["integrations", "activity"] => Self::Activity,
            ["integrations", "extensions"] => Self::Extensions,
            ["integrations", "modules"] => Self::Modules,
            ["integrations", "observed"] => Self::Observed,
            ["account", "users"] => Self::Users,
            ["account"] | ["account", "profile"] => Self::Profile,
            // As somebody has typed it.
            ["integrations", "tokens", id, ..] if id.starts_with("su-") => Self::Token(id.to_ascii_uppercase()),
            ["integrations", "tokens", id, "edit"] => Self::Edit((*id).to_owned()),
            ["integrations", "tokens", _, "general" | "permissions" | "usage" | "activity"] => Self::Details,
            // Without a tab, or with one that there is not.
            ["integrations", "tokens", id] | ["integrations", "tokens", id, _] if id.starts_with("SU-") => {
                Self::Token((*id).to_owned())
            }
            _ => Self::NotFound,
        }
    }
}

/// The parts of a path.
pub(crate) fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_screen_has_its_address() {
        let id = "SU-160-984-311";
        assert_eq!(Screen::of("/"), Screen::Home);
        assert_eq!(Screen::of("/integrations"), Screen::Home);
        assert_eq!(Screen::of(&format!("/integrations/tokens/{id}/")), Screen::Token(id.to_owned()));
        assert_eq!(Screen::of("/integrations/tokens/"), Screen::List);
        assert_eq!(Screen::of(NEW_TOKEN), Screen::New);
        assert_eq!(Screen::of(&format!("/integrations/tokens/{id}/edit")), Screen::Edit(id.to_owned()));
        assert_eq!(Screen::of(&token(id, "permissions")), Screen::Details);
        assert_eq!(Screen::of(&token(id, "usage")), Screen::Details);
        assert_eq!(Screen::of(&token(id, "nonsense")), Screen::Token(id.to_owned()));
        assert_eq!(Screen::of("/integrations/tokens/su-160-984-311/general"), Screen::Token(id.to_owned()));
        assert_eq!(Screen::of(ACTIVITY), Screen::Activity);
        assert_eq!((Screen::of(EXTENSIONS), Screen::of(MODULES)), (Screen::Extensions, Screen::Modules));
        assert_eq!(Screen::of(OBSERVED), Screen::Observed);
        assert_eq!((Screen::of(USERS), Screen::of(PROFILE)), (Screen::Users, Screen::Profile));
    }

    #[test]
    fn everything_else_leads_nowhere() {
        for path in
            ["/integrations/nonsense", "/integrations/tokens/nonsense", "/integrations/tokens/x/y", "/a/b/c/d/e"]
        {
            assert_eq!(Screen::of(path), Screen::NotFound, "{path}");
        }
    }
}
