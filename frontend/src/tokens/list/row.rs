//! A row of the list.

use std::collections::BTreeSet;

use latchkey_shared::{Token, TokenId, TokenStatus};
use leptos::prelude::*;

use super::columns::COLUMNS;
use crate::{
    browser::events,
    routes::{self, Navigator},
    session::Session,
    tokens::actions::{Actions, menu_items},
    ui::{CheckBox, Menu, dynamic},
};

/// One token. The whole row leads to the details; the name is the real link.
#[component]
pub fn Row(
    /// The token as it is now.
    token: Memo<Token>,
    /// The ids of the selected rows.
    selected: RwSignal<BTreeSet<TokenId>>,
    /// What can be done with it.
    actions: Actions,
) -> impl IntoView {
    let (navigator, session) = (expect_context::<Navigator>(), expect_context::<Session>());
    let id = token.with_untracked(|token| token.id.clone());
    let href = routes::token(id.as_str(), "general");
    let name = Signal::derive(move || token.with(|token| token.name.clone()));
    let deleted = Memo::new(move |_| token.with(|token| token.status == TokenStatus::Deleted));
    let can_act = Memo::new(move |_| session.manages_tokens() && !deleted.get());

    let open = move |event: leptos::ev::MouseEvent| {
        if !events::hits_a_control(&event) && !events::text_is_selected() {
            navigator.to(&href);
        }
    };
    let select = {
        let id = StoredValue::new(id);
        let state = Signal::derive(move || selected.with(|it| id.with_value(|id| it.contains(id))).into());
        move || {
            can_act.get().then(|| {
                view! {
                    <CheckBox state=state label=Signal::derive(move || format!("Select {}", name.get()))
                        on_toggle=move |on: bool| selected.update(|it| {
                            if on { it.insert(id.get_value()) } else { it.remove(&id.get_value()) };
                        }) />
                }
            })
        }
    };
    view! {
        <tr class="table__row" role="row" class:is-deleted=deleted on:click=open>
            <td class="col-select" role="cell">{select}</td>
            {COLUMNS.iter().map(|column| view! { <td class=column.class role="cell">{(column.cell)(token)}</td> }).collect_view()}
            <td class="col-menu" role="cell">
                {dynamic(move || can_act.get().then(|| view! {
                    <Menu icon=icondata_lu::LuEllipsisVertical
                        label=Signal::derive(move || format!("Actions for {}", name.get()))
                        items=Signal::derive(move || menu_items(&token.get(), actions, true)) />
                }))}
            </td>
        </tr>
    }
    .into_any()
}
