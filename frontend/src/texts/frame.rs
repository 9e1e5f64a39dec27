//! Top bar, navigation, keys, and the page that there is not.

use super::Template;

/// Its texts.
#[derive(Debug)]
pub struct Texts {
    pub skip: &'static str,
    pub main_navigation: &'static str,
    pub navigation: &'static str,
    pub integrations: &'static str,
    pub tokens: &'static str,
    pub extensions: &'static str,
    pub modules: &'static str,
    pub activity: &'static str,
    pub account: &'static str,
    pub users: &'static str,
    pub profile: &'static str,
    pub api_reference: &'static str,
    pub user_menu: Template<1>,
    pub theme: &'static str,
    pub light: &'static str,
    pub dark: &'static str,
    pub system: &'static str,
    pub language: &'static str,
    pub sign_out: &'static str,
    pub still_signed_in: Template<1>,
    pub role_admin: &'static str,
    pub role_member: &'static str,
    pub role_viewer: &'static str,
    pub not_loaded: &'static str,
    pub page_not_found: &'static str,
    pub nothing_here: &'static str,
    pub link_may_be_old: &'static str,
    pub go_to_tokens: &'static str,
    pub keys: &'static str,
    pub key_search: &'static str,
    pub key_create: &'static str,
    pub key_next: &'static str,
    pub key_previous: &'static str,
    pub key_open: &'static str,
    pub key_help: &'static str,
}
