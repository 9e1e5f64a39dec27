//! `latchkey explain`.

use std::path::PathBuf;

use clap::Args;

use super::operator::{Operator, catalogue_in_force, read, token_id};
use crate::{clock::Clock, gatekeeper::Modules, tokens::explain::Asked};

/// The request that is asked about.
#[derive(Debug, Args)]
pub struct Explain {
    /// In upper case.
    method: String,

    /// A URL like https://api.example.com/v2/orders, or a path where the catalogue has no hosts.
    url: String,

    /// The token whose key would be sent. Without one, the request has no key.
    #[arg(long, value_name = "SU-ddd-ddd-ddd")]
    token: Option<String>,

    /// The IP address of the client.
    #[arg(long)]
    address: Option<String>,

    /// By this catalogue, and not by the one in force.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    #[command(flatten)]
    operator: Operator,
}

/// Runs the command. A request that would be refused is no error.
pub async fn run(command: Explain) -> Result<(), String> {
    let Explain { method, url, token, address, catalogue, operator } = command;
    let token = token.as_deref().map(token_id).transpose().map_err(|error| format!("--token: {error}"))?;
    let other = catalogue.as_deref().map(read).transpose()?;
    let store = operator.store().await?;
    let modules = Modules::new(match other {
        Some(catalogue) => catalogue,
        None => catalogue_in_force(&store).await?,
    });
    let asked = Asked { method: Some(method), url: Some(url), address };
    let explained = asked.explain(&store, &modules, token.as_ref(), Clock::system().now()).await?;
    let rules: Vec<String> = explained
        .rules
        .iter()
        .map(|rule| {
            let held = match (&rule.name, rule.held) {
                (Some(_), true) if token.is_some() => "held",
                (Some(_), false) if token.is_some() => "not held",
                _ => "",
            };
            format!("{}\t{}\t{held}", rule.rule, rule.name.as_deref().unwrap_or("public"))
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
