//! The entries behind ⋮.

use latchkey_shared::{Token, TokenStatus};
use leptos::prelude::*;

use super::{Actions, Kind, Target};
use crate::{
    routes::{HOME, NEW_TOKEN},
    texts::t,
    ui::MenuItem,
};

/// The entries for a token; none when it is deleted. `with_edit` is false where *Edit* stands beside the menu.
#[must_use]
pub fn menu_items(token: &Token, actions: Actions, with_edit: bool) -> Vec<MenuItem> {
    let texts = &t().actions;
    let ask = |words, kind| {
        let token = token.clone();
        MenuItem::Action(words, Callback::new(move |()| actions.ask(kind, Target::Tokens(vec![token.clone()]))))
    };
    let mut items = Vec::new();
    match token.status {
        TokenStatus::Deleted => return items,
        TokenStatus::Active | TokenStatus::Expiring | TokenStatus::Revitalised => {
            items.push(ask(texts.disable, Kind::Disable));
        }
        TokenStatus::Inactive => {
            let token = token.clone();
            items.push(MenuItem::Action(texts.enable, Callback::new(move |()| actions.enable(vec![token.clone()]))));
        }
        // A key that has ended is neither on nor off, and another would not work either; a new end makes it work again.
        TokenStatus::Expired => {}
    }
    if token.status != TokenStatus::Expired {
        items.push(ask(texts.rotate_ask, Kind::Rotate));
        items.push(ask(t().hand_over.ask, Kind::HandOver));
    }
    items.push(MenuItem::Link(texts.create_copy, format!("{NEW_TOKEN}?copy={}", token.id)));
    if with_edit {
        items.push(MenuItem::Link(texts.edit, format!("{HOME}/{}/edit", token.id)));
    }
    items.push(MenuItem::Separator);
    items.push(ask(texts.delete_ask, Kind::Delete));
    items
}
