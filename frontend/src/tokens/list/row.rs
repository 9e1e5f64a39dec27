//! A row of the list.

use latchkey_shared::{Token, TokenStatus};
use leptos::prelude::*;

use super::{columns::COLUMNS, place, selection::Selection};
use crate::{
    browser::{events, page},
    routes::{self, Navigator},
    session::Session,
    texts::t,
    tokens::actions::{Actions, menu_items},
    ui::{CheckBox, Menu, dynamic},
};

/// One token. The whole row leads to the details; the name is the real link.
#[component]
pub fn Row(
    /// The token as it is now.
    token: Memo<Token>,
    /// The ids of the selected rows.
    selection: Selection,
    /// What can be done with it.
    actions: Actions,
) -> impl IntoView {
    let (navigator, session) = (expect_context::<Navigator>(), expect_context::<Session>());
    let id = token.with_untracked(|token| token.id.clone());
    let href = routes::token(id.as_str(), "general");
    let name = Signal::derive(move || token.with(|token| token.name.clone()));
    let deleted = Memo::new(move |_| token.with(|token| token.status == TokenStatus::Deleted));
    let can_act = Memo::new(move |_| session.manages_tokens() && !deleted.get());

    let open = {
        let id = id.clone();
        move |event: leptos::ev::MouseEvent| {
            // The link does by itself what the browser does with links.
            if events::hits_a_control(&event) {
                place::remember(id.as_str());
            } else if !events::hits(&event, ".table__id") && !events::text_is_selected() {
                if event.button() == 1 || event.ctrl_key() || event.meta_key() {
                    page::open_beside(&href);
                } else if event.button() == 0 {
                    place::remember(id.as_str());
                    navigator.to(&href);
                }
            }
        }
    };
    let beside = open.clone();
    let row_id = id.to_string();
    let select = {
        let id = StoredValue::new(id);
        let state = Signal::derive(move || id.with_value(|id| selection.has(id)).into());
        move || {
            can_act.get().then(|| {
                view! {
                    <CheckBox state=state label=Signal::derive(move || t().list.select_row.with([&name.get()]))
                        on_toggle=move |on: bool| selection.toggle(&token.get_untracked(), on) />
                }
            })
        }
    };
    view! {
        <tr class="table__row" role="row" id=format!("row-{row_id}") class:is-deleted=deleted on:click=open on:auxclick=beside>
            // Before the box changes: whether Shift extends the selection.
            <td class="col-select" role="cell" on:click=move |event| selection.extends(event.shift_key())>{select}</td>
            {dynamic(move || token.with(|token| {
                COLUMNS.iter().map(|column| view! { <td class=column.class role="cell">{(column.cell)(token)}</td> }).collect_view()
            }))}
            <td class="col-menu" role="cell">
                {dynamic(move || can_act.get().then(|| view! {
                    <Menu icon=icondata_lu::LuEllipsisVertical
                        label=Signal::derive(move || t().list.actions_for.with([&name.get()]))
                        items=Signal::derive(move || menu_items(&token.get(), actions, true)) />
                }))}
            </td>
        </tr>
    }
    .into_any()
}
