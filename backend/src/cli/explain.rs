//! `latchkey explain`.

use std::path::PathBuf;

use clap::Args;
use latchkey_shared::TokenId;

use super::{catalogue, operator::Operator};
use crate::{clock::Clock, gatekeeper::Modules, tokens::explain::Asked};

/// The request that is asked about.
#[derive(Debug, Args)]
pub struct Explain {
    /// In upper case.
    method: String,

    /// A URL like https://api.example.com/v2/orders, or a path where the catalogue has no hosts.
    url: String,

    /// The token whose key would be sent.
    #[arg(long, value_name = "SU-ddd-ddd-ddd")]
    token: TokenId,

    /// The IP address of the client.
    #[arg(long)]
    address: Option<String>,

    /// The catalogue of the server.
    #[arg(long, env = "LATCHKEY_CATALOGUE", value_name = "FILE")]
    catalogue: Option<PathBuf>,

    #[command(flatten)]
    operator: Operator,
}

/// Runs the command. A request that would be refused is no error.
pub async fn run(command: Explain) -> Result<(), String> {
    let Explain { method, url, token, address, catalogue, operator } = command;
    let modules = Modules::new(catalogue::read(catalogue.as_deref())?);
    let store = operator.store().await?;
    let asked = Asked { method: Some(method), url: Some(url), address };
    let explained = asked.explain(&store, &modules, &token, Clock::system().now()).await;
    let explained = explained.map_err(|error| error.to_body().errors.join(" "))?;
    let rules: Vec<String> = explained
        .rules
        .iter()
        .map(|rule| {
            let name = rule.name.as_deref().unwrap_or("public");
            format!("{}\t{name}\t{}", rule.rule, if rule.held { "held" } else { "not held" })
        })
        .collect();
    let verdict = if explained.allowed { "allowed" } else { "refused" };
    let text = format!(
        "{verdict}\t{}\t{}\n{}",
        explained.status,
        explained.text,
        rules.iter().map(|it| format!("{it}\n")).collect::<String>()
    );
    operator.print_one(&explained, &text)
}
