//! The `{id}` of an address.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;

use super::Error;

/// The id in the path. What cannot be an id is 404 here, and asks no database.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
            return Err(Error::NoSuchPath);
        };
        let written =
            params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned()).unwrap_or_default();
        match percent_decode_str(&written).decode_utf8() {
            Ok(id) if !id.is_empty() && id.len() <= 64 && !id.contains(char::is_control) => Ok(Self(id.into_owned())),
            _ => Err(Error::not_found(&written)),
        }
    }
}
