//! Products, as `ccli product list` and the JavaScript SDK ask for them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection,
    invented::{self, VENDORS, pick_with_icon},
};
use crate::rql::{Kind, Property};

/// `/products`.
pub const COLLECTION: Collection = Collection {
    path: "/products",
    noun: "product",
    properties: &[
        Property::new("id", Kind::Text).orderable(),
        Property::new("name", Kind::Text).orderable().searchable(),
        Property::new("status", Kind::Text).orderable(),
        Property::new("version", Kind::Integer),
        Property::new("visibility.owner", Kind::Boolean),
        Property::new("visibility.listing", Kind::Boolean),
        Property::new("visibility.syndication", Kind::Boolean),
        Property::new("visibility.catalog", Kind::Boolean),
        Property::new("category.id", Kind::Text),
        Property::new("category.name", Kind::Text),
        Property::new("owner.id", Kind::Text),
        Property::new("owner.name", Kind::Text).searchable(),
        Property::new("events.created.at", Kind::Moment).alias("created").orderable(),
        Property::new("events.updated.at", Kind::Moment).alias("updated").orderable(),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..NAMES.len()).map(row).collect());

/// Each name is one product.
pub const NAMES: [&str; 16] = [
    "Product 1",
    "Product 2",
    "Beacon Backup",
    "Harbour Mail",
    "Fjord Endpoint",
    "Lumen Desktop",
    "Cobalt Firewall",
    "Cobalt Wireless",
    "Summit Storage",
    "Meadow Analytics",
    "Quarry Archive",
    "Lantern Identity",
    "Orchard Telephony",
    "Drift Monitoring",
    "Compass Training",
    "Anchor Escrow",
];

const CATEGORIES: [(&str, &str); 4] =
    [("CAT-00012", "Security"), ("CAT-00027", "Storage"), ("CAT-00031", "Communication"), ("CAT-00044", "Services")];

/// The id of the `number`-th product.
pub fn id(number: usize) -> String {
    invented::id("PRD", number)
}

fn row(number: usize) -> Value {
    let name = NAMES[number];
    let status = ["published", "published", "draft", "endofsale"][number % 4];
    // One in seven is an older version of a product; the current one has no number.
    let version = (number % 7 == 6).then_some(number / 7 + 1);
    let (category, category_name) = CATEGORIES[number % CATEGORIES.len()];
    json!({
        "id": id(number),
        "name": name,
        "icon": null,
        "status": status,
        "version": version,
        "description": format!("{name}, sold by subscription."),
        "category": { "id": category, "name": category_name },
        "owner": pick_with_icon(&VENDORS, number),
        "visibility": {
            "owner": number % 5 != 4,
            "listing": number.is_multiple_of(2),
            "syndication": number.is_multiple_of(3),
            "catalog": status == "published",
        },
        "events": invented::events(number),
    })
}
