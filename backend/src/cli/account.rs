//! `latchkey account`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::operator::Operator;

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every account: its id, a tab, its name.
    List(Operator),
}

/// Runs the command.
pub async fn run(Command::List(operator): Command) -> Result<(), String> {
    let accounts = operator.store().await?.accounts().await.map_err(|error| error.to_string())?;
    let rows: Vec<Value> = accounts.iter().map(|account| json!({ "id": account.id, "name": account.name })).collect();
    operator.print(&["id", "name"], &rows)
}
