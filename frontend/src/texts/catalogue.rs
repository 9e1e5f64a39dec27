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
    pub module: &'static str,
    pub paths: &'static str,
    pub tokens: &'static str,
    pub no_token: &'static str,
    pub token_count: Counted,
}
