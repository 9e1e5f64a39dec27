//! `latchkey token`.

mod keys;
mod permit;

use clap::{Args, Subcommand};
use latchkey_shared::{TokenId, TokenStatus};
use serde_json::{Value, json};

use self::{
    keys::{Create, Rotate, Show},
    permit::{Permit, Verb},
};
use super::operator::{self, Operator};
use crate::{
    clock::Clock,
    events::Action,
    store::{Store, TokenRow, TokenSelection},
    tokens::{delete, rules, status},
};

const COLUMNS: [&str; 5] = ["id", "status", "name", "account", "created_by"];

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print tokens, without the deleted ones; by default those of every account.
    List(List),
    /// Create a token and print its key, once.
    Create(Box<Create>),
    /// Print a token, without its key.
    Show(Show),
    /// Give a token a new key and print it, once.
    Rotate(Rotate),
    /// Grant modules to a token, from the next request on.
    Grant(Permit),
    /// Withdraw modules from a token: its key is refused for what they open, from the next request on.
    Withdraw(Permit),
    /// Disable tokens: their keys are refused from the next request on.
    Disable(Change),
    /// Enable disabled tokens.
    Enable(Change),
    /// Delete tokens for good, with the copies of their secrets.
    Delete(Change),
}

/// Which tokens to print.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    many: Many,
}

/// Which tokens to change.
#[derive(Debug, Args)]
#[group(id = "which", required = true, multiple = false, args = ["ids", "created_by", "seen_by", "all_of_account"])]
pub struct Change {
    #[command(flatten)]
    operator: Operator,

    /// Tokens, by id.
    #[arg(value_name = "SU-ddd-ddd-ddd")]
    ids: Vec<String>,

    #[command(flatten)]
    many: Many,
}

#[derive(Debug, Args)]
struct Many {
    /// All that this user created, by their e-mail address, or that this token created, by its id; and all that those
    /// tokens created in turn.
    #[arg(long, value_name = "EMAIL|ID")]
    created_by: Option<String>,

    /// All whose key this user has seen, by their e-mail address: created, viewed, renewed, rotated; and all that those
    /// tokens created in turn.
    #[arg(long, value_name = "EMAIL")]
    seen_by: Option<String>,

    /// All of this account.
    #[arg(long, value_name = "ID")]
    all_of_account: Option<String>,
}

/// What shows a user the key of a token.
const SHOWS_THE_KEY: [Action; 4] =
    [Action::TokenCreated, Action::TokenRevealed, Action::TokenRenewed, Action::TokenRotated];

impl Many {
    /// Which tokens are meant. A user, a token or an account that does not exist is an error, and not no tokens.
    async fn selection(self, store: &Store, ids: Vec<String>) -> Result<TokenSelection, String> {
        // Without any of these, every token is meant; with one of them that finds nothing, none.
        let is_bounded = !ids.is_empty() || self.created_by.is_some() || self.seen_by.is_some();
        let (mut meant, mut creators) = (ids, Vec::new());
        if let Some(email) = self.created_by.as_deref().filter(|text| text.contains('@')) {
            creators.push(operator::user(store, email).await?.id);
        } else if let Some(id) = self.created_by {
            let is_token = match id.parse::<TokenId>() {
                Ok(id) => store.token_exists(id.as_str()).await?,
                Err(_) => false,
            };
            if !is_token {
                return Err("--created-by: this is neither an e-mail address nor the id of a token".to_owned());
            }
            creators.push(id);
        } else if let Some(email) = &self.seen_by {
            let user = operator::user(store, email).await?;
            let actions = SHOWS_THE_KEY.map(Action::as_str);
            meant = store.objects_of(&user.account_id, &user.id, &actions).await?;
            creators.clone_from(&meant);
            creators.push(user.id);
        }
        meant.extend(store.created_by(&creators).await?);
        // A token may have been seen and created; it is changed once.
        meant.sort();
        meant.dedup();
        if let Some(id) = &self.all_of_account
            && store.account(id).await?.is_none()
        {
            return Err(format!("--all-of-account: there is no account {id}"));
        }
        Ok(TokenSelection { ids: is_bounded.then_some(meant), account_id: self.all_of_account })
    }
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::List(List { operator, many }) => {
            let store = operator.store().await?;
            let tokens = store.select_tokens(&many.selection(&store, Vec::new()).await?).await;
            let tokens = tokens?;
            let now = Clock::system().now();
            operator.print(
                &COLUMNS,
                &tokens.iter().map(|token| row(token, status(token, now).as_str())).collect::<Vec<_>>(),
            )
        }
        Command::Create(create) => create.run().await,
        Command::Show(show) => show.run().await,
        Command::Rotate(rotate) => rotate.run().await,
        Command::Grant(permit) => permit.run(Verb::Grant).await,
        Command::Withdraw(permit) => permit.run(Verb::Withdraw).await,
        Command::Disable(change) => change.make(TokenStatus::Inactive, Action::TokenDisabled).await,
        Command::Enable(change) => change.make(TokenStatus::Active, Action::TokenEnabled).await,
        Command::Delete(change) => change.make(TokenStatus::Deleted, Action::TokenDeleted).await,
    }
}

fn row(token: &crate::store::entities::token::Model, status: &str) -> Value {
    json!({
        "id": token.id,
        "status": status,
        "name": token.name,
        "account": token.account_id,
        "created_by": token.created_by_name,
    })
}

impl Change {
    /// Puts all tokens into `state`, or none. One that is there already stays as it is.
    async fn make(self, state: TokenStatus, action: Action) -> Result<(), String> {
        let Self { operator, ids, many } = self;
        let store = operator.store().await?;
        let named: Vec<TokenId> = ids.iter().map(|id| operator::token_id(id)).collect::<Result<_, _>>()?;
        let selection = many.selection(&store, ids).await?;
        let clock = Clock::system();
        let tx = store.begin().await?;
        let tokens = tx.select_tokens(&selection).await?;
        let found = |id: &TokenId| tokens.iter().any(|row| row.token.id == id.as_str());
        if let Some(unknown) = named.iter().find(|id| !found(id)) {
            return Err(format!("there is no token {unknown}, or it is deleted; nothing was changed"));
        }
        let mut rows = Vec::with_capacity(tokens.len());
        for mut token in tokens {
            if token.token.state != state.as_str() {
                set(&mut token, state);
                let saved = rules::stamp_and_save(&tx, &operator::actor(), clock.now(), &mut token).await;
                saved?;
                let object = (token.token.id.as_str(), token.token.name.as_str());
                operator::record(&tx, &clock, &token.token.account_id, action, object, &json!({})).await?;
            }
            rows.push(row(&token.token, &token.token.state));
        }
        operator.commit(tx).await?;
        operator.print(&COLUMNS, &rows)
    }
}

fn set(token: &mut TokenRow, state: TokenStatus) {
    if state == TokenStatus::Deleted {
        delete::erase(&mut token.token);
    } else {
        state.as_str().clone_into(&mut token.token.state);
    }
}
