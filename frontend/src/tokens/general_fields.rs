//! The fields of a token that the wizard and the edit form have in common.

use latchkey_shared::Problems;
use leptos::prelude::*;

use super::draft::{Clock, Draft, Expiration};
use crate::{
    browser::dates,
    ui::{Select, TextField, live},
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
        self.problems.set(Problems::default());
    }

    /// What is typed, in place of what `rest` says of these fields.
    #[must_use]
    pub fn draft(self, rest: Draft) -> Draft {
        let expiration = match self.expiration.get() {
            Expiration::Date(_) => Expiration::Date(self.date.get()),
            other => other,
        };
        Draft {
            name: self.name.get(),
            external_id: self.external_id.get(),
            description: self.description.get(),
            expiration,
            ..rest
        }
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

/// *Name*, *External ID*, *Description*, *Expiration*, each with its problem beside it.
#[component]
pub fn GeneralFields(
    /// What is typed.
    fields: Fields,
) -> impl IntoView {
    let problem = move |field: &'static str| {
        Signal::derive(move || fields.problems.with(|problems| problems.of(field).map(str::to_owned)))
    };
    let leave = move |field: &'static str| Callback::new(move |()| fields.check(field));
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
        {live(move || by_date.get().then(|| view! {
            <TextField label="Expiration date" name="expiration_date" kind="date" required=true min=dates::tomorrow()
                value=fields.date problem=problem("expiration_date") on_leave=leave("expiration_date")
                hint="The key works until the end of this day." />
        }))}
        // A choice of days has no date field, but the server may still refuse what it comes to.
        {live(move || (!by_date.get()).then(|| view! {
            <crate::ui::field::FieldProblem id="field-expiration-problem" label="Expiration" problem=problem("expiration_date") />
        }))}
    }
    .into_any()
}
