//! Agreements, in the shape that the Connect API gives them (`reference/connect-api.md` §2.4). The rows are
//! invented here.

use std::sync::LazyLock;

use latchkey_shared::Timestamp;
use serde_json::{Value, json};

use super::Collection;
use crate::rql::{Kind, Property};

/// `/agreements`.
pub const COLLECTION: Collection = Collection {
    path: "/agreements",
    properties: &[
        Property::new("id", Kind::Text),
        Property::new("title", Kind::Text).searchable(),
        Property::new("type", Kind::Text),
        Property::new("active", Kind::Boolean),
        Property::new("created", Kind::Moment).orderable(),
        Property::new("updated", Kind::Moment).orderable(),
        Property::new("owner.id", Kind::Text),
        Property::new("owner.name", Kind::Text).searchable(),
        Property::new("marketplace.id", Kind::Text),
        Property::new("marketplace.name", Kind::Text).searchable(),
    ],
    rows: &ROWS,
};

static ROWS: LazyLock<Vec<Value>> = LazyLock::new(|| (0..TITLES.len()).map(row).collect());

/// Each title is one agreement.
const TITLES: [&str; 42] = [
    "Cloud Backup Distribution 2023",
    "Managed Firewall Program",
    "Nordic Reseller Framework",
    "Office Suite Distribution",
    "Security Awareness Program",
    "Data Centre Services, Benelux",
    "Unified Telephony Program",
    "Identity Platform Distribution",
    "Public Sector Framework",
    "Green Hosting Program",
    "Academic Licensing Terms",
    "Endpoint Protection Distribution",
    "Marketplace Syndication, Iberia",
    "Professional Services Terms",
    "Container Platform Program",
    "Email Archiving Distribution",
    "Partner Referral Scheme",
    "Payments Gateway Terms",
    "Disaster Recovery Program",
    "Object Storage Distribution",
    "Network Monitoring Terms",
    "Retail Bundle Program",
    "Device Leasing Framework",
    "Analytics Workspace Distribution",
    "Support Services, Gold",
    "Support Services, Silver",
    "Domain Names Program",
    "Certificates and Signing Terms",
    "Virtual Desktop Distribution",
    "Software Escrow Terms",
    "Industrial IoT Program",
    "Healthcare Compliance Annex",
    "Training Vouchers Scheme",
    "Contact Centre Distribution",
    "Low-Code Studio Program",
    "Video Meetings Distribution",
    "Field Service Syndication",
    "Translation Services Terms",
    "Quantum Sandbox Pilot",
    "Mobile Fleet Program",
    "Asia Pacific Reseller Framework",
    "Sustainability Reporting Terms",
];

const OWNERS: [(&str, &str); 4] = [
    ("PA-101-204", "Harbour Distribution"),
    ("PA-117-350", "Northwind Cloud"),
    ("PA-230-018", "Alpine Systems"),
    ("PA-412-907", "Delta Marketplace"),
];

const MARKETPLACES: [(&str, &str); 3] =
    [("MP-10001", "Western Europe"), ("MP-10002", "North America"), ("MP-10003", "Asia Pacific")];

const AUTHORS: [(&str, &str); 2] = [("UR-101-204-001", "Contract Desk"), ("UR-101-204-002", "Channel Team")];

fn row(number: usize) -> Value {
    let title = TITLES[number];
    let kind = kind_of(title);
    let prefix = if kind == "distribution" { "AGD" } else { "AGP" };
    let id = format!("{prefix}-{:03}-{:03}-{:03}", 100 + number * 7, (number * 271) % 1000, number + 1);
    let (owner_id, owner_name) = OWNERS[number % OWNERS.len()];
    let (marketplace_id, marketplace_name) = MARKETPLACES[number % MARKETPLACES.len()];
    let (author_id, author_name) = AUTHORS[number % AUTHORS.len()];
    // From March 2023 on, one about every 19 days; changed between a week and two months later.
    let created = Timestamp::from_unix(1_678_000_000 + number as i64 * 1_650_000);
    let updated = created.plus(600_000 + (number as i64 * 977_777) % 5_000_000);
    let version = number % 4 + 1;
    let link = format!("https://agreements.example.com/{id}/{version}");
    json!({
        "id": id,
        "type": kind,
        "title": title,
        "name": title,
        "description": format!("Terms of \"{title}\" between {owner_name} and its partners."),
        "created": created,
        "updated": updated,
        "owner": { "id": owner_id, "name": owner_name },
        "marketplace": { "id": marketplace_id, "name": marketplace_name, "icon": null },
        "stats": { "contracts": (number * 5) % 23, "versions": version },
        "author": { "id": author_id, "name": author_name },
        "version": version,
        "active": number % 5 != 3,
        "document_type": "external",
        "link": link,
        "version_created": updated,
        "version_contracts": (number * 3) % 11,
        "events": {
            "created": { "at": created, "by": { "id": author_id, "name": author_name } },
            "updated": { "at": updated, "by": { "id": author_id, "name": author_name } },
        },
    })
}

fn kind_of(title: &str) -> &'static str {
    let kinds = [
        ("Distribution", "distribution"),
        ("Syndication", "syndication"),
        ("Referral", "referral"),
        ("Services", "service"),
    ];
    kinds.iter().find(|(word, _)| title.contains(word)).map_or("program", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_rows_differ_in_title_type_owner_and_date() {
        let different =
            |field: fn(&Value) -> &Value| ROWS.iter().map(|row| field(row).to_string()).collect::<HashSet<_>>().len();
        assert!(ROWS.len() >= 40);
        assert_eq!(different(|row| &row["id"]), ROWS.len());
        assert_eq!(different(|row| &row["title"]), ROWS.len());
        assert_eq!(different(|row| &row["created"]), ROWS.len());
        assert_eq!(different(|row| &row["type"]), 5);
        assert_eq!(different(|row| &row["owner"]), 4);
    }

    #[test]
    fn an_agreement_has_the_documented_shape() {
        insta::assert_json_snapshot!(ROWS[0]);
    }
}
