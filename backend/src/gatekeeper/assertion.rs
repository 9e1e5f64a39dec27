//! Signed assertions: a JWT with which an API can tell a request that came through the proxy from one that did not.
//!
//! RFC 7519, signed with Ed25519 (`EdDSA`, RFC 8037). The public key is at `/.well-known/jwks.json`. Made for a token, a host and
//! an API twice a minute, and copied in between: each is valid for [`LIFETIME`], so that what arrives has half of that left.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use latchkey_shared::Timestamp;
use quick_cache::sync::Cache;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Entry, apis::ApiGate};
use crate::keys::{self, Key};

/// Seconds for which an assertion is valid.
pub const LIFETIME: i64 = 60;
/// Seconds after which the next one is made.
const REUSED_FOR: i64 = LIFETIME / 2;
/// Hosts of a token for which assertions are kept: clients choose them where an API has none.
const HOSTS: usize = 4;
/// Tokens for which assertions are kept.
const TOKENS: usize = 10_000;
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, 7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Signs assertions.
pub struct Signer {
    key: EncodingKey,
    kid: String,
    issuer: String,
    /// Those that were made, by [`Entry::serial`]: a token that changes gets another one.
    made: Cache<u64, Arc<Mutex<Vec<One>>>>,
    /// The public key as a JSON Web Key Set (RFC 7517).
    pub jwks: Arc<str>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

/// What an assertion says.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    /// The console's URL, or `latchkey`.
    iss: &'a str,
    /// The id of the token.
    sub: String,
    /// The API, by the name in the catalogue.
    aud: &'a str,
    iat: i64,
    /// The end of the token, if that is sooner.
    exp: i64,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    extension: &'a str,
    modules: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

/// An assertion that was made.
#[derive(Debug)]
struct One {
    api: Box<str>,
    host: Box<str>,
    made_at: i64,
    jwt: Box<str>,
}

impl Signer {
    /// A signer with the key that belongs to a pepper, which every gatekeeper has.
    #[must_use]
    pub fn new(pepper: &Key, issuer: Option<&str>) -> Option<Self> {
        let seed = keys::assertion_seed(pepper);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        // RFC 7638: the members in this order, and nothing else.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#));
        let kid = URL_SAFE_NO_PAD.encode(thumbprint);
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": public });
        Some(Self {
            key: EncodingKey::from_ed_der(&[PKCS8.as_slice(), seed.as_slice()].concat()),
            kid,
            issuer: issuer.unwrap_or("latchkey").to_owned(),
            made: Cache::new(TOKENS),
            jwks: json!({ "keys": [jwk] }).to_string().into(),
        })
    }

    /// The assertion about a token, for a request to a host of an API; `None` if it cannot be made.
    pub fn assertion(&self, token: &Entry, api: &ApiGate, host: Option<&str>, now: Timestamp) -> Option<HeaderValue> {
        let (name, at) = (api.api.name.as_str(), now.unix());
        let host_is = |one: &One| one.host.eq_ignore_ascii_case(host.unwrap_or_default());
        let all = self.made.get_or_insert_with(&token.serial, || Ok::<_, Infallible>(Arc::default()));
        let all = all.unwrap_or_default();
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().position(|one| &*one.api == name && host_is(one));
        if let Some(one) = known.and_then(|at| all.get(at))
            && (one.made_at..one.made_at + REUSED_FOR).contains(&at)
        {
            return HeaderValue::from_str(&one.jwt).ok();
        }
        let jwt = self.sign(token, name, host.map(str::to_ascii_lowercase).as_deref(), at)?;
        let header = HeaderValue::from_str(&jwt).ok();
        match known {
            Some(at) => drop(all.remove(at)),
            None if all.len() >= HOSTS => drop(all.remove(0)),
            None => {}
        }
        all.push(One { api: name.into(), host: host.unwrap_or_default().into(), made_at: at, jwt: jwt.into() });
        header
    }

    fn sign(&self, token: &Entry, api: &str, host: Option<&str>, at: i64) -> Option<String> {
        let claims = Claims {
            iss: &self.issuer,
            sub: token.id().into(),
            aud: api,
            iat: at,
            exp: token.expires_at.map_or(at + LIFETIME, |end| end.min(at + LIFETIME)),
            account: &token.account.id,
            external_id: token.external_id(),
            extension: &token.extension,
            modules: token.modules.ids.iter().map(latchkey_shared::ModuleId::as_str).collect(),
            host,
        };
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &claims, &self.key).ok()
    }
}
