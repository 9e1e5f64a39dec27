//! The rows as the database library sees them, a file per table.

pub mod account;
pub mod event;
pub mod hand_over;
pub mod idempotency_key;
pub mod installation;
pub mod invitation;
pub mod replica;
pub mod session;
pub mod token;
pub mod token_calls;
pub mod token_client;
pub mod token_last_use;
pub mod token_other_use;
pub mod token_permission;
pub mod token_request;
pub mod user;
