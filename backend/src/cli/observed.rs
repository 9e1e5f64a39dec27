//! `latchkey observed`.

use std::path::PathBuf;

use clap::Args;
use latchkey_shared::ObservedRequest;
use serde_json::{Value, json};

use super::operator::{Operator, catalogue_in_force, read};
use crate::{catalogue::api::Mode, clock::Clock, gatekeeper::Modules, tokens::observed};

/// What is printed.
#[derive(Debug, Args)]
pub struct Observed {
    /// Say whether requests would pass by this catalogue, and not by the one in force.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    #[command(flatten)]
    operator: Operator,
}

/// Prints the requests of the last 30 days by token, rule and path, the last ones first, those of every account and those
/// without a key that is known.
pub async fn run(Observed { catalogue, operator }: Observed) -> Result<(), String> {
    let other = catalogue.as_deref().map(read).transpose()?;
    let store = operator.store().await?;
    let in_force = catalogue_in_force(&store).await?;
    let observe = in_force.apis.iter().any(|api| api.mode == Mode::Observe);
    let modules = Modules::new(other.unwrap_or_else(|| in_force.clone()));
    let told = observed::told(&store, (&in_force, &modules), None, true, Clock::system().now()).await?;
    // Empty for several, which found no room of their own.
    let others = |text: &str| if text.is_empty() { "…".to_owned() } else { text.to_owned() };
    let row = |it: &ObservedRequest| {
        json!({
            "token": it.token.as_ref().map(|token| &token.id),
            "name": it.token.as_ref().map(|token| &token.name),
            "api": it.api,
            "method": others(&it.method),
            "path": others(&it.path),
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
    if !observe {
        operator.note("no API of the catalogue in force is in observe mode");
    } else if rows.is_empty() {
        operator.note("nothing that would be refused has been observed; what passes is written within a few seconds");
    }
    operator.print(
        &[
            "calls",
            "reason",
            "method",
            "path",
            "token",
            "name",
            "module",
            "passes_now",
            "last_at",
            "address",
            "program",
        ],
        &rows,
    )
}
