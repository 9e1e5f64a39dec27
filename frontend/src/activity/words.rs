//! An event in words.

use latchkey_shared::{Event, ModuleId, Role, Timestamp};
use serde_json::Value;

use crate::{
    api::Catalogue,
    browser::dates,
    texts::{activity::Action, role_name, t},
};

/// What can happen, by its code in the API.
pub const ACTIONS: [&str; 29] = [
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
    "token.overlap_changed",
    "token.ended_key_used",
    "token.hand_over_created",
    "token.hand_over_opened",
    "token.hand_over_taken",
    "token.hand_over_expired",
    "token.hand_over_withdrawn",
    "account.added",
    "account.renamed",
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

/// A token is gone for good.
pub const TOKEN_DELETED: &str = "token.deleted";

/// Somebody has used a key that does not work any more.
pub const ENDED_KEY_USED: &str = "token.ended_key_used";

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
        "token.overlap_changed" => &texts.token_overlap_changed,
        "token.ended_key_used" => &texts.token_ended_key_used,
        "token.hand_over_created" => &texts.token_hand_over_created,
        "token.hand_over_opened" => &texts.token_hand_over_opened,
        "token.hand_over_taken" => &texts.token_hand_over_taken,
        "token.hand_over_expired" => &texts.token_hand_over_expired,
        "token.hand_over_withdrawn" => &texts.token_hand_over_withdrawn,
        "account.added" => &texts.account_added,
        "account.renamed" => &texts.account_renamed,
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

/// Whether the list or the details of tokens look different after an action.
#[must_use]
pub fn is_change(code: &str) -> bool {
    let looks_the_same = ["token.revealed", "token.handle_exchanged", ENDED_KEY_USED];
    code.starts_with("token.") && !looks_the_same.contains(&code)
}

/// Whether a token has another key after an action.
#[must_use]
pub fn replaces_key(code: &str) -> bool {
    matches!(code, "token.renewed" | "token.rotated")
}

/// Whether somebody should look at an event.
#[must_use]
pub fn is_alarming(code: &str) -> bool {
    matches!(code, "user.sign_in_failed" | ENDED_KEY_USED)
}

/// The event as a sentence: `Ada has disabled Billing`.
#[must_use]
pub fn sentence(event: &Event) -> String {
    let (actor, object) = (actor(event).concat(), &event.object.name);
    match action(&event.action) {
        Some(words) if is_about_actor(event) => format!("{actor} {}", words.alone),
        Some(words) => format!("{actor} {}{object}{}", words.with_object[0], words.with_object[1]),
        None => format!("{actor} {} {object}", event.action),
    }
}

/// Who did it, with the name in the middle. What the person does who was sent a link to a key is told of its token.
#[must_use]
pub fn actor(event: &Event) -> [&str; 3] {
    let by = event.details.get("by").and_then(Value::as_str);
    let [before, after] = if by == Some("hand-over") { t().activity.recipient } else { [""; 2] };
    [before, &event.actor.name, after]
}

/// Why a key that was used does not work any more, and by which program it was used.
#[must_use]
pub fn reason(event: &Event) -> Option<String> {
    let texts = &t().activity;
    let detail = |name: &str| event.details.get(name).and_then(Value::as_str).unwrap_or_default();
    let reason = match detail("reason") {
        "expired" => texts.ended_expired,
        "rotated" => texts.ended_rotated,
        "disabled" => texts.ended_disabled,
        _ => return None,
    };
    let program = detail("program");
    Some(if program.is_empty() { reason.to_owned() } else { format!("{reason} ({program})") })
}

/// Whether the event is about its actor, so that the object would say it twice.
#[must_use]
pub fn is_about_actor(event: &Event) -> bool {
    event.actor.id == event.object.id
}

/// What changed: the field, before, and after.
#[must_use]
pub fn changes(event: &Event, catalogue: Option<&Catalogue>) -> Vec<(String, String, String)> {
    // What a new token has is no change, and may be a list of two.
    let is_side = |field: &str, side: &Value| {
        !matches!(field, "permissions" | "allowed_addresses") || side.is_array() || side.is_null()
    };
    let pair = |field: &str, value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([before, after]) if is_side(field, before) && is_side(field, after) => {
            Some((before.clone(), after.clone()))
        }
        _ => None,
    };
    event
        .details
        .iter()
        .filter_map(|(field, value)| {
            let (before, after) = pair(field, value)?;
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
        "previous_expiration_date" => texts.old_key_ends,
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
        Value::String(moment) if matches!(field, "expiration_date" | "not_before" | "previous_expiration_date") => {
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
            "details": { "allowed_addresses": ["192.0.2.1", "192.0.2.2"], "name": ["Old", "New"], "permissions": [["MD-0001", "MD-0002"], []], "external_id": [null, "x"], "role": "admin" }
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
