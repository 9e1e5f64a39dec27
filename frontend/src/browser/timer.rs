//! One thing to be done later, which the next wish or the end of the component takes back.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

/// A timer of the component that made it.
#[derive(Debug, Clone, Copy)]
pub struct Timer(StoredValue<Option<TimeoutHandle>>);

impl Timer {
    /// A timer that is not running. It stops when the current component goes away.
    #[must_use]
    pub fn new() -> Self {
        let timer = Self(StoredValue::new(None));
        on_cleanup(move || timer.stop());
        timer
    }

    /// Runs `action` after `delay`, in place of what was planned before.
    pub fn start(self, delay: Duration, action: impl FnOnce() + 'static) {
        self.stop();
        if let Ok(handle) = set_timeout_with_handle(action, delay) {
            self.0.try_set_value(Some(handle));
        }
    }

    /// Takes back what was planned.
    pub fn stop(self) {
        if let Some(handle) = self.0.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    }
}

impl Default for Timer {
    fn default() -> Self {
        Self::new()
    }
}
