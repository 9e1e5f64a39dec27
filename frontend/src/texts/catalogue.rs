//! Extensions and modules.

use super::{Counted, Template};

/// Its texts.
#[derive(Debug)]
pub struct Texts {
    pub extensions: &'static str,
    pub extensions_intro: &'static str,
    pub extensions_not_loaded: &'static str,
    pub extension: &'static str,
    pub chosen_for_each: &'static str,
    pub used_by: &'static str,
    pub actions: &'static str,
    pub create_token: &'static str,
    pub create_token_for: Template<1>,
    pub modules: &'static str,
    pub modules_intro: &'static str,
    pub modules_not_loaded: &'static str,
    pub observed: &'static str,
    pub observed_intro: Template<1>,
    pub observed_not_loaded: &'static str,
    pub nothing_observed: &'static str,
    pub nothing_observed_text: &'static str,
    pub request: &'static str,
    pub requests: &'static str,
    pub token: &'static str,
    pub no_known_key: &'static str,
    pub needs: Template<1>,
    pub other_paths: &'static str,
    pub passes_now: &'static str,
    pub module: &'static str,
    pub paths: &'static str,
    pub tokens: &'static str,
    pub no_token: &'static str,
    pub token_count: Counted,
}
