//! What a screen shows when it has nothing to show.

use icondata_core::Icon as IconData;
use leptos::prelude::*;

use super::{Button, Icon};
use crate::{api::Failure, texts::t};

/// Says what happened and offers to try again.
#[component]
pub fn LoadError(
    /// What was wanted: `The tokens could not be loaded.`
    what: &'static str,
    /// Why it failed.
    failure: Failure,
    /// What *Try again* does.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="empty" role="alert">
            <Icon icon=icondata_lu::LuTriangleAlert />
            <p class="empty__title">{what}</p>
            <p class="empty__text">{failure.message()}</p>
            <Button on_press=on_retry>{t().common.try_again}</Button>
        </div>
    }
    .into_any()
}

/// A picture, a sentence, and what one can do about it.
#[component]
pub fn EmptyState(
    /// The picture.
    icon: IconData,
    /// What there is not.
    #[prop(into)]
    title: Signal<String>,
    /// A sentence on what could be here.
    #[prop(into)]
    text: Signal<String>,
    /// What one can do about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon icon=icon />
            <p class="empty__title">{title}</p>
            <p class="empty__text">{text}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
