//! Mounting a component with canned answers, and using the page.

use std::{cell::RefCell, rc::Rc};

use latchkey_console::{
    api::{Answer, Call, Catalogue, Method, Transport},
    app::provide_services,
    routes::{NEW_TOKEN, Navigator},
    ui::{Load, MenuList},
};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, HtmlInputElement};

/// A mounted component. It is taken away at the end of the test.
pub struct Mounted {
    root: HtmlElement,
    /// What was asked of the server.
    pub calls: Rc<RefCell<Vec<Call>>>,
    /// Where the component went.
    pub visited: Rc<RefCell<Vec<String>>>,
    _handle: Box<dyn std::any::Any>,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.root.remove();
    }
}

/// Mounts `view` as an admin whose server answers with `answer`.
pub async fn mount<V: IntoView + 'static>(
    answer: impl Fn(&Call) -> Option<Answer> + 'static,
    view: impl FnOnce() -> V + 'static,
) -> Mounted {
    let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&root).unwrap();
    let (calls, visited) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
    let transport = {
        let (calls, answer) = (calls.clone(), Rc::new(answer));
        Transport::new(move |call| {
            let answer = answer(&call);
            calls.borrow_mut().push(call);
            async move { answer }
        })
    };
    let gone = visited.clone();
    let handle = mount_to(root.clone(), move || {
        let (_, session, guard) = provide_services(transport);
        // Steps of the wizard are no departure from it.
        guard.at(NEW_TOKEN);
        provide_context(Navigator::new(guard, move |address, _| gone.borrow_mut().push(address.to_owned())));
        session.signed_in(serde_json::from_str(CONTEXT).unwrap());
        let catalogue = Catalogue {
            extensions: serde_json::from_str(EXTENSIONS).unwrap(),
            modules: serde_json::from_str(MODULES).unwrap(),
            apis: Vec::new(),
        };
        provide_context(Load::new(
            || (),
            move |()| {
                let catalogue = catalogue.clone();
                async move { Ok(catalogue) }
            },
        ));
        view! { {view()} <MenuList /> }
    });
    settle().await;
    Mounted { root, calls, visited, _handle: Box::new(handle) }
}

/// Mounts a part that asks no server.
pub async fn mount_part<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Mounted {
    mount(|_| None, view).await
}

impl Mounted {
    /// The first element that `selector` finds.
    pub fn find(&self, selector: &str) -> HtmlElement {
        let found = self.root.query_selector(selector).unwrap();
        found.unwrap_or_else(|| panic!("no {selector} in {}", self.root.inner_html())).unchecked_into()
    }

    /// Whether `selector` finds anything.
    pub fn has(&self, selector: &str) -> bool {
        self.root.query_selector(selector).unwrap().is_some()
    }

    /// Everything that `selector` finds.
    pub fn all(&self, selector: &str) -> Vec<HtmlElement> {
        let found = self.root.query_selector_all(selector).unwrap();
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    /// The visible words.
    pub fn text(&self) -> String {
        self.root.inner_text()
    }

    /// The button or link with these words.
    pub fn button(&self, words: &str) -> HtmlElement {
        let named = |it: &HtmlElement| {
            it.inner_text().trim() == words || it.get_attribute("aria-label").as_deref() == Some(words)
        };
        let found = self.all("button, a").into_iter().find(named);
        found.unwrap_or_else(|| panic!("no button {words} in {}", self.text()))
    }

    /// Presses the button with these words and waits until the page has settled.
    pub async fn press(&self, words: &str) {
        self.button(words).click();
        settle().await;
    }

    /// Types `text` into the field that `selector` finds.
    pub async fn enter(&self, selector: &str, text: &str) {
        let field: HtmlInputElement = self.find(selector).unchecked_into();
        field.set_value(text);
        field.dispatch_event(&bubbling("input")).unwrap();
        settle().await;
    }

    /// Clicks what `selector` finds.
    pub async fn click(&self, selector: &str) {
        self.find(selector).click();
        settle().await;
    }

    /// The calls with this method.
    pub fn sent(&self, method: Method) -> Vec<Call> {
        self.calls.borrow().iter().filter(|call| call.method == method).cloned().collect()
    }
}

/// Presses a key on `element` and waits until the page has settled. Says whether the browser would go on to do what
/// the key does by itself.
pub async fn press_key(element: &Element, key: &str) -> bool {
    let init = web_sys::KeyboardEventInit::new();
    init.set_key(key);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    let goes_on = element.dispatch_event(&event).unwrap();
    settle().await;
    goes_on
}

/// The words of the element that has the focus.
pub fn focused() -> String {
    let active = document().active_element().unwrap().unchecked_into::<HtmlElement>();
    active.text_content().unwrap_or_default().trim().to_owned()
}

/// Waits for effects, answers, animation frames and the browser's own events.
pub async fn settle() {
    for _ in 0..3 {
        leptos::task::tick().await;
        sleep(20).await;
    }
}

async fn sleep(millis: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

fn bubbling(name: &str) -> web_sys::Event {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    web_sys::Event::new_with_event_init_dict(name, &init).unwrap()
}

/// Replaces `navigator.clipboard.writeText` by one that keeps the text in `window.copied`, or refuses.
pub fn fake_clipboard(refuses: bool) {
    let body = if refuses {
        "return Promise.reject(new Error('no'))"
    } else {
        "window.copied = text; return Promise.resolve()"
    };
    let write = js_sys::Function::new_with_args("text", body);
    let clipboard = js_sys::Object::new();
    js_sys::Reflect::set(&clipboard, &JsValue::from_str("writeText"), &write).unwrap();
    let property = js_sys::Object::new();
    js_sys::Reflect::set(&property, &JsValue::from_str("value"), &clipboard).unwrap();
    js_sys::Reflect::set(&property, &JsValue::from_str("configurable"), &JsValue::TRUE).unwrap();
    js_sys::Reflect::define_property(&window().navigator(), &JsValue::from_str("clipboard"), &property).unwrap();
}

/// What the fake clipboard holds.
pub fn copied() -> String {
    js_sys::Reflect::get(&window(), &JsValue::from_str("copied")).unwrap().as_string().unwrap_or_default()
}

/// An answer with a body.
pub fn answer(status: u16, body: &str) -> Option<Answer> {
    let etag = Some("\"1\"".to_owned());
    Some(Answer { status, etag, body: body.to_owned(), ..Answer::default() })
}

/// A token as the server writes it.
pub fn token(number: u32, name: &str, status: &str) -> String {
    format!(
        r#"{{"id":"SU-000-000-{number:03}","name":"{name}","description":null,"external_id":null,
        "owner":{{"id":"VA-000-001","name":"Vendor"}},"status":"{status}",
        "extension":{{"id":"EXT-000-001","name":"custom"}},
        "permissions":[{{"id":"TP-1","object":{{"id":"MD-0002","name":"Partners"}}}}],"expiration_date":null,
        "events":{{"created":{{"at":"2026-01-01T00:00:00+00:00","by":{{"id":"UR-000-000-001","name":"Ada"}}}},
        "updated":{{"at":"2026-01-02T00:00:00+00:00","by":{{"id":"UR-000-000-001","name":"Ada"}}}}}}}}"#
    )
}

/// A secret as the server writes it.
pub const SECRET: &str = "070707070707070707070707070707076bcdae30";

const CONTEXT: &str = r#"{"user":{"id":"UR-000-000-001","name":"Ada","email":"ada@example.com","role":"admin"},
    "account":{"id":"VA-000-001","name":"Vendor","type":"vendor","icon":null},
    "confirmed_until":"2026-01-01T00:00:00+00:00"}"#;

const EXTENSIONS: &str = r#"[
    {"id":"EXT-000-001","name":"custom","title":"Custom Integration","description":"Your own","icon":"code",
     "credential":"api-key","permissions":"ask"},
    {"id":"EXT-000-003","name":"zapier","title":"Zapier","description":"Apps","icon":"zap",
     "credential":"handle","permissions":["MD-0002"]}]"#;

const MODULES: &str = r#"[{"id":"MD-0001","name":"Account","description":"Users","paths":["/accounts"],"in_all":true},
    {"id":"MD-0002","name":"Partners","description":"Agreements","paths":["/agreements","/contracts"],"in_all":true}]"#;
