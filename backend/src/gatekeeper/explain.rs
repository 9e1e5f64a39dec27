//! Why a request would pass, or not: the same look-ups as for a decision, in words and without a key.

use std::net::IpAddr;

use latchkey_shared::{DecidingRule, Explanation, Timestamp};

use super::{
    AuthError, Denied, Entry, ModuleRef, Modules,
    apis::Original,
    decide::check_standing,
    rules::{Opener, Openers},
};

/// Explains what becomes of a request with the key of a token, or without a key. A rate limit is passed over: it depends on the
/// moment.
#[must_use]
pub fn explain(
    modules: &Modules,
    token: Option<&Entry>,
    request: Original<'_>,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Explanation {
    let (api, found) = modules.apis.find(request);
    let rules = found.map(|openers| rules(modules, token, openers)).unwrap_or_default();
    let is_public = found.is_ok_and(|openers| openers.is_public());
    let is_anonymous = token.is_none() && found.is_ok() && api.api.anonymous;
    let denied = match (found, token) {
        (Ok(_), _) if is_public || is_anonymous => None,
        (_, None) => Some(Denied::Key(AuthError::Missing)),
        (Ok(openers), Some(token)) => {
            check_standing(token, address, now).and_then(|()| openers.opening(&token.modules).result).err()
        }
        (Err(denied), Some(token)) => Some(check_standing(token, address, now).err().unwrap_or(denied)),
    };
    let opener = rules.iter().find(|rule| rule.held).and_then(|rule| rule.name.clone());
    let (status, text) = match denied {
        None if is_public => (200, "The path is public: it needs no key.".to_owned()),
        None if is_anonymous => (200, "The API takes requests without a key.".to_owned()),
        None => (200, format!("{} opens it.", opener.as_deref().unwrap_or("All"))),
        Some(denied) => told(denied, modules, &rules),
    };
    let observed = modules.apis.observe_request((api, found), request.host);
    let text = match denied {
        Some(_) if observed => format!("{text} The API is in observe mode: the request passes all the same."),
        _ => text,
    };
    let text = match denied {
        Some(_) if found.is_ok() && request.method == "OPTIONS" && api.api.preflight => {
            format!("{text} As a CORS preflight it passes without a key.")
        }
        _ => text,
    };
    Explanation {
        allowed: denied.is_none(),
        observed,
        status,
        reason: match denied {
            None if is_public => "public".to_owned(),
            None => "allowed".to_owned(),
            Some(denied) => denied.as_str().to_owned(),
        },
        text,
        api: found.is_ok().then(|| api.api.name.clone()).filter(|name| !name.is_empty()),
        rules,
    }
}

fn rules(modules: &Modules, token: Option<&Entry>, openers: Openers<'_>) -> Vec<DecidingRule> {
    let rule = |(rule, opener): (&str, Opener)| {
        let module = match opener {
            Opener::Public => None,
            Opener::Module(module) => Some(module),
        };
        DecidingRule {
            rule: rule.to_owned(),
            module: module.map(ModuleRef::id),
            name: module.map(|module| modules.get(module).name),
            held: module.is_none_or(|module| token.is_some_and(|token| token.modules.opens(module))),
        }
    };
    openers.rules().map(rule).collect()
}

fn told(denied: Denied, modules: &Modules, rules: &[DecidingRule]) -> (u16, String) {
    match denied {
        Denied::Key(why) => (401, key(why).to_owned()),
        Denied::Address(Some(address)) => (403, format!("The key may not be used from {address}.")),
        Denied::Address(None) => (403, "The key may be used from some addresses alone: name one.".to_owned()),
        Denied::Path(error) => (400, format!("The path {error}.")),
        Denied::MissingHost => (400, "The URL must have a host: it says which API is meant.".to_owned()),
        Denied::Api => (404, "No API of the catalogue has this host and path.".to_owned()),
        Denied::Module(module) if rules.is_empty() => (
            403,
            format!("No rule is for it, so it needs {}, which the token does not hold.", modules.get(module).name),
        ),
        Denied::Module(_) => {
            let names: Vec<&str> = rules.iter().filter_map(|rule| rule.name.as_deref()).collect();
            (403, format!("It needs {}, which the token does not hold.", names.join(" or ")))
        }
        Denied::Limited => (429, "The rate limit is used up.".to_owned()),
        Denied::MissingTarget => (400, super::forward_auth::MISSING_TARGET.to_owned()),
        Denied::Unavailable => (503, "The database does not answer.".to_owned()),
    }
}

fn key(why: AuthError) -> &'static str {
    match why {
        AuthError::Disabled => "The token is disabled.",
        AuthError::NotYet => "The key is not valid yet.",
        AuthError::Expired => "The token has expired.",
        AuthError::Deleted => "The token is deleted.",
        AuthError::Missing => "It needs a key.",
        AuthError::Form
        | AuthError::Malformed
        | AuthError::Checksum
        | AuthError::UnknownId
        | AuthError::WrongSecret => "The key is not valid.",
    }
}

/// A request as a person writes it: a method, and a path or a URL.
///
/// # Errors
/// What is wrong, for the URL or the method.
pub fn read_request<'a>(method: &'a str, url: &'a str) -> Result<Original<'a>, (&'static str, &'static str)> {
    if !crate::catalogue::rule::is_method(method) {
        return Err(("method", "must be in upper case, like GET"));
    }
    let (host, path) = match url.split_once("://") {
        // A path may have these signs, too.
        _ if url.starts_with('/') => (None, url),
        Some(("http" | "https", rest)) => {
            let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            (Some(host), if path.starts_with('/') { path } else { "/" })
        }
        Some(_) => return Err(("url", "must begin with https:// or http://, or be a path")),
        None => return Err(("url", "must be a path like /orders, or like https://api.example.com/orders")),
    };
    if host.is_some_and(|host| host.is_empty() || host.contains('@')) {
        return Err(("url", "must be a path like /orders, or like https://api.example.com/orders"));
    }
    Ok(Original { host, method, path: path.split('#').next().unwrap_or(path) })
}
