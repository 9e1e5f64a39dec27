//! What can be done with all selected rows at once.

use std::collections::BTreeSet;

use latchkey_shared::{Token, TokenId, TokenStatus};
use leptos::prelude::*;

use crate::{
    tokens::actions::{Actions, Kind},
    ui::{Button, Variant, dynamic},
};

/// The bar in place of the filters while rows are selected.
#[component]
pub fn BulkBar(
    /// The rows of the page.
    rows: Signal<Vec<Token>>,
    /// The ids of the selected ones.
    selected: RwSignal<BTreeSet<TokenId>>,
    /// What can be done with them.
    actions: Actions,
) -> impl IntoView {
    let chosen = move |fits: fn(&Token) -> bool| {
        rows.with(|rows| {
            selected.with(|ids| rows.iter().filter(|it| ids.contains(&it.id) && fits(it)).cloned().collect::<Vec<_>>())
        })
    };
    let disabled = move || chosen(|token| token.status == TokenStatus::Inactive);
    let usable = move || chosen(|token| token.status.is_usable());
    view! {
        <div class="bulk" role="group" aria-label="Selected tokens">
            <span class="bulk__count" role="status">{dynamic(move || format!("{} selected", selected.with(BTreeSet::len)))}</span>
            <Button disabled=Signal::derive(move || disabled().is_empty())
                on_press=move |()| actions.enable(untrack(disabled))>"Enable"</Button>
            <Button disabled=Signal::derive(move || usable().is_empty())
                on_press=move |()| actions.ask(Kind::Disable, untrack(usable))>"Disable"</Button>
            <Button on_press=move |()| actions.ask(Kind::Delete, untrack(|| chosen(|_| true)))>"Delete"</Button>
            <Button variant=Variant::Quiet on_press=move |()| selected.set(BTreeSet::new())>"Clear selection"</Button>
        </div>
    }
    .into_any()
}
