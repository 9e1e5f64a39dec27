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
) -> impl IntoView {
    let text = if with_time { dates::day_and_time(at) } else { dates::day(at) };
    view! { <time datetime=at.to_string() title=dates::utc(at)>{text}</time> }.into_any()
}
