//! The example API behind the gate: collections of example rows, read-only, so that a key has something to
//! open on a fresh start. `--no-examples` leaves them out.

pub mod agreements;

use std::sync::LazyLock;

use axum::Json;
use serde_json::Value;

use crate::{
    http::{Error, Id, ListQuery, Page},
    rql::Property,
};

/// A collection: where it is, what it can be filtered by, and its rows.
#[derive(Debug)]
pub struct Collection {
    /// The path below the base path.
    pub path: &'static str,
    /// What it can be filtered, ordered and searched by.
    pub properties: &'static [Property],
    /// The example rows, each with an `id`.
    pub rows: &'static LazyLock<Vec<Value>>,
}

impl Collection {
    fn list(&self, query: ListQuery) -> Result<Page<&'static Value>, Error> {
        let query = query.0.resolve(self.properties)?;
        Ok(Page::cut(query.select(self.rows, self.properties), &query))
    }

    fn get(&self, id: &str) -> Result<Json<Value>, Error> {
        let row = self.rows.iter().find(|row| row["id"] == id);
        row.cloned().map(Json).ok_or_else(|| Error::not_found(id))
    }
}

/// `GET /agreements`.
pub async fn list_agreements(query: ListQuery) -> Result<Page<&'static Value>, Error> {
    agreements::COLLECTION.list(query)
}

/// `GET /agreements/{id}`.
pub async fn get_agreement(Id(id): Id) -> Result<Json<Value>, Error> {
    agreements::COLLECTION.get(&id)
}
