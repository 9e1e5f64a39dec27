//! The wizard that creates a token.

use super::Template;

/// Its texts.
#[derive(Debug)]
pub struct Texts {
    pub create_token: &'static str,
    pub may_not_create: &'static str,
    pub loading: &'static str,
    pub copied_not_loaded: &'static str,
    pub link_names_unknown: Template<1>,
    pub an_extension: &'static str,
    pub opens_nothing: &'static str,
    pub name_of_copy: Template<1>,
    pub created: Template<1>,
    pub not_created: Template<1>,
    pub link_to_form: &'static str,
    pub copy_link: &'static str,
    pub back: &'static str,
    pub next: &'static str,
    pub create: &'static str,
    pub summary: &'static str,
    pub is_created_before: &'static str,
    pub is_created: &'static str,
    pub is_created_for_later: &'static str,
    pub key: Template<3>,
    pub key_opens: Template<1>,
    pub key_opens_nothing: &'static str,
    pub key_until: Template<1>,
    pub key_until_stopped: &'static str,
    pub key_from: Template<1>,
    pub key_from_anywhere: &'static str,
    pub waiting: &'static str,
    pub first_call_before: &'static str,
    pub first_call_after: &'static str,
    pub go_to_details: &'static str,
}
