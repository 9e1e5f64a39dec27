//! A moment on the page.

use latchkey_shared::Timestamp;
use leptos::prelude::*;

use super::tip;
use crate::browser::dates;

/// Local time, with the exact moment in UTC on hover and for programs, and on focus where it can have it.
#[component]
pub fn Time(
    /// The moment.
    at: Timestamp,
    /// Whether the time of day matters.
    #[prop(optional)]
    with_time: bool,
    /// Whether it matters how long ago it was, or how soon it will be. Then it can have the focus.
    #[prop(optional)]
    relative: bool,
    /// Whether it can have the focus: where there are few.
    #[prop(optional)]
    focusable: bool,
) -> impl IntoView {
    let exact = if relative { format!("{} · {}", dates::day_and_time(at), dates::utc(at)) } else { dates::utc(at) };
    let text = match (relative, with_time) {
        (true, _) => dates::relative(at),
        (_, true) => dates::day_and_time(at),
        _ => dates::day(at),
    };
    if relative || focusable {
        view! { <time datetime=at.to_string()>{tip(text, exact)}</time> }.into_any()
    } else {
        view! { <time datetime=at.to_string() title=exact>{text}</time> }.into_any()
    }
}
