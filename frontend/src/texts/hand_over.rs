//! Handing a key over by a link: the dialog, the line in the details, and the page of the person who has the link.

use super::Template;

/// Its texts. `{0}` is the quoted name of the token, unless another comment says so.
#[derive(Debug)]
pub struct Texts {
    pub ask: &'static str,
    pub title: Template<1>,
    pub text: &'static str,
    pub works_for: &'static str,
    pub may_rotate: &'static str,
    pub may_rotate_hint: &'static str,
    pub make: &'static str,
    pub not_made: Template<1>,
    /// Before the moment.
    pub made: &'static str,
    /// After the moment.
    pub made_end: &'static str,
    pub handed_over: &'static str,
    /// The user; before the moment.
    pub made_by: Template<1>,
    pub not_opened: &'static str,
    /// Before the moment.
    pub opened: &'static str,
    /// Before the moment.
    pub taken: &'static str,
    pub can_rotate: &'static str,
    pub is_replaced: &'static str,
    pub page_is_replaced: &'static str,
    pub withdraw: &'static str,
    pub withdraw_title: Template<1>,
    pub withdraw_text: &'static str,
    pub withdrawn: Template<1>,
    pub not_withdrawn: Template<1>,
    pub page: &'static str,
    pub not_loaded: &'static str,
    pub gone_text: &'static str,
    /// Before the moment.
    pub takes_until: &'static str,
    /// After the moment.
    pub takes_until_end: &'static str,
    pub then_rotates: &'static str,
    pub take: &'static str,
    pub keep: &'static str,
    pub bookmark: &'static str,
    pub from: &'static str,
    /// The user, and the account.
    pub from_whom: Template<2>,
    pub by_day: &'static str,
    /// The number of days.
    pub no_calls: Template<1>,
    /// The number of days, and the most calls a day.
    pub calls_text: Template<2>,
}
