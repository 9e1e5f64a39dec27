//! Buttons.

use icondata_core::Icon as IconData;
use leptos::prelude::*;

use super::Icon;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Variant {
    /// The one thing that the view is for.
    Primary,
    /// Everything else.
    #[default]
    Normal,
    /// Beside text or in a row, without a frame.
    Quiet,
    /// Inside the dialog that destroys something.
    Danger,
}

impl Variant {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button--primary",
            Self::Normal => "button",
            Self::Quiet => "button button--quiet",
            Self::Danger => "button button--danger",
        }
    }
}

/// A button that keeps its width and its focus while it works, and cannot be pressed meanwhile. A double click is one
/// press: after the first click another button may stand in the same place.
#[component]
pub fn Button(
    /// How it looks.
    #[prop(optional)]
    variant: Variant,
    /// A picture before the words.
    #[prop(optional)]
    icon: Option<IconData>,
    /// Whether it works right now.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether it can be pressed. Focusable all the same, so that the focus is never lost.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Whether it submits the form around it.
    #[prop(optional)]
    submit: bool,
    /// What it does.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// The name for screen readers, when the words alone do not say what it acts on.
    #[prop(optional, into)]
    label: Option<String>,
    /// Whether it takes the focus when the dialog around it opens.
    #[prop(optional)]
    autofocus: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    let idle = move || !busy.get_untracked() && !disabled.get_untracked();
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=variant.class()
            class:is-busy=busy
            autofocus=autofocus
            aria-label=label
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || (busy.get() || disabled.get()).then_some("true")
            on:click=move |event| {
                if !idle() || event.detail() > 1 {
                    event.prevent_default();
                } else if let Some(on_press) = on_press {
                    on_press.run(());
                }
            }
        >
            {icon.map(|icon| view! { <Icon icon=icon /> })}
            <span class="button__label">{children()}</span>
            <span class="button__spinner" aria-hidden="true"></span>
        </button>
    }
    .into_any()
}
