//! JSON bodies, read strictly: bounded, of the right type, with errors that name the field.

use std::time::Duration;

use axum::{
    body,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
};
use serde::de::DeserializeOwned;

use super::Error;

/// The largest body that is read.
pub const MAX_BODY: usize = 64 * 1024;
/// How long its sender may take.
const LONGEST: Duration = Duration::from_secs(15);

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let headers = request.headers().clone();
        let Bytes(bytes) = Bytes::from_request(request, state).await?;
        read_json(&headers, &bytes).map(Self)
    }
}

/// A JSON body that may be left out: the Connect clients send actions without a body and without its type.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let headers = request.headers().clone();
        let Bytes(bytes) = Bytes::from_request(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        // `null` is no body, too.
        read_json::<Option<T>>(&headers, &bytes).map(|body| Self(body.unwrap_or_default()))
    }
}

/// A JSON body with one object or a list of them: `{…}` or `[{…}, {…}]`.
#[derive(Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OneOrMany<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let headers = request.headers().clone();
        let Bytes(bytes) = Bytes::from_request(request, state).await?;
        check_type(&headers)?;
        if is_list(&bytes) { parse(&bytes).map(Self) } else { parse(&bytes).map(|one| Self(vec![one])) }
    }
}

/// A body as it arrived, within its bounds of size and time.
#[derive(Debug)]
pub struct Bytes(pub body::Bytes);

impl<S: Send + Sync> FromRequest<S> for Bytes {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes = tokio::time::timeout(LONGEST, body::Bytes::from_request(request, state));
        let bytes = bytes.await.map_err(|_| Error::TooSlow)?.map_err(|rejection| refused(&rejection))?;
        // Some programs of Windows begin every text with a byte order mark.
        let begins = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Ok(Self(bytes.slice(begins..)))
    }
}

/// Reads a body that has arrived.
///
/// # Errors
/// [`Error::UnsupportedMediaType`], [`Error::Malformed`], or [`Error::Invalid`] with the field.
pub fn read_json<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Error> {
    check_type(headers)?;
    // serde would take `["name", …]` for the fields of an object in their order.
    if is_list(bytes) {
        return Err(Error::Malformed("The body must be a JSON object, and not a list.".to_owned()));
    }
    parse(bytes)
}

fn check_type(headers: &HeaderMap) -> Result<(), Error> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).map(str::trim);
    match media_type {
        Some(value) if value.eq_ignore_ascii_case("application/json") => Ok(()),
        _ => Err(Error::UnsupportedMediaType),
    }
}

/// Whether a body is a JSON list, if it is JSON at all.
pub fn is_list(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"[")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| described(&error))?;
    deserializer.end().map_err(|_| Error::Malformed("The body goes on after its JSON value.".to_owned()))?;
    Ok(value)
}

fn refused(rejection: &BytesRejection) -> Error {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::Malformed("The body could not be read.".to_owned()),
    }
}

/// `permissions.0.object.id: must look like MD-dddd`, or where the JSON itself breaks.
fn described(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let inner = error.inner();
    let path = error.path().to_string().replace(['[', ']'], ".").replace("..", ".");
    if inner.is_data() && path != "." {
        let message = inner.to_string();
        // serde_json adds the place, which says nothing to who builds bodies with a program.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        // Nor do the names of types.
        let message = match message.rsplit_once("expected ") {
            Some((start, what)) if what.starts_with("struct ") => format!("{start}expected an object"),
            Some((start, "f64")) => format!("{start}expected a number"),
            Some((start, "i32" | "i64")) => format!("{start}expected a whole number"),
            Some((start, "u8" | "u16" | "u32" | "u64")) => format!("{start}expected a whole number, 0 or more"),
            _ => message,
        };
        return Error::field(path.trim_matches('.'), message);
    }
    Error::Malformed(format!("The body is not the JSON that is expected here: {inner}."))
}

/// A body with one object or a list of them.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = OneOrManyBody)]
#[serde(untagged)]
pub enum OneOrManyBody<T: utoipa::ToSchema> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}
