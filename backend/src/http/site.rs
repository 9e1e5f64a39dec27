//! The console's files, embedded in the program. Hashed files may be kept for ever, the page itself is asked
//! for each time, and an unknown file is 404 and never the page.
//!
//! The page is for browsers alone, and a success only where the console has a screen: a proxy that asks for permission
//! at a wrong address would take its 200 for one. What says so in its headers is refused everywhere
//! ([`refuse_misdirected`](crate::gatekeeper::forward_auth::refuse_misdirected)).

use std::borrow::Cow;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{Error, compression::accepts};

/// What `cargo xtask build` put into `dist/`. A debug build reads the folder, so that it sees a new bundle.
#[derive(RustEmbed)]
#[folder = "../dist/"]
struct Files;

const PAGE: &str = "index.html";

/// The page, as it is embedded; empty when the console is not part of the build.
pub(super) fn page() -> String {
    Files::get(PAGE).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// `GET` of anything outside the API.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Error::MethodNotAllowed.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if !is_file && !is_for_a_browser(uri.path(), &headers) {
        return Error::NoSuchPath.into_response();
    }
    let found = if is_file || has_screen(uri.path()) { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let name = if is_file { path } else { PAGE };
    // Precompressed copies are for negotiation, not addresses of their own.
    let Some(file) = Files::get(name).filter(|_| !name.ends_with(".br")) else {
        return if is_file { StatusCode::NOT_FOUND.into_response() } else { missing_bundle() };
    };
    let tag = format!("\"{}\"", crate::hex(&file.metadata.sha256_hash()[..16]));
    let known = headers.typed_get::<IfNoneMatch>().zip(tag.parse::<ETag>().ok());
    let is_known = known.is_some_and(|(known, tag)| !known.precondition_passes(&tag));
    let mut response = if found == StatusCode::OK && is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = content(name, file, accepts(&headers, "br"));
        *response.status_mut() = found;
        response
    };
    let caching = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    let varies = if is_file { "Accept-Encoding" } else { "Accept, Accept-Encoding" };
    headers.insert(header::VARY, HeaderValue::from_static(varies));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether the console has a screen there (`frontend/src/routes.rs`). What it does not know below these, it says
/// itself.
fn has_screen(path: &str) -> bool {
    let is_below = |start| path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path == "/" || ["/sign-in", "/invitation", "/take", "/integrations", "/account"].into_iter().any(is_below)
}

fn is_for_a_browser(path: &str, headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_program = ["/public", "/gateway", "/oauth2"].iter().any(|start| path.starts_with(start));
    // The first address that anybody tries, with curl, too.
    path == "/" || (accepted.contains("text/html") && !is_program)
}

fn content(name: &str, file: EmbeddedFile, brotli: bool) -> Response {
    let media_type = mime_guess::from_path(name).first_or_octet_stream();
    let compressed = if brotli { Files::get(&format!("{name}.br")) } else { None };
    let encoded = compressed.is_some();
    // What is within the program is sent from there: a copy for each of many slow clients would fill the memory.
    let bytes = match compressed.unwrap_or(file).data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    let media_type = if media_type.type_() == mime_guess::mime::TEXT {
        format!("{media_type}; charset=utf-8")
    } else {
        media_type.to_string()
    };
    if let Ok(media_type) = HeaderValue::from_str(&media_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    if encoded {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

/// Whether trunk put a hash of the content into the name: `latchkey-console-0123456789abcdef_bg.wasm`. The hash
/// is a number of 64 bits in hex, so it is shorter where it begins with zeros.
fn is_hashed(name: &str) -> bool {
    name.split(['-', '.', '_'])
        .any(|part| (12..=16).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn missing_bundle() -> Response {
    (StatusCode::NOT_FOUND, "The console is not part of this build. Run: cargo xtask build\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_hashed_names_are_cached_for_ever() {
        assert!(is_hashed("latchkey-console-0123456789abcdef_bg.wasm"));
        assert!(is_hashed("tokens-123456789abcdef.css"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("favicon.svg"));
    }
}
