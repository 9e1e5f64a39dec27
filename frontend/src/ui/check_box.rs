//! Check boxes, with the third state that stands for "some".

use leptos::{html, prelude::*};

/// What a check box shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Check {
    /// None of it.
    #[default]
    Off,
    /// A part of it.
    Mixed,
    /// All of it.
    On,
}

impl From<bool> for Check {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// A check box whose state comes from `state` alone: pressing it only asks for the change.
#[component]
pub fn CheckBox(
    /// What it shows.
    #[prop(into)]
    state: Signal<Check>,
    /// What pressing it does; given is whether it would be on.
    #[prop(into)]
    on_toggle: Callback<bool>,
    /// The name for screen readers, where no label stands beside it.
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    /// Whether it cannot be changed.
    #[prop(optional)]
    disabled: bool,
    /// The id of a text that describes it.
    #[prop(optional, into)]
    described_by: Option<String>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let show = move |state: Check| {
        if let Some(input) = input.get() {
            input.set_indeterminate(state == Check::Mixed);
            input.set_checked(state == Check::On);
        }
    };
    Effect::new(move |_| show(state.get()));
    view! {
        <input
            node_ref=input
            type="checkbox"
            class="check"
            disabled=disabled
            aria-describedby=described_by
            aria-label=move || label.map(|label| label.get())
            on:change=move |_| {
                let wanted = state.get_untracked() != Check::On;
                on_toggle.run(wanted);
                // The browser has already changed the box; what counts is the state.
                show(state.get_untracked());
            }
        />
    }
    .into_any()
}
