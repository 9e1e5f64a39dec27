//! The example API behind the gatekeeper: collections of example rows, read-only, so that a key has something to
//! open on a fresh start. `--no-examples` leaves them out.
//!
//! To add a collection: write its file (path, properties, rows) and add it to [`ALL`]. Routes, filters, paging, the
//! API document and the module that guards it follow from that and the catalogue.

mod agreements;
mod assets;
mod invented;
mod locales;
mod products;
mod requests;
mod tier_accounts;
mod translations;

use std::sync::LazyLock;

use axum::Json;
use serde_json::Value;

use crate::{
    http::{Error, Id, ListQuery, Page},
    rql::Property,
};

/// A collection: where it is, what it can be filtered by, and its rows. The rows are invented; their shapes are
/// those of the Connect API.
#[derive(Debug)]
pub struct Collection {
    /// The path below the base path.
    pub path: &'static str,
    /// What one of its rows is called.
    pub noun: &'static str,
    /// What it can be filtered, ordered and searched by.
    pub properties: &'static [Property],
    /// The example rows, each with an `id`.
    pub rows: &'static LazyLock<Vec<Value>>,
}

/// Every collection.
pub static ALL: [&Collection; 7] = [
    &agreements::COLLECTION,
    &assets::COLLECTION,
    &locales::COLLECTION,
    &products::COLLECTION,
    &requests::COLLECTION,
    &tier_accounts::COLLECTION,
    &translations::COLLECTION,
];

impl Collection {
    /// A page of rows.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a query that asks for what is not declared.
    pub fn list(&self, query: ListQuery) -> Result<Page<&'static Value>, Error> {
        query.page_of(self.rows, self.properties)
    }

    /// The row with an id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn get(&self, Id(id): &Id) -> Result<Json<Value>, Error> {
        let row = self.rows.iter().find(|row| row["id"] == *id);
        row.cloned().map(Json).ok_or_else(|| Error::not_found(id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::rql::Kind;

    #[test]
    fn every_row_has_its_own_id_and_every_declared_property() {
        for collection in ALL {
            assert!(collection.rows.len() >= 10, "{}", collection.path);
            let ids: HashSet<&str> = collection.rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
            assert_eq!(ids.len(), collection.rows.len(), "{}", collection.path);
            for property in collection.properties {
                // Of a list its first member.
                let below = |row: &'static Value, name: &str| row.get(name).or_else(|| row.get(0)?.get(name));
                let has = collection.rows.iter().filter_map(|row| property.name.split('.').try_fold(row, below));
                let fits = |value: &Value| match property.kind {
                    Kind::Text | Kind::Moment => value.is_string(),
                    Kind::Integer => value.is_i64(),
                    Kind::Boolean => value.is_boolean(),
                    Kind::Object => value.is_object() || value.is_array(),
                };
                let values: Vec<&Value> = has.filter(|value| !value.is_null()).collect();
                assert!(
                    !values.is_empty() && values.iter().all(|value| fits(value)),
                    "{} {}",
                    collection.path,
                    property.name
                );
            }
        }
    }
}
