//! An event in words.

use latchkey_shared::{Event, ModuleId, Timestamp};
use serde_json::Value;

use crate::{api::Catalogue, browser::dates};

/// What can happen, in words before the object, and in words without it.
pub const ACTIONS: [(&str, &str, &str); 20] = [
    ("token.created", "created", "created the token"),
    ("token.updated", "changed", "changed the token"),
    ("token.enabled", "enabled", "enabled the token"),
    ("token.disabled", "disabled", "disabled the token"),
    ("token.deleted", "deleted", "deleted the token"),
    ("token.revealed", "viewed the key of", "viewed the key"),
    ("token.renewed", "renewed the key of", "renewed the key"),
    ("token.rotated", "rotated the key of", "rotated the key"),
    ("token.handle_exchanged", "exchanged the handle of", "exchanged the handle"),
    ("token.permissions_changed", "changed the permissions of", "changed the permissions"),
    ("user.added", "added the user", "added the user"),
    ("user.invited", "made a link for", "made a link"),
    ("user.role_changed", "changed the role of", "changed the role"),
    ("user.signed_in", "signed in", "signed in"),
    ("user.sign_in_failed", "failed to sign in as", "failed to sign in"),
    ("user.signed_out", "signed out", "signed out"),
    ("user.disabled", "disabled the user", "disabled the user"),
    ("user.enabled", "enabled the user", "enabled the user"),
    ("user.password_set", "set the password of", "set the password"),
    ("user.sessions_ended", "ended the sessions of", "ended all sessions"),
];

/// The words for an action, before the object or without it; the action itself when a newer server knows more.
#[must_use]
pub fn verb(action: &str, with_object: bool) -> String {
    let known = ACTIONS.iter().find(|(known, ..)| *known == action);
    known.map_or(action, |(_, before, alone)| if with_object { before } else { alone }).to_owned()
}

/// Whether the event is about its actor, so that the object would say it twice.
#[must_use]
pub fn is_about_actor(event: &Event) -> bool {
    event.actor.id == event.object.id
}

/// What changed: the field, before, and after.
#[must_use]
pub fn changes(event: &Event, catalogue: Option<&Catalogue>) -> Vec<(String, String, String)> {
    let pair = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([before, after]) => Some((before.clone(), after.clone())),
        _ => None,
    };
    event
        .details
        .iter()
        .filter_map(|(field, value)| {
            let (before, after) = pair(value)?;
            Some((label(field).to_owned(), text(field, &before, catalogue), text(field, &after, catalogue)))
        })
        .collect()
}

/// A field as the form calls it.
fn label(field: &str) -> &str {
    match field {
        "name" => "Name",
        "external_id" => "External ID",
        "description" => "Description",
        "expiration_date" => "Expiration",
        "not_before" => "Not before",
        "allowed_addresses" => "Allowed addresses",
        "calls_per_minute" => "Calls per minute",
        "permissions" => "Permissions",
        "role" => "Role",
        other => other,
    }
}

fn text(field: &str, value: &Value, catalogue: Option<&Catalogue>) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(moment) if matches!(field, "expiration_date" | "not_before") => {
            moment.parse::<Timestamp>().map_or_else(|_| moment.clone(), dates::day_and_time)
        }
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => {
            let name = |id: &str| {
                let module = id.parse::<ModuleId>().ok();
                module.zip(catalogue).map_or_else(|| id.to_owned(), |(module, it)| it.module_name(&module))
            };
            let names: Vec<String> = items.iter().filter_map(Value::as_str).map(name).collect();
            names.join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_told_with_before_and_after() {
        let event: Event = serde_json::from_value(json!({
            "id": 1, "at": "2026-11-29T12:00:00Z", "action": "token.updated", "address": "", "request_id": "",
            "actor": { "id": "UR-1", "name": "Ada" }, "object": { "id": "SU-1", "name": "Key" },
            "details": { "name": ["Old", "New"], "permissions": [["MD-0001", "MD-0002"], []], "external_id": [null, "x"], "role": "admin" }
        }))
        .unwrap();
        let found: Vec<String> =
            changes(&event, None).iter().map(|(field, before, after)| format!("{field}: {before} → {after}")).collect();
        assert_eq!(found, ["External ID: none → x", "Name: Old → New", "Permissions: MD-0001, MD-0002 → none"]);
        assert_eq!(
            (verb("token.updated", true), verb("token.frozen", true)),
            ("changed".to_owned(), "token.frozen".to_owned())
        );
    }
}
