//! What the operator's commands share: the database, the catalogue in force, the audit trail, and how they print.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

use clap::Args;
use latchkey_shared::{Problem, Reference, TokenId};
use serde::Serialize;
use serde_json::Value;

use tabwriter::TabWriter;

use crate::{
    catalogue::Catalogue,
    clock::Clock,
    config::DataConfig,
    events::Action,
    http::Error,
    store::{NewEvent, POLL_INTERVAL, Store, StoreError, Tx, entities::user},
};

/// Where the data are, and how to print.
#[derive(Debug, Args)]
pub struct Operator {
    #[command(flatten)]
    pub data: DataConfig,

    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl From<StoreError> for String {
    fn from(error: StoreError) -> Self {
        error.to_string()
    }
}

impl From<Error> for String {
    /// On one line, with fields of the API as the arguments that they are here.
    fn from(error: Error) -> Self {
        let line = |mut problem: Problem| {
            problem.field = argument(&problem.field).to_owned();
            problem.message = problem.message.replace("expiration_date", "--expires").into();
            problem.to_string()
        };
        error.problems().into_iter().map(line).collect::<Vec<_>>().join("; ")
    }
}

/// The argument that gives a field of the API.
fn argument(field: &str) -> &str {
    match field {
        "name" => "--name",
        "external_id" => "--external-id",
        "description" => "--description",
        "extension" | "extension.name" => "--extension",
        "expiration_date" => "--expires",
        "calls_per_minute" => "--calls-per-minute",
        "overlap" => "--overlap",
        "address" => "--address",
        "method" => "METHOD",
        "url" => "URL",
        _ if field.starts_with("allowed_addresses") => "--allowed-address",
        _ if field.starts_with("permissions") => "--module",
        _ => field,
    }
}

/// The id of a token. What somebody has given in its place may be a whole key, and is not repeated.
pub fn token_id(text: &str) -> Result<TokenId, String> {
    text.parse().map_err(|_| match text.split_once(':') {
        Some(_) => "a token is named by its id alone, SU-ddd-ddd-ddd, and this looks like a key".to_owned(),
        None => "a token is named by its id, SU-ddd-ddd-ddd".to_owned(),
    })
}

/// The catalogue of a file.
pub fn read(file: &Path) -> Result<Catalogue, String> {
    Catalogue::read(file).map_err(|error| error.to_string())
}

/// The catalogue in force: the one that a server of this database took last, whatever the file has become since.
pub async fn catalogue_in_force(store: &Store) -> Result<Catalogue, String> {
    let text = store.catalogue().await?;
    let text = text.ok_or("which catalogue is in force is not known here: start the server once")?;
    Catalogue::kept(&text).map_err(|error| error.to_string())
}

/// As who the command line acts, in the audit trail.
pub fn actor() -> Reference {
    Reference { id: "CLI".to_owned(), name: "Command line".to_owned() }
}

impl Operator {
    /// The database of a server that was started at least once: these commands make none.
    pub async fn store(&self) -> Result<Store, String> {
        let never_started = || "there is no Latchkey database here yet: start the server once".to_owned();
        let address = self.data.address()?;
        if address.file().is_some_and(|path| !path.exists()) {
            return Err(never_started());
        }
        let store = Store::open(&address).await.map_err(|error| error.to_string())?;
        match store.is_migrated().await {
            Ok(true) => Ok(store),
            Ok(false) if store.has_tables().await.unwrap_or_default() => {
                Err("the database's schema is older than this version: start the server once".to_owned())
            }
            Ok(false) => Err(never_started()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Commits, and returns once a server that runs with the same SQLite file has seen it. On PostgreSQL servers hear
    /// of a commit by themselves.
    pub async fn commit(&self, tx: Tx) -> Result<(), String> {
        tx.commit().await?;
        self.settle().await
    }

    /// Waits until a server that runs with the same SQLite file has seen what was committed.
    pub async fn settle(&self) -> Result<(), String> {
        if self.data.address()?.file().is_some() {
            tokio::time::sleep(POLL_INTERVAL * 2).await;
        }
        Ok(())
    }

    /// Says something that is no result, for a person.
    pub fn note(&self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stderr(), "latchkey: {text}");
        }
    }

    /// Prints one thing: as `text`, whose columns are separated by tabs, or as JSON.
    pub fn print_one(&self, value: &impl Serialize, text: &str) -> Result<(), String> {
        if self.json {
            let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
            write(&format!("{value:#}\n"))
        } else {
            print(text)
        }
    }

    /// Prints `rows`: each as a line of its columns, with their names above them on a terminal, or all as one JSON list.
    pub fn print(&self, columns: &[&str], rows: &[Value]) -> Result<(), String> {
        if self.json {
            return write(&format!("{:#}\n", Value::from(rows)));
        }
        let cell = |row: &Value, column: &&str| match &row[*column] {
            Value::String(text) => text.replace(char::is_control, " "),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let line = |cells: Vec<String>| cells.join("\t") + "\n";
        let names = || line(columns.iter().map(|name| name.replace('_', " ").to_uppercase()).collect());
        let head = Some(names()).filter(|_| io::stdout().is_terminal() && !rows.is_empty());
        let rows = rows.iter().map(|row| line(columns.iter().map(|column| cell(row, column)).collect()));
        print(&head.into_iter().chain(rows).collect::<String>())
    }
}

/// Prints lines of columns that are separated by tabs; on a terminal below each other.
pub fn print(text: &str) -> Result<(), String> {
    if !io::stdout().is_terminal() {
        return write(text);
    }
    let mut aligned = TabWriter::new(Vec::new());
    let written = aligned.write_all(text.as_bytes());
    written.map_err(|error| error.to_string())?;
    let aligned = aligned.into_inner().map_err(|error| error.to_string())?;
    write(&String::from_utf8_lossy(&aligned))
}

/// Prints a text as it is.
pub fn write(text: &str) -> Result<(), String> {
    let written = match io::stdout().write_all(text.as_bytes()) {
        // The reader has seen enough: `latchkey token list | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    };
    written.map_err(|error| format!("printing the result: {error}; what was changed stays changed"))
}

/// Writes an event of the command line.
pub async fn record(
    tx: &Tx,
    clock: &Clock,
    account_id: &str,
    action: Action,
    (id, name): (&str, &str),
    details: &Value,
) -> Result<(), String> {
    let Reference { id: actor_id, name: actor_name } = actor();
    let event = NewEvent {
        account_id: account_id.to_owned(),
        at: clock.now().unix(),
        actor_id,
        actor_name,
        action: action.as_str(),
        object_id: id.to_owned(),
        object_name: name.to_owned(),
        address: String::new(),
        request_id: String::new(),
        details: details.to_string(),
    };
    tx.record(event).await.map_err(|error| error.to_string())
}

/// The user who signs in with an address.
pub async fn user(store: &Store, email: &str) -> Result<user::Model, String> {
    let email = crate::accounts::sign_in_address(email).map_err(|problem| format!("the e-mail address {problem}"))?;
    let user = store.user_by_email(email.as_str()).await?;
    user.ok_or_else(|| format!("no user signs in with {}", email.as_str()))
}
