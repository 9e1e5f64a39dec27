//! `latchkey catalogue`.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Subcommand;

use crate::catalogue::{Catalogue, api::CredentialForm, openapi};

/// What can be done with a catalogue before a server has it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a catalogue as the server would, and print what it describes.
    Check {
        /// The catalogue.
        file: PathBuf,
    },
    /// Print a catalogue made from an OpenAPI document: a module for each tag, with reading apart.
    FromOpenapi {
        /// The document, as JSON or YAML.
        file: PathBuf,
    },
}

/// The catalogue of a file, or the built-in one.
pub fn read(file: Option<&Path>) -> Result<Catalogue, String> {
    file.map_or_else(Catalogue::built_in, Catalogue::read).map_err(|error| error.to_string())
}

/// Runs the command.
pub fn run(command: Command) -> Result<(), String> {
    let text = match command {
        Command::Check { file } => described(&read(Some(&file))?),
        Command::FromOpenapi { file } => {
            let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
            openapi::catalogue(&text).map_err(|error| failed(&error))?
        }
    };
    io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

/// Each API with its place and its forms of a key, and below it what its modules open, separated by tabs.
fn described(catalogue: &Catalogue) -> String {
    let mut lines = Vec::new();
    for (at, api) in catalogue.apis.iter().enumerate() {
        let name = if api.name.is_empty() { "API" } else { &api.name };
        let hosts = if api.hosts.is_empty() { "any host".to_owned() } else { api.hosts.join(", ") };
        let forms: Vec<&str> = api.credentials.iter().map(CredentialForm::name).collect();
        lines.push(format!("{name}\t{hosts}\t/{}\t{}", api.base_path.join("/"), forms.join(", ")));
        let switches = [(api.preflight, "preflight"), (api.anonymous, "anonymous"), (api.ignore_case, "ignore_case")];
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
