//! Tokens: the life of a key, a file per operation.

pub mod activate;
pub mod create;
pub mod deactivate;
pub mod delete;
pub mod get;
pub mod list;
pub mod permissions;
mod present;
pub mod reveal;
mod rules;
pub mod secret;
pub mod update;
pub mod vault;

pub use present::{Tagged, present, status};
