//! How a request travels: over `fetch`, or into a test's canned answers.

use std::{fmt, future::Future, pin::Pin, rc::Rc};

use js_sys::{Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, ReadableStream, ReadableStreamDefaultReader};

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

/// Follows an answer that arrives line by line, and can stop it. Copies share one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// How many lines have arrived.
    pub lines: RwSignal<usize>,
    controller: StoredValue<Option<AbortController>, LocalStorage>,
}

impl Stream {
    /// Nothing has arrived.
    #[must_use]
    pub fn new() -> Self {
        Self { lines: RwSignal::new(0), controller: StoredValue::new_local(AbortController::new().ok()) }
    }

    /// Takes no more of the answer. What has arrived counts.
    pub fn stop(self) {
        if let Some(Some(controller)) = self.controller.try_get_value() {
            controller.abort();
        }
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self::new()
    }
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
    /// Where the answer is followed.
    pub stream: Option<Stream>,
}

impl Call {
    /// A request to `path` below the API's base path.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        Self { method, path: format!("{}{path}", super::BASE), headers: Vec::new(), body: None, stream: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Follows the answer.
    #[must_use]
    pub fn stream(self, stream: Stream) -> Self {
        Self { stream: Some(stream), ..self }
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

/// For how long an answer to a read is waited for, in milliseconds. It can be asked for again.
const READ_TIMEOUT: u32 = 20_000;
/// For how long an answer to a change is waited for: the server gives up before.
const CHANGE_TIMEOUT: u32 = 60_000;

async fn fetch(call: Call) -> Result<Answer, gloo_net::Error> {
    use gloo_net::http::Request;
    let mut builder = match call.method {
        Method::Get => Request::get(&call.path),
        Method::Post => Request::post(&call.path),
        Method::Put => Request::put(&call.path),
        Method::Delete => Request::delete(&call.path),
    };
    let timeout = if call.method == Method::Get { READ_TIMEOUT } else { CHANGE_TIMEOUT };
    let controller = call.stream.and_then(|stream| stream.controller.try_get_value().flatten());
    let signal = match &controller {
        Some(controller) => controller.signal(),
        None => AbortSignal::timeout_with_u32(timeout),
    };
    builder = builder.abort_signal(Some(&signal));
    for (name, value) in &call.headers {
        builder = builder.header(name, value);
    }
    let request = match call.body {
        Some(body) => builder.header("Content-Type", "application/json").body(body)?,
        None => builder.build()?,
    };
    let response = request.send().await?;
    let headers = response.headers();
    let body = match (call.stream, response.body()) {
        (Some(stream), Some(body)) => follow(stream, &body).await,
        _ => response.text().await?,
    };
    Ok(Answer {
        status: response.status(),
        etag: headers.get("ETag"),
        content_range: headers.get("Content-Range"),
        retry_after: headers.get("Retry-After"),
        body,
    })
}

/// The text of a body, as far as it arrives.
async fn follow(stream: Stream, body: &ReadableStream) -> String {
    let mut bytes = Vec::new();
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    while let Ok(chunk) = JsFuture::from(reader.read()).await {
        let value = Reflect::get(&chunk, &JsValue::from_str("value")).unwrap_or(JsValue::UNDEFINED);
        let Ok(chunk) = value.dyn_into::<Uint8Array>() else { break };
        let before = bytes.len();
        bytes.extend(chunk.to_vec());
        let lines = bytes[before..].iter().filter(|byte| **byte == b'\n').count();
        stream.lines.try_update(|count| *count += lines);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
