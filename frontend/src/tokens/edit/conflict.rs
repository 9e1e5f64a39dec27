//! Two people have edited at once: the second is told and decides.

use leptos::prelude::*;

use super::changes::{Change, changes};
use crate::{
    api::{Catalogue, tokens::Versioned},
    browser::dates,
    texts::t,
    tokens::draft::{Clock, Draft},
    ui::{Button, Dialog, Time, dynamic},
};

/// Shows who changed what and when. Nothing is saved until the person has chosen a side; closing the dialog
/// goes back to the form, and the next *Save* asks again.
#[component]
pub fn ConflictDialog(
    /// What the server has now; `None` when there is no conflict.
    theirs: RwSignal<Option<Versioned>>,
    /// What the form began with.
    #[prop(into)]
    base: Signal<Draft>,
    /// What is in the form.
    #[prop(into)]
    mine: Signal<Draft>,
    /// For the names of modules.
    catalogue: StoredValue<Catalogue>,
    /// Saves what the person changed, over theirs.
    on_keep: Callback<Versioned>,
    /// Puts theirs into the form.
    on_take: Callback<Versioned>,
) -> impl IntoView {
    let texts = &t().edit;
    let open = Signal::derive(move || theirs.with(Option::is_some));
    let back = move |()| theirs.set(None);
    let decide = move |action: Callback<Versioned>| {
        if let Some(version) = theirs.get_untracked() {
            theirs.set(None);
            action.run(version);
        }
    };
    let side = |text: String| {
        if text.is_empty() {
            view! { <span class="muted">{t().common.none}</span> }.into_any()
        } else {
            text.into_any()
        }
    };
    let row = move |change: Change| {
        view! {
            <tr>
                <th scope="row">{change.field}</th>
                <td class="breakable">{side(change.mine)}</td>
                <td class="breakable">{side(change.theirs)}
                    {change.is_kept.then(|| view! { " " <span class="muted">{texts.is_kept}</span> })}</td>
            </tr>
        }
    };
    view! {
        <Dialog open=open on_close=back title=texts.changed_by_another>
            {dynamic(move || theirs.get().map(|Versioned { token, .. }| {
                let theirs = Draft::of(&token, Clock::browser());
                let (base, mine) = (base.get(), mine.get());
                let changes = catalogue.with_value(|it| changes(&base, &mine, &theirs, it, dates::day_and_time));
                let updated = token.events.updated.clone();
                view! {
                    <p>
                        <strong class="breakable">{updated.by.name}</strong> {texts.saved_a_change}
                        <Time at=updated.at with_time=true /> {texts.yours_is_not_saved}
                    </p>
                    {if changes.is_empty() {
                        view! { <p>{texts.both_same}</p> }.into_any()
                    } else {
                        view! {
                            <table class="table table--diff">
                                <thead><tr>
                                    <th scope="col">{texts.property}</th>
                                    <th scope="col">{texts.yours}</th>
                                    <th scope="col">{texts.theirs}</th>
                                </tr></thead>
                                <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
                            </table>
                        }
                        .into_any()
                    }}
                }
            }))}
            <div class="dialog__actions">
                <Button autofocus=true on_press=back>{texts.back_to_form}</Button>
                <Button on_press=move |()| decide(on_take)>{texts.take_theirs}</Button>
                <Button on_press=move |()| decide(on_keep)>{texts.keep_mine}</Button>
            </div>
        </Dialog>
    }
    .into_any()
}
