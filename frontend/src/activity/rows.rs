//! Events as a table.

use latchkey_shared::Event;
use leptos::prelude::*;

use super::words;
use crate::{
    api::Catalogue,
    routes,
    texts::t,
    ui::{Load, Time, dynamic},
};

/// A table of events, each in words with before and after.
#[component]
pub fn EventRows(
    /// The events.
    events: Vec<Event>,
    /// Whether the object is known already, as on the page of a token.
    #[prop(optional)]
    of_one: bool,
) -> impl IntoView {
    let catalogue = expect_context::<Load<Catalogue>>();
    let texts = &t().activity;
    let row = move |event: Event| {
        let shown = !of_one && !words::is_about_actor(&event);
        let name = if event.object.name.is_empty() { event.object.id.clone() } else { event.object.name.clone() };
        let object = if event.object.id.starts_with("SU-") {
            view! { <a class="breakable" href=routes::token(&event.object.id, "activity")>{name}</a> }.into_any()
        } else {
            view! { <span class="breakable">{name}</span> }.into_any()
        };
        let what = match (words::action(&event.action), shown) {
            (Some(words), true) => {
                let [before, after] = words.with_object;
                view! { {before} {object} {after} }.into_any()
            }
            (Some(words), false) => words.alone.into_any(),
            // A newer server knows more.
            (None, true) => view! { {event.action.clone()} " " {object} }.into_any(),
            (None, false) => event.action.clone().into_any(),
        };
        let [before, actor, after] = words::actor(&event).map(str::to_owned);
        // A token acts for itself when its key is used.
        let actor = if !of_one && event.actor.id.starts_with("SU-") {
            view! { <a class="strong breakable" href=routes::token(&event.actor.id, "general")>{actor}</a> }.into_any()
        } else {
            view! { <span class="strong breakable">{actor}</span> }.into_any()
        };
        let address = event.address.clone();
        let alarming = words::is_alarming(&event.action);
        let reason = words::reason(&event);
        view! {
            <tr role="row" class:is-alarming=alarming>
                <td role="cell" class="col-when"><Time at=event.at with_time=true /></td>
                <td role="cell" class="col-what">
                    {before} {actor} {after} " " {what}
                    {reason.map(|reason| view! { <span class="change muted">{reason}</span> })}
                    {dynamic(move || {
                        let changes = catalogue.state.with(|state| words::changes(&event, state.ready()));
                        let line = |(field, before, after): (String, String, String)| view! {
                            <span class="change"><span class="muted">{field} ": "</span>
                                <del class="breakable">{before}</del> " → " <ins class="breakable">{after}</ins></span>
                        };
                        changes.into_iter().map(line).collect_view()
                    })}
                </td>
                <td role="cell" class="col-where mono muted">{address}</td>
            </tr>
        }
    };
    view! {
        <table class="table table--stacked table--events" role="table" aria-label=texts.events>
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader" class="col-when">{texts.when}</th>
                    <th scope="col" role="columnheader" class="col-what">{texts.what}</th>
                    <th scope="col" role="columnheader" class="col-where">{texts.from}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{events.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
