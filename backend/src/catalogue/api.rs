//! An API that the gatekeeper stands before: where it is, how its clients show a key, and what needs none.

use axum::http::HeaderName;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use latchkey_shared::CatalogueApi;
use serde::Deserialize;

use super::rule::Rule;
use crate::gatekeeper::path;

/// An API of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// What modules call it; empty for the one that a catalogue without `[[apis]]` has.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Where clients find it, without a slash at the end: what samples show.
    pub url: Option<String>,
    /// In lower case and without a port. None for any.
    pub hosts: Vec<String>,
    /// The decoded segments that stand before the path of every rule.
    pub base_path: Vec<String>,
    /// How a client shows its key. At least one.
    pub credentials: Vec<CredentialForm>,
    /// What needs no key.
    pub public: Vec<Rule>,
    /// Whether a CORS preflight needs no key.
    pub preflight: bool,
    /// Whether a request without a key passes, without the headers that name a token.
    pub anonymous: bool,
    /// What becomes of a request that is not allowed.
    pub mode: Mode,
    /// Whether it is told of the token under a signature.
    pub assertion: bool,
    /// Whose pages may read a refusal (`https://app.example.com`); `*` for all.
    pub origins: Vec<String>,
    /// Whether `/Orders` and `/orders` are one path to it.
    pub ignore_case: bool,
}

/// What becomes of a request that is not allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is refused.
    #[default]
    Enforce,
    /// It passes, and is noted.
    Observe,
}

/// How a client shows its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialForm {
    /// `Authorization: ApiKey <id>:<secret>`.
    ApiKey,
    /// `Authorization: Bearer <id>:<secret>`.
    Bearer,
    /// HTTP Basic with the id as the user and the secret as the password.
    Basic,
    /// A header of its own with `<id>:<secret>`.
    Header(HeaderName),
}

/// `[[apis]]` as the file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileApi {
    pub name: String,
    title: Option<String>,
    url: Option<String>,
    hosts: Option<Vec<String>>,
    base_path: Option<String>,
    credentials: Option<Vec<String>>,
    #[serde(default)]
    public: Vec<String>,
    #[serde(default)]
    preflight: bool,
    #[serde(default)]
    anonymous: bool,
    #[serde(default)]
    origins: Vec<String>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    assertion: bool,
    #[serde(default)]
    ignore_case: bool,
}

/// Headers that mean something else, to a proxy or to the gatekeeper.
const TAKEN: [&str; 9] = [
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "user-agent",
    "x-account-id",
    "x-method-override",
    "x-real-ip",
    "x-request-id",
];
const TAKEN_STARTS: [&str; 10] = [
    "accept-",
    "access-control-",
    "content-",
    "if-",
    "sec-",
    "x-forwarded-",
    "x-http-method",
    "x-latchkey-",
    "x-original-",
    "x-token-",
];

impl Api {
    /// The API of a catalogue that describes none: any host, any path.
    #[must_use]
    pub fn only(ignore_case: bool) -> Self {
        Self {
            name: String::new(),
            title: "API".to_owned(),
            url: None,
            hosts: Vec::new(),
            base_path: Vec::new(),
            credentials: vec![CredentialForm::ApiKey],
            public: Vec::new(),
            preflight: false,
            anonymous: false,
            mode: Mode::Enforce,
            assertion: false,
            origins: Vec::new(),
            ignore_case,
        }
    }

    /// Its base path as people write it; empty at the root.
    #[must_use]
    pub fn base(&self) -> String {
        self.base_path.iter().map(|segment| format!("/{segment}")).collect()
    }

    /// Whether both claim a request.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let hosts = match (self.hosts.as_slice(), other.hosts.as_slice()) {
            ([], []) => true,
            (own, others) => own.iter().any(|host| others.contains(host)),
        };
        let fold = |api: &Self| -> Vec<String> {
            let ignore_case = self.ignore_case || other.ignore_case;
            api.base_path.iter().map(|text| if ignore_case { path::fold(text) } else { text.clone() }).collect()
        };
        hosts && fold(self) == fold(other)
    }
}

impl From<&Api> for CatalogueApi {
    fn from(api: &Api) -> Self {
        Self {
            name: api.name.clone(),
            title: api.title.clone(),
            url: api.url.clone(),
            hosts: api.hosts.clone(),
            base_path: format!("/{}", api.base_path.join("/")),
            credentials: api.credentials.iter().map(|form| form.name().to_owned()).collect(),
            public: api.public.iter().map(|rule| rule.text.clone()).collect(),
            observes: api.mode == Mode::Observe,
        }
    }
}

impl CredentialForm {
    /// The header that shows a key, `<id>:<secret>`, in this form.
    #[must_use]
    pub fn header(&self, key: &str) -> String {
        match self {
            Self::ApiKey => format!("Authorization: ApiKey {key}"),
            Self::Bearer => format!("Authorization: Bearer {key}"),
            Self::Basic => format!("Authorization: Basic {}", STANDARD.encode(key)),
            Self::Header(name) => format!("{name}: {key}"),
        }
    }

    /// The name of the form in a catalogue.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::ApiKey => "apikey",
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header(name) => name.as_str(),
        }
    }
}

impl TryFrom<&FileApi> for Api {
    type Error = String;

    fn try_from(file: &FileApi) -> Result<Self, String> {
        let name = &file.name;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 32 || !name.bytes().all(is_name) {
            return Err(format!("the name {name:?} must be 1 to 32 lower-case letters, digits or hyphens"));
        }
        let title = file.title.clone().unwrap_or_else(|| name.clone());
        if title.trim().is_empty() || title.chars().count() > 64 {
            return Err("title must have 1 to 64 characters".to_owned());
        }
        let credentials = match &file.credentials {
            None => vec![CredentialForm::ApiKey],
            Some(names) if names.is_empty() => return Err("credentials must have at least one form".to_owned()),
            Some(names) => names.iter().map(|name| credential(name)).collect::<Result<Vec<_>, _>>()?,
        };
        for (at, form) in credentials.iter().enumerate() {
            if credentials[..at].contains(form) {
                return Err(format!("credentials: {:?} is there twice", form.name()));
            }
        }
        if file.hosts.as_ref().is_some_and(Vec::is_empty) {
            return Err("hosts must have at least one; leave it out for any host".to_owned());
        }
        let hosts: Vec<String> = file.hosts.iter().flatten().map(|text| host(text)).collect::<Result<_, _>>()?;
        let base_path = file.base_path.as_deref().map(base_path).transpose()?.unwrap_or_default();
        let url = file.url.as_deref().map(|text| url(text, &hosts, &base_path)).transpose()?;
        let public = file.public.iter().map(|text| text.parse().map_err(|error| format!("public: {text:?} {error}")));
        Ok(Self {
            name: name.clone(),
            title,
            url,
            hosts,
            base_path,
            credentials,
            public: public.collect::<Result<_, _>>()?,
            preflight: file.preflight,
            anonymous: file.anonymous,
            mode: file.mode,
            assertion: file.assertion,
            origins: file.origins.iter().map(|text| origin(text)).collect::<Result<_, _>>()?,
            ignore_case: file.ignore_case,
        })
    }
}

pub(super) fn credential(name: &str) -> Result<CredentialForm, String> {
    match name {
        "apikey" => Ok(CredentialForm::ApiKey),
        "bearer" => Ok(CredentialForm::Bearer),
        "basic" => Ok(CredentialForm::Basic),
        other => match HeaderName::try_from(other) {
            // Without the hyphen it is a form that was mistyped.
            Ok(header) if other.contains('-') && !other.contains('_') => {
                let header = Some(header).filter(|header| {
                    let name = header.as_str();
                    !TAKEN.contains(&name) && !TAKEN_STARTS.iter().any(|start| name.starts_with(start))
                });
                header
                    .map(CredentialForm::Header)
                    .ok_or_else(|| format!("credentials: the header {other} has another meaning"))
            }
            _ => Err(format!(
                "credentials: {other:?} is none of \"apikey\", \"bearer\" and \"basic\", and no name of a header such as \
                 \"x-api-key\""
            )),
        },
    }
}

fn host(text: &str) -> Result<String, String> {
    let is_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte);
    let has_port = text.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let has_bracket = text.contains(['[', ']']);
    let is_bracketed = text.starts_with('[') && text.ends_with(']');
    if text.is_empty() || !text.bytes().all(is_host) || has_port || text.ends_with('.') || has_bracket != is_bracketed {
        return Err(format!("hosts: {text:?} must be a host in lower case without a port, like \"api.example.com\""));
    }
    Ok(text.to_owned())
}

fn base_path(text: &str) -> Result<Vec<String>, String> {
    let rule: Rule = text.parse().map_err(|error| format!("base_path {text:?} {error}"))?;
    rule.literals()
        .filter(|_| rule.method.is_none())
        .ok_or_else(|| "base_path must be a path alone, like \"/v2\"".to_owned())
}

/// The address that samples call: it must be one of this API.
fn url(text: &str, hosts: &[String], base_path: &[String]) -> Result<String, String> {
    let wrong = || format!("url {text:?} must be like \"https://api.example.com/v2\"");
    let origin = origin_of(text).filter(|_| !text.contains(['?', '#'])).ok_or_else(wrong)?;
    let url = text.trim_end_matches('/');
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let host = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(host, _)| host);
    if !hosts.is_empty() && !hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) {
        return Err(format!("url {text:?} has a host that is none of hosts"));
    }
    let path = url.get(origin.len()..).unwrap_or_default();
    let own: Rule =
        if path.is_empty() { "/" } else { path }.parse().map_err(|error| format!("url: {path:?} {error}"))?;
    if own.literals().as_deref() != Some(base_path) {
        return Err(format!("url {text:?} must end with the base_path"));
    }
    Ok(url.to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    if text == "*" || origin_of(text).is_some_and(|origin| origin == text && *text == text.to_ascii_lowercase()) {
        Ok(text.to_owned())
    } else {
        Err(format!("origins: {text:?} must be \"*\" or like \"https://app.example.com\""))
    }
}

/// Scheme and host of an address.
fn origin_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
    (matches!(scheme, "http" | "https") && is_plain).then(|| &text[..scheme.len() + "://".len() + host.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Api, String> {
        let file: FileApi = toml::from_str(&format!("name = \"orders\"\n{text}")).unwrap();
        Api::try_from(&file)
    }

    #[test]
    fn api_is_read_with_every_property() {
        let api = read(
            "title = \"Orders API\"\nurl = \"https://api.example.com/v2/\"\nhosts = [\"api.example.com\", \"[::1]\"]\n\
             base_path = \"/v2\"\ncredentials = [\"bearer\", \"x-api-key\"]\npublic = [\"GET /health\"]\npreflight = true\n\
             origins = [\"https://app.example.com:8443\"]",
        )
        .unwrap();
        assert_eq!(api.url.as_deref(), Some("https://api.example.com/v2"));
        assert_eq!(api.base_path, ["v2"]);
        assert_eq!(api.credentials.iter().map(CredentialForm::name).collect::<Vec<_>>(), ["bearer", "x-api-key"]);
        assert!(api.preflight && !api.anonymous);
        let plain = Api { name: "orders".to_owned(), title: "orders".to_owned(), ..Api::only(false) };
        assert_eq!(read(""), Ok(plain));
    }

    #[test]
    fn property_that_cannot_be_meant_is_refused_by_name() {
        let cases = [
            ("credentials = []", "at least one form"),
            ("credentials = [\"baerer\"]", "\"baerer\" is none of"),
            ("credentials = [\"x_api_key\"]", "no name of a header"),
            ("credentials = [\"x-token-id\"]", "x-token-id has another meaning"),
            ("credentials = [\"x-forwarded-key\"]", "has another meaning"),
            ("hosts = [\"API.example.com\"]", "hosts: \"API.example.com\""),
            ("hosts = [\"api.example.com:8443\"]", "without a port"),
            ("base_path = \"v2\"", "base_path \"v2\" cannot be matched: its path must begin with a slash"),
            ("base_path = \"GET /v2\"", "base_path must be a path alone"),
            ("base_path = \"/{tenant}\"", "base_path must be a path alone"),
            ("public = [\"health\"]", "public: \"health\" cannot be matched: its path must begin with a slash"),
            ("credentials = [\"bearer\", \"bearer\"]", "\"bearer\" is there twice"),
            ("credentials = [\"transfer-encoding\"]", "has another meaning"),
            ("hosts = []", "leave it out for any host"),
            ("hosts = [\"[\"]", "hosts: \"[\""),
            ("url = \"https://b.example\"\nhosts = [\"a.example\"]", "none of hosts"),
            ("url = \"https://b.example/v3\"\nbase_path = \"/v2\"", "must end with the base_path"),
            ("url = \"api.example.com\"", "url \"api.example.com\" must be like"),
            ("url = \"https://api.example.com/?a=1\"", "must be like"),
            ("origins = [\"https://app.example.com/\"]", "origins: "),
            ("title = \" \"", "title must have"),
        ];
        for (text, expected) in cases {
            let error = read(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn apis_overlap_on_a_common_host_and_the_same_base_path() {
        let api = |text: &str| read(text).unwrap();
        let (any, one) = (api(""), api("hosts = [\"a.example\"]"));
        assert!(
            any.overlaps(&any) && !any.overlaps(&one) && one.overlaps(&api("hosts = [\"b.example\", \"a.example\"]"))
        );
        assert!(!one.overlaps(&api("hosts = [\"a.example\"]\nbase_path = \"/v2\"")));
        let upper = api("base_path = \"/V2\"\nignore_case = true");
        assert!(
            upper.overlaps(&api("base_path = \"/v2\""))
                && !api("base_path = \"/V2\"").overlaps(&api("base_path = \"/v2\""))
        );
    }
}
