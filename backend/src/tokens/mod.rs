//! Tokens: the life of a key, a file per operation.

pub mod activate;
pub mod bulk;
pub mod create;
pub mod deactivate;
pub mod delete;
pub mod ended_keys;
mod exchange;
pub mod explain;
pub mod export;
pub mod get;
pub mod hand_over;
pub mod holder;
mod idempotency;
pub mod list;
pub mod observed;
pub mod overlap;
pub mod own;
pub mod permissions;
mod present;
pub mod reveal;
pub mod rotate;
pub(crate) mod rules;
pub mod sample;
pub mod secret;
mod status;
pub mod update;
pub mod usage;
pub mod vault;

pub use present::{WithEtag, present};
pub use status::{previous_works, status};
