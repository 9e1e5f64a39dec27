//! JSON bodies, read strictly: bounded, of the right type, with errors that name the field.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{StatusCode, header},
};
use latchkey_shared::FieldError;
use serde::de::DeserializeOwned;

use super::Error;

/// The largest body that is read.
pub const MAX_BODY: usize = 64 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).map(str::trim);
        let is_json = media_type.is_some_and(|value| value.eq_ignore_ascii_case("application/json"));
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| refused(&rejection))?;
        if !is_json {
            return Err(Error::UnsupportedMediaType);
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| described(&error))?;
        deserializer.end().map_err(|_| Error::Malformed("The body goes on after its JSON value.".to_owned()))?;
        Ok(Self(value))
    }
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
        return Error::Invalid(latchkey_shared::Problems(vec![FieldError::new(path.trim_matches('.'), message)]));
    }
    Error::Malformed(format!("The body is not the JSON that is expected here: {inner}."))
}
