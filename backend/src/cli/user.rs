//! `latchkey user`.

use clap::{Args, Subcommand};
use latchkey_shared::{Email, Role};
use serde_json::{Value, json};

use super::operator::{self, Operator};
use crate::{
    accounts::user_add::{self, NewUser},
    clock::Clock,
    config,
    events::Action,
    rng::Rng,
    sessions::password,
    store::{Tx, entities::user},
};

const COLUMNS: [&str; 6] = ["id", "email", "name", "role", "account", "status"];

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the users of every account.
    List(Operator),
    /// Add a user to an account. The password is read from LATCHKEY_USER_PASSWORD, or from the file that
    /// LATCHKEY_USER_PASSWORD_FILE names.
    Add(Add),
    /// Set a user's password and end their sessions. It is read from LATCHKEY_USER_PASSWORD, or from the file that
    /// LATCHKEY_USER_PASSWORD_FILE names; without either, one is made and printed.
    Password(One),
    /// Keep a user from signing in, and end their sessions. Tokens that they created go on: see `latchkey token disable
    /// --created-by`.
    Disable(One),
    /// Let a disabled user sign in again.
    Enable(One),
}

/// A user who is there.
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    operator: Operator,

    /// The address that they sign in with.
    #[arg(long, value_parser = config::email)]
    email: Email,
}

/// A user to add.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    operator: Operator,

    /// The address to sign in with.
    #[arg(long, value_parser = config::email)]
    email: Email,

    /// The name shown beside what they do.
    #[arg(long)]
    name: String,

    /// What they may do: viewer, member or admin.
    #[arg(long, value_parser = |text: &str| Role::from_word(text).ok_or("must be viewer, member or admin"))]
    role: Role,

    /// The account to which they belong. By default the first one.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::List(operator) => {
            let users = operator.store().await?.users().await.map_err(|error| error.to_string())?;
            operator.print(&COLUMNS, &users.iter().map(row).collect::<Vec<_>>())
        }
        Command::Add(add) => self::add(add).await,
        Command::Password(one) => set_password(one).await,
        Command::Disable(one) => set_disabled(one, true).await,
        Command::Enable(one) => set_disabled(one, false).await,
    }
}

fn row(user: &user::Model) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "account": user.account_id,
        "status": if user.disabled { "disabled" } else { "enabled" },
    })
}

fn given_password() -> Result<Option<String>, String> {
    config::password("LATCHKEY_USER_PASSWORD")
}

async fn add(add: Add) -> Result<(), String> {
    let password = given_password()?.ok_or("set LATCHKEY_USER_PASSWORD to the user's password")?;
    let store = add.operator.store().await?;
    let account = match &add.account {
        Some(id) => store
            .account(id)
            .await
            .map_err(|error| error.to_string())?
            .ok_or(format!("--account: there is no account {id}"))?,
        None => store.first_account().await?.ok_or("there is no account yet")?,
    };
    let (clock, rng) = (Clock::system(), Rng::system());
    let tx = store.begin().await?;
    let new = NewUser { email: add.email, name: add.name, role: add.role, password };
    let user = user_add::add(&tx, &clock, &rng, &account.id, new).await.map_err(|error| error.to_string())?;
    let details = json!({ "role": user.role });
    operator::record(&tx, &clock, &account.id, Action::UserAdded, (&user.id, &user.name), &details).await?;
    add.operator.commit(tx).await?;
    add.operator.print(&COLUMNS, &[row(&user)])
}

async fn set_password(One { operator, email }: One) -> Result<(), String> {
    let store = operator.store().await?;
    let user = operator::user(&store, email.as_str()).await?;
    let (clock, rng) = (Clock::system(), Rng::system());
    let given = given_password()?;
    let made = given.is_none().then(|| password::generate(&rng));
    let new = given.or_else(|| made.clone()).unwrap_or_default();
    password::check(&new, &[&user.email, &user.name]).map_err(|problem| format!("the password {problem}"))?;
    // Before the transaction, which other changes wait for.
    let password_hash = password::hash(&rng, &new)?;
    let tx = store.begin().await?;
    let user = user::Model { password_hash, ..user_now(&tx, &user).await? };
    tx.update_user(user.clone()).await?;
    let ended = end_access(&tx, &user).await?;
    let details = json!({ "sessions_ended": ended });
    operator::record(&tx, &clock, &user.account_id, Action::PasswordSet, (&user.id, &user.name), &details).await?;
    operator.commit(tx).await?;
    let mut printed = row(&user);
    (printed["sessions_ended"], printed["password"]) = (json!(ended), json!(made));
    let columns = ["id", "email", "sessions_ended", "password"];
    operator.print(if made.is_some() { &columns } else { &columns[..3] }, &[printed])
}

async fn set_disabled(One { operator, email }: One, disabled: bool) -> Result<(), String> {
    let store = operator.store().await?;
    let user = operator::user(&store, email.as_str()).await?;
    let clock = Clock::system();
    let tx = store.begin().await?;
    let mut user = user_now(&tx, &user).await?;
    let was_disabled = std::mem::replace(&mut user.disabled, disabled);
    if was_disabled != disabled {
        tx.update_user(user.clone()).await?;
        let ended = end_access(&tx, &user).await?;
        let action = if disabled { Action::UserDisabled } else { Action::UserEnabled };
        let details = json!({ "sessions_ended": ended });
        operator::record(&tx, &clock, &user.account_id, action, (&user.id, &user.name), &details).await?;
    }
    operator.commit(tx).await?;
    operator.print(&COLUMNS, &[row(&user)])
}

/// Ends the sessions of a user and their invitations, which set a password, too. Returns the number of sessions.
async fn end_access(tx: &Tx, user: &user::Model) -> Result<u64, String> {
    tx.delete_invitations_of(&user.id).await?;
    tx.delete_hand_overs_by(&user.id).await?;
    tx.delete_sessions_of(&user.id).await.map_err(|error| error.to_string())
}

/// The user as they are in the transaction: another change may have come in between.
async fn user_now(tx: &Tx, user: &user::Model) -> Result<user::Model, String> {
    let now = tx.user(&user.id).await?;
    now.ok_or_else(|| format!("no user signs in with {}", user.email))
}
