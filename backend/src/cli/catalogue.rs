//! `latchkey catalogue`.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use latchkey_shared::TokenId;
use serde_json::{Value, json};

use super::operator::Operator;
use crate::{
    catalogue::{
        Catalogue,
        api::{Api, CredentialForm, Mode},
        openapi,
    },
    gatekeeper::{
        Modules,
        plan::{self, Holder},
    },
    store::TokenSelection,
};

/// Tokens that are read at once.
const TOKENS: usize = 1000;

/// What can be done with a catalogue before a server has it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a catalogue as the server would, and print what it describes.
    Check {
        /// The catalogue.
        file: PathBuf,
    },
    /// Say what a catalogue would change for each token, from the tokens and their calls, before anything changes.
    Plan(Plan),
    /// Print a catalogue made from an OpenAPI document: a module for each tag, with reading apart.
    FromOpenapi {
        /// The document, as JSON or YAML.
        file: PathBuf,
    },
}

/// What is compared.
#[derive(Debug, Args)]
pub struct Plan {
    /// The catalogue that would be in force.
    file: PathBuf,

    /// The catalogue that is in force.
    #[arg(long, env = "LATCHKEY_CATALOGUE", value_name = "FILE")]
    catalogue: Option<PathBuf>,

    #[command(flatten)]
    operator: Operator,
}

/// The catalogue of a file, or the built-in one.
pub fn read(file: Option<&Path>) -> Result<Catalogue, String> {
    file.map_or_else(Catalogue::built_in, Catalogue::read).map_err(|error| error.to_string())
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), String> {
    let text = match command {
        Command::Plan(plan) => return plan.run().await,
        Command::Check { file } => described(&read(Some(&file))?),
        Command::FromOpenapi { file } => {
            let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
            openapi::catalogue(&text).map_err(|error| failed(&error))?
        }
    };
    io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

impl Plan {
    /// Prints a line for each change; a plan that changes nothing has none.
    async fn run(self) -> Result<(), String> {
        let Self { file, catalogue, operator } = self;
        let (old, new) = (Modules::new(read(catalogue.as_deref())?), Modules::new(read(Some(&file))?));
        let store = operator.store().await?;
        let tokens = store.select_tokens(&TokenSelection::default()).await?;
        let ids: Vec<TokenId> = tokens.iter().filter_map(|token| token.id.parse().ok()).collect();
        let mut holders = Vec::with_capacity(ids.len());
        for ids in ids.chunks(TOKENS) {
            for row in store.load_credentials(ids).await? {
                let modules = row.modules.as_deref().unwrap_or_default().split(',').filter_map(|id| id.parse().ok());
                holders.push(Holder { modules: modules.collect(), id: row.id, name: row.name });
            }
        }
        for holder in &mut holders {
            holder.modules.sort();
        }
        let requests = store.all_allowed_requests().await?;
        let changes = plan::plan(&old, &new, &holders, &requests).into_iter();
        let mut rows = settings(&old.catalogue, &new.catalogue);
        rows.extend(changes.filter_map(|change| serde_json::to_value(change).ok()));
        operator.print(&["becomes", "token", "name", "requests", "calls", "last_at"], &rows)
    }
}

/// The settings of APIs that differ, an object each.
fn settings(old: &Catalogue, new: &Catalogue) -> Vec<Value> {
    let list = |forms: &[CredentialForm]| forms.iter().map(CredentialForm::name).collect::<Vec<_>>().join(", ");
    let of = |api: &Api| {
        [
            ("hosts", api.hosts.join(", ")),
            ("base_path", format!("/{}", api.base_path.join("/"))),
            ("credentials", list(&api.credentials)),
            ("preflight", api.preflight.to_string()),
            ("anonymous", api.anonymous.to_string()),
            ("mode", if api.mode == Mode::Observe { "observe" } else { "enforce" }.to_owned()),
            ("assertion", api.assertion.to_string()),
            ("ignore_case", api.ignore_case.to_string()),
        ]
    };
    let row = |api: &str, what: String| json!({ "becomes": "changed", "token": "", "name": api, "requests": what });
    let mut rows = Vec::new();
    for api in &old.apis {
        let Some(next) = new.apis.iter().find(|next| next.name == api.name) else {
            rows.push(row(&api.name, "the API is gone".to_owned()));
            continue;
        };
        let pairs = of(api).into_iter().zip(of(next)).filter(|(before, after)| before != after);
        rows.extend(pairs.map(|((name, before), (_, after))| row(&api.name, format!("{name}: {before} -> {after}"))));
    }
    let is_new = |api: &&Api| !old.apis.iter().any(|before| before.name == api.name);
    rows.extend(new.apis.iter().filter(is_new).map(|api| row(&api.name, "the API is new".to_owned())));
    rows
}

/// Each API with its place and its forms of a key, and below it what its modules open, separated by tabs.
fn described(catalogue: &Catalogue) -> String {
    let mut lines = Vec::new();
    for (at, api) in catalogue.apis.iter().enumerate() {
        let name = if api.name.is_empty() { "API" } else { &api.name };
        let hosts = if api.hosts.is_empty() { "any host".to_owned() } else { api.hosts.join(", ") };
        let forms: Vec<&str> = api.credentials.iter().map(CredentialForm::name).collect();
        lines.push(format!("{name}\t{hosts}\t/{}\t{}", api.base_path.join("/"), forms.join(", ")));
        let observes = api.mode == Mode::Observe;
        let switches = [
            (observes, "observe"),
            (api.preflight, "preflight"),
            (api.anonymous, "anonymous"),
            (api.assertion, "assertion"),
            (api.ignore_case, "ignore_case"),
        ];
        lines.extend(switches.into_iter().filter(|(is_on, _)| *is_on).map(|(_, word)| format!("\t{word}")));
        let rules = catalogue.rules.iter().filter(|rule| rule.api == at);
        for rule in rules {
            let module = catalogue.module(&rule.module).map_or("", |module| module.name.as_str());
            lines.push(format!("\t{}\t{module}\t{}", rule.module, rule.rule.text));
        }
        lines.extend(api.public.iter().map(|rule| format!("\tpublic\t\t{}", rule.text)));
    }
    let closed = catalogue.modules.iter().filter(|module| !module.id.is_all() && module.paths.is_empty());
    lines.extend(closed.map(|module| format!("no path\t{}\t{}", module.id, module.name)));
    lines.extend(catalogue.extensions.iter().map(|it| format!("extension\t{}\t{}", it.id, it.title)));
    lines.iter().map(|line| format!("{line}\n")).collect()
}
