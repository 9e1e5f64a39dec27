//! What changes while the list is open. A row changes where it stands; what would move rows waits until it is asked
//! for.

use latchkey_shared::{Token, TokenStatus};
use leptos::{prelude::*, task::spawn_local};

use super::ListQuery;
use crate::{
    activity::words::TOKEN_DELETED,
    api::{Api, tokens::Page},
    browser::dates,
    live::{Live, until_loaded},
    ui::Load,
};

/// Keeps the rows up to date. True while others belong there, or the same ones in another order.
pub fn refresh(query: Signal<ListQuery>, load: Load<(ListQuery, Page)>) -> RwSignal<bool> {
    let (api, live) = (expect_context::<Api>(), expect_context::<Live>());
    let (newer, latest) = (until_loaded(load), StoredValue::new(0_u32));
    live.on_news(move |news| {
        if !news.has(|event| event.object.id.starts_with("SU-")) {
            return;
        }
        live.announce(&news);
        let query = query.get_untracked();
        let turn = latest.get_value().wrapping_add(1);
        latest.set_value(turn);
        spawn_local(async move {
            let Ok(fresh) = api.list_tokens(&query.rql(dates::now())).await else { return };
            if latest.try_get_value() != Some(turn) {
                return;
            }
            if load.busy.get_untracked() {
                // The answer that is on its way may be older than the change.
                return load.again();
            }
            let shown = load.state.with_untracked(|state| state.ready().cloned());
            let Some((_, shown)) = shown.filter(|(of, _)| *of == query) else { return };
            let is_in_place = shown.tokens.is_empty() || ids(&shown.tokens).eq(ids(&fresh.tokens));
            newer.set(!is_in_place);
            let deleted = |id: &str| news.events.iter().any(|it| it.action == TOKEN_DELETED && it.object.id == id);
            let page = if is_in_place { fresh } else { in_place(shown, fresh, deleted) };
            load.put((query, page));
        });
    });
    newer
}

fn ids(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().map(|token| token.id.as_str())
}

/// The rows that are shown, each as it is now as far as that is known.
fn in_place(shown: Page, fresh: Page, deleted: impl Fn(&str) -> bool) -> Page {
    let now = |row: Token| match fresh.tokens.iter().find(|it| it.id == row.id) {
        Some(now) => now.clone(),
        None if deleted(row.id.as_str()) => Token { status: TokenStatus::Deleted, ..row },
        None => row,
    };
    Page { tokens: shown.tokens.into_iter().map(now).collect(), ..shown }
}
