//! Changing a token, and what happens when two do it at once.

use super::{Counted, Template};

/// Its texts.
#[derive(Debug)]
pub struct Texts {
    pub details: &'static str,
    pub edit_token: &'static str,
    pub edit_name: Template<1>,
    pub is_deleted: &'static str,
    pub is_deleted_text: &'static str,
    pub may_not_edit: &'static str,
    pub extension_stays: &'static str,
    pub modules_are_fixed: &'static str,
    pub module_is_gone: &'static str,
    pub would_refuse_until: Template<1>,
    pub would_refuse_calls: Template<1>,
    pub would_refuse_clients: Template<1>,
    pub changed_meanwhile: &'static str,
    pub save: &'static str,
    pub saved: Template<1>,
    pub not_saved: Template<1>,
    pub saved_is_unknown: &'static str,
    pub changed_by_another: &'static str,
    pub saved_a_change: &'static str,
    pub yours_is_not_saved: &'static str,
    pub both_same: &'static str,
    pub property: &'static str,
    pub yours: &'static str,
    pub theirs: &'static str,
    pub days_from_now: Counted,
    pub back_to_form: &'static str,
    pub is_kept: &'static str,
    pub take_theirs: &'static str,
    pub keep_mine: &'static str,
}
