//! A first call with a key.

use serde::{Deserialize, Serialize};

/// A call that the key of a token opens: what samples show.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleCall {
    /// `GET`, unless the key opens nothing by it.
    pub method: String,
    /// Where to; a path is one of this server.
    pub url: String,
    /// How the API takes the key: `apikey`, `bearer`, `basic` or the name of a header.
    pub credentials: String,
}

impl SampleCall {
    /// The call as a line for a shell, from a page of `origin`. `key` is the value of `Authorization`, or what stands for it;
    /// `pair` is the same without its scheme.
    #[must_use]
    pub fn curl(&self, origin: &str, key: &str, pair: &str) -> String {
        let method = match self.method.as_str() {
            "GET" => String::new(),
            "HEAD" => "-I ".to_owned(),
            other => format!("-X {other} "),
        };
        let url = self.absolute(origin);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:%@+,=".contains(&byte);
        let url = if url.bytes().all(is_plain) { url } else { format!("'{}'", url.replace('\'', "%27")) };
        match self.credentials.as_str() {
            "apikey" => format!("curl {method}-H \"Authorization: {key}\" {url}"),
            "bearer" => format!("curl {method}-H \"Authorization: Bearer {pair}\" {url}"),
            "basic" => format!("curl {method}-u \"{pair}\" {url}"),
            header => format!("curl {method}-H \"{header}: {pair}\" {url}"),
        }
    }

    /// The whole URL.
    #[must_use]
    pub fn absolute(&self, origin: &str) -> String {
        if self.url.starts_with('/') { format!("{origin}{}", self.url) } else { self.url.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_key_in_the_form_of_the_api() {
        let line = |method: &str, url: &str, credentials: &str| {
            let call = SampleCall { method: method.into(), url: url.into(), credentials: credentials.into() };
            call.curl("https://keys.example", "ApiKey SU-1:x", "SU-1:x")
        };
        assert_eq!(
            line("GET", "/public/v1/a/", "apikey"),
            "curl -H \"Authorization: ApiKey SU-1:x\" https://keys.example/public/v1/a/"
        );
        assert_eq!(
            line("GET", "https://a.example/b", "bearer"),
            "curl -H \"Authorization: Bearer SU-1:x\" https://a.example/b"
        );
        assert_eq!(line("POST", "https://a.example/b", "basic"), "curl -X POST -u \"SU-1:x\" https://a.example/b");
        assert_eq!(
            line("GET", "https://a.example/b", "x-api-key"),
            "curl -H \"x-api-key: SU-1:x\" https://a.example/b"
        );
    }
}
