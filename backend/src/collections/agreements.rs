//! Agreements, in the shape that the Connect API gives them. The rows are
//! invented here.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    Collection,
    invented::{self, MARKETPLACES, PROVIDERS, pick, pick_with_icon},
};
use crate::rql::{Kind, Property};

/// `/agreements`.
pub const COLLECTION: Collection = Collection {
    path: "/agreements",
    noun: "agreement",
    properties: &[
        Property::new("id", Kind::Text),
        Property::new("title", Kind::Text).searchable(),
        Property::new("type", Kind::Text).orderable(),
        Property::new("active", Kind::Boolean),
        Property::new("created", Kind::Moment).orderable(),
        Property::new("updated", Kind::Moment).orderable(),
        Property::new("owner.id", Kind::Text),
        Property::new("owner.name", Kind::Text).searchable(),
        Property::new("marketplace.id", Kind::Text),
        Property::new("marketplace.name", Kind::Text).searchable(),
        Property::new("forms.id", Kind::Text),
        Property::new("stats", Kind::Object),
        Property::new("author", Kind::Object),
        Property::new("version", Kind::Integer),
        Property::new("events", Kind::Object),
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

fn row(number: usize) -> Value {
    let title = TITLES[number];
    let kind = kind_of(title);
    let id = invented::id(if kind == "distribution" { "AGD" } else { "AGP" }, number);
    let (created, updated) = (invented::created(number), invented::updated(number));
    let owner = pick(&PROVIDERS, number);
    let version = number % 4 + 1;
    let link = format!("https://agreements.example.com/{id}/{version}");
    json!({
        "id": id,
        "type": kind,
        "title": title,
        "name": title,
        "description": format!("Terms of \"{title}\" between {} and its partners.", owner["name"].as_str().unwrap_or_default()),
        "created": created,
        "updated": updated,
        "owner": owner,
        "marketplace": pick_with_icon(&MARKETPLACES, number),
        "stats": { "contracts": (number * 5) % 23, "versions": version },
        "author": invented::author(number),
        "version": version,
        "active": number % 5 != 3,
        "forms": [{ "id": format!("FRM-{:03}-001", number % 7 + 1), "name": "Partner onboarding" }],
        "document_type": "external",
        "link": link,
        "version_created": updated,
        "version_contracts": (number * 3) % 11,
        "events": invented::events(number),
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
    fn example_rows_differ_in_title_type_owner_and_date() {
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
    fn agreement_has_the_documented_shape() {
        insta::assert_json_snapshot!(ROWS[0]);
    }
}
