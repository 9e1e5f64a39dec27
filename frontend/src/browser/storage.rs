//! What this browser remembers between visits. Wishes about the look, and whether somebody signed in; never anything
//! secret.

use leptos::prelude::window;

/// What was remembered under `key`.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Remembers `value` under `key`, or forgets it.
pub fn set(key: &str, value: Option<&str>) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}
