//! Accounts and their users.

pub mod first_start;
pub mod list;
pub mod user_add;

use latchkey_shared::Account;

use crate::store::{StoreError, entities::account};

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
