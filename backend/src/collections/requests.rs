//! Fulfilment requests: what shall happen to an asset.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection, assets,
    invented::{self, MARKETPLACES, pick},
};
use crate::rql::{Kind, Property};

/// `/requests`.
pub const COLLECTION: Collection = Collection {
    path: "/requests",
    noun: "request",
    properties: &[
        Property::new("id", Kind::Text).orderable(),
        Property::new("type", Kind::Text),
        Property::new("status", Kind::Text).orderable(),
        Property::new("asset.id", Kind::Text),
        Property::new("asset.external_id", Kind::Text).searchable(),
        Property::new("asset.status", Kind::Text),
        Property::new("marketplace.id", Kind::Text),
        Property::new("created", Kind::Moment).orderable(),
        Property::new("updated", Kind::Moment).orderable(),
        Property::new("note", Kind::Text).searchable(),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..30).map(row).collect());

fn row(number: usize) -> Value {
    let asset = number % 24;
    let kind = ["purchase", "change", "suspend", "resume", "cancel"][number % 5];
    let status = ["approved", "pending", "inquiring", "failed"][number % 4];
    json!({
        "id": format!("PR-{:04}-{:04}-{:04}-001", 1000 + number, number * 31 % 10_000, number * 47 % 10_000),
        "type": kind,
        "status": status,
        "asset": assets::reference(asset),
        "marketplace": pick(&MARKETPLACES, asset),
        "note": format!("{kind} number {}", number + 1),
        "reason": null,
        "created": invented::created(number),
        "updated": invented::updated(number),
        "events": invented::events(number),
    })
}
