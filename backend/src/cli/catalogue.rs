//! `latchkey catalogue`.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use latchkey_shared::TokenId;
use serde_json::{Value, json};

use super::operator::{self, Operator, catalogue_in_force, read};
use crate::{
    catalogue::{
        Catalogue, ModuleRule,
        api::{Api, CredentialForm, Mode},
        openapi,
    },
    clock::Clock,
    gatekeeper::{
        Modules,
        plan::{self, Holder},
    },
    store::TokenSelection,
    tokens::observed,
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
    /// The catalogue that would be in force, in the place of the one that servers have now.
    file: PathBuf,

    #[command(flatten)]
    operator: Operator,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), String> {
    let text = match command {
        Command::Plan(plan) => return plan.run().await,
        Command::Check { file } => return check(&read(&file)?),
        Command::FromOpenapi { file } => {
            let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
            openapi::catalogue(&text).map_err(|error| failed(&error))?
        }
    };
    operator::write(&text)
}

impl Plan {
    /// Prints a line for each change: the settings of APIs, what is observed now and would be refused, and what rules change.
    async fn run(self) -> Result<(), String> {
        let Self { file, operator } = self;
        let new = Modules::new(read(&file)?);
        let store = operator.store().await?;
        let old = Modules::new(catalogue_in_force(&store).await?);
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
        let begun = observed::refusals_that_begin(&store, &old.catalogue, &new, Clock::system().now()).await?;
        let mut rows = settings(&old.catalogue, &new.catalogue);
        rows.extend(begun.into_iter().chain(changes).filter_map(|change| serde_json::to_value(change).ok()));
        if rows.is_empty() {
            operator.note("nothing would change for any token");
        }
        operator.print(&["becomes", "token", "name", "requests", "reason", "calls", "last_at"], &rows)
    }
}

/// The settings of APIs that differ, an object each.
fn settings(old: &Catalogue, new: &Catalogue) -> Vec<Value> {
    let list = |forms: &[CredentialForm]| forms.iter().map(CredentialForm::name).collect::<Vec<_>>().join(", ");
    let of = |api: &Api| {
        [
            ("hosts", api.hosts.join(", ")),
            ("base_path", if api.base_path.is_empty() { "/".to_owned() } else { api.base() }),
            ("title", api.title.clone()),
            ("url", api.url.clone().unwrap_or_default()),
            ("credentials", list(&api.credentials)),
            ("origins", api.origins.join(", ")),
            ("preflight", api.preflight.to_string()),
            ("anonymous", api.anonymous.to_string()),
            ("mode", if api.mode == Mode::Observe { "observe" } else { "enforce" }.to_owned()),
            ("assertion", api.assertion.to_string()),
            ("ignore_case", api.ignore_case.to_string()),
        ]
    };
    let row = |api: &str, what: String| json!({ "becomes": "changed", "token": "", "name": api, "requests": what });
    let told = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let mut rows = Vec::new();
    for api in &old.apis {
        let Some(next) = new.api(&api.name) else {
            rows.push(row(&api.name, "the API is gone".to_owned()));
            continue;
        };
        let pairs = of(api).into_iter().zip(of(next)).filter(|(before, after)| before != after);
        let change = |((name, before), (_, after))| format!("{name}: {} -> {}", told(before), told(after));
        rows.extend(pairs.map(|pair| row(&api.name, change(pair))));
    }
    let is_new = |api: &&Api| old.api(&api.name).is_none();
    for api in new.apis.iter().filter(is_new) {
        let usual = of(&Api::only(false));
        let own = of(api).into_iter().zip(usual).filter(|(own, usual)| own != usual && own.0 != "title");
        let own: Vec<String> = own.map(|((name, value), _)| format!("{name}: {value}")).collect();
        rows.push(row(&api.name, format!("the API is new; {}", own.join("; "))));
    }
    rows
}

/// Methods that APIs have, by IANA's registry of HTTP methods, without those of WebDAV's versions and bindings.
const USUAL_METHODS: [&str; 17] = [
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LOCK",
    "MKCOL",
    "MOVE",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REPORT",
    "SEARCH",
    "UNLOCK",
];

/// Prints what a catalogue describes, and warns of what is right and probably not meant.
fn check(catalogue: &Catalogue) -> Result<(), String> {
    operator::print(&described(catalogue))?;
    let is_unusual =
        |rule: &&ModuleRule| rule.rule.method.as_deref().is_some_and(|method| !USUAL_METHODS.contains(&method));
    for ModuleRule { module, rule, .. } in catalogue.rules.iter().filter(is_unusual) {
        let warned =
            writeln!(io::stderr(), "latchkey: {module}, {:?}: few APIs have this method; is it misspelt?", rule.text);
        warned.map_err(|error| error.to_string())?;
    }
    let is_open = |api: &&Api| api.mode == Mode::Observe || api.anonymous;
    let names = |apis: Vec<&Api>| apis.iter().map(|api| api.name.as_str()).collect::<Vec<_>>().join(", ");
    let (open, closed): (Vec<&Api>, Vec<&Api>) = catalogue.apis.iter().partition(is_open);
    if !open.is_empty() && !closed.is_empty() {
        let warned = writeln!(
            io::stderr(),
            "latchkey: {} let requests without a key pass, {} do not: a client chooses the host that it names, so they must not have the same upstream",
            names(open),
            names(closed)
        );
        warned.map_err(|error| error.to_string())?;
    }
    Ok(())
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
        if !api.origins.is_empty() {
            lines.push(format!("\torigins\t{}", api.origins.join(", ")));
        }
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
