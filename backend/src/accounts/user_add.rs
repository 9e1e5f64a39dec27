//! Adding a user: the first admin, and `latchkey user add`.

use latchkey_shared::{Email, Role, TokenName};
use thiserror::Error;

use crate::{
    clock::Clock,
    rng::Rng,
    sessions::password,
    store::{StoreError, Tx, entities::user},
};

/// A user about to be added.
#[derive(Debug)]
pub struct NewUser {
    /// The address to sign in with.
    pub email: Email,
    /// The name shown beside what they do; the rules for a token's name are its rules, too.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The password, which is kept as its hash alone.
    pub password: String,
}

/// Why a user cannot be added.
#[derive(Debug, Error)]
pub enum UserError {
    /// The password cannot be taken.
    #[error("the password {0}")]
    Password(String),
    /// The name is blank, too long, or holds control characters.
    #[error("the name {0}")]
    Name(String),
    /// Somebody signs in with this address already.
    #[error("a user with this e-mail address exists already")]
    Exists,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Adds a user to an account.
///
/// # Errors
/// [`UserError`]; then nothing must be committed.
pub async fn add(tx: &Tx, clock: &Clock, rng: &Rng, account_id: &str, new: NewUser) -> Result<user::Model, UserError> {
    password::check(&new.password, &[new.email.as_str(), &new.name])
        .map_err(|problem| UserError::Password(problem.to_string()))?;
    let name = TokenName::try_from(new.name).map_err(|problem| UserError::Name(problem.to_string()))?;
    let user = user::Model {
        id: rng.verbose_id("UR", 3),
        account_id: account_id.to_owned(),
        email: new.email.into(),
        name: name.into(),
        role: new.role.as_str().to_owned(),
        password_hash: password::hash(rng, &new.password).map_err(UserError::Other)?,
        disabled: false,
        created_at: clock.now().unix(),
    };
    match tx.insert_user(user.clone()).await {
        Ok(()) => Ok(user),
        Err(StoreError::Duplicate) => Err(UserError::Exists),
        Err(other) => Err(UserError::Other(other.to_string())),
    }
}
