//! A choice of the moment at which tokens expire.

use leptos::prelude::*;

use crate::{
    browser::dates,
    tokens::draft::{Clock, Expiration},
    ui::{Select, TextField, dynamic},
};

/// *Never*, a number of days, or a date, with the moment that it comes to.
#[component]
pub fn ExpirationChoice(
    /// The moment, RFC 3339; none for never.
    end: RwSignal<Option<String>>,
) -> impl IntoView {
    let (choice, date) = (RwSignal::new("never".to_owned()), RwSignal::new(String::new()));
    let options: Vec<(String, String)> = [("never".to_owned(), "Never".to_owned())]
        .into_iter()
        .chain(Expiration::DAYS.map(|days| (days.to_string(), format!("In {days} days"))))
        .chain([("date".to_owned(), "On a date…".to_owned())])
        .collect();
    let moment = move || {
        let clock = Clock::browser();
        match choice.get().as_str() {
            "never" => None,
            "date" => (clock.end_of_day)(&date.get()),
            days => days.parse::<i64>().ok().map(|days| clock.now.plus(days * 24 * 3600)),
        }
    };
    let store = move || end.set(untrack(moment).map(|moment| moment.to_string()));
    let on_date = crate::ui::Text {
        value: date.into(),
        on_input: Callback::new(move |typed| {
            date.set(typed);
            store();
        }),
    };
    view! {
        <Select label="Expires" name="bulk-expiration" options=Signal::stored(options) value=choice
            on_choose=move |wanted: String| {
                choice.set(wanted);
                store();
            } />
        {dynamic(move || (choice.get() == "date").then(|| view! {
            <TextField label="Expiration date" name="bulk-date" kind="date" required=true min=dates::tomorrow() text=on_date />
        }))}
        <p role="status" class="field__hint">{dynamic(move || match moment() {
            Some(moment) => format!("The keys work until {}.", dates::day_and_time(moment)),
            None if choice.get() == "date" => "Choose a date.".to_owned(),
            None => "The keys work until they are disabled or deleted.".to_owned(),
        })}</p>
    }
    .into_any()
}
