//! Which API a request is to, by its host and its base path, and what that API asks of a request.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, header};
use latchkey_shared::ModuleId;

use super::{
    Denied,
    modules::{ModuleRef, RuleName},
    path::{fold, normalise},
    rules::{Opener, Openers, RuleId, Rules, signs},
};
use crate::catalogue::{
    Catalogue,
    api::{Api, CredentialForm, Mode},
};

/// The APIs of the catalogue, made ready for look-ups.
#[derive(Debug)]
pub struct Apis {
    /// In the order of the catalogue. At least one.
    gates: Vec<ApiGate>,
}

/// An API, and the rules of its modules.
#[derive(Debug)]
pub struct ApiGate {
    /// The API.
    pub api: Api,
    /// Its base path, in lower case if it ignores case.
    base_path: Vec<String>,
    /// What opens its paths.
    pub rules: Rules,
    /// `WWW-Authenticate` of a 401.
    pub challenge: HeaderValue,
}

/// A request as a client has sent it to the proxy.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// The host, if somebody named it; a port does not count.
    pub host: Option<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The path, with or without a query.
    pub path: &'a str,
}

impl Apis {
    pub(super) fn new(
        catalogue: &Catalogue,
        module: impl Fn(&ModuleId) -> ModuleRef,
        mut id: impl FnMut(RuleName) -> RuleId,
    ) -> Self {
        let mut gate = |api: Api| {
            let nothing = RuleName { api: api.name.clone(), rule: String::new() };
            ApiGate::new(api, id(nothing))
        };
        let mut gates: Vec<ApiGate> = catalogue.apis.iter().cloned().map(&mut gate).collect();
        if gates.is_empty() {
            gates.push(gate(Api::only(false)));
        }
        let public = (0..gates.len()).flat_map(|api| {
            let rules = gates[api].api.public.clone();
            rules.into_iter().map(move |rule| (api, rule, Opener::Public))
        });
        let public: Vec<_> = public.collect();
        let of_modules = catalogue.rules.iter();
        let of_modules = of_modules.map(|it| (it.api, it.rule.clone(), Opener::Module(module(&it.module))));
        for (api, rule, opener) in public.into_iter().chain(of_modules) {
            if let Some(gate) = gates.get_mut(api) {
                let name = RuleName { api: gate.api.name.clone(), rule: rule.text.clone() };
                gate.rules.add(&rule, opener, id(name));
            }
        }
        Self { gates }
    }

    /// The first API, which is the only one in a catalogue that describes none.
    #[must_use]
    pub fn first(&self) -> &ApiGate {
        &self.gates[0]
    }

    /// Whether a request passes whatever is decided about it, given what [`find`](Self::find) says: its API observes. One that is to
    /// none of the APIs, or nobody knows to which, passes where all that it could be to are in observe mode.
    #[must_use]
    pub fn observe_request(&self, (api, found): (&ApiGate, Result<Openers<'_>, Denied>), host: Option<&str>) -> bool {
        if found.is_ok() {
            return api.observes();
        }
        let host = host.and_then(plain_host);
        // A host that no API names may be another name of any of them.
        let is_named = self.gates.iter().any(|gate| gate.is_at(host).is_some());
        let possible = |gate: &&ApiGate| !is_named || gate.is_at(host).is_some();
        self.gates.iter().filter(possible).all(ApiGate::observes)
    }

    /// Whether an API is in observe mode.
    #[must_use]
    pub fn observe(&self) -> bool {
        self.gates.iter().any(ApiGate::observes)
    }

    /// Whether the host of a request must be known.
    #[must_use]
    pub fn have_hosts(&self) -> bool {
        self.gates.iter().any(|gate| !gate.api.hosts.is_empty())
    }

    /// Whether the method of a request must be known.
    #[must_use]
    pub fn have_methods(&self) -> bool {
        self.gates.iter().any(|gate| gate.rules.has_methods())
    }

    /// The API that a request is to, and what opens it. Of several, the one that names the host; of those, the one with the
    /// longest base path. A request to none belongs to the first that the host allows, so that a client without a valid key
    /// learns nothing else.
    ///
    /// # Errors
    /// [`Denied::Path`], [`Denied::MissingHost`], [`Denied::Api`].
    pub fn find<'a>(&'a self, request: Original<'a>) -> (&'a ApiGate, Result<Openers<'a>, Denied>) {
        let host = request.host.and_then(plain_host);
        let of_host = || self.gates.iter().filter_map(|gate| Some((gate, gate.is_at(host)?)));
        let first = || of_host().min_by_key(|(_, is_named)| !is_named).map_or(self.first(), |(gate, _)| gate);
        let path = match normalise(request.path) {
            Ok(path) => path,
            Err(error) => return (first(), Err(Denied::Path(error))),
        };
        if host.is_none() && self.have_hosts() {
            return (first(), Err(Denied::MissingHost));
        }
        let mut best: Option<((bool, usize), &ApiGate, Cow<'_, str>)> = None;
        let mut other_spelling = None;
        for (gate, is_named) in of_host() {
            let rank = (is_named, gate.base_path.len());
            match gate.below(&path) {
                Below::Yes(rest) if best.as_ref().is_none_or(|(other, ..)| rank > *other) => {
                    best = Some((rank, gate, rest));
                }
                Below::OtherSpelling => other_spelling = other_spelling.max(Some(rank)),
                _ => {}
            }
        }
        match best {
            Some((rank, gate, rest)) if other_spelling.is_none_or(|other| other < rank) => {
                (gate, Ok(gate.rules.of_request(request.method, &rest)))
            }
            _ => (first(), Err(Denied::Api)),
        }
    }
}

/// Whether a path is below the base path of an API.
enum Below<'a> {
    /// What follows it.
    Yes(Cow<'a, str>),
    /// For a program that takes `/v2.json` for `/v2`.
    OtherSpelling,
    No,
}

impl ApiGate {
    fn new(api: Api, nothing: RuleId) -> Self {
        let rules = Rules::new(api.ignore_case, nothing);
        let base_path =
            api.base_path.iter().map(|text| if api.ignore_case { fold(text) } else { text.clone() }).collect();
        let challenges: Vec<String> = api.credentials.iter().map(challenge).collect();
        let challenge = HeaderValue::try_from(challenges.join(", ")).unwrap_or(HeaderValue::from_static("ApiKey"));
        Self { base_path, rules, challenge, api }
    }

    /// Whether it lets everything pass and notes what it would refuse.
    #[must_use]
    pub fn observes(&self) -> bool {
        self.api.mode == Mode::Observe
    }

    /// Whether the API is at a host; true if it names that host.
    fn is_at(&self, host: Option<&str>) -> Option<bool> {
        let hosts = &self.api.hosts;
        let is_named = host.is_some_and(|host| hosts.iter().any(|own| own.eq_ignore_ascii_case(host)));
        (is_named || hosts.is_empty()).then_some(is_named)
    }

    fn below<'a>(&self, path: &'a str) -> Below<'a> {
        let path = if self.api.ignore_case { Cow::Owned(fold(path)) } else { Cow::Borrowed(path) };
        let mut rest = path.as_ref();
        for (at, wanted) in self.base_path.iter().enumerate() {
            let Some(after) = rest.strip_prefix('/') else { return Below::No };
            let (segment, next) = after.split_at(after.find('/').unwrap_or(after.len()));
            if segment != wanted {
                let is_last = at + 1 == self.base_path.len();
                let is_spelled = is_last && signs(segment).any(|end| segment[..end] == *wanted);
                return if is_spelled { Below::OtherSpelling } else { Below::No };
            }
            rest = next;
        }
        let cut = path.len() - rest.len();
        Below::Yes(match path {
            _ if rest.is_empty() => Cow::Borrowed("/"),
            Cow::Borrowed(path) => Cow::Borrowed(&path[cut..]),
            Cow::Owned(path) => Cow::Owned(path[cut..].to_owned()),
        })
    }

    /// Whether this is a CORS preflight that needs no key.
    #[must_use]
    pub fn lets_preflight_pass(&self, method: &str, headers: &HeaderMap) -> bool {
        self.api.preflight
            && method == "OPTIONS"
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Lets the page that sent a request read its refusal, where that is one of the API's origins.
    pub fn add_cors_headers(&self, request: &HeaderMap, response: &mut HeaderMap) {
        const EXPOSED: HeaderValue =
            HeaderValue::from_static("WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Token-Expires");
        let Some(origin) = request.get(header::ORIGIN) else { return };
        let is_known = self.api.origins.iter().any(|own| own == "*" || own.as_bytes() == origin.as_bytes());
        if is_known {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        if !self.api.origins.is_empty() {
            response.append(header::VARY, HeaderValue::from_static("Origin"));
        }
    }
}

fn challenge(form: &CredentialForm) -> String {
    match form {
        CredentialForm::ApiKey => "ApiKey".to_owned(),
        CredentialForm::Bearer => "Bearer".to_owned(),
        CredentialForm::Basic => "Basic realm=\"API key\"".to_owned(),
        CredentialForm::Header(name) => format!("ApiKey header=\"{name}\""),
    }
}

/// The host of an authority, without its port and without a dot at its end; none for what is no host.
pub(super) fn plain_host(authority: &str) -> Option<&str> {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let host = match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => authority,
    };
    if host.starts_with('[') {
        let inner = host.strip_prefix('[')?.strip_suffix(']')?;
        return inner.parse::<std::net::Ipv6Addr>().is_ok().then_some(host);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.split('.').all(is_label).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(name: &str, hosts: &[&str], base_path: &[&str]) -> Api {
        Api {
            name: name.to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            base_path: base_path.iter().map(|text| (*text).to_owned()).collect(),
            ..Api::only(false)
        }
    }

    fn apis(all: Vec<Api>) -> Apis {
        let catalogue = Catalogue { apis: all, rules: Vec::new(), ..Catalogue::built_in().unwrap() };
        Apis::new(&catalogue, |_| ModuleRef::ALL, |_| RuleId::NONE)
    }

    fn found(apis: &Apis, host: Option<&str>, path: &str) -> Result<String, Denied> {
        let (gate, openers) = apis.find(Original { host, method: "GET", path });
        openers.map(|_| gate.api.name.clone())
    }

    #[test]
    fn api_is_found_by_host_then_by_the_longest_base_path() {
        let apis = apis(vec![
            api("any", &[], &[]),
            api("orders", &["api.example.com", "api.example.net"], &["v2"]),
            api("reports", &["api.example.com"], &["v2", "reports"]),
        ]);
        let at = |host: &str, path: &str| found(&apis, Some(host), path).unwrap();
        assert_eq!(at("api.example.com", "/v2/orders"), "orders");
        assert_eq!(at("API.Example.com:8443", "/v2"), "orders");
        assert_eq!(at("api.example.net.", "/v2/reports"), "orders");
        assert_eq!(at("api.example.com", "/v2/reports/7"), "reports");
        for (host, path) in [("api.example.com", "/v1"), ("api.example.com", "/v2x"), ("other.example", "/v2/orders")] {
            assert_eq!(at(host, path), "any", "{host}{path}");
        }
    }

    #[test]
    fn request_to_no_api_is_refused() {
        let apis = apis(vec![api("orders", &["api.example.com"], &["v2"])]);
        assert_eq!(found(&apis, Some("api.example.com"), "/v1/orders"), Err(Denied::Api));
        assert_eq!(found(&apis, Some("evil.example"), "/v2/orders"), Err(Denied::Api));
        for no_host in
            [None, Some(""), Some("api.example.com, x"), Some("u@api.example.com"), Some("api.example.com..")]
        {
            assert_eq!(found(&apis, no_host, "/v2/orders"), Err(Denied::MissingHost), "{no_host:?}");
        }
        assert!(matches!(found(&apis, Some("api.example.com"), "/v2/../v2"), Err(Denied::Path(_))));
    }

    #[test]
    fn other_spelling_of_a_base_path_is_not_left_to_the_outer_api() {
        let apis = apis(vec![api("outer", &[], &[]), api("inner", &[], &["admin"])]);
        assert_eq!(found(&apis, None, "/admin/x"), Ok("inner".to_owned()));
        assert_eq!(found(&apis, None, "/admin.json"), Err(Denied::Api));
        assert_eq!(found(&apis, None, "/administration"), Ok("outer".to_owned()));
    }

    #[test]
    fn case_is_ignored_where_the_api_does() {
        let apis = apis(vec![Api { ignore_case: true, ..api("orders", &[], &["V2"]) }]);
        assert_eq!(found(&apis, None, "/v2/Orders"), Ok("orders".to_owned()));
    }

    #[test]
    fn refusal_is_for_the_pages_of_the_origins_alone() {
        let gate =
            ApiGate::new(Api { origins: vec!["https://app.example.com".to_owned()], ..Api::only(false) }, RuleId::NONE);
        let told = |origin: &'static str| {
            let (mut request, mut response) = (HeaderMap::new(), HeaderMap::new());
            request.insert(header::ORIGIN, HeaderValue::from_static(origin));
            gate.add_cors_headers(&request, &mut response);
            response.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        };
        assert!(told("https://app.example.com") && !told("https://evil.example"));
    }
}
