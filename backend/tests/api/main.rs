//! The API over HTTP, on both databases: a file per operation, a case per status code.
//!
//! `cargo xtask test` starts the PostgreSQL that these tests need and names it in `LATCHKEY_TEST_POSTGRES`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end at the first surprise")]

mod harness;

mod accounts;
mod activate;
mod agreements;
mod apis;
mod assertion;
mod audit;
mod bulk;
mod catalogue;
mod collections;
mod conditional;
mod context;
mod create;
mod delete;
mod ended_keys;
mod exchange;
mod explain;
mod filters;
mod first_start;
mod gateway;
mod get;
mod hand_over;
mod headers;
mod introspect;
mod list;
mod live;
mod observe;
mod overlap;
mod own;
mod permissions;
mod reference;
mod refusals;
mod retention;
mod reveal;
mod revoked;
mod rotate;
mod rules;
mod sample;
mod secrets;
mod sign_in;
mod sign_out;
mod update;
mod usage;
mod users;
