//! `latchkey account`.

use clap::{Args, Subcommand, ValueEnum};
use latchkey_shared::{AccountId, TokenName};
use serde_json::{Value, json};

use super::operator::{self, Operator};
use crate::{clock::Clock, events::Action, rng::Rng, store::entities::account};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every account: its id, a tab, its name.
    List(Operator),
    /// Add an account and print it. Nobody can sign in to it before `latchkey user add --account` has added somebody.
    Add(Add),
    /// Give an account another name.
    Rename(Rename),
}

/// An account to add.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    operator: Operator,

    /// Its name.
    #[arg(long, value_parser = name)]
    name: String,

    /// What begins its id: VA for a vendor, PA for a provider.
    #[arg(long, value_enum, default_value_t = Kind::Vendor)]
    kind: Kind,
}

/// An account to rename.
#[derive(Debug, Args)]
pub struct Rename {
    #[command(flatten)]
    operator: Operator,

    /// The account.
    #[arg(value_name = "VA-ddd-ddd")]
    id: AccountId,

    /// The new name.
    #[arg(long, value_parser = name)]
    name: String,
}

/// The side of the platform that an account is on.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Offers products.
    Vendor,
    /// Sells them.
    Provider,
}

/// The name of an account has the form of that of a token.
fn name(text: &str) -> Result<String, String> {
    TokenName::try_from(text.to_owned()).map(Into::into).map_err(|problem| problem.to_string())
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), String> {
    let (operator, accounts) = match command {
        Command::List(operator) => {
            let accounts = operator.store().await?.accounts().await?;
            (operator, accounts)
        }
        Command::Add(add) => add.run().await?,
        Command::Rename(rename) => rename.run().await?,
    };
    let rows: Vec<Value> = accounts.iter().map(|account| json!({ "id": account.id, "name": account.name })).collect();
    operator.print(&["id", "name"], &rows)
}

impl Add {
    async fn run(self) -> Result<(Operator, Vec<account::Model>), String> {
        let Self { operator, name, kind } = self;
        let (store, clock) = (operator.store().await?, Clock::system());
        let prefix = match kind {
            Kind::Vendor => "VA",
            Kind::Provider => "PA",
        };
        let id = Rng::system().verbose_id(prefix, 2);
        let account = account::Model { id: id.clone(), name: name.clone(), created_at: clock.now().unix() };
        let tx = store.begin().await?;
        tx.insert_account(account.clone()).await?;
        operator::record(&tx, &clock, &id, Action::AccountAdded, (&id, &name), &json!({})).await?;
        operator.commit(tx).await?;
        Ok((operator, vec![account]))
    }
}

impl Rename {
    async fn run(self) -> Result<(Operator, Vec<account::Model>), String> {
        let Self { operator, id, name } = self;
        let (store, clock) = (operator.store().await?, Clock::system());
        let known = store.account(id.as_str()).await?;
        let mut account = known.ok_or_else(|| format!("there is no account {id}"))?;
        let before = std::mem::replace(&mut account.name, name);
        let tx = store.begin().await?;
        if before != account.name {
            tx.update_account(account.clone()).await?;
            let details = json!({ "name": [before, account.name] });
            operator::record(&tx, &clock, &account.id, Action::AccountRenamed, (&account.id, &account.name), &details)
                .await?;
        }
        operator.commit(tx).await?;
        Ok((operator, vec![account]))
    }
}
