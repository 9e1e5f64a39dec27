//! An event in words.

use latchkey_shared::{Event, ModuleId, Role, Timestamp};
use serde_json::Value;

use crate::{
    api::Catalogue,
    browser::dates,
    texts::{activity::Action, role_name, t},
};

/// What can happen, by its code in the API.
pub const ACTIONS: [&str; 25] = [
    "token.created",
    "token.updated",
    "token.enabled",
    "token.disabled",
    "token.deleted",
    "token.revealed",
    "token.renewed",
    "token.rotated",
    "token.handle_exchanged",
    "token.permissions_changed",
    "token.hand_over_created",
    "token.hand_over_opened",
    "token.hand_over_taken",
    "token.hand_over_expired",
    "token.hand_over_withdrawn",
    "user.added",
    "user.invited",
    "user.role_changed",
    "user.signed_in",
    "user.sign_in_failed",
    "user.signed_out",
    "user.disabled",
    "user.enabled",
    "user.password_set",
    "user.sessions_ended",
];

/// The action of [`ACTIONS`] with this code.
#[must_use]
pub fn known(code: &str) -> Option<&'static str> {
    ACTIONS.into_iter().find(|action| *action == code)
}

/// The words for an action; `None` when only a newer server knows it.
#[must_use]
pub fn action(code: &str) -> Option<&'static Action> {
    let texts = &t().activity;
    Some(match code {
        "token.created" => &texts.token_created,
        "token.updated" => &texts.token_updated,
        "token.enabled" => &texts.token_enabled,
        "token.disabled" => &texts.token_disabled,
        "token.deleted" => &texts.token_deleted,
        "token.revealed" => &texts.token_revealed,
        "token.renewed" => &texts.token_renewed,
        "token.rotated" => &texts.token_rotated,
        "token.handle_exchanged" => &texts.token_handle_exchanged,
        "token.permissions_changed" => &texts.token_permissions_changed,
        "token.hand_over_created" => &texts.token_hand_over_created,
        "token.hand_over_opened" => &texts.token_hand_over_opened,
        "token.hand_over_taken" => &texts.token_hand_over_taken,
        "token.hand_over_expired" => &texts.token_hand_over_expired,
        "token.hand_over_withdrawn" => &texts.token_hand_over_withdrawn,
        "user.added" => &texts.user_added,
        "user.invited" => &texts.user_invited,
        "user.role_changed" => &texts.user_role_changed,
        "user.signed_in" => &texts.user_signed_in,
        "user.sign_in_failed" => &texts.user_sign_in_failed,
        "user.signed_out" => &texts.user_signed_out,
        "user.disabled" => &texts.user_disabled,
        "user.enabled" => &texts.user_enabled,
        "user.password_set" => &texts.user_password_set,
        "user.sessions_ended" => &texts.user_sessions_ended,
        _ => return None,
    })
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
    let texts = &t().activity;
    match field {
        "name" => texts.name,
        "external_id" => texts.external_id,
        "description" => texts.description,
        "expiration_date" => texts.expiration,
        "not_before" => texts.not_before,
        "allowed_addresses" => texts.allowed_addresses,
        "calls_per_minute" => texts.calls_per_minute,
        "permissions" => texts.permissions,
        "role" => texts.role,
        other => other,
    }
}

fn text(field: &str, value: &Value, catalogue: Option<&Catalogue>) -> String {
    match value {
        Value::Null => t().activity.none.to_owned(),
        Value::String(moment) if matches!(field, "expiration_date" | "not_before") => {
            moment.parse::<Timestamp>().map_or_else(|_| moment.clone(), dates::day_and_time)
        }
        Value::String(role) if field == "role" => {
            Role::from_word(role).map_or_else(|| role.clone(), |role| role_name(role).to_owned())
        }
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => t().activity.none.to_owned(),
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
    }

    #[test]
    fn every_action_has_words() {
        assert!(ACTIONS.into_iter().all(|code| action(code).is_some()));
        assert!(action("token.frozen").is_none());
    }
}
