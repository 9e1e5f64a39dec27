//! Languages, as `ccli locale list` prints them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection,
    invented::{self, LOCALES},
};
use crate::rql::{Kind, Property};

/// `/localization/locales`.
pub const COLLECTION: Collection = Collection {
    path: "/localization/locales",
    noun: "locale",
    properties: &[
        Property::new("id", Kind::Text).orderable(),
        Property::new("name", Kind::Text).orderable().searchable(),
        Property::new("auto_translation", Kind::Boolean),
        Property::new("stats.translations", Kind::Integer).orderable(),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..LOCALES.len()).map(row).collect());

fn row(number: usize) -> Value {
    let (id, name) = LOCALES[number];
    json!({
        "id": id,
        "name": name,
        "auto_translation": number % 3 != 1,
        "stats": { "translations": (number * 5) % 4 },
        "events": invented::events(number),
    })
}
