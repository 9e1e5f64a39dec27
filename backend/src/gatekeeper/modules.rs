//! Which module a path belongs to, and whether a set of modules opens it.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use latchkey_shared::{Module, ModuleId};

use crate::catalogue::Catalogue;

/// Whether a token that holds `modules` may use `wanted`. *All* stands for every module, also for those added
/// after the token was made; this is the only place that knows it.
#[must_use]
pub fn opens(modules: &[ModuleId], wanted: &ModuleId) -> bool {
    modules.iter().any(|module| module.is_all() || module == wanted)
}

/// The place of a module in the catalogue; 0 is *All*.
pub type ModuleIndex = u16;

/// The path by which a catalogue says which module manages tokens. A shorter one that covers it does not: `/auth` may
/// be the login service of the team's own API.
const TOKENS: &str = "/auth/tokens";

/// The catalogue's modules, made ready for look-ups.
#[derive(Debug)]
pub struct Modules {
    modules: Vec<Module>,
    /// The longest first, so that the first that fits is the owner.
    prefixes: Vec<(String, ModuleIndex)>,
    /// Whether the API ignores case; then the prefixes are in lower case.
    ignore_case: bool,
    /// The module that manages tokens: the one that names [`TOKENS`] itself.
    integrations: ModuleIndex,
    /// Most tokens hold one of a few sets: each is kept once.
    sets: Mutex<HashMap<Vec<ModuleId>, Arc<ModuleSet>>>,
}

/// The modules that a token holds.
#[derive(Debug)]
pub struct ModuleSet {
    /// Their ids, in order.
    pub ids: Vec<ModuleId>,
    /// The ids joined by commas, as `X-Token-Modules` has them.
    pub header: String,
    /// For each module of the catalogue, whether the set opens it.
    opens: Vec<bool>,
}

impl ModuleSet {
    /// Whether the set opens a module.
    #[must_use]
    pub fn opens(&self, module: ModuleIndex) -> bool {
        self.opens.get(usize::from(module)).is_some_and(|opens| *opens)
    }
}

impl Modules {
    /// Makes the catalogue's modules ready.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let modules = catalogue.modules.clone();
        let of_one = |(index, module): (usize, &Module)| {
            let index = ModuleIndex::try_from(index).unwrap_or_default();
            let key = |path: &String| if catalogue.ignore_case { fold(path) } else { path.clone() };
            module.paths.iter().map(|path| (key(path), index)).collect::<Vec<_>>()
        };
        let mut prefixes: Vec<_> = modules.iter().enumerate().flat_map(of_one).collect();
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        let integrations = prefixes.iter().find(|(prefix, _)| prefix == TOKENS).map_or(0, |(_, module)| *module);
        Self { modules, prefixes, ignore_case: catalogue.ignore_case, integrations, sets: Mutex::default() }
    }

    /// The module that owns `path`, given without a base path: the one with the longest prefix that ends at a `/`.
    /// A path that nobody owns belongs to *All* alone.
    ///
    /// Within another module's path, a longer prefix may also end at a sign: many APIs read `/reports/secret.json` as
    /// `/reports/secret`, so it is not left to the module of `/reports`.
    #[must_use]
    pub fn of_path(&self, path: &str) -> ModuleIndex {
        let path = if self.ignore_case { Cow::Owned(fold(path)) } else { Cow::Borrowed(path) };
        let mut inner = None;
        for (prefix, module) in &self.prefixes {
            match path.strip_prefix(prefix.as_str()).map(|rest| rest.chars().next()) {
                None => {}
                Some(None | Some('/')) => return inner.unwrap_or(*module),
                // The prefixes are sorted by length: the first is the longest.
                Some(Some(next)) if next != '-' && next != '_' && !next.is_alphanumeric() => {
                    inner = inner.or(Some(*module));
                }
                Some(Some(_)) => {}
            }
        }
        0
    }

    /// The module that manages tokens; where the catalogue has none, *All* alone does.
    #[must_use]
    pub fn integrations(&self) -> ModuleIndex {
        self.integrations
    }

    /// The module that a route of Latchkey's own API belongs to. What manages tokens, or tells of them, belongs to the
    /// module for that, whatever else a catalogue says of `/auth`.
    #[must_use]
    pub fn of_own_route(&self, path: &str) -> ModuleIndex {
        let manages = ["/auth/", "/statistics/"].iter().any(|start| path.starts_with(start));
        if manages { self.integrations } else { self.of_path(path) }
    }

    /// The module at a place of the catalogue.
    #[must_use]
    pub fn get(&self, index: ModuleIndex) -> &Module {
        self.modules.get(usize::from(index)).unwrap_or(&self.modules[0])
    }

    /// The set of these modules, shared with every token that holds the same.
    #[must_use]
    pub fn set(&self, ids: Vec<ModuleId>) -> Arc<ModuleSet> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.get(&ids) {
            return Arc::clone(set);
        }
        // Sets that no token has any more are forgotten now and then.
        if sets.len().is_power_of_two() {
            sets.retain(|_, set| Arc::strong_count(set) > 1);
        }
        let set = Arc::new(ModuleSet {
            header: ids.iter().map(ModuleId::as_str).collect::<Vec<_>>().join(","),
            opens: self.modules.iter().map(|module| opens(&ids, &module.id)).collect(),
            ids: ids.clone(),
        });
        sets.insert(ids, Arc::clone(&set));
        set
    }
}

/// A path in the one form of an API that ignores case. Some letters have the same upper case and not the same lower
/// case.
fn fold(path: &str) -> String {
    path.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> Modules {
        Modules::new(&Catalogue::built_in().unwrap())
    }

    fn owner(path: &str) -> String {
        let modules = modules();
        modules.get(modules.of_path(path)).name.clone()
    }

    #[test]
    fn path_belongs_to_the_module_with_its_prefix() {
        assert_eq!(owner("/agreements"), "Partners");
        assert_eq!(owner("/agreements/AGP-000-000-001"), "Partners");
        assert_eq!(owner("/auth/tokens/SU-000-000-001/permissions"), "Integrations");
    }

    #[test]
    fn prefix_ends_at_a_slash() {
        assert_eq!(owner("/agreementsX"), "All");
        assert_eq!(owner("/unknown"), "All");
    }

    #[test]
    fn spelling_of_a_nested_path_is_not_left_to_the_outer_module() {
        let nested = |catalogue: &mut Catalogue| {
            catalogue.modules[1].paths = vec!["/reports".to_owned()];
            catalogue.modules[2].paths = vec!["/reports/secret".to_owned()];
        };
        let owner = |ignore_case: bool, path: &str| {
            let mut catalogue = Catalogue { ignore_case, ..Catalogue::built_in().unwrap() };
            nested(&mut catalogue);
            let modules = Modules::new(&catalogue);
            modules.get(modules.of_path(path)).name.clone()
        };
        for end in ["", "/", "/x", ".json", "(1)", ":run", ",x=1", "!", "@v1", "\u{200b}", "~", " x"] {
            assert_eq!(owner(false, &format!("/reports/secret{end}")), "Partners", "{end:?}");
        }
        for other in [
            "/reports",
            "/reports/x",
            "/reports/secrets",
            "/reports/secret-2",
            "/reports/secret_a",
            "/reports/a.secret",
        ] {
            assert_eq!(owner(false, other), "Account", "{other}");
        }
        // Where nobody owns the path around it, it stays nobody's.
        assert_eq!(owner(false, "/reports.json"), "All");
        assert_eq!(owner(true, "/Reports/\u{17f}ecret"), "Partners");
        assert_eq!(owner(true, "/REPORTS/SECRET.json"), "Partners");
    }

    #[test]
    fn case_is_ignored_where_the_catalogue_says_so() {
        assert_eq!(owner("/Agreements/AGP-1"), "All");
        let catalogue = Catalogue { ignore_case: true, ..Catalogue::built_in().unwrap() };
        let modules = Modules::new(&catalogue);
        assert_eq!(modules.get(modules.of_path("/AGREEMENTS/AGP-1")).name, "Partners");
    }

    #[test]
    fn all_opens_everything_and_a_module_only_itself() {
        let [all, one, two] = ["MD-0000", "MD-0001", "MD-0002"].map(|id| id.parse::<ModuleId>().unwrap());
        assert!(opens(std::slice::from_ref(&all), &two));
        assert!(opens(std::slice::from_ref(&two), &two));
        assert!(!opens(&[one], &two));
        assert!(!opens(&[two], &all));
        assert!(!opens(&[], &all));
    }

    #[test]
    fn set_is_kept_once_and_opens_what_its_modules_open() {
        let modules = modules();
        let ids: Vec<ModuleId> = vec!["MD-0002".parse().unwrap(), "MD-0099".parse().unwrap()];
        let set = modules.set(ids.clone());
        assert!(Arc::ptr_eq(&set, &modules.set(ids)));
        assert_eq!(set.header, "MD-0002,MD-0099");
        assert!(set.opens(modules.of_path("/agreements")));
        assert!(!set.opens(modules.of_path("/auth/tokens")) && !set.opens(0));
        assert!(!modules.set(Vec::new()).opens(0));
        assert!(modules.set(vec![ModuleId::all()]).opens(modules.of_path("/unknown")));
    }
}
