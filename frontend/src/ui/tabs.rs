//! Tabs with automatic activation, after the APG's pattern.

use leptos::{html, prelude::*};
use web_sys::KeyboardEvent;

use super::{dynamic, menu::unique};
use crate::browser::focus;

/// A tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// What it is called in code and in the address.
    pub id: &'static str,
    /// What it is called on the page.
    pub words: &'static str,
    /// Where it leads, when the address tells the tab.
    pub href: Option<String>,
}

/// A row of tabs and the panel below. Tabs with an address are links, so that each can be opened by itself.
#[component]
pub fn Tabs(
    /// What the tabs are parts of.
    label: &'static str,
    /// The tabs.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
    /// The id of the chosen one.
    #[prop(into)]
    selected: Signal<String>,
    /// What choosing does, for tabs without an address.
    #[prop(optional, into)]
    on_select: Option<Callback<&'static str>>,
    /// Whether they are small, inside something else.
    #[prop(optional)]
    small: bool,
    /// What is in the panel of the chosen tab.
    children: Children,
) -> impl IntoView {
    let prefix = unique("tabs");
    let panel_id = format!("{prefix}-panel");
    let row = NodeRef::<html::Div>::new();
    let on_key = move |event: KeyboardEvent| {
        let Some(row) = row.get_untracked() else { return };
        let tabs = focus::all(&row, "[role=tab]");
        let (Some(at), count) = (focus::position(&tabs), tabs.len()) else { return };
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % count,
            "ArrowLeft" => (at + count - 1) % count,
            "Home" => 0,
            "End" => count - 1,
            // A link is pressed by Enter alone; a tab also by the space bar.
            " " => at,
            _ => return,
        };
        event.prevent_default();
        let _ = tabs[to].focus();
        tabs[to].click();
    };
    let tab = {
        let (prefix, panel_id) = (prefix.clone(), panel_id.clone());
        move |tab: Tab| {
            let id = tab.id;
            let chosen = move || selected.with(|selected| selected == id);
            let aria = move || if chosen() { "true" } else { "false" };
            let tabindex = move || if chosen() { "0" } else { "-1" };
            let dom_id = format!("{prefix}-{id}");
            match tab.href {
                Some(href) => view! {
                    <a role="tab" class="tabs__tab" id=dom_id href=href aria-selected=aria tabindex=tabindex
                        aria-controls=panel_id.clone() data-noscroll>{tab.words}</a>
                }
                .into_any(),
                None => view! {
                    <button type="button" role="tab" class="tabs__tab" id=dom_id aria-selected=aria tabindex=tabindex
                        aria-controls=panel_id.clone()
                        on:click=move |_| if let Some(on_select) = on_select { on_select.run(id) }>{tab.words}</button>
                }
                .into_any(),
            }
        }
    };
    view! {
        <div class="tabs" class:tabs--small=small>
            <div class="tabs__row" role="tablist" aria-label=label node_ref=row on:keydown=on_key>
                {dynamic(move || tabs.get().into_iter().map(&tab).collect_view())}
            </div>
            <div class="tabs__panel" role="tabpanel" id=panel_id
                aria-labelledby=move || format!("{prefix}-{}", selected.get())>{children()}</div>
        </div>
    }
    .into_any()
}
