//! What the platform of this server is made of: extensions and modules, and how many tokens each has.

pub mod extensions;
pub mod modules;
pub mod observed;

pub use extensions::Extensions;
pub use modules::Modules;
pub use observed::Observed;

use leptos::prelude::*;

use crate::{
    api::{Api, Failure},
    browser::dates,
    texts::t,
    tokens::list::ListQuery,
    ui::{Load, Loaded, dynamic},
};

/// How many tokens each of these lists has, in their order.
fn counts(lists: Vec<ListQuery>) -> Load<Vec<usize>> {
    let api = expect_context::<Api>();
    let lists = StoredValue::new(lists);
    Load::new(
        || (),
        move |()| async move {
            let mut counts = Vec::new();
            for list in lists.get_value() {
                counts.push(api.count_tokens(&list.filter(dates::now())).await?);
            }
            Ok::<_, Failure>(counts)
        },
    )
}

/// A number of tokens that leads to them.
fn count_link(counts: Load<Vec<usize>>, at: usize, list: &ListQuery) -> AnyView {
    let texts = &t().catalogue;
    let address = list.address();
    dynamic(move || {
        match counts.state.with(|state| match state {
            Loaded::Ready(counts) => Some(counts.get(at).copied()),
            Loaded::Failed(_) => Some(None),
            Loaded::Waiting => None,
        }) {
            Some(Some(0)) => view! { <span class="muted">{texts.no_token}</span> }.into_any(),
            Some(Some(count)) => view! { <a href=address.clone()>{texts.token_count.of(count)}</a> }.into_any(),
            Some(None) => view! { <a href=address.clone()>{texts.tokens}</a> }.into_any(),
            None => view! { <span class="muted">"…"</span> }.into_any(),
        }
    })
    .into_any()
}
