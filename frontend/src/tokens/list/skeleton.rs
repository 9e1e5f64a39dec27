//! The list while it is on its way.

use leptos::prelude::*;

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
                    {bar("col-select")} {bar("col-name")} {bar("col-extension")} {bar("col-permissions")}
                    {bar("col-status")} {bar("col-created")} {bar("col-used")} {bar("col-expires")}
                    {bar("col-menu")}
                </tr>
            }
        })
        .collect_view()
        .into_any()
}
