//! Translations of products, as `ccli translation list` prints them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection,
    invented::{self, LOCALES, VENDORS, pick, pick_with_icon},
    products,
};
use crate::rql::{Kind, Property};

/// `/localization/translations`.
pub const COLLECTION: Collection = Collection {
    path: "/localization/translations",
    noun: "translation",
    properties: &[
        Property::new("id", Kind::Text).orderable(),
        Property::new("status", Kind::Text),
        Property::new("primary", Kind::Boolean),
        Property::new("locale.id", Kind::Text),
        Property::new("locale.name", Kind::Text).searchable(),
        Property::new("context.id", Kind::Text),
        Property::new("context.instance_id", Kind::Text),
        Property::new("context.type", Kind::Text),
        Property::new("context.name", Kind::Text).searchable(),
        Property::new("owner.id", Kind::Text),
        Property::new("auto.status", Kind::Text),
        Property::new("auto.enabled", Kind::Boolean),
        Property::new("events.created.at", Kind::Moment).alias("created").orderable(),
        Property::new("events.updated.at", Kind::Moment).alias("updated").orderable(),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..18).map(row).collect());

fn row(number: usize) -> Value {
    let product = number % 6;
    let automatic = number % 3 == 1;
    json!({
        "id": invented::id("TRN", number),
        "status": if number % 4 == 2 { "inactive" } else { "active" },
        "primary": number < 6,
        "description": format!("The words of {}.", products::NAMES[product]),
        "context": {
            "id": invented::id("LCX", product),
            "instance_id": products::id(product),
            "type": "product",
            "name": products::NAMES[product],
        },
        "locale": pick(&LOCALES, number),
        "auto": { "enabled": automatic, "status": if automatic { "on" } else { "off" }, "error_message": null },
        "owner": pick_with_icon(&VENDORS, product),
        "stats": { "attributes": { "total": 30 + number, "translated": 20 + number } },
        "events": invented::events(number),
    })
}
