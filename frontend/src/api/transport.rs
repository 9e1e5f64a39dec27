//! How a request travels: over `fetch`, or into a test's canned answers.

use std::{fmt, future::Future, pin::Pin, rc::Rc};

/// The methods that the API speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates and acts.
    Post,
    /// Changes.
    Put,
    /// Removes.
    Delete,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What to do.
    pub method: Method,
    /// The path with its query, starting with `/public/v1`.
    pub path: String,
    /// Headers beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body as JSON.
    pub body: Option<String>,
}

impl Call {
    /// A request to `path` below the API's base path.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        Self { method, path: format!("{}{path}", super::BASE), headers: Vec::new(), body: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Adds a body. A value that cannot be written as JSON travels as none, and the server says so.
    #[must_use]
    pub fn json(mut self, body: &impl serde::Serialize) -> Self {
        self.body = serde_json::to_string(body).ok();
        self
    }
}

/// What came back, of any status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The version of what was read.
    pub etag: Option<String>,
    /// Which rows of how many.
    pub content_range: Option<String>,
    /// Seconds to wait.
    pub retry_after: Option<String>,
    /// The body as it came.
    pub body: String,
}

type Sent = Pin<Box<dyn Future<Output = Option<Answer>>>>;

/// Carries a [`Call`] and brings an [`Answer`]; `None` when none came.
#[derive(Clone)]
pub struct Transport(Rc<dyn Fn(Call) -> Sent>);

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

impl Transport {
    /// A transport made of a function, for tests.
    pub fn new<F: Future<Output = Option<Answer>> + 'static>(send: impl Fn(Call) -> F + 'static) -> Self {
        Self(Rc::new(move |call| Box::pin(send(call))))
    }

    /// The browser's `fetch`.
    #[must_use]
    pub fn fetch() -> Self {
        Self::new(|call| async move { fetch(call).await.ok() })
    }

    pub(super) fn send(&self, call: Call) -> Sent {
        (self.0)(call)
    }
}

async fn fetch(call: Call) -> Result<Answer, gloo_net::Error> {
    use gloo_net::http::Request;
    let mut builder = match call.method {
        Method::Get => Request::get(&call.path),
        Method::Post => Request::post(&call.path),
        Method::Put => Request::put(&call.path),
        Method::Delete => Request::delete(&call.path),
    };
    for (name, value) in &call.headers {
        builder = builder.header(name, value);
    }
    let request = match call.body {
        Some(body) => builder.header("Content-Type", "application/json").body(body)?,
        None => builder.build()?,
    };
    let response = request.send().await?;
    let headers = response.headers();
    Ok(Answer {
        status: response.status(),
        etag: headers.get("ETag"),
        content_range: headers.get("Content-Range"),
        retry_after: headers.get("Retry-After"),
        body: response.text().await?,
    })
}
