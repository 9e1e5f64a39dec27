//! The list while it is on its way.

use leptos::prelude::*;

use super::columns::COLUMNS;

/// Rows in the shape that the real ones will have.
#[component]
pub fn Skeleton(
    /// How many.
    rows: usize,
) -> impl IntoView {
    let bar = |class: &'static str| view! { <td class=class><span class="skeleton"></span></td> };
    (0..rows)
        .map(|_| {
            view! {
                <tr class="table__row" aria-hidden="true">
                    {bar("col-select")}
                    {COLUMNS.iter().map(|column| bar(column.class)).collect_view()}
                    {bar("col-menu")}
                </tr>
            }
        })
        .collect_view()
        .into_any()
}
