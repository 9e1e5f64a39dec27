//! `latchkey observed`.

use std::path::PathBuf;

use clap::Args;
use latchkey_shared::ObservedRequest;
use serde_json::{Value, json};

use super::{catalogue, operator::Operator};
use crate::{clock::Clock, gatekeeper::Modules, tokens::observed};

/// What is printed.
#[derive(Debug, Args)]
pub struct Observed {
    /// The catalogue of the server.
    #[arg(long, env = "LATCHKEY_CATALOGUE", value_name = "FILE")]
    catalogue: Option<PathBuf>,

    #[command(flatten)]
    operator: Operator,
}

/// Prints the requests of the last 30 days by token, rule and path, the last ones first, those of every account and those
/// without a key that is known.
pub async fn run(Observed { catalogue, operator }: Observed) -> Result<(), String> {
    let modules = Modules::new(catalogue::read(catalogue.as_deref())?);
    let store = operator.store().await?;
    let told = observed::told(&store, &modules, None, true, Clock::system().now()).await?;
    let row = |it: &ObservedRequest| {
        json!({
            "token": it.token.as_ref().map(|token| &token.id),
            "name": it.token.as_ref().map(|token| &token.name),
            "api": it.api,
            "method": it.method,
            "path": it.path,
            "rule": it.rule,
            "module": it.module.as_ref().map(|module| &module.name),
            "reason": it.reason,
            "calls": it.calls,
            "last_at": it.last_at,
            "address": it.address,
            "program": it.program,
            "passes_now": it.passes_now,
        })
    };
    let rows: Vec<Value> = told.iter().map(row).collect();
    operator.print(
        &["calls", "reason", "method", "path", "token", "name", "module", "last_at", "address", "program"],
        &rows,
    )
}
