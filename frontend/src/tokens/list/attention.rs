//! What needs attention, above the list: a count with a link to the tokens.

use leptos::prelude::*;

use super::{ListQuery, query::Unused};
use crate::{
    activity::{ActivityQuery, words::ENDED_KEY_USED},
    api::{Api, tokens::Page},
    browser::dates,
    texts::t,
    ui::{Load, dynamic},
};

/// `3 expire within 7 days · 41 never used · 12 not used for 90 days`, each a filter of the list, and `1 ended key still
/// in use`, which leads to its events. Nothing when there is nothing.
#[component]
pub fn Attention(
    /// What the list shows.
    query: Signal<ListQuery>,
    /// The list: a change in it may change the counts.
    load: Load<(ListQuery, Page)>,
) -> impl IntoView {
    let api = expect_context::<Api>();
    let plain = ListQuery { size: 25, ..ListQuery::default() };
    let lists = StoredValue::new([
        ListQuery { expires_within: Some(7), ..plain.clone() },
        ListQuery { unused: Some(Unused::Always), ..plain.clone() },
        ListQuery { unused: Some(Unused::Days(90)), ..plain },
    ]);
    // Once a day for each key.
    let ended =
        StoredValue::new(ActivityQuery { action: Some(ENDED_KEY_USED), days: Some(1), ..ActivityQuery::default() });
    // After the list, so that it never waits for the counts.
    let counts = Load::new(
        move || load.state.with(|state| state.ready().is_some()),
        move |is_there| async move {
            let mut counts = Vec::new();
            for list in lists.get_value().into_iter().filter(|_| is_there) {
                counts.push(api.count_tokens(&list.filter(dates::now())).await?);
            }
            if is_there {
                let filter = ended.with_value(|ended| ended.filter(dates::now()));
                counts.push(api.list_events(&format!("{filter}limit=0")).await?.total);
            }
            Ok(counts)
        },
    );
    let line = move || {
        let texts = &t().list;
        let counts = counts.state.with(|state| state.ready().cloned())?;
        let words = [&texts.expire_within_7_days, &texts.count_never_used, &texts.count_unused_for_90_days];
        let ended = counts.get(words.len()).copied().filter(|count| *count > 0).map(|count| {
            view! { <li><a href=ended.with_value(ActivityQuery::address)>{texts.ended_keys_used.of(count)}</a></li> }
        });
        let links: Vec<_> = counts
            .into_iter()
            .zip(words)
            .zip(lists.get_value())
            .filter(|((count, _), _)| *count > 0)
            .map(|((count, words), list)| {
                let current = query.with(|query| query.selects_as(&list));
                view! { <li><a href=list.address() aria-current=current.then_some("true")>{words.of(count)}</a></li> }
            })
            .collect();
        let is_there = ended.is_some() || !links.is_empty();
        is_there.then(|| view! { <ul class="attention__list" aria-label=texts.needs_attention>{ended}{links}</ul> })
    };
    // Its place is kept, so that nothing moves when the counts arrive.
    view! { <div class="attention">{dynamic(line)}</div> }
}
