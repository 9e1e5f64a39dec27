//! The columns of the list between selection and menu, from left to right. A new one is a line here, a cell below, and
//! its widths in `styles/ui/table.css`.

use latchkey_shared::{ModuleId, Reference, Timestamp, Token};
use leptos::prelude::*;

use super::query::SortKey;
use crate::{
    api::Catalogue,
    routes,
    texts::{list, t},
    ui::{CopyButton, Load, Time, dynamic, status_chip, tip},
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
    pub cell: fn(&Token) -> AnyView,
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

fn name(token: &Token) -> AnyView {
    let id = token.id.to_string();
    view! {
        <a class="table__link" href=routes::token(&id, "general") title=token.name.clone()>{token.name.clone()}</a>
        <span class="mono muted table__id">{id.clone()}<CopyButton text=id what=t().list.id /></span>
    }
    .into_any()
}

fn extension(token: &Token) -> AnyView {
    let catalogue = expect_context::<Load<Catalogue>>();
    let Reference { id, name } = token.extension.clone();
    dynamic(move || {
        catalogue.state.with(|state| {
            let known = state.ready().and_then(|it| it.extension(&id));
            known.map_or_else(|| name.clone(), |it| it.title.clone())
        })
    })
}

/// *All modules*, or a count with the names behind it.
fn permissions(token: &Token) -> AnyView {
    if token.permissions.iter().any(|permission| permission.object.id == ModuleId::ALL) {
        return t().list.all_modules.into_any();
    }
    let names: Vec<&str> = token
        .permissions
        .iter()
        .map(|it| if it.object.name.is_empty() { it.object.id.as_str() } else { it.object.name.as_str() })
        .collect();
    match names.len() {
        0 => muted(t().list.no_modules),
        count => tip(t().list.modules.of(count), names.join(", ")),
    }
}

fn status(token: &Token) -> AnyView {
    status_chip(token.status)
}

fn created(token: &Token) -> AnyView {
    view! {
        <Time at=token.events.created.at />
        <span class="muted table__by">{token.events.created.by.name.clone()}</span>
    }
    .into_any()
}

fn last_used(token: &Token) -> AnyView {
    time_or_never(token.last_used.as_ref().map(|last| last.at))
}

fn expires(token: &Token) -> AnyView {
    time_or_never(token.expiration_date)
}

fn time_or_never(at: Option<Timestamp>) -> AnyView {
    match at {
        Some(at) => view! { <Time at=at relative=true /> }.into_any(),
        None => muted(t().list.never),
    }
}

fn muted(words: &'static str) -> AnyView {
    view! { <span class="muted">{words}</span> }.into_any()
}
