//! A route of the API.

use axum::{http::Method, routing::MethodRouter};

use super::Access;

/// A route of the API.
#[derive(Debug)]
pub struct Route<S> {
    /// The method.
    pub method: Method,
    /// The path below the base path, with `{…}` for what varies.
    pub path: String,
    /// What it requires of its caller.
    pub access: Access,
    /// What answers.
    pub handler: MethodRouter<S>,
}
