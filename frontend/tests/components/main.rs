//! Components in a real browser: each is mounted, used with real events, and judged by what a person or a
//! screen reader finds.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod copy_button;
mod details;
mod dialog;
mod edit;
mod list;
mod menu;
mod stepper;
mod support;
mod tabs;
mod wizard;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
