//! Choosing modules: a check box each, *All Modules* on top, a filter.

use std::collections::BTreeSet;

use latchkey_shared::{Module, ModuleId, TokenId};
use leptos::prelude::*;

use super::{draft::set_of, same_as::SameAs};
use crate::{
    api::{Catalogue, what_all_includes},
    browser::{dates::number, text},
    texts::t,
    ui::{Check, CheckBox, Icon, Load, dynamic},
};

/// What *All Modules* shows for a choice.
#[must_use]
pub fn all_state(chosen: &BTreeSet<ModuleId>, modules: &[Module]) -> Check {
    if chosen.contains(&ModuleId::all()) {
        Check::On
    } else if chosen.is_subset(&apart(modules)) {
        Check::Off
    } else {
        Check::Mixed
    }
}

/// The choice after *All Modules* was switched: the one module *All*, which also stands for modules added
/// later, or none. The modules for which it does not stand stay as they are.
#[must_use]
pub fn switch_all(chosen: &BTreeSet<ModuleId>, on: bool, modules: &[Module]) -> BTreeSet<ModuleId> {
    let stay = chosen.intersection(&apart(modules)).cloned().collect::<Vec<_>>();
    set_of(stay.into_iter().chain(on.then(ModuleId::all)))
}

/// The choice after one module was switched. Taking one from *All* leaves all the others, one by one.
#[must_use]
pub fn switch_one(chosen: &BTreeSet<ModuleId>, id: &ModuleId, on: bool, modules: &[Module]) -> BTreeSet<ModuleId> {
    let mut chosen = chosen.clone();
    if on {
        chosen.insert(id.clone());
    } else if !chosen.remove(id) && chosen.remove(&ModuleId::all()) {
        chosen
            .extend(modules.iter().filter(|module| module.in_all && module.id != *id).map(|module| module.id.clone()));
    }
    chosen
}

/// The modules for which *All* does not stand.
fn apart(modules: &[Module]) -> BTreeSet<ModuleId> {
    set_of(modules.iter().filter(|module| !module.in_all).map(|module| module.id.clone()))
}

fn is_chosen(module: &Module, chosen: &BTreeSet<ModuleId>) -> bool {
    module.is_held(chosen.iter().map(ModuleId::as_str))
}

/// The check boxes. Says plainly when nothing is chosen.
#[component]
pub fn PermissionsEditor(
    /// The modules to choose from, without *All*.
    modules: Vec<Module>,
    /// The choice.
    chosen: RwSignal<BTreeSet<ModuleId>>,
    /// The token that is edited.
    #[prop(optional_no_strip)]
    own: Option<TokenId>,
) -> impl IntoView {
    let texts = &t().settings;
    let catalogue = expect_context::<Load<Catalogue>>();
    let (filter, only_chosen) = (RwSignal::new(String::new()), RwSignal::new(false));
    let modules = StoredValue::new(modules);
    let all = modules.with_value(Vec::len);
    let count = number(all);
    let shown = Memo::new(move |_| {
        let wanted = text::lower(filter.get().trim());
        let fits = |module: &&Module| {
            let fits = |text: &String| text::lower(text).contains(&wanted);
            (fits(&module.name) || fits(&module.description) || module.paths.iter().any(fits))
                && (!only_chosen.get() || chosen.with(|chosen| is_chosen(module, chosen)))
        };
        modules.with_value(|modules| modules.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let summary = move || {
        chosen.with(|chosen| match modules.with_value(|all| all.iter().filter(|it| is_chosen(it, chosen)).count()) {
            held if held == all && chosen.contains(&ModuleId::all()) => texts.all_chosen.with([&count]),
            held => texts.some_chosen.with([&number(held), &count]),
        })
    };
    let about_all = modules.with_value(|modules| what_all_includes(modules));
    let row = move |module: Module| {
        let (id, described_by) = (module.id.clone(), format!("about-{}", module.id));
        let api = catalogue.state.with_untracked(|state| state.ready().and_then(|it| it.api_title(&module)));
        let state = {
            let module = module.clone();
            Signal::derive(move || Check::from(chosen.with(|chosen| is_chosen(&module, chosen))))
        };
        let toggle = move |on: bool| {
            let next =
                modules.with_value(|modules| chosen.with_untracked(|chosen| switch_one(chosen, &id, on, modules)));
            chosen.set(next);
        };
        view! {
            <li class="check-list__row">
                <label class="check-list__label">
                    <CheckBox state=state on_toggle=toggle described_by=described_by.clone() />
                    <span>{module.name}</span>
                </label>
                <p class="check-list__about" id=described_by>
                    {api.map(|api| format!("{api} · "))} {module.description} " "
                    {module.paths.into_iter().map(|path| view! { <code class="path">{path}</code> }).collect_view()}
                </p>
            </li>
        }
    };
    view! {
        <fieldset class="check-list">
            <legend class="visually-hidden">{t().frame.modules}</legend>
            <div class="check-list__head">
                <label class="check-list__label check-list__label--all">
                    <CheckBox state=Signal::derive(move || modules.with_value(|all| chosen.with(|chosen| all_state(chosen, all))))
                        described_by="about-all"
                        on_toggle=move |on: bool| {
                            chosen.set(modules.with_value(|all| switch_all(&chosen.get_untracked(), on, all)));
                        } />
                    <span>{t().common.all_modules}</span>
                </label>
                <span class="muted" role="status">{summary}</span>
                <label class="check-list__label">
                    <CheckBox state=Signal::derive(move || only_chosen.get().into()) on_toggle=move |on: bool| only_chosen.set(on) />
                    <span>{texts.chosen_only}</span>
                </label>
                <SameAs chosen=chosen has_module=move |id| modules.with_value(|all| all.iter().any(|it| it.id == id)) own=own />
                <span class="search">
                    <Icon icon=icondata_lu::LuSearch />
                    <input class="input" type="search" placeholder=texts.filter_modules aria-label=texts.filter_modules
                        prop:value=filter on:input:target=move |event| filter.set(event.target().value())
                        on:keydown=|event| if event.key() == "Enter" {
                            // It would submit the form around: to filter is not to create.
                            event.prevent_default();
                        } />
                </span>
            </div>
            <p class="check-list__note" id="about-all">{about_all}</p>
            <ul class="check-list__rows">
                <For each=move || shown.get() key=|module| module.id.clone() children=row />
            </ul>
            {dynamic(move || shown.with(Vec::is_empty).then(|| view! {
                <p class="check-list__none">{if only_chosen.get() { texts.none_chosen } else { texts.none_matches }}</p>
            }))}
        </fieldset>
        <div role="status">
            {dynamic(move || chosen.with(BTreeSet::is_empty).then(|| view! {
                <div class="note note--warning">
                    <Icon icon=icondata_lu::LuTriangleAlert />
                    <p>{texts.opens_nothing}</p>
                </div>
            }))}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ModuleId {
        text.parse().unwrap()
    }

    fn set(ids: &[&str]) -> BTreeSet<ModuleId> {
        ids.iter().copied().map(id).collect()
    }

    /// The last one is for administration.
    fn modules() -> Vec<Module> {
        ["MD-0001", "MD-0002", "MD-0003", "MD-0007"]
            .map(|it| Module {
                id: id(it),
                name: it.to_owned(),
                description: String::new(),
                paths: Vec::new(),
                api: None,
                in_all: it != "MD-0007",
            })
            .into()
    }

    #[test]
    fn all_is_one_module_not_the_sum_of_today_s() {
        assert_eq!(switch_all(&set(&["MD-0001"]), true, &modules()), set(&["MD-0000"]));
        assert_eq!(switch_all(&set(&["MD-0000"]), false, &modules()), set(&[]));
        let each = modules().into_iter().map(|module| module.id).collect();
        assert_eq!(all_state(&each, &modules()), Check::Mixed);
    }

    #[test]
    fn taking_one_from_all_leaves_the_others() {
        let left = switch_one(&set(&["MD-0000"]), &id("MD-0002"), false, &modules());
        assert_eq!(left, set(&["MD-0001", "MD-0003"]));
    }

    #[test]
    fn module_that_all_does_not_include_is_chosen_apart_from_it() {
        let both = switch_one(&set(&["MD-0000"]), &id("MD-0007"), true, &modules());
        assert_eq!(both, set(&["MD-0000", "MD-0007"]));
        assert_eq!(switch_one(&both, &id("MD-0007"), false, &modules()), set(&["MD-0000"]));
        assert_eq!(switch_one(&both, &id("MD-0001"), false, &modules()), set(&["MD-0002", "MD-0003", "MD-0007"]));
        assert_eq!(switch_all(&both, false, &modules()), set(&["MD-0007"]));
        assert_eq!(all_state(&set(&["MD-0007"]), &modules()), Check::Off);
        assert!(!is_chosen(&modules()[3], &set(&["MD-0000"])));
    }
}
