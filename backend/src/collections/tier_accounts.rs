//! Tier accounts: customers and resellers, as `ccli customer export` writes them into a table.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection,
    invented::{self, PROVIDERS, pick},
};
use crate::rql::{Kind, Property};

/// `/tier/accounts`.
pub const COLLECTION: Collection = Collection {
    path: "/tier/accounts",
    noun: "tier account",
    properties: &[
        Property::new("id", Kind::Text).orderable(),
        Property::new("name", Kind::Text).orderable().searchable(),
        Property::new("type", Kind::Text),
        Property::new("external_id", Kind::Text).searchable(),
        Property::new("external_uid", Kind::Text),
        Property::new("tax_id", Kind::Text),
        Property::new("owner.id", Kind::Text),
        Property::new("hub.id", Kind::Text),
        Property::new("parent.id", Kind::Text),
        Property::new("contact_info.country", Kind::Text),
        Property::new("contact_info.city", Kind::Text).searchable(),
        Property::new("contact_info.contact.email", Kind::Text),
        Property::new("events.created.at", Kind::Moment).alias("created").orderable(),
        Property::new("events.updated.at", Kind::Moment).alias("updated").orderable(),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..NAMES.len()).map(row).collect());

const NAMES: [&str; 14] = [
    "Acorn Dental Clinic",
    "Bluebell Logistics",
    "Canal Street Bakery",
    "Dune Architects",
    "Elm Grove School",
    "Falcon Couriers",
    "Glasshouse Studios",
    "Hillside Vets",
    "Ivory Tower Books",
    "Juniper Legal",
    "Kestrel Energy",
    "Lakeside Hotel",
    "Maple Foods",
    "North Pier Seafood",
];

const CITIES: [(&str, &str, &str); 5] = [
    ("Porto", "PT", "351"),
    ("Utrecht", "NL", "31"),
    ("Gdynia", "PL", "48"),
    ("Aarhus", "DK", "45"),
    ("Lyon", "FR", "33"),
];

/// How a customer is named by what belongs to it.
pub fn reference(number: usize) -> Value {
    let number = number % NAMES.len();
    json!({ "id": invented::id("TA", number), "name": NAMES[number], "external_id": (70_000 + number).to_string() })
}

fn row(number: usize) -> Value {
    let name = NAMES[number];
    let (city, country, calling_code) = CITIES[number % CITIES.len()];
    let kind = if number % 4 == 3 { "reseller" } else { "customer" };
    let parent = number - number % 4 + 3;
    let mut row = json!({
        "id": invented::id("TA", number),
        "name": name,
        "type": kind,
        "external_id": (70_000 + number).to_string(),
        "external_uid": format!("{:08x}-0000-4000-8000-{:012x}", 0x5eed_0000 + number, number * 977),
        "tax_id": format!("{country}{:09}", 100_000_000 + number * 7_654_321),
        "owner": pick(&PROVIDERS, number),
        "hub": { "id": format!("HB-{:04}-{:04}", 1000 + number % 3, 2000), "name": "Example Hub" },
        "contact_info": {
            "address_line1": format!("{} Quay Road", number * 3 + 1),
            "address_line2": "",
            "city": city,
            "state": "",
            "postal_code": format!("{}", 10_000 + number * 311),
            "zip": format!("{}", 10_000 + number * 311),
            "country": country,
            "contact": {
                "first_name": "Front",
                "last_name": "Desk",
                "email": format!("office{number}@example.com"),
                "phone_number": {
                    "country_code": calling_code,
                    "area_code": "",
                    "phone_number": format!("{}", 5_550_100 + number),
                    "extension": "",
                },
            },
        },
        "events": invented::events(number),
    });
    // A customer belongs to a reseller; who belongs to nobody has no such property.
    if kind == "customer" && parent < NAMES.len() {
        row["parent"] = json!({ "id": invented::id("TA", parent), "name": NAMES[parent] });
    }
    row
}
