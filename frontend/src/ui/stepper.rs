//! Where one is in a wizard.

use leptos::prelude::*;

use super::{Icon, dynamic};
use crate::texts::t;

/// The steps in their order. Those that are done are buttons that lead back.
#[component]
pub fn Stepper(
    /// The names.
    #[prop(into)]
    steps: Signal<Vec<&'static str>>,
    /// The position of the current one.
    #[prop(into)]
    current: Signal<usize>,
    /// Whether one can still go back.
    #[prop(into)]
    can_go_back: Signal<bool>,
    /// What pressing a done step does.
    #[prop(into)]
    on_go: Callback<usize>,
) -> impl IntoView {
    let step = move |index: usize, name: &'static str| {
        let state = move || match index.cmp(&current.get()) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal => "current",
            std::cmp::Ordering::Greater => "to-come",
        };
        let mark = move || {
            if state() == "done" {
                view! { <Icon icon=icondata_lu::LuCheck /> }.into_any()
            } else {
                (index + 1).to_string().into_any()
            }
        };
        let inside = move || {
            if state() == "done" && can_go_back.get() {
                view! {
                    <button type="button" class="stepper__step" on:click=move |_| on_go.run(index)>
                        <span class="stepper__mark">{dynamic(mark)}</span>
                        <span>{name}<span class="visually-hidden">{t().common.step_done}</span></span>
                    </button>
                }
                .into_any()
            } else {
                view! {
                    <span class="stepper__step"><span class="stepper__mark">{dynamic(mark)}</span><span>{name}</span></span>
                }
                .into_any()
            }
        };
        view! {
            <li class="stepper__item" data-state=state aria-current=move || (state() == "current").then_some("step")>
                {dynamic(inside)}
            </li>
        }
    };
    view! {
        <nav aria-label=t().common.steps>
            <ol class="stepper">
                {dynamic(move || steps.get().into_iter().enumerate().map(|(index, name)| step(index, name)).collect_view())}
            </ol>
        </nav>
    }
    .into_any()
}
