//! The fields of a token that the wizard and the edit form have in common.

use latchkey_shared::Problems;
use leptos::prelude::*;

use super::draft::{Clock, Draft, Expiration};
use crate::{
    browser::{dates, focus},
    ui::{Select, TextField, dynamic},
};

/// The fields as signals, so that each input is bound to its own.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// *Name*.
    pub name: RwSignal<String>,
    /// *External ID*.
    pub external_id: RwSignal<String>,
    /// *Description*.
    pub description: RwSignal<String>,
    /// *Expiration*.
    pub expiration: RwSignal<Expiration>,
    /// The date typed for *Expiration*.
    pub date: RwSignal<String>,
    /// *Not before*.
    pub not_before: RwSignal<String>,
    /// *Allowed addresses*.
    pub addresses: RwSignal<String>,
    /// *Calls per minute*.
    pub calls: RwSignal<String>,
    /// When it begins already.
    begins: StoredValue<Option<Expiration>>,
    /// What is wrong, by field.
    pub problems: RwSignal<Problems>,
    keep: StoredValue<Option<Expiration>>,
}

impl Fields {
    /// Fields filled with what `draft` says.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        let fields = Self {
            name: RwSignal::default(),
            external_id: RwSignal::default(),
            description: RwSignal::default(),
            expiration: RwSignal::default(),
            date: RwSignal::default(),
            not_before: RwSignal::default(),
            addresses: RwSignal::default(),
            calls: RwSignal::default(),
            begins: StoredValue::new(None),
            problems: RwSignal::default(),
            keep: StoredValue::new(None),
        };
        fields.fill(draft);
        fields
    }

    /// Puts what `draft` says in place of what was typed.
    pub fn fill(self, draft: &Draft) {
        self.name.set(draft.name.clone());
        self.external_id.set(draft.external_id.clone());
        self.description.set(draft.description.clone());
        self.keep.set_value(Some(draft.expiration.clone()).filter(|it| matches!(it, Expiration::At(_))));
        self.expiration.set(draft.expiration.clone());
        self.begins.set_value(draft.begins.map(Expiration::At));
        self.not_before.set(draft.not_before.clone());
        self.addresses.set(draft.addresses.clone());
        self.calls.set(draft.calls.clone());
        self.problems.set(Problems::default());
    }

    /// What is typed, in place of what `rest` says of these fields.
    #[must_use]
    pub fn draft(self, rest: Draft) -> Draft {
        let expiration = match self.expiration.get() {
            Expiration::Date(_) => Expiration::Date(self.date.get()),
            other => other,
        };
        let mut not_before = self.not_before.get();
        // The browser gives a date that is typed in part as none.
        if not_before.is_empty() && focus::finds("#field-not_before:invalid") {
            "?".clone_into(&mut not_before);
        }
        Draft {
            name: self.name.get(),
            external_id: self.external_id.get(),
            description: self.description.get(),
            expiration,
            not_before,
            addresses: self.addresses.get(),
            calls: self.calls.get(),
            ..rest
        }
    }

    fn problem(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.problems.with(|problems| problems.of(field).map(str::to_owned)))
    }

    fn leave(self, field: &'static str) -> Callback<()> {
        Callback::new(move |()| self.check(field))
    }

    /// Checks one field when it is left, without a word about those not yet visited.
    fn check(self, field: &'static str) {
        let found = untrack(|| self.draft(Draft::default())).problems(Clock::browser());
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
    let problem = move |field| fields.problem(field);
    let leave = move |field| fields.leave(field);
    let options = Signal::derive(move || {
        let keep = fields.keep.get_value().and_then(|keep| match keep {
            Expiration::At(moment) => Some(("at".to_owned(), format!("Until {}", dates::day_and_time(moment)))),
            _ => None,
        });
        let days = Expiration::DAYS.map(|days| (days.to_string(), format!("{days} days")));
        keep.into_iter()
            .chain([("never".to_owned(), "None".to_owned())])
            .chain(days)
            .chain([("date".to_owned(), "A date".to_owned())])
            .collect::<Vec<_>>()
    });
    let choose = move |word: String| {
        let chosen = match word.as_str() {
            "never" => Expiration::Never,
            "date" => Expiration::Date(String::new()),
            "at" => fields.keep.get_value().unwrap_or_default(),
            days => days.parse().map_or(Expiration::Never, Expiration::Days),
        };
        fields.expiration.set(chosen);
        fields.problems.update(|problems| problems.0.retain(|problem| problem.field != "expiration_date"));
    };
    let by_date = Memo::new(move |_| fields.expiration.with(|it| matches!(it, Expiration::Date(_))));
    view! {
        <TextField label="Name" name="name" required=true value=fields.name problem=problem("name") on_leave=leave("name")
            hint="What the key is for, as your team calls it." />
        <TextField label="External ID" name="external_id" value=fields.external_id problem=problem("external_id")
            on_leave=leave("external_id") hint="What another system calls this token, if it has a name there." />
        <TextField label="Description" name="description" multiline=true value=fields.description
            problem=problem("description") on_leave=leave("description") />
        <Select label="Expiration" name="expiration" options=options on_choose=choose
            value=Signal::derive(move || fields.expiration.with(Expiration::word)) />
        {dynamic(move || by_date.get().then(|| view! {
            <TextField label="Expiration date" name="expiration_date" kind="date" required=true min=dates::tomorrow()
                value=fields.date problem=problem("expiration_date") on_leave=leave("expiration_date")
                hint="The key works until the end of this day." />
        }))}
        // A choice of days has no date field, but the server may still refuse what it comes to.
        {dynamic(move || (!by_date.get()).then(|| view! {
            <crate::ui::field::FieldProblem id="field-expiration-problem" label="Expiration" problem=problem("expiration_date") />
        }))}
        {restrictions(fields)}
    }
    .into_any()
}

/// From when, from where and how often the key works. Folded away until one of them is set or wrong.
fn restrictions(fields: Fields) -> impl IntoView {
    const NAMES: [&str; 3] = ["not_before", "allowed_addresses", "calls_per_minute"];
    let problem = move |field| fields.problem(field);
    let leave = move |field| fields.leave(field);
    let set = move || [fields.not_before, fields.addresses, fields.calls].iter().any(|it| it.with(|it| !it.is_empty()));
    let wrong = move || fields.problems.with(|problems| NAMES.iter().any(|name| problems.of(name).is_some()));
    // Never folded by the page: what is being cleared would vanish under the hand.
    let open = Memo::new(move |before: Option<&bool>| before == Some(&true) || set() || wrong());
    // A beginning that an API client has set may lie within the day.
    let begins = move || {
        let day = fields.not_before.get();
        match fields.begins.get_value() {
            Some(Expiration::At(at)) if dates::local_day(at) == day && dates::start_of_local_day(&day) != Some(at) => {
                Some(at)
            }
            _ => None,
        }
    };
    view! {
        <details class="fold" prop:open=open>
            <summary class="fold__title">"Restrictions"
                <span class="field__hint">"From when, from where and how often the key works"</span></summary>
            <div class="fold__body">
                <TextField label="Not before" name="not_before" kind="date" value=fields.not_before
                    problem=problem("not_before") on_leave=leave("not_before")
                    hint="The key works from the start of this day. Empty: at once." />
                {dynamic(move || begins().map(|at| view! {
                    <p class="field__hint">{format!("Unless you change the day, it stays at {}.", dates::day_and_time(at))}</p>
                }))}
                <TextField label="Allowed addresses" name="allowed_addresses" multiline=true value=fields.addresses
                    problem=problem("allowed_addresses") on_leave=leave("allowed_addresses")
                    hint="One address or network per line, such as 203.0.113.7 or 2001:db8::/32. Empty: from anywhere." />
                <TextField label="Calls per minute" name="calls_per_minute" kind="number" value=fields.calls
                    problem=problem("calls_per_minute") on_leave=leave("calls_per_minute")
                    hint="Calls beyond it are refused for a while. Empty: any number." />
            </div>
        </details>
    }
}
