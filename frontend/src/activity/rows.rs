//! Events as a table.

use latchkey_shared::Event;
use leptos::prelude::*;

use super::words;
use crate::{
    api::Catalogue,
    routes,
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
    let row = move |event: Event| {
        let verb = words::verb(&event.action, !of_one && !words::is_about_actor(&event));
        let shown = !of_one && !words::is_about_actor(&event);
        let name = if event.object.name.is_empty() { event.object.id.clone() } else { event.object.name.clone() };
        let object = if event.object.id.starts_with("SU-") {
            view! { <a class="breakable" href=routes::token(&event.object.id, "activity")>{name}</a> }.into_any()
        } else {
            view! { <span class="breakable">{name}</span> }.into_any()
        };
        let address = event.address.clone();
        let alarming = event.action == "user.sign_in_failed";
        view! {
            <tr role="row" class:is-alarming=alarming>
                <td role="cell" class="col-when"><Time at=event.at with_time=true /></td>
                <td role="cell" class="col-what">
                    <span class="strong breakable">{event.actor.name.clone()}</span> " " {verb}
                    {shown.then(|| view! { " " {object} })}
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
        <table class="table table--events" role="table" aria-label="Events">
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader" class="col-when">"When"</th>
                    <th scope="col" role="columnheader" class="col-what">"What"</th>
                    <th scope="col" role="columnheader" class="col-where">"From"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{events.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
