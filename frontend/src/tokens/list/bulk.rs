//! What can be done with all selected rows at once.

use latchkey_shared::{Token, TokenStatus};
use leptos::prelude::*;

use super::{ListQuery, selection::Selection};
use crate::{
    browser::{dates, focus},
    texts::t,
    tokens::actions::{Actions, Kind, Target},
    ui::{Button, Variant, dynamic},
};

/// The query of all that match. A blank one would be refused.
fn rule(query: &ListQuery) -> String {
    let filter = query.filter(dates::now());
    if filter.is_empty() { "ne(status,deleted)".to_owned() } else { filter.trim_end_matches('&').to_owned() }
}

/// The bar above the table while rows are selected.
#[component]
pub fn BulkBar(
    /// What is selected.
    selection: Selection,
    /// What the list shows.
    query: Signal<ListQuery>,
    /// How many tokens match.
    total: Signal<usize>,
    /// Whether the rows are those of another question still.
    stale: Memo<bool>,
    /// What can be done with them.
    actions: Actions,
) -> impl IntoView {
    let target = move |fits: fn(&Token) -> bool| selection.target(fits, || query.with(rule), total.get());
    let is_off = |token: &Token| token.status == TokenStatus::Inactive;
    let is_usable = |token: &Token| token.status.is_usable();
    let none = move |fits: fn(&Token) -> bool| Signal::derive(move || stale.get() || target(fits).count() == 0);
    let ask = move |kind, fits: fn(&Token) -> bool| actions.ask(kind, untrack(|| target(fits)));
    let enable = move |()| match untrack(|| target(is_off)) {
        rule @ Target::Rule(..) => actions.ask(Kind::Enable, rule),
        seen => actions.enable(seen.tokens().to_vec()),
    };
    let texts = &t().list;
    let words = move || {
        let count = dates::number(selection.count(total.get()));
        if selection.is_everything() { texts.all_selected.with([&count]) } else { texts.selected.with([&count]) }
    };
    // The page is selected as a whole, and there is more.
    let more = Memo::new(move |_| {
        let (rows, selected) = selection.of_page();
        !selection.is_everything() && rows > 0 && rows == selected && total.get() > selection.count(0)
    });
    view! {
        <div class="bulk" role="group" aria-label=texts.selected_tokens>
            <span class="bulk__count" role="status">{dynamic(words)}</span>
            {dynamic(move || more.get().then(|| view! {
                <Button variant=Variant::Quiet on_press=move |()| {
                    selection.select_everything();
                    request_animation_frame(|| focus::first(".bulk button"));
                }>
                    {dynamic(move || texts.select_all.with([&dates::number(total.get())]))}
                </Button>
            }))}
            <Button disabled=none(is_off) busy=actions.busy on_press=enable>{t().actions.enable}</Button>
            <Button disabled=none(is_usable) on_press=move |()| ask(Kind::Disable, is_usable)>{t().actions.disable}</Button>
            <Button disabled=none(|_| true) on_press=move |()| ask(Kind::SetExpiration, |_| true)>{texts.set_expiration}</Button>
            <Button disabled=none(|_| true) on_press=move |()| ask(Kind::Delete, |_| true)>{t().actions.delete_ask}</Button>
            <Button variant=Variant::Quiet on_press=move |()| {
                selection.clear();
                focus::first(if focus::finds(".table--tokens tbody .check") { ".table--tokens tbody .check" } else { ".search input" });
            }>{texts.clear_selection}</Button>
        </div>
    }
    .into_any()
}
