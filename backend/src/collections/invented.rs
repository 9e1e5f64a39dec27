//! Invented organisations, people and moments that the examples share, so that they fit together.

use latchkey_shared::Timestamp;
use serde_json::{Value, json};

/// Distributors.
pub const PROVIDERS: [(&str, &str); 4] = [
    ("PA-101-204", "Harbour Distribution"),
    ("PA-117-350", "Northwind Cloud"),
    ("PA-230-018", "Alpine Systems"),
    ("PA-412-907", "Delta Marketplace"),
];

/// Vendors.
pub const VENDORS: [(&str, &str); 3] =
    [("VA-310-552", "Lumen Software"), ("VA-318-040", "Fjord Security"), ("VA-377-961", "Cobalt Networks")];

/// Marketplaces.
pub const MARKETPLACES: [(&str, &str); 3] =
    [("MP-10001", "Western Europe"), ("MP-10002", "North America"), ("MP-10003", "Asia Pacific")];

/// Languages: id, name.
pub const LOCALES: [(&str, &str); 12] = [
    ("EN-US", "English (United States)"),
    ("EN-GB", "English (United Kingdom)"),
    ("DE-DE", "German (Germany)"),
    ("FR-FR", "French (France)"),
    ("ES-ES", "Spanish (Spain)"),
    ("IT-IT", "Italian (Italy)"),
    ("NL-NL", "Dutch (Netherlands)"),
    ("PL-PL", "Polish (Poland)"),
    ("PT-BR", "Portuguese (Brazil)"),
    ("SV-SE", "Swedish (Sweden)"),
    ("JA-JP", "Japanese (Japan)"),
    ("KO-KR", "Korean (South Korea)"),
];

const AUTHORS: [(&str, &str); 2] = [("UR-101-204-001", "Contract Desk"), ("UR-101-204-002", "Channel Team")];

/// `{"id", "name"}` of the `number`-th of `names`, over and over.
pub fn pick(names: &[(&str, &str)], number: usize) -> Value {
    let (id, name) = names[number % names.len()];
    json!({ "id": id, "name": name })
}

/// As [`pick`], with the picture that nobody has.
pub fn pick_with_icon(names: &[(&str, &str)], number: usize) -> Value {
    let (id, name) = names[number % names.len()];
    json!({ "id": id, "name": name, "icon": null })
}

/// Who wrote the `number`-th row.
pub fn author(number: usize) -> Value {
    pick(&AUTHORS, number)
}

/// When the `number`-th row was made: from March 2023 on, one about every 19 days.
pub fn created(number: usize) -> Timestamp {
    Timestamp::from_unix(1_678_000_000 + number as i64 * 1_650_000)
}

/// When it was last changed: between a week and two months later.
pub fn updated(number: usize) -> Timestamp {
    created(number).plus(600_000 + (number as i64 * 977_777) % 5_000_000)
}

/// `{"created": {"at", "by"}, "updated": …}`.
pub fn events(number: usize) -> Value {
    let by = author(number);
    json!({ "created": { "at": created(number), "by": by }, "updated": { "at": updated(number), "by": by } })
}

/// `PREFIX-ddd-ddd-ddd`, different for every number below 1000.
pub fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}-{:03}-{:03}-{:03}", 100 + (number * 7) % 900, (number * 271) % 1000, number + 1)
}
