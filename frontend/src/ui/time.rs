//! A moment on the page.

use latchkey_shared::Timestamp;
use leptos::prelude::*;

use crate::browser::dates;

/// Local time, with the exact moment in UTC on hover and for programs.
#[component]
pub fn Time(
    /// The moment.
    at: Timestamp,
    /// Whether the time of day matters.
    #[prop(optional)]
    with_time: bool,
    /// Whether it matters how long ago it was, or how soon it will be.
    #[prop(optional)]
    relative: bool,
) -> impl IntoView {
    let exact = if relative { format!("{} · {}", dates::day_and_time(at), dates::utc(at)) } else { dates::utc(at) };
    let text = match (relative, with_time) {
        (true, _) => dates::relative(at),
        (_, true) => dates::day_and_time(at),
        _ => dates::day(at),
    };
    view! { <time datetime=at.to_string() title=exact>{text}</time> }.into_any()
}
