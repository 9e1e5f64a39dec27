//! Assets: subscriptions of customers to products.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection,
    invented::{self, MARKETPLACES, pick},
    products, tier_accounts,
};
use crate::rql::{Kind, Property};

/// `/assets`.
pub const COLLECTION: Collection = Collection {
    path: "/assets",
    noun: "asset",
    properties: &[
        Property::new("id", Kind::Text).orderable(),
        Property::new("status", Kind::Text).orderable(),
        Property::new("external_id", Kind::Text).searchable(),
        Property::new("product.id", Kind::Text),
        Property::new("product.name", Kind::Text).searchable(),
        Property::new("marketplace.id", Kind::Text),
        Property::new("tiers.customer.id", Kind::Text),
        Property::new("tiers.customer.name", Kind::Text).searchable(),
        Property::new("events.created.at", Kind::Moment).alias("created").orderable(),
        Property::new("events.updated.at", Kind::Moment).alias("updated").orderable(),
        Property::new("items", Kind::Object),
        Property::new("params", Kind::Object),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..24).map(row).collect());

/// How an asset is named by what belongs to it.
pub fn reference(number: usize) -> Value {
    json!({ "id": invented::id("AS", number), "status": status(number), "external_id": external_id(number) })
}

fn status(number: usize) -> &'static str {
    ["active", "active", "suspended", "terminated", "processing"][number % 5]
}

fn external_id(number: usize) -> String {
    format!("sub-{:05}", 40_000 + number * 137)
}

fn row(number: usize) -> Value {
    let product = number % products::NAMES.len();
    json!({
        "id": invented::id("AS", number),
        "status": status(number),
        "external_id": external_id(number),
        "product": { "id": products::id(product), "name": products::NAMES[product], "icon": null },
        "marketplace": pick(&MARKETPLACES, number),
        "connection": { "id": format!("CT-{:04}-{:04}-{:04}", number, number * 3, number * 7), "type": "production" },
        "tiers": { "customer": tier_accounts::reference(number) },
        "items": [{ "id": format!("{}-0001", products::id(product)), "mpn": "SEAT", "quantity": (number * 5 % 40 + 1).to_string() }],
        "params": [{ "id": "admin_email", "value": format!("admin{number}@example.com") }],
        "events": invented::events(number),
    })
}
