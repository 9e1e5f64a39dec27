//! Choosing what the token is for.

use icondata_core::Icon as IconData;
use latchkey_shared::{Extension, ExtensionId};
use leptos::prelude::*;

use crate::{
    texts::t,
    ui::{Icon, field::FieldProblem},
};

/// The picture that a catalogue's `icon` names; a plug for names that are not known.
#[must_use]
pub fn picture(name: &str) -> IconData {
    match name {
        "code" => icondata_lu::LuCodeXml,
        "chart" => icondata_lu::LuChartColumn,
        "zap" => icondata_lu::LuZap,
        "workflow" => icondata_lu::LuWorkflow,
        _ => icondata_lu::LuPlug,
    }
}

/// Cards that are radio buttons.
#[component]
pub fn ExtensionCards(
    /// The extensions to choose from.
    extensions: Vec<Extension>,
    /// The choice.
    chosen: RwSignal<Option<ExtensionId>>,
    /// What is wrong with the choice.
    #[prop(into)]
    problem: Signal<Option<String>>,
) -> impl IntoView {
    let card = move |extension: Extension| {
        let id = extension.id.clone();
        let checked = {
            let id = id.clone();
            move || chosen.with(|chosen| chosen.as_ref() == Some(&id))
        };
        let about = format!("about-{id}");
        view! {
            <label class="card">
                <input type="radio" class="card__radio" name="extension" value=id.to_string() prop:checked=checked
                    aria-describedby=about.clone() aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    on:change=move |_| chosen.set(Some(id.clone())) />
                <span class="card__icon"><Icon icon=picture(&extension.icon) /></span>
                <span class="card__title">{extension.title}</span>
                <span class="card__about" id=about>{extension.description}</span>
            </label>
        }
    };
    view! {
        <fieldset class="cards" role="radiogroup">
            <legend class="visually-hidden">{t().settings.extension}</legend>
            <div class="cards__grid">{extensions.into_iter().map(card).collect_view()}</div>
            <FieldProblem id="field-extension-problem" label=t().create.an_extension problem=problem />
        </fieldset>
    }
    .into_any()
}
