//! Pictures from the Lucide set.

use icondata_core::Icon as IconData;
use leptos::prelude::*;

/// A picture beside words that say the same: hidden from screen readers. Its size is the text's.
#[component]
pub fn Icon(
    /// One of `icondata_lu`.
    icon: IconData,
) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=icon.data></svg> }.into_any()
}
