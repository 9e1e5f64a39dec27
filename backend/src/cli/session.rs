//! `latchkey session`.

use clap::{Args, Subcommand};
use latchkey_shared::Email;
use serde_json::{Value, json};

use super::operator::{self, Operator};
use crate::{clock::Clock, config, events::Action, store::entities::user};

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign users out, in every browser.
    End(End),
}

/// Whose sessions end.
#[derive(Debug, Args)]
pub struct End {
    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The user who signs in with this address.
    #[arg(long, value_name = "EMAIL", value_parser = config::email)]
    user: Option<Email>,

    /// Every user of every account.
    #[arg(long)]
    all: bool,
}

/// Runs the command.
pub async fn run(Command::End(End { operator, whose }): Command) -> Result<(), String> {
    let store = operator.store().await?;
    let users: Vec<user::Model> = match &whose.user {
        Some(email) => vec![operator::user(&store, email.as_str()).await?],
        None => store.users().await?,
    };
    let clock = Clock::system();
    let tx = store.begin().await?;
    let mut rows: Vec<Value> = Vec::new();
    for user in users {
        let ended = tx.delete_sessions_of(&user.id).await?;
        if ended > 0 {
            let details = json!({ "sessions": ended });
            let object = (user.id.as_str(), user.name.as_str());
            operator::record(&tx, &clock, &user.account_id, Action::SessionsEnded, object, &details).await?;
        }
        rows.push(json!({ "id": user.id, "email": user.email, "sessions_ended": ended }));
    }
    operator.commit(tx).await?;
    operator.print(&["id", "email", "sessions_ended"], &rows)
}
