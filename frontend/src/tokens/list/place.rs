//! The place in the list from which a token was opened, so that Back leads to it.

use std::cell::RefCell;

use crate::browser::{events, focus, page};

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

struct Place {
    /// The address of the list.
    address: String,
    scrolled: f64,
    /// The id of the token.
    token: String,
}

/// Remembers that the token is opened from here.
pub fn remember(token: &str) {
    let place = Place { address: page::address(), scrolled: page::scrolled(), token: token.to_owned() };
    PLACE.set(Some(place));
}

/// Scrolls to the place, and focuses the row, once the rows are there again. Only after Back, and only in the same list.
pub fn restore() {
    let place = PLACE.with_borrow_mut(|place| place.take_if(|it| it.address == page::address()));
    if let Some(place) = place.filter(|_| events::came_back()) {
        leptos::prelude::request_animation_frame(move || {
            page::scroll_to(place.scrolled);
            focus::without_scrolling(&format!("#row-{} .table__link", place.token));
        });
    }
}
