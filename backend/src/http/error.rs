//! Every error that a caller can see, mapped to status and body in one place. What went wrong inside is
//! logged and never leaves.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use latchkey_shared::{ErrorBody, Module, Problem, Problems};

/// Why a request fails.
#[derive(Debug)]
pub enum Error {
    /// No valid credentials. One answer for all reasons.
    Unauthorized,
    /// Wrong e-mail address or password.
    SignInFailed,
    /// A valid key without the module of the path.
    InsufficientScope {
        /// The token's id.
        token: String,
        /// The module that is missing.
        module: Box<Module>,
        /// The address of the console, when it is known; the caller may have asked quite another host.
        console: Option<Arc<str>>,
    },
    /// The caller may not do this at all.
    Forbidden(Problem),
    /// The last sign-in is too long ago for this.
    ConfirmPassword,
    /// The request was made by another site.
    CrossSite,
    /// A proxy asks about a request at the wrong path.
    MisdirectedProxy,
    /// No such object in the caller's account.
    NotFound(String),
    /// No such path.
    NoSuchPath,
    /// A proxy asks about a request to no API of the catalogue.
    NoSuchApi,
    /// The path does not have this method.
    MethodNotAllowed,
    /// Fields of the body are wrong.
    Invalid(Problems),
    /// The request as a whole is wrong.
    Malformed(String),
    /// The object is not in a state for this.
    Conflict(Problem),
    /// The object has changed since the caller read it.
    Changed,
    /// The body is too large.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The key may not be used from the client's address.
    AddressRefused(Option<IpAddr>),
    /// The token has used up its calls.
    Limited {
        /// When to come back, in seconds.
        seconds: u64,
    },
    /// Too many attempts.
    Throttled {
        /// When to come back, in seconds.
        seconds: u64,
    },
    /// The database does not answer, as the log has been told.
    Unavailable,
    /// The database does not answer, or something is broken. Told to the log alone.
    Internal(String),
}

impl Error {
    /// There is no object `id`.
    #[must_use]
    pub fn not_found(id: &str) -> Self {
        // The id comes from the caller: bounded, and without what could break a log or a page.
        let id: String = id.chars().filter(|character| !character.is_control()).take(64).collect();
        Self::NotFound(id)
    }

    /// A single field is wrong.
    pub fn field(field: &str, problem: impl Into<Problem>) -> Self {
        Self::Invalid(Problems::one(field, problem))
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.parts().0
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> String {
        // Texts alone: there is nothing in it that JSON could not say.
        serde_json::to_string(&self.to_body()).unwrap_or_default()
    }

    /// What the answer says, and the same as codes where there are any.
    #[must_use]
    pub fn to_body(&self) -> ErrorBody {
        let (_, code, problems) = self.parts();
        let errors = problems.iter().map(ToString::to_string).collect();
        let needs_codes = matches!(self, Self::Invalid(_) | Self::Forbidden(_) | Self::Conflict(_));
        let needs_codes = needs_codes && problems.iter().any(|problem| problem.code != "other");
        let problems = if needs_codes { problems } else { Vec::new() };
        ErrorBody { error_code: code.to_owned(), errors, problems }
    }

    /// What is wrong, one by one.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.parts().2
    }

    fn parts(&self) -> (StatusCode, &'static str, Vec<Problem>) {
        let one = |status, code, text: &str| (status, code, vec![Problem::other(text)]);
        let told = |status, code, problem| (status, code, vec![problem]);
        match self {
            Self::Unauthorized => {
                told(StatusCode::UNAUTHORIZED, "AUTH_001", Problem::new("unauthorized", "API request is unauthorized."))
            }
            Self::SignInFailed => one(StatusCode::UNAUTHORIZED, "AUTH_002", "E-mail address or password is wrong."),
            Self::InsufficientScope { token, module, console } => {
                let (name, id) = (&module.name, &module.id);
                let place = match console {
                    Some(url) => format!("at {url}"),
                    None => "in the console, at ".to_owned(),
                };
                let text = format!(
                    "Token {token} has no permission for module {name} ({id}). \
                     Grant it {place}/integrations/tokens/{token}/permissions?module={id}"
                );
                one(StatusCode::FORBIDDEN, "AUTH_003", &text)
            }
            Self::Forbidden(why) => told(StatusCode::FORBIDDEN, "AUTH_003", why.clone()),
            Self::ConfirmPassword => told(
                StatusCode::FORBIDDEN,
                "AUTH_004",
                Problem::new("confirm_password", "Enter your password again: your last sign-in is too long ago."),
            ),
            Self::CrossSite => one(StatusCode::FORBIDDEN, "AUTH_005", "Requests from other sites are refused."),
            Self::MisdirectedProxy => one(
                StatusCode::FORBIDDEN,
                "AUTH_007",
                "This path does not authorize requests of a proxy, but there is an X-Forwarded-Uri or X-Original-* header. \
                 Configure the proxy to ask /gateway/check, /gateway/nginx or /gateway/envoy.",
            ),
            Self::NotFound(id) => {
                told(StatusCode::NOT_FOUND, "NFND_000", Problem::with("not_found", "Object `{}` not found.", &[id]))
            }
            Self::NoSuchPath => one(StatusCode::NOT_FOUND, "NFND_000", "No such path."),
            Self::NoSuchApi => one(
                StatusCode::NOT_FOUND,
                "NFND_000",
                "No API of the catalogue has this host and path: its operator must describe it under [[apis]].",
            ),
            Self::MethodNotAllowed => one(
                StatusCode::METHOD_NOT_ALLOWED,
                "REQ_001",
                "Method not allowed. See the Allow header of an OPTIONS request.",
            ),
            Self::Invalid(problems) => (StatusCode::BAD_REQUEST, "VAL_001", problems.0.clone()),
            Self::Malformed(why) => one(StatusCode::BAD_REQUEST, "VAL_001", why),
            Self::Conflict(why) => told(StatusCode::CONFLICT, "CON_002", why.clone()),
            Self::Changed => one(
                StatusCode::PRECONDITION_FAILED,
                "CON_001",
                "The object has changed since it was read. Read it again.",
            ),
            Self::TooLarge => one(StatusCode::PAYLOAD_TOO_LARGE, "REQ_002", "The body is larger than 64 KiB."),
            Self::TooSlow => one(StatusCode::REQUEST_TIMEOUT, "REQ_004", "The body did not arrive in time."),
            Self::UnsupportedMediaType => one(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "REQ_003",
                "The body must be JSON: Content-Type: application/json.",
            ),
            Self::AddressRefused(address) => {
                let from = address.map_or("an unknown address".to_owned(), |address| address.to_string());
                one(StatusCode::FORBIDDEN, "AUTH_006", &format!("This key may not be used from {from}."))
            }
            Self::Limited { seconds } => {
                let text = format!("The rate limit of the token is exceeded. Try again in {seconds} seconds.");
                one(StatusCode::TOO_MANY_REQUESTS, "THR_001", &text)
            }
            Self::Throttled { seconds } => {
                let text = format!("Too many attempts. Try again in {seconds} seconds.");
                one(StatusCode::TOO_MANY_REQUESTS, "THR_000", &text)
            }
            Self::Unavailable | Self::Internal(_) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                "SYS_001",
                Problem::new("unavailable", "The server cannot answer right now. Try again in a moment."),
            ),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.to_response()
    }
}

impl Error {
    /// The answer.
    #[must_use]
    pub fn to_response(&self) -> Response {
        if let Self::Internal(why) = self {
            tracing::error!(why, "request failed");
        }
        let mut response = (self.status(), Json(self.to_body())).into_response();
        let headers = response.headers_mut();
        match self {
            Self::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey"));
            }
            Self::InsufficientScope { module, .. } => {
                let challenge = format!("ApiKey error=\"insufficient_scope\", scope=\"{}\"", module.id);
                if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                    headers.insert(header::WWW_AUTHENTICATE, challenge);
                }
            }
            Self::Throttled { seconds } | Self::Limited { seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::Unavailable | Self::Internal(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Invalid(problems)
    }
}
