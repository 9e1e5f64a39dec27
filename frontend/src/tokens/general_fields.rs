//! The fields of a token that the wizard and the edit form have in common.

use latchkey_shared::{Problems, Timestamp};
use leptos::prelude::*;

use super::draft::{Clock, Draft, Expiration};
use crate::{
    browser::{dates, focus},
    texts::{said, t},
    ui::{Select, Text, TextField, dynamic, field::FieldProblem},
};

/// What is typed, and what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    draft: RwSignal<Draft>,
    /// What is wrong, by field.
    pub problems: RwSignal<Problems>,
}

impl Fields {
    /// Fields filled with what `draft` says.
    #[must_use]
    pub fn of(draft: Draft) -> Self {
        Self { draft: RwSignal::new(draft), problems: RwSignal::default() }
    }

    /// Puts what `draft` says in place of what was typed.
    pub fn fill(self, draft: Draft) {
        self.draft.set(draft);
        self.problems.set(Problems::default());
    }

    /// What is typed; the extension and the modules are chosen elsewhere.
    #[must_use]
    pub fn draft(self) -> Draft {
        let mut draft = self.draft.get();
        if draft.expiration != Expiration::Date {
            // Kept in its field, in case the choice comes back, and no part of what is entered until then.
            draft.date.clear();
        }
        // The browser gives a date that is typed in part as none.
        if draft.not_before.is_empty() && focus::finds("#field-not_before:invalid") {
            "?".clone_into(&mut draft.not_before);
        }
        draft
    }

    /// A text of the draft, for its input. A memo: setting a date that has not changed would empty one typed in part.
    fn text(self, of: fn(&mut Draft) -> &mut String) -> Text {
        let value = Memo::new(move |_| std::mem::take(of(&mut self.draft.get())));
        Text {
            value: value.into(),
            on_input: Callback::new(move |typed| self.draft.update(|draft| *of(draft) = typed)),
        }
    }

    fn problem(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.problems.with(|problems| problems.of(field).map(said)))
    }

    fn leave(self, field: &'static str) -> Callback<()> {
        Callback::new(move |()| self.check(field))
    }

    /// Checks one field when it is left, without a word about those not yet visited.
    fn check(self, field: &'static str) {
        let found = untrack(|| self.draft()).problems(Clock::browser());
        self.problems.update(|problems| {
            problems.0.retain(|problem| problem.field != field);
            problems.0.extend(found.0.into_iter().filter(|problem| problem.field == field));
        });
    }
}

/// *Name*, *External ID*, *Description*, *Expiration*, *Restrictions*, each with its problem beside it.
#[component]
pub fn GeneralFields(
    /// What is typed.
    fields: Fields,
) -> impl IntoView {
    let texts = &t().settings;
    let draft = fields.draft;
    let problem = move |field| fields.problem(field);
    let leave = move |field| fields.leave(field);
    let ends = Memo::new(move |_| draft.with(|it| it.ends));
    let options = Signal::derive(move || {
        let keep = ends.get().map(|moment| ("at".to_owned(), texts.until.with([&dates::day_and_time(moment)])));
        // A link may ask for another number of days.
        let other = match draft.with(|it| it.expiration) {
            Expiration::Days(days) if !Expiration::DAYS.contains(&days) => Some(days),
            _ => None,
        };
        let days = Expiration::DAYS.into_iter().chain(other).map(|days| (days.to_string(), texts.days.of(days.into())));
        keep.into_iter()
            .chain([("never".to_owned(), texts.no_expiration.to_owned())])
            .chain(days)
            .chain([("date".to_owned(), texts.on_a_date.to_owned())])
            .collect::<Vec<_>>()
    });
    let choose = move |word: String| {
        draft.update(|draft| {
            draft.expiration = match word.as_str() {
                "never" => Expiration::Never,
                "date" => Expiration::Date,
                "at" => draft.ends.map_or(Expiration::Never, Expiration::At),
                days => days.parse().map_or(Expiration::Never, Expiration::Days),
            };
        });
        fields.problems.update(|problems| problems.0.retain(|problem| problem.field != "expiration_date"));
    };
    let expiration = Memo::new(move |_| draft.with(|it| it.expiration));
    let by_date = Memo::new(move |_| expiration.get() == Expiration::Date);
    view! {
        <TextField label=texts.name name="name" required=true text=fields.text(|it| &mut it.name) problem=problem("name")
            on_leave=leave("name") hint=texts.name_hint />
        <TextField label=texts.external_id name="external_id" text=fields.text(|it| &mut it.external_id)
            problem=problem("external_id") on_leave=leave("external_id")
            hint=texts.external_id_hint />
        <TextField label=texts.description name="description" multiline=true text=fields.text(|it| &mut it.description)
            problem=problem("description") on_leave=leave("description") />
        <Select label=texts.expiration name="expiration" options=options on_choose=choose
            value=Signal::derive(move || expiration.get().word()) />
        {dynamic(move || match expiration.get() {
            Expiration::Days(days) => {
                let end = dates::now().plus(i64::from(days) * 24 * 3600);
                Some(view! { <p class="field__hint">{texts.works_until.with([&dates::day_and_time(end)])}</p> })
            }
            _ => None,
        })}
        {dynamic(move || by_date.get().then(|| view! {
            <TextField label=texts.expiration_date name="expiration_date" kind="date" required=true min=dates::tomorrow()
                text=fields.text(|it| &mut it.date) problem=problem("expiration_date") on_leave=leave("expiration_date")
                hint=texts.expiration_date_hint />
        }))}
        // A choice of days has no date field, but the server may still refuse what it comes to.
        {dynamic(move || (!by_date.get()).then(|| view! {
            <FieldProblem id="field-expiration-problem" label=texts.expiration problem=problem("expiration_date") />
        }))}
        {restrictions(fields)}
    }
    .into_any()
}

/// From when, from where and how often the key works. Folded away until one of them is set or wrong.
fn restrictions(fields: Fields) -> impl IntoView {
    const NAMES: [&str; 3] = ["not_before", "allowed_addresses", "calls_per_minute"];
    let texts = &t().settings;
    let draft = fields.draft;
    let problem = move |field| fields.problem(field);
    let leave = move |field| fields.leave(field);
    let set = move || draft.with(|it| [&it.not_before, &it.addresses, &it.calls].iter().any(|text| !text.is_empty()));
    let wrong = move || fields.problems.with(|problems| NAMES.iter().any(|name| problems.of(name).is_some()));
    // Never folded by the page: what is being cleared would vanish under the hand.
    let open = Memo::new(move |before: Option<&bool>| before == Some(&true) || set() || wrong());
    // A beginning that an API client has set may lie within the day.
    let begins = Memo::new(move |_| {
        draft.with(|draft| {
            let day = &draft.not_before;
            let within = |at: &Timestamp| dates::local_day(*at) == *day && dates::start_of_local_day(day) != Some(*at);
            draft.begins.filter(within)
        })
    });
    view! {
        <details class="fold" prop:open=open>
            <summary class="fold__title">{texts.restrictions}
                <span class="field__hint">{texts.restrictions_hint}</span></summary>
            <div class="fold__body">
                <TextField label=texts.not_before name="not_before" kind="date" text=fields.text(|it| &mut it.not_before)
                    problem=problem("not_before") on_leave=leave("not_before")
                    hint=texts.not_before_hint />
                {dynamic(move || begins.get().map(|at| view! {
                    <p class="field__hint">{texts.not_before_kept.with([&dates::day_and_time(at)])}</p>
                }))}
                <TextField label=texts.allowed_addresses name="allowed_addresses" multiline=true
                    text=fields.text(|it| &mut it.addresses)
                    problem=problem("allowed_addresses") on_leave=leave("allowed_addresses")
                    hint=texts.addresses_hint />
                <TextField label=texts.calls_per_minute name="calls_per_minute" inputmode="numeric" text=fields.text(|it| &mut it.calls)
                    problem=problem("calls_per_minute") on_leave=leave("calls_per_minute")
                    hint=texts.calls_per_minute_hint />
            </div>
        </details>
    }
}
