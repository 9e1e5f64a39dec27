//! The first start on an empty database: an id for the installation, how to recognise its master key, one
//! account and one admin, all in one transaction.

use latchkey_shared::{Email, Role};
use thiserror::Error;

use super::user_add::{self, NewUser, UserError};
use crate::{
    clock::Clock,
    keys::{KeyFileError, Keys},
    rng::Rng,
    sessions::password,
    store::{Store, StoreError, entities::account},
};

const INSTALLATION: &str = "installation_id";
const KEY_CHECK: &str = "key_check";
const PEPPER_CHECK: &str = "pepper_check";

/// The first admin as the operator wants them.
#[derive(Debug)]
pub struct FirstAdmin {
    /// The address to sign in with.
    pub email: Email,
    /// The password; one is made when there is none.
    pub password: Option<String>,
    /// The name of the account.
    pub account_name: String,
    /// Whether a second account comes with the examples: a distributor, so that both sides of the example API can
    /// be tried. Nobody can sign in to it before `latchkey user add --account` has made somebody.
    pub has_examples: bool,
}

/// What was made, to be told once.
#[derive(Debug)]
pub struct Made {
    /// The admin's address.
    pub email: String,
    /// The admin's password, if it was made here.
    pub password: Option<String>,
}

/// Why the database cannot be made ready.
#[derive(Debug, Error)]
pub enum FirstStartError {
    /// The master key is not the database's.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The first admin cannot be made.
    #[error("the first admin: {0}")]
    Admin(#[from] UserError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What recognises the database's master key; `None` on an empty database, also one without tables.
///
/// # Errors
/// [`StoreError`]. A database that does not answer is never taken for an empty one: that would make a new key.
pub async fn key_check(store: &Store) -> Result<Option<String>, StoreError> {
    if store.has_tables().await? { store.installation(KEY_CHECK).await } else { Ok(None) }
}

/// What recognises the database's pepper.
///
/// # Errors
/// [`StoreError`].
pub async fn pepper_check(store: &Store) -> Result<Option<String>, StoreError> {
    store.installation(PEPPER_CHECK).await
}

/// Makes a new database ready, or checks that an existing one fits the master key. Returns the installation's
/// id, and what was made.
///
/// # Errors
/// [`FirstStartError`]; then nothing has changed.
pub async fn prepare(
    store: &Store,
    keys: &Keys,
    clock: &Clock,
    rng: &Rng,
    admin: FirstAdmin,
) -> Result<(String, Option<Made>), FirstStartError> {
    if let Some(id) = existing(store, keys).await? {
        return Ok((id, None));
    }
    match make(store, keys, clock, rng, admin).await {
        // Another replica was faster: what it made is what there is.
        Err(FirstStartError::Store(StoreError::Duplicate)) => match existing(store, keys).await? {
            Some(id) => Ok((id, None)),
            None => Err(StoreError::Duplicate.into()),
        },
        made => made,
    }
}

async fn existing(store: &Store, keys: &Keys) -> Result<Option<String>, FirstStartError> {
    let Some(check) = store.installation(KEY_CHECK).await? else { return Ok(None) };
    keys.verify(&check)?;
    let id = store.installation(INSTALLATION).await?;
    Ok(Some(id.ok_or_else(|| StoreError::Damaged("the installation has no id".to_owned()))?))
}

async fn make(
    store: &Store,
    keys: &Keys,
    clock: &Clock,
    rng: &Rng,
    admin: FirstAdmin,
) -> Result<(String, Option<Made>), FirstStartError> {
    let installation = rng.hex::<16>();
    let tx = store.begin().await?;
    tx.insert_installation(KEY_CHECK, &keys.check_value()).await?;
    tx.insert_installation(PEPPER_CHECK, &keys.pepper_check()).await?;
    tx.insert_installation(INSTALLATION, &installation).await?;
    let account_id = rng.verbose_id("VA", 2);
    let account = account::Model { id: account_id.clone(), name: admin.account_name, created_at: clock.now().unix() };
    tx.insert_account(account).await?;
    if admin.has_examples {
        // A second later, so that the operator's own account stays the first.
        let created_at = clock.now().plus(1).unix();
        let id = rng.verbose_id("PA", 2);
        tx.insert_account(account::Model { id, name: "Example Distributor".to_owned(), created_at }).await?;
    }
    let generated = admin.password.is_none().then(|| password::generate(rng));
    let password = admin.password.or_else(|| generated.clone()).unwrap_or_default();
    let made = Made { email: admin.email.to_string(), password: generated };
    let new = NewUser { email: admin.email, name: "Administrator".to_owned(), role: Role::Admin, password };
    user_add::add(&tx, clock, rng, &account_id, new).await?;
    tx.commit().await?;
    Ok((installation, Some(made)))
}
