//! A choice of the moment at which tokens expire.

use leptos::prelude::*;

use crate::{
    browser::dates,
    texts::t,
    tokens::draft::{Clock, Expiration},
    ui::{Select, TextField, dynamic, field::FieldProblem},
};

/// A number of days, a date, or never, with the moment that it comes to. Nothing is chosen at first: each choice suits
/// other keys.
#[component]
pub fn ExpirationChoice(
    /// The moment, RFC 3339, or none for never; none at all while nothing is chosen.
    end: RwSignal<Option<Option<String>>>,
    /// What is wrong with the choice.
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let texts = &t().actions;
    let (choice, date) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let options: Vec<(String, String)> = [(String::new(), texts.choose.to_owned())]
        .into_iter()
        .chain(Expiration::DAYS.map(|days| (days.to_string(), texts.in_days.with([&days]))))
        .chain([("date".to_owned(), texts.on_date.to_owned()), ("never".to_owned(), texts.never.to_owned())])
        .collect();
    let moment = move || {
        let clock = Clock::browser();
        match choice.get().as_str() {
            "date" => (clock.end_of_day)(&date.get()).filter(|moment| *moment > clock.now),
            days => days.parse::<i64>().ok().map(|days| clock.now.plus(days * 24 * 3600)),
        }
    };
    let store = move || {
        problem.set(None);
        let moment = untrack(moment).map(|moment| moment.to_string());
        let is_chosen = moment.is_some() || choice.with_untracked(|choice| choice == "never");
        end.set(is_chosen.then_some(moment));
    };
    let on_date = crate::ui::Text {
        value: date.into(),
        on_input: Callback::new(move |typed| {
            date.set(typed);
            store();
        }),
    };
    view! {
        <Select label=texts.expires name="bulk-expiration" options=Signal::stored(options) value=choice
            on_choose=move |wanted: String| {
                choice.set(wanted);
                store();
            } />
        {dynamic(move || (choice.get() == "date").then(|| view! {
            <TextField label=texts.expiration_date name="bulk-date" kind="date" required=true min=dates::tomorrow() text=on_date />
        }))}
        <FieldProblem id="bulk-expiration-problem" label=texts.expiration problem=problem />
        <p role="status" class="field__hint">{dynamic(move || match moment() {
            Some(moment) => texts.keys_work_until.with([&dates::day_and_time(moment)]),
            None if choice.get() == "never" => texts.keys_work_on.to_owned(),
            None => String::new(),
        })}</p>
    }
    .into_any()
}
