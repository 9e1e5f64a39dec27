//! Accounts and their users.

pub mod first_start;
pub mod invitation;
pub mod list;
pub mod user_add;
pub mod users;

use latchkey_shared::{Account, Email, Problem, problem::NOT_AN_EMAIL};
use unicode_normalization::UnicodeNormalization as _;

use crate::store::{StoreError, entities::account};

/// The one form of an address to sign in with: lower case, letters in one form (NFKC), and the domain in ASCII, as
/// browsers send it.
///
/// # Errors
/// Says what is wrong with it.
pub fn sign_in_address(text: &str) -> Result<Email, Problem> {
    let email = Email::try_from(text.to_owned())?;
    let (local, domain) = email.as_str().rsplit_once('@').unwrap_or_default();
    let domain = idna::domain_to_ascii(domain).map_err(|_| NOT_AN_EMAIL)?;
    Email::try_from(format!("{}@{domain}", local.to_lowercase().nfkc().collect::<String>()))
}

/// The account as the API answers it.
///
/// # Errors
/// [`StoreError::Damaged`].
pub fn present(account: &account::Model) -> Result<Account, StoreError> {
    let kind = if account.id.starts_with("VA-") { "vendor" } else { "provider" };
    Ok(Account {
        id: account.id.parse().map_err(|_| StoreError::Damaged(format!("account {:?}", account.id)))?,
        name: account.name.clone(),
        kind: kind.to_owned(),
        icon: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mean_the_same_have_one_form() {
        let form = |text: &str| sign_in_address(text).map(String::from);
        assert_eq!(form(" Ada@Example.COM ").unwrap(), "ada@example.com");
        assert_eq!(form("ada@b\u{fc}cher.example").unwrap(), "ada@xn--bcher-kva.example");
        assert_eq!(form("ada@XN--BCHER-KVA.example").unwrap(), "ada@xn--bcher-kva.example");
        assert_eq!(form("J\u{f6}rg@example.com").unwrap(), form("jo\u{308}rg@example.com").unwrap());
        assert_eq!(form("admin@localhost").unwrap(), "admin@localhost");
        assert_eq!(form("\u{ff41}da@example.com").unwrap(), "ada@example.com");
        for text in [
            "a",
            "a@",
            "@b",
            "a@b@c",
            "a@\u{0}",
            "a\u{200b}@b.de",
            "a@b.de.",
            "a@b..de",
            "a@.de",
            "a b@c.de",
            &format!("{}@example.com", "a".repeat(60_000)),
        ] {
            assert!(form(text).is_err());
        }
    }
}
