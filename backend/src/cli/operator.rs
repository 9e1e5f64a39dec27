//! What the operator's commands share: the database, the audit trail, and how they print.

use std::io::{self, Write as _};

use clap::Args;
use latchkey_shared::Reference;
use serde::Serialize;
use serde_json::Value;

use crate::{
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
    /// On one line.
    fn from(error: Error) -> Self {
        error.to_body().errors.join(" ")
    }
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

    /// Prints one thing: as `text`, or as JSON.
    pub fn print_one(&self, value: &impl Serialize, text: &str) -> Result<(), String> {
        if self.json {
            let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
            write(&format!("{value:#}\n"))
        } else {
            write(text)
        }
    }

    /// Prints `rows`: each as a line of its columns, or all as one JSON list.
    pub fn print(&self, columns: &[&str], rows: &[Value]) -> Result<(), String> {
        let text = if self.json {
            format!("{:#}\n", Value::from(rows))
        } else {
            let cell = |row: &Value, column: &&str| match &row[*column] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let line =
                |row: &Value| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>().join("\t") + "\n";
            rows.iter().map(line).collect()
        };
        write(&text)
    }
}

fn write(text: &str) -> Result<(), String> {
    let written = io::stdout().write_all(text.as_bytes());
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
