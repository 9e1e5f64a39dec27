//! Latchkey: a console, an API and a gatekeeper for integration tokens.
//!
//! A folder per noun, a file per operation. Start at [`routes`], which shows the whole HTTP surface and what each
//! route asks of its caller; [`store`] is the only place that knows SQL.
//!
//! To add an operation: write its file in the folder of its noun (request, handler, rule), add its line to
//! [`routes::routes`] and its handler to the OpenAPI document in [`http::openapi`]. The line names who may call it; the
//! test `refusals` walks every line.

pub mod accounts;
pub mod auth;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod collections;
pub mod config;
pub mod events;
pub mod gatekeeper;
pub mod http;
pub mod keys;
pub mod replicas;
pub mod retention;
pub mod rng;
pub mod routes;
pub mod rql;
pub mod serve;
pub mod sessions;
pub mod state;
pub mod statistics;
pub mod store;
pub mod tokens;

/// Lower-case hex digits of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
