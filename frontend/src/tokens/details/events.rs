//! The tab *Activity*: the token's events.

use latchkey_shared::TokenId;
use leptos::prelude::*;

use crate::{
    activity::{ActivityQuery, EventRows},
    api::Api,
    browser::dates,
    live::Live,
    texts::t,
    ui::{Load, LoadError, Loaded, dynamic},
};

/// The last events of the token, and a link to all of them.
#[component]
pub fn TokenEvents(
    /// The token.
    id: TokenId,
) -> impl IntoView {
    let api = expect_context::<Api>();
    let query = ActivityQuery { object: id.to_string(), ..ActivityQuery::default() };
    let all = StoredValue::new(query.address());
    let load = Load::new(move || query.rql(dates::now()), move |rql| async move { api.list_events(&rql).await });
    expect_context::<Live>().on_news(move |news| {
        if news.has(|event| event.object.id == id.as_str()) {
            load.again();
        }
    });
    dynamic(move || match load.state.get() {
        Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
        Loaded::Failed(failure) => view! {
            <LoadError what=t().details.events_not_loaded failure=failure on_retry=move |()| load.again() />
        }
        .into_any(),
        Loaded::Ready(page) => {
            let more = page.total > page.events.len();
            view! {
                <EventRows events=page.events of_one=true />
                {more.then(|| view! { <p><a href=all.get_value()>{t().details.all_events.with([&dates::number(page.total)])}</a></p> })}
            }
            .into_any()
        }
    })
}
