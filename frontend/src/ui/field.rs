//! Labelled fields with their errors beside them.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, dynamic};
use crate::{
    browser::{events, timer::Timer},
    texts::t,
};

/// What is typed in a [`TextField`], and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// What is typed.
    pub value: Signal<String>,
    /// Takes what is typed next.
    pub on_input: Callback<String>,
}

impl From<RwSignal<String>> for Text {
    fn from(signal: RwSignal<String>) -> Self {
        Self { value: signal.into(), on_input: Callback::new(move |typed| signal.set(typed)) }
    }
}

/// A line (or several) of text. The problem stands below it and is read out with it.
#[component]
pub fn TextField(
    /// The words above it.
    label: &'static str,
    /// Its name: the id is `field-<name>`.
    name: &'static str,
    /// What is typed.
    #[prop(into)]
    text: Text,
    /// What is wrong with it, as said after the label: `is required`.
    #[prop(optional, into)]
    problem: Signal<Option<String>>,
    /// The type of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// The keyboard that a phone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// The greatest number of characters.
    #[prop(optional)]
    maxlength: Option<&'static str>,
    /// What a browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A line of help below.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// Whether it takes several lines.
    #[prop(optional)]
    multiline: bool,
    /// Whether it takes the focus when the dialog around it opens.
    #[prop(optional)]
    autofocus: bool,
    /// The earliest date, for dates.
    #[prop(optional, into)]
    min: Option<String>,
    /// What to do when it is left.
    #[prop(optional, into)]
    on_leave: Option<Callback<()>>,
) -> impl IntoView {
    let id = format!("field-{name}");
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described_by = {
        let (hint_id, problem_id) = (hint.map(|_| hint_id.clone()), problem_id.clone());
        move || {
            let problem = problem.with(Option::is_some).then(|| problem_id.clone());
            let ids: Vec<String> = problem.into_iter().chain(hint_id.clone()).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    let invalid = move || problem.with(Option::is_some).then_some("true");
    let timer = Timer::new();
    let leave = move |_| {
        if let Some(on_leave) = on_leave {
            once_released(timer, on_leave);
        }
    };
    let input = if multiline {
        view! {
            <textarea class="input" id=id.clone() name=name rows="3" aria-required=required.then_some("true")
                aria-invalid=invalid aria-describedby=described_by
                prop:value=text.value on:input:target=move |event| text.on_input.run(event.target().value()) on:blur=leave
            ></textarea>
        }
        .into_any()
    } else {
        view! {
            <input class="input" id=id.clone() name=name type=kind inputmode=inputmode maxlength=maxlength autocomplete=autocomplete
                autofocus=autofocus min=min
                aria-required=required.then_some("true") aria-invalid=invalid aria-describedby=described_by
                prop:value=text.value on:input:target=move |event| text.on_input.run(event.target().value()) on:blur=leave
            />
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label} {required.then(|| view! { <span class="field__required">{t().common.required}</span> })}
            </label>
            {input}
            <FieldProblem id=problem_id label=label problem=problem />
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// Runs `action` now, or after the press that took the focus away: a problem that appears or goes moves what
/// stands below, and the click would miss the button that it was meant for.
fn once_released(timer: Timer, action: Callback<()>) {
    if events::is_pressed() {
        timer.start(Duration::from_millis(30), move || once_released(timer, action));
    } else {
        // The field may be gone: leaving it by Enter can end what it stands in.
        action.try_run(());
    }
}

/// The problem of a field as a sentence that starts with the field's label.
#[component]
pub fn FieldProblem(
    /// Its id, for `aria-describedby`.
    #[prop(into)]
    id: String,
    /// The field.
    label: &'static str,
    /// What is said after the label.
    #[prop(into)]
    problem: Signal<Option<String>>,
) -> impl IntoView {
    dynamic(move || {
        problem.get().map(|problem| {
            let stop = if problem.ends_with('.') { "" } else { "." };
            // What is quoted is a part of the field.
            let colon = if problem.starts_with(['"', '„']) { ":" } else { "" };
            view! {
                <p class="field__problem" id=id.clone()>
                    <Icon icon=icondata_lu::LuCircleAlert />
                    {format!("{label}{colon} {problem}{stop}")}
                </p>
            }
        })
    })
}

/// A choice among few. The choices are pairs of value and words.
#[component]
pub fn Select(
    /// The words above it, or only for screen readers.
    label: &'static str,
    /// Its name: the id is `field-<name>`.
    name: &'static str,
    /// The chosen value.
    #[prop(into)]
    value: Signal<String>,
    /// The choices.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// What choosing does.
    #[prop(into)]
    on_choose: Callback<String>,
    /// Whether the label is only for screen readers.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    view! {
        <div class="field">
            <label class=if quiet { "visually-hidden" } else { "field__label" } for=id.clone()>{label}</label>
            <select class="input input--select" id=id name=name
                on:change:target=move |event| on_choose.run(event.target().value())>
                {dynamic(move || {
                    let chosen = value.get();
                    options.get().into_iter().map(|(value, words)| {
                        let selected = value == chosen;
                        view! { <option value=value prop:selected=selected>{words}</option> }
                    }).collect_view()
                })}
            </select>
        </div>
    }
    .into_any()
}
