//! Lines to be copied into a terminal or a program.

use leptos::prelude::*;

use super::CopyButton;

/// Code with a *Copy* button at its right. What is copied may differ from what is shown, so that a secret can
/// be copied without being seen.
#[component]
pub fn CodeBlock(
    /// An id of its own on the page.
    id: &'static str,
    /// What the code is: `curl command`.
    #[prop(into)]
    what: String,
    /// What is shown.
    #[prop(into)]
    shown: Signal<String>,
    /// What is copied, when it is not what is shown.
    #[prop(optional, into)]
    copied: Option<Signal<String>>,
    /// Shows what is copied, where something else is shown.
    #[prop(default = Callback::new(|()| ()), into)]
    unmask: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="code">
            <pre class="code__text" role="group" aria-label=what.clone()><code id=id>{shown}</code></pre>
            <CopyButton text=copied.unwrap_or(shown) what=what shown_in=id unmask=unmask with_word=true />
        </div>
    }
    .into_any()
}
