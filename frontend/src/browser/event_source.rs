//! Server-sent events.

use std::rc::Rc;

use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// What a stream tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It is open, for the first time or again.
    Opened,
    /// The data of a message.
    Message(String),
    /// It has ended, and the browser does not open it again.
    Ended,
}

/// A stream of server-sent events, which the browser opens again when the connection is lost. Ends when it is dropped.
#[derive(Debug)]
pub struct EventStream {
    source: EventSource,
    _listener: Closure<dyn Fn(web_sys::Event)>,
}

impl EventStream {
    /// Opens `path` and tells `hear` what comes, of messages those of the types `kinds`.
    pub fn open(path: &str, kinds: &[&str], hear: impl Fn(Heard) + 'static) -> Option<Rc<Self>> {
        let source = EventSource::new(path).ok()?;
        let closed = source.clone();
        let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            match (event.type_().as_str(), event.dyn_ref::<MessageEvent>()) {
                ("open", _) => hear(Heard::Opened),
                ("error", _) if closed.ready_state() == EventSource::CLOSED => hear(Heard::Ended),
                (_, Some(message)) => hear(Heard::Message(message.data().as_string().unwrap_or_default())),
                _ => {}
            }
        });
        for kind in ["open", "error"].iter().chain(kinds) {
            let _ = source.add_event_listener_with_callback(kind, listener.as_ref().unchecked_ref());
        }
        Some(Rc::new(Self { source, _listener: listener }))
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.source.close();
    }
}
