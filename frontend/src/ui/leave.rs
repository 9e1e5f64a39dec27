//! Asks before unsaved input is lost: by a link, by Back, by closing the tab.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{Button, Dialog, Variant};
use crate::{
    browser::{events, page},
    texts::t,
};

/// Where the person wanted to go.
#[derive(Debug, Clone)]
pub enum Departure {
    /// To an address of this site.
    To(String),
    /// One step back.
    Back,
    /// Something that ends what is shown, as signing out does.
    Action(Callback<()>),
}

/// Knows whether the screen holds input that is not saved. Steps and tabs of the same path are no departure.
#[derive(Debug, Clone, Copy)]
pub struct LeaveGuard {
    dirty: RwSignal<bool>,
    asking: RwSignal<Option<Departure>>,
    /// The address that is guarded, to be put back when Back has already changed it.
    address: StoredValue<String>,
}

impl LeaveGuard {
    /// A guard that lets everything pass.
    #[must_use]
    pub fn new() -> Self {
        Self { dirty: RwSignal::new(false), asking: RwSignal::new(None), address: StoredValue::new(String::new()) }
    }

    /// Guards the current screen while `dirty` is true.
    pub fn watch(self, dirty: impl Fn() -> bool + 'static) {
        Effect::new(move |_| self.dirty.set(dirty()));
        on_cleanup(move || self.release());
    }

    /// Lets the person go: the input is saved or given up.
    pub fn release(self) {
        self.dirty.try_set(false);
        self.asking.try_set(None);
    }

    /// Remembers the address of the page, path and query.
    pub fn at(self, address: &str) {
        self.address.set_value(address.to_owned());
    }

    /// Asks when going to `address` would lose something; true when the person was asked and must not go yet.
    #[must_use]
    pub fn asks_before(self, address: &str) -> bool {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let asks = self.dirty.get_untracked() && !path.is_empty() && path != self.path();
        if asks {
            self.asking.set(Some(Departure::To(address.to_owned())));
        }
        asks
    }

    /// Does `action`, or asks first when that would lose something.
    pub fn asks_then(self, action: Callback<()>) {
        if self.dirty.get_untracked() {
            self.asking.set(Some(Departure::Action(action)));
        } else {
            action.run(());
        }
    }

    /// Starts to listen, once for the life of the page.
    pub fn install(self) {
        events::capture("popstate", move |event| {
            if self.dirty.get_untracked() && page::path() != self.path() {
                // The address has changed already. Put it back before the screens see it, then ask.
                event.stop_immediate_propagation();
                page::push_silently(&self.address.get_value());
                self.asking.set(Some(Departure::Back));
            }
        });
        events::capture("beforeunload", move |event| {
            if self.dirty.get_untracked() {
                event.prevent_default();
                // Older browsers ask only when there is a value.
                if let Some(event) = event.dyn_ref::<web_sys::BeforeUnloadEvent>() {
                    event.set_return_value("unsaved");
                }
            }
        });
    }

    fn path(self) -> String {
        self.address.with_value(|address| address.split(['?', '#']).next().unwrap_or_default().to_owned())
    }
}

impl Default for LeaveGuard {
    fn default() -> Self {
        Self::new()
    }
}

/// The question itself.
#[component]
pub fn LeaveDialog(
    /// Goes to an address.
    #[prop(into)]
    on_go: Callback<String>,
) -> impl IntoView {
    let guard = expect_context::<LeaveGuard>();
    let open = Signal::derive(move || guard.asking.with(Option::is_some));
    let stay = move |()| guard.asking.set(None);
    let leave = move |()| {
        let departure = guard.asking.get_untracked();
        guard.release();
        match departure {
            Some(Departure::To(address)) => on_go.run(address),
            Some(Departure::Back) => page::back(),
            Some(Departure::Action(action)) => action.run(()),
            None => {}
        }
    };
    view! {
        <Dialog open=open on_close=stay title=t().common.leave_title>
            <p>{t().common.leave_text}</p>
            <div class="dialog__actions">
                <Button autofocus=true on_press=stay>{t().common.leave_stay}</Button>
                <Button variant=Variant::Danger on_press=leave>{t().common.leave_go}</Button>
            </div>
        </Dialog>
    }
    .into_any()
}
