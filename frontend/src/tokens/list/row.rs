//! A row of the list.

use std::collections::BTreeSet;

use latchkey_shared::{ModuleId, Token, TokenId, TokenStatus};
use leptos::prelude::*;

use crate::{
    api::Catalogue,
    browser::events,
    routes::{self, Navigator},
    session::Session,
    tokens::actions::{Actions, menu_items},
    ui::{CheckBox, Load, Menu, Moment, StatusChip, Tip, live},
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
    let catalogue = expect_context::<Load<Catalogue>>();
    let id = token.with_untracked(|token| token.id.clone());
    let href = routes::token(id.as_str(), "general");
    let name = Signal::derive(move || token.with(|token| token.name.clone()));
    let deleted = Memo::new(move |_| token.with(|token| token.status == TokenStatus::Deleted));
    let can_act = Memo::new(move |_| session.manages_tokens() && !deleted.get());

    let open = {
        let href = href.clone();
        move |event: leptos::ev::MouseEvent| {
            if !events::hits_a_control(&event) && !events::text_is_selected() {
                navigator.to(&href);
            }
        }
    };
    let extension = move || {
        catalogue.state.with(|state| {
            token.with(|token| {
                state.ready().map_or_else(|| token.extension.name.clone(), |it| it.extension_title(token))
            })
        })
    };
    let select = {
        let id = StoredValue::new(id.clone());
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
            <td class="col-name" role="cell">
                <a class="table__link" href=href>{name}</a>
                <span class="mono muted table__id">{id.to_string()}</span>
            </td>
            <td class="col-extension" role="cell">{extension}</td>
            <td class="col-permissions" role="cell">{live(move || token.with(permissions))}</td>
            <td class="col-status" role="cell">
                <StatusChip status=Signal::derive(move || token.with(|token| token.status)) />
            </td>
            <td class="col-created" role="cell">
                {live(move || token.with(|token| view! { <Moment at=token.events.created.at /> }))}
                <span class="muted table__by">{live(move || token.with(|token| token.events.created.by.name.clone()))}</span>
            </td>
            <td class="col-used" role="cell">
                {live(move || token.with(|token| match &token.last_used {
                    Some(last) => view! { <Moment at=last.at /> }.into_any(),
                    None => view! { <span class="muted">"Never"</span> }.into_any(),
                }))}
            </td>
            <td class="col-expires" role="cell">
                {live(move || token.with(|token| match token.expiration_date {
                    Some(at) => view! { <span class="only-narrow">"Expires "</span><Moment at=at /> }.into_any(),
                    None => view! { <span class="muted not-narrow">"Never"</span> }.into_any(),
                }))}
            </td>
            <td class="col-menu" role="cell">
                {live(move || can_act.get().then(|| view! {
                    <Menu icon=icondata_lu::LuEllipsisVertical
                        label=Signal::derive(move || format!("Actions for {}", name.get()))
                        items=Signal::derive(move || menu_items(&token.get(), actions, true)) />
                }))}
            </td>
        </tr>
    }
    .into_any()
}

/// *All modules*, or a count with the names behind it.
fn permissions(token: &Token) -> AnyView {
    let all = ModuleId::all();
    if token.permissions.iter().any(|permission| permission.object.id == all.as_str()) {
        return view! { <span>"All modules"</span> }.into_any();
    }
    let names: Vec<&str> = token
        .permissions
        .iter()
        .map(|it| if it.object.name.is_empty() { it.object.id.as_str() } else { it.object.name.as_str() })
        .collect();
    match names.len() {
        0 => view! { <span class="muted">"None"</span> }.into_any(),
        1 => view! { <Tip text="1 module" more=names.join(", ") /> }.into_any(),
        count => view! { <Tip text=format!("{count} modules") more=names.join(", ") /> }.into_any(),
    }
}
