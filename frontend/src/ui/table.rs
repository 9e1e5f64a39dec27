//! Headers by which a table is sorted.

use leptos::prelude::*;

use super::{Icon, dynamic};

/// A column header with a button. `sorted` is the direction when the table is sorted by this column:
/// `Some(true)` is descending.
#[component]
pub fn SortHeader(
    /// The name of the column.
    name: &'static str,
    /// A class for the column.
    class: &'static str,
    /// Whether and how the table is sorted by it.
    #[prop(into)]
    sorted: Signal<Option<bool>>,
    /// What pressing it does.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    let direction = move || match sorted.get() {
        None => "none",
        Some(false) => "ascending",
        Some(true) => "descending",
    };
    view! {
        <th scope="col" role="columnheader" class=class aria-sort=direction>
            <button type="button" class="sort" on:click=move |_| on_press.run(())>
                {name}
                {dynamic(move || match sorted.get() {
                    None => view! { <Icon icon=icondata_lu::LuChevronsUpDown /> },
                    Some(false) => view! { <Icon icon=icondata_lu::LuArrowUp /> },
                    Some(true) => view! { <Icon icon=icondata_lu::LuArrowDown /> },
                })}
            </button>
        </th>
    }
    .into_any()
}
