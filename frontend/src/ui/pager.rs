//! Leafing through a long list.

use leptos::prelude::*;

use super::{Icon, Select, dynamic};
use crate::{browser::dates, texts::t};

/// Which rows of how many, links to the neighbours, and the choice of rows a page.
#[component]
pub fn Pager(
    /// The current page, from 1.
    #[prop(into)]
    page: Signal<usize>,
    /// Rows a page.
    #[prop(into)]
    size: Signal<usize>,
    /// Rows in all.
    #[prop(into)]
    total: Signal<usize>,
    /// The address of a page.
    #[prop(into)]
    address: Callback<usize, String>,
    /// What choosing another number of rows does.
    #[prop(optional, into)]
    on_size: Option<Callback<usize>>,
    /// The numbers of rows to choose from; none leaves no choice.
    #[prop(optional)]
    sizes: &'static [usize],
) -> impl IntoView {
    let range = move || {
        let (page, size, total) = (page.get(), size.get(), total.get());
        let first = (page - 1) * size + 1;
        let [first, last, total] = [first, total.min(page * size), total].map(dates::number);
        t().common.range.with([&first, &last, &total])
    };
    let options = sizes.iter().map(|size| (size.to_string(), t().common.rows.with([size]))).collect::<Vec<_>>();
    let link = move |to: Option<usize>, name: &'static str, icon| match to {
        Some(to) => view! {
            <a class="button button--quiet button--icon" href=address.run(to) aria-label=name><Icon icon=icon /></a>
        }
        .into_any(),
        None => view! {
            <span class="button button--quiet button--icon" role="link" aria-disabled="true" aria-label=name>
                <Icon icon=icon />
            </span>
        }
        .into_any(),
    };
    view! {
        <nav class="pager" aria-label=t().common.pages>
            {on_size.map(|on_size| view! {
                <Select label=t().common.rows_per_page name="size" quiet=true value=Signal::derive(move || size.get().to_string())
                    options=options on_choose=move |size: String| if let Ok(size) = size.parse() { on_size.run(size) } />
            })}
            <span class="pager__range">{range}</span>
            {dynamic(move || link((page.get() > 1).then(|| page.get() - 1), t().common.previous_page, icondata_lu::LuChevronLeft))}
            {dynamic(move || {
                let more = page.get() * size.get() < total.get();
                link(more.then(|| page.get() + 1), t().common.next_page, icondata_lu::LuChevronRight)
            })}
        </nav>
    }
    .into_any()
}
