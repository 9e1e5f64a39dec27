//! Tokens: a folder per screen, and what the screens share.

pub mod actions;
pub mod create;
pub mod details;
pub mod draft;
pub mod edit;
pub mod general_fields;
pub mod list;
pub mod new_key;
pub mod permissions_editor;
pub mod same_as;
pub mod take;

pub use take::TakeKey;
