//! Messages that need reading and stay where they are.

use leptos::prelude::*;

use super::{Icon, dynamic};

/// A problem on top of a form, read out when it appears.
#[component]
pub fn Note(
    /// The message.
    #[prop(into)]
    problem: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div role="alert">
            {dynamic(move || problem.get().map(|problem| view! {
                <div class="note note--danger"><Icon icon=icondata_lu::LuCircleAlert /><p>{problem}</p></div>
            }))}
        </div>
    }
    .into_any()
}
