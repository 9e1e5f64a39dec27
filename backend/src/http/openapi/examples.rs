//! What answers look like, for people who read the document: an example for every body that an operation answers with.

use latchkey_shared::{Problem, problem::REQUIRED};
use serde_json::{Value, json};
use utoipa::openapi::{Content, OpenApi as Document, Ref, RefOr, Schema, schema::ArrayItems};

use super::operations;
use crate::{http::Error, tokens::rules};

const SECRET: &str = "0707070707070707070707070707070747b0f70d";
const HANDLE: &str = "0808080808080808080808080808080865e2f3aa";

/// An example of the schema called `name`.
pub fn of(name: &str) -> Option<Value> {
    let with = |mut value: Value, more: Value| {
        if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
            fields.extend(more);
        }
        value
    };
    Some(match name {
        "Token" => token(),
        "CreatedToken" => with(token(), json!({ "token": SECRET, "handle": HANDLE })),
        "ReplacedToken" | "ExchangedToken" => with(token(), json!({ "token": SECRET })),
        "RevealedToken" => json!({ "id": "SU-160-984-311", "token": SECRET, "handle": HANDLE }),
        "Event" => json!({
            "id": 4711, "at": "2027-01-31T09:30:00+00:00", "action": "token.updated",
            "actor": { "id": "UR-310-552-001", "name": "Administrator" },
            "object": { "id": "SU-160-984-311", "name": "Billing export" },
            "address": "203.0.113.7", "request_id": "4e1f", "details": { "name": ["Billing", "Billing export"] }
        }),
        "TokenUsage" => json!({
            "days": [{ "date": "2027-01-31", "statuses": [{ "code": 200, "calls": 1280 }, { "code": 403, "calls": 2 }] }],
            "modules": [{ "id": "MD-0002", "granted": true, "calls": 1282, "recent_calls": 310, "last_day": "2027-01-31", "instead": null }],
            "rules": [{
                "api": "", "method": "GET", "rule": "/agreements", "module": "MD-0002", "calls": 1280,
                "last_at": "2027-01-31T09:30:00+00:00", "modules": ["MD-0002"]
            }],
            "clients": [{ "address": "203.0.113.7", "program": "curl/8.5", "at": "2027-01-31T09:30:00+00:00" }]
        }),
        "UserDetails" => json!({
            "id": "UR-310-552-001", "name": "Ada", "email": "ada@example.com", "role": "member", "disabled": false,
            "created_at": "2027-01-01T09:30:00+00:00", "sessions": 1, "last_seen_at": "2027-01-31T09:30:00+00:00",
            "invited_until": null
        }),
        "Invitation" => json!({
            "user_id": "UR-310-552-001", "secret": "07".repeat(32), "expires_at": "2027-02-07T09:30:00+00:00"
        }),
        "Invited" => json!({
            "email": "ada@example.com", "name": "Ada", "account": "Example", "expires_at": "2027-02-07T09:30:00+00:00"
        }),
        "SessionDetails" => json!({
            "id": "4e1f4e1f4e1f4e1f", "created_at": "2027-01-31T09:30:00+00:00", "seen_at": "2027-01-31T09:45:00+00:00",
            "address": "203.0.113.7", "program": "Mozilla/5.0", "current": true
        }),
        "HandOver" => hand_over(),
        "NewHandOver" => with(hand_over(), json!({ "secret": "07".repeat(32) })),
        "HandedOver" => json!({
            "account": "My Organisation", "from": "Administrator", "name": "Billing export",
            "description": "Nightly, for the ERP", "extension": "Custom integration", "credential": "api-key",
            "modules": ["Partners"], "status": "active", "expiration_date": "2027-06-30T00:00:00+00:00",
            "allowed_addresses": ["203.0.113.0/24"], "calls_per_minute": 600,
            "expires_at": "2027-02-07T09:30:00+00:00", "may_rotate": true, "taken_at": null, "last_used": null,
            "calls": [], "previous_expiration_date": null
        }),
        "TakenKey" => json!({
            "id": "SU-160-984-311", "credential": "api-key", "token": SECRET, "handle": HANDLE, "page": "08".repeat(32)
        }),
        "Permission" => permission(),
        "Module" => json!({
            "id": "MD-0002", "name": "Partners", "description": "Partners, contracts and agreements.",
            "paths": ["/agreements"], "in_all": true
        }),
        "Explanation" => json!({
            "allowed": true, "observed": false, "status": 200, "reason": "allowed", "text": "Partners opens it.",
            "rules": [{ "rule": "/agreements", "module": "MD-0002", "name": "Partners", "held": true }]
        }),
        "CatalogueApi" => json!({
            "name": "orders", "title": "Orders API", "url": "https://api.example.com/v2", "hosts": ["api.example.com"],
            "base_path": "/v2", "credentials": ["bearer", "x-api-key"], "public": ["GET /health"], "observes": true
        }),
        "ObservedRequest" => json!({
            "token": { "id": "SU-000-000-001", "name": "Billing export" }, "api": "orders", "method": "POST",
            "path": "/v2/orders", "rule": "/orders", "module": { "id": "MD-0101", "name": "Orders" }, "reason": "module",
            "calls": 12, "first_at": "2026-11-01T08:00:00+00:00", "last_at": "2026-11-30T08:00:00+00:00",
            "address": "203.0.113.7", "program": "shop/1.4", "passes_now": false
        }),
        "SampleCall" => json!({
            "method": "GET", "url": "https://api.example.com/v2/orders", "credentials": "x-api-key"
        }),
        "Extension" => json!({
            "id": "EXT-000-001", "name": "custom", "title": "Custom integration", "description": "Your own scripts.",
            "icon": "code", "credential": "api-key", "permissions": "ask", "constraints": { "account": { "tokens": null } }
        }),
        "Account" => account(),
        "Context" => json!({
            "user": { "id": "UR-310-552-001", "name": "Administrator", "email": "admin@example.com", "role": "admin" },
            "account": account(),
            "confirmed_until": "2027-01-31T09:45:00+00:00"
        }),
        "Aggregate" => {
            json!({ "date": "2027-01-31", "statuses": [{ "code": 200, "count": 1280 }, { "code": 403, "count": 2 }] })
        }
        "Summary" => json!({
            "id": "SU-160-984-311",
            "statuses": [{ "code": 200, "total": 90_210, "since_last_reset": 90_210 }],
            "started_tracking_at": "2027-01-01T09:30:00+00:00"
        }),
        _ => return None,
    })
}

fn hand_over() -> Value {
    json!({
        "created_at": "2027-01-31T09:30:00+00:00", "created_by": { "id": "UR-310-552-001", "name": "Administrator" },
        "expires_at": "2027-02-07T09:30:00+00:00", "may_rotate": true, "opened_at": null, "taken_at": null,
        "taken_from": ""
    })
}

fn account() -> Value {
    json!({ "id": "VA-310-552", "name": "My Organisation", "type": "vendor", "icon": null })
}

fn permission() -> Value {
    json!({ "id": "TP-160-984-311-0002", "object": { "id": "MD-0002", "name": "Partners" } })
}

fn token() -> Value {
    let event = json!({ "at": "2027-01-01T09:30:00+00:00", "by": { "id": "UR-310-552-001", "name": "Administrator" } });
    json!({
        "id": "SU-160-984-311",
        "name": "Billing export",
        "description": "Nightly, for the ERP",
        "external_id": "erp-7",
        "owner": { "id": "VA-310-552", "name": "My Organisation" },
        "status": "active",
        "extension": { "id": "EXT-000-001", "name": "custom" },
        "permissions": [permission()],
        "expiration_date": "2027-06-30T00:00:00+00:00",
        "renewed_expiration_date": null,
        "previous_expiration_date": null,
        "not_before": null,
        "allowed_addresses": ["203.0.113.0/24"],
        "calls_per_minute": 600,
        "last_used": { "at": "2027-01-31T09:30:00+00:00", "address": "203.0.113.7", "program": "billing/2.1" },
        "events": { "created": event, "updated": event }
    })
}

/// Puts an example into every answer that has a body with a name, alone or in a list.
pub fn add(document: &mut Document) {
    for operation in operations(document) {
        for response in operation.responses.responses.values_mut() {
            let RefOr::T(response) = response else { continue };
            for content in response.content.values_mut() {
                if let RefOr::T(content) = content
                    && content.example.is_none()
                {
                    content.example = example(content);
                }
            }
        }
    }
}

fn example(content: &Content) -> Option<Value> {
    let named = |reference: &Ref| of(reference.ref_location.rsplit('/').next().unwrap_or_default());
    match content.schema.as_ref()? {
        RefOr::Ref(reference) => named(reference),
        RefOr::T(Schema::Array(list)) => match &list.items {
            ArrayItems::RefOrSchema(item) => match item.as_ref() {
                RefOr::Ref(reference) => Some(Value::Array(vec![named(reference)?])),
                RefOr::T(_) => None,
            },
            ArrayItems::False => None,
        },
        // What may be null.
        RefOr::T(Schema::OneOf(choice)) => {
            choice.items.iter().find_map(|item| if let RefOr::Ref(reference) = item { named(reference) } else { None })
        }
        RefOr::T(_) => None,
    }
}

/// What an error of this status says, as an example.
pub fn of_error(status: &str) -> Option<Value> {
    let errors = [
        Error::field("name", REQUIRED),
        Error::Unauthorized,
        Error::Forbidden(Problem::new(
            "viewer",
            "Your role is viewer: you may read, but not change tokens or see keys.",
        )),
        Error::not_found("SU-160-984-311"),
        Error::TooSlow,
        Error::Conflict(rules::deleted("SU-160-984-311")),
        Error::Changed,
        Error::TooLarge,
        Error::UnsupportedMediaType,
        Error::Limited { seconds: 1 },
        Error::Internal(String::new()),
    ];
    let error = errors.iter().find(|error| error.status().as_str() == status)?;
    serde_json::from_str(&error.body()).ok()
}

/// Whether an answer of success has a body without an example.
#[cfg(test)]
pub fn is_missing(operation: &utoipa::openapi::path::Operation) -> bool {
    operation.responses.responses.iter().filter(|(status, _)| status.starts_with('2')).any(|(_, response)| {
        let RefOr::T(response) = response else { return true };
        response.content.values().any(|content| {
            let RefOr::T(content) = content else { return true };
            let in_schema = serde_json::to_value(&content.schema).unwrap_or_default();
            content.example.is_none() && content.examples.is_empty() && in_schema["examples"].is_null()
        })
    })
}

#[cfg(test)]
mod tests {
    use latchkey_shared::{
        Account, CatalogueApi, Context, CreatedToken, ExchangedToken, Explanation, Extension, Module, ObservedRequest,
        Permission, ReplacedToken, RevealedToken, SampleCall, Token,
    };
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;

    fn reads_back<T: Serialize + DeserializeOwned>(name: &str) {
        let example = of(name).unwrap();
        let read: T = serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(read).unwrap(), example, "{name}");
    }

    #[test]
    fn examples_are_what_the_server_answers() {
        reads_back::<Token>("Token");
        reads_back::<CreatedToken>("CreatedToken");
        reads_back::<ReplacedToken>("ReplacedToken");
        reads_back::<ExchangedToken>("ExchangedToken");
        reads_back::<RevealedToken>("RevealedToken");
        reads_back::<Permission>("Permission");
        reads_back::<Module>("Module");
        reads_back::<Explanation>("Explanation");
        reads_back::<CatalogueApi>("CatalogueApi");
        reads_back::<ObservedRequest>("ObservedRequest");
        reads_back::<SampleCall>("SampleCall");
        reads_back::<Extension>("Extension");
        reads_back::<Account>("Account");
        reads_back::<Context>("Context");
    }
}
