//! The columns of the list between selection and menu, from left to right. A new one is a line here, a cell below, and
//! its widths in `styles/ui/table.css`.

use latchkey_shared::{ModuleId, Timestamp, Token};
use leptos::prelude::*;

use super::query::SortKey;
use crate::{
    api::Catalogue,
    routes,
    texts::{list, t},
    ui::{CopyButton, Load, StatusChip, Time, Tip, dynamic},
};

/// A column of the list.
#[derive(Debug)]
pub struct Column {
    /// Its word in the settings, and in the style sheet for hiding it; none for what is always shown.
    pub key: Option<&'static str>,
    /// What stands in the header.
    pub title: fn(&list::Texts) -> &'static str,
    /// Its class in the style sheet.
    pub class: &'static str,
    /// The order that its header asks for.
    pub sort: Option<SortKey>,
    /// What stands in the row of a token.
    pub cell: fn(Memo<Token>) -> AnyView,
}

/// All of them.
pub const COLUMNS: [Column; 7] = [
    Column { key: None, title: |texts| texts.name, class: "col-name", sort: Some(SortKey::Name), cell: name },
    Column {
        key: Some("extension"),
        title: |texts| texts.extension,
        class: "col-extension",
        sort: Some(SortKey::Extension),
        cell: extension,
    },
    Column {
        key: Some("permissions"),
        title: |texts| texts.permissions,
        class: "col-permissions",
        sort: None,
        cell: permissions,
    },
    Column { key: None, title: |texts| texts.status, class: "col-status", sort: Some(SortKey::Status), cell: status },
    Column {
        key: Some("created"),
        title: |texts| texts.created,
        class: "col-created",
        sort: Some(SortKey::Created),
        cell: created,
    },
    Column {
        key: Some("used"),
        title: |texts| texts.last_used,
        class: "col-used",
        sort: Some(SortKey::Used),
        cell: last_used,
    },
    Column {
        key: Some("expires"),
        title: |texts| texts.expires,
        class: "col-expires",
        sort: Some(SortKey::Expires),
        cell: expires,
    },
];

fn name(token: Memo<Token>) -> AnyView {
    let id = token.with_untracked(|token| token.id.to_string());
    view! {
        <a class="table__link" href=routes::token(&id, "general") title=move || token.with(|token| token.name.clone())>
            {move || token.with(|token| token.name.clone())}</a>
        <span class="mono muted table__id">{id.clone()}<CopyButton text=id what=t().list.id /></span>
    }
    .into_any()
}

fn extension(token: Memo<Token>) -> AnyView {
    let catalogue = expect_context::<Load<Catalogue>>();
    let title = move || {
        catalogue.state.with(|state| {
            token.with(|token| {
                state.ready().map_or_else(|| token.extension.name.clone(), |it| it.extension_title(token))
            })
        })
    };
    title.into_any()
}

/// *All modules*, or a count with the names behind it.
fn permissions(token: Memo<Token>) -> AnyView {
    let text = |token: &Token| {
        if token.permissions.iter().any(|permission| permission.object.id == ModuleId::all().as_str()) {
            return view! { <span>{t().list.all_modules}</span> }.into_any();
        }
        let names: Vec<&str> = token
            .permissions
            .iter()
            .map(|it| if it.object.name.is_empty() { it.object.id.as_str() } else { it.object.name.as_str() })
            .collect();
        match names.len() {
            0 => view! { <span class="muted">{t().list.no_modules}</span> }.into_any(),
            count => view! { <Tip text=t().list.modules.of(count) more=names.join(", ") /> }.into_any(),
        }
    };
    dynamic(move || token.with(text)).into_any()
}

fn status(token: Memo<Token>) -> AnyView {
    view! { <StatusChip status=Signal::derive(move || token.with(|token| token.status)) /> }.into_any()
}

fn created(token: Memo<Token>) -> AnyView {
    view! {
        {dynamic(move || token.with(|token| view! { <Time at=token.events.created.at /> }))}
        <span class="muted table__by">{dynamic(move || token.with(|token| token.events.created.by.name.clone()))}</span>
    }
    .into_any()
}

fn last_used(token: Memo<Token>) -> AnyView {
    time_or_never(token, |token| token.last_used.as_ref().map(|last| last.at))
}

fn expires(token: Memo<Token>) -> AnyView {
    time_or_never(token, |token| token.expiration_date)
}

fn time_or_never(token: Memo<Token>, at: fn(&Token) -> Option<Timestamp>) -> AnyView {
    dynamic(move || match token.with(at) {
        Some(at) => view! { <Time at=at relative=true /> }.into_any(),
        None => view! { <span class="muted">{t().list.never}</span> }.into_any(),
    })
    .into_any()
}
