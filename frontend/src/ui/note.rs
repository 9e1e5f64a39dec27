//! Messages that need reading and stay where they are.

use leptos::prelude::*;

use super::{Icon, dynamic};
use crate::texts::t;

/// A problem on top of a form, read out when it appears.
#[component]
pub fn Note(
    /// The message.
    #[prop(into)]
    problem: Signal<Option<String>>,
    /// Takes it away, where it does not go with the next try.
    #[prop(optional, into)]
    on_dismiss: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div role="alert">
            {dynamic(move || problem.get().map(|problem| view! {
                <div class="note note--danger">
                    <Icon icon=icondata_lu::LuCircleAlert /><p>{problem}</p>
                    {on_dismiss.map(|on_dismiss| view! {
                        <button type="button" class="note__close" aria-label=t().common.dismiss on:click=move |_| on_dismiss.run(())>
                            <Icon icon=icondata_lu::LuX />
                        </button>
                    })}
                </div>
            }))}
        </div>
    }
    .into_any()
}
