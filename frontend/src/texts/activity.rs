//! The audit trail.

use super::{Counted, Template};

/// What was done. The sentence begins with the name of who did it.
#[derive(Debug)]
pub struct Action {
    /// What stands before the name of the object, and after it.
    pub with_object: [&'static str; 2],
    /// The rest of the sentence where the object is known.
    pub alone: &'static str,
    /// The name in the filter.
    pub choice: &'static str,
}

/// Its texts.
#[derive(Debug)]
pub struct Texts {
    pub activity: &'static str,
    pub not_loaded: &'static str,
    pub by: &'static str,
    pub by_whom: &'static str,
    pub object: &'static str,
    pub object_id: &'static str,
    pub action: &'static str,
    pub any_action: &'static str,
    pub time: &'static str,
    pub any_time: &'static str,
    pub last_24_hours: &'static str,
    pub last_days: Template<1>,
    pub found: Counted,
    pub no_match: &'static str,
    pub no_match_text: &'static str,
    pub events: &'static str,
    pub when: &'static str,
    pub what: &'static str,
    pub from: &'static str,
    pub name: &'static str,
    pub external_id: &'static str,
    pub description: &'static str,
    pub expiration: &'static str,
    pub not_before: &'static str,
    pub allowed_addresses: &'static str,
    pub calls_per_minute: &'static str,
    pub permissions: &'static str,
    pub role: &'static str,
    pub old_key_ends: &'static str,
    pub ended_expired: &'static str,
    pub ended_rotated: &'static str,
    pub ended_disabled: &'static str,
    pub recipient: [&'static str; 2],
    pub none: &'static str,
    pub token_created: Action,
    pub token_updated: Action,
    pub token_enabled: Action,
    pub token_disabled: Action,
    pub token_deleted: Action,
    pub token_revealed: Action,
    pub token_renewed: Action,
    pub token_rotated: Action,
    pub token_handle_exchanged: Action,
    pub token_permissions_changed: Action,
    pub token_overlap_changed: Action,
    pub token_ended_key_used: Action,
    pub token_hand_over_created: Action,
    pub token_hand_over_opened: Action,
    pub token_hand_over_taken: Action,
    pub token_hand_over_expired: Action,
    pub token_hand_over_withdrawn: Action,
    pub account_added: Action,
    pub account_renamed: Action,
    pub user_added: Action,
    pub user_invited: Action,
    pub user_role_changed: Action,
    pub user_signed_in: Action,
    pub user_sign_in_failed: Action,
    pub user_signed_out: Action,
    pub user_disabled: Action,
    pub user_enabled: Action,
    pub user_password_set: Action,
    pub user_sessions_ended: Action,
}
