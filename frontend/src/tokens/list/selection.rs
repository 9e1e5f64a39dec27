//! The selected tokens. They stay selected from page to page, and until other tokens are asked for.

use std::collections::BTreeMap;

use latchkey_shared::{Token, TokenId, TokenStatus};
use leptos::prelude::*;

use crate::tokens::actions::Target;

/// The selection. Copies share it.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// As they were when they were selected, or last seen.
    tokens: RwSignal<BTreeMap<TokenId, Token>>,
    /// Whether all that match are selected, not only those that were seen.
    everything: RwSignal<bool>,
    /// The rows of the page, from top to bottom.
    rows: Signal<Vec<Token>>,
    /// The box that was pressed last: Shift extends the selection from there.
    anchor: StoredValue<Option<TokenId>>,
    extends: StoredValue<bool>,
}

fn selectable(token: &Token) -> bool {
    token.status != TokenStatus::Deleted
}

impl Selection {
    /// Nothing of `rows` is selected.
    #[must_use]
    pub fn new(rows: Signal<Vec<Token>>) -> Self {
        Self {
            tokens: RwSignal::new(BTreeMap::new()),
            everything: RwSignal::new(false),
            rows,
            anchor: StoredValue::new(None),
            extends: StoredValue::new(false),
        }
    }

    /// Whether the token is selected.
    #[must_use]
    pub fn has(self, id: &TokenId) -> bool {
        self.everything.get() || self.tokens.with(|tokens| tokens.contains_key(id))
    }

    /// The number of selected tokens, out of `total` that match.
    #[must_use]
    pub fn count(self, total: usize) -> usize {
        if self.everything.get() { total } else { self.tokens.with(BTreeMap::len) }
    }

    /// Whether nothing is selected.
    #[must_use]
    pub fn is_empty(self) -> bool {
        !self.everything.get() && self.tokens.with(BTreeMap::is_empty)
    }

    /// Whether all that match are selected.
    #[must_use]
    pub fn is_everything(self) -> bool {
        self.everything.get()
    }

    /// How many rows of the page can be selected, and how many are.
    #[must_use]
    pub fn of_page(self) -> (usize, usize) {
        self.rows.with(|rows| {
            let rows: Vec<&Token> = rows.iter().filter(|token| selectable(token)).collect();
            (rows.len(), rows.iter().filter(|token| self.has(&token.id)).count())
        })
    }

    /// Notes whether the next box extends the selection from the last one.
    pub fn extends(self, extends: bool) {
        self.extends.set_value(extends);
    }

    /// Selects a token or not, with Shift all from the last box to this one.
    pub fn toggle(self, token: &Token, on: bool) {
        self.only_seen();
        let rows = self.rows.get_untracked();
        let at = |id: &TokenId| rows.iter().position(|row| row.id == *id);
        let from = self.anchor.get_value().filter(|_| self.extends.get_value()).and_then(|id| at(&id));
        let chosen = match (from, at(&token.id)) {
            (Some(from), Some(to)) => &rows[from.min(to)..=from.max(to)],
            _ => std::slice::from_ref(token),
        };
        self.tokens.update(|tokens| {
            for token in chosen.iter().filter(|token| selectable(token)) {
                if on {
                    tokens.insert(token.id.clone(), token.clone());
                } else {
                    tokens.remove(&token.id);
                }
            }
        });
        self.anchor.set_value(Some(token.id.clone()));
    }

    /// Selects all rows of the page, or none of them.
    pub fn toggle_page(self, on: bool) {
        self.only_seen();
        self.rows.with_untracked(|rows| {
            self.tokens.update(|tokens| {
                for token in rows.iter().filter(|token| selectable(token)) {
                    if on {
                        tokens.insert(token.id.clone(), token.clone());
                    } else {
                        tokens.remove(&token.id);
                    }
                }
            });
        });
    }

    /// Selects all that match.
    pub fn select_everything(self) {
        self.everything.set(true);
    }

    /// Selects nothing.
    pub fn clear(self) {
        self.everything.set(false);
        self.tokens.update(BTreeMap::clear);
        self.anchor.set_value(None);
    }

    /// Brings what is selected up to date with the rows that have arrived.
    pub fn refresh(self, rows: &[Token]) {
        let is_old = |tokens: &BTreeMap<TokenId, Token>| {
            rows.iter().any(|row| tokens.get(&row.id).is_some_and(|known| known != row))
        };
        if self.tokens.with_untracked(is_old) {
            self.tokens.update(|tokens| {
                for row in rows.iter().filter(|row| tokens.contains_key(&row.id)).collect::<Vec<_>>() {
                    if selectable(row) {
                        tokens.insert(row.id.clone(), row.clone());
                    } else {
                        tokens.remove(&row.id);
                    }
                }
            });
        }
    }

    /// The selected tokens that `fits`; all that match of `query`, which are `total`, when everything is selected.
    #[must_use]
    pub fn target(self, fits: fn(&Token) -> bool, query: impl FnOnce() -> String, total: usize) -> Target {
        if self.everything.get() {
            return Target::Rule(query(), total);
        }
        Target::Tokens(self.tokens.with(|tokens| tokens.values().filter(|token| fits(token)).cloned().collect()))
    }

    /// After *all that match*, a press on a box is about the page again: its rows stay selected.
    fn only_seen(self) {
        if self.everything.get_untracked() {
            self.everything.set(false);
            self.tokens.update(|tokens| {
                tokens.clear();
                for row in self.rows.get_untracked().into_iter().filter(selectable) {
                    tokens.insert(row.id.clone(), row);
                }
            });
        }
    }
}
