//! Tokens: the life of a key, a file per operation.

pub mod activate;
pub mod create;
pub mod deactivate;
pub mod delete;
mod exchange;
pub mod get;
pub mod list;
pub mod permissions;
mod present;
mod repeat;
pub mod replace;
pub mod reveal;
pub(crate) mod rules;
pub mod secret;
pub mod update;
pub mod vault;

pub use present::{Tagged, present, previous_works, status};
