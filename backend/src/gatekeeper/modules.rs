//! The modules of the catalogue, and sets of them as tokens hold them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use latchkey_shared::{Module, ModuleId};

use super::{apis::Apis, rules::RuleId};
use crate::catalogue::{self, Catalogue};

/// A module as rules and decisions name it. It means the same under another catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleRef {
    /// The digits of its id.
    number: u16,
    /// Whether *All* stands for it, too.
    in_all: bool,
}

impl ModuleRef {
    /// The module *All*.
    pub const ALL: Self = Self { number: 0, in_all: true };

    /// The id.
    #[must_use]
    pub fn id(self) -> ModuleId {
        ModuleId::from_number(self.number)
    }
}

impl From<&Module> for ModuleRef {
    fn from(module: &Module) -> Self {
        Self { number: module.id.number(), in_all: module.in_all }
    }
}

/// A rule of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleName {
    /// The API; empty in a catalogue that describes none.
    pub api: String,
    /// As the catalogue has it.
    pub rule: String,
}

/// The catalogue's modules, made ready for look-ups.
#[derive(Debug)]
pub struct Modules {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// The APIs that the modules are of.
    pub apis: Apis,
    /// By [`RuleId`]; also those of the catalogues before this one.
    rules: Vec<RuleName>,
    /// Id and name of each extension.
    extensions: Vec<(String, Arc<str>)>,
    integrations: ModuleRef,
    introspection: ModuleRef,
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
    /// Their numbers, in order.
    numbers: Vec<u16>,
}

impl ModuleSet {
    fn new(ids: Vec<ModuleId>) -> Self {
        let mut numbers: Vec<u16> = ids.iter().map(ModuleId::number).collect();
        numbers.sort_unstable();
        Self { header: ids.iter().map(ModuleId::as_str).collect::<Vec<_>>().join(","), numbers, ids }
    }

    /// Whether the set opens a module.
    #[must_use]
    pub fn opens(&self, module: ModuleRef) -> bool {
        let has_all = self.numbers.first() == Some(&ModuleRef::ALL.number);
        (has_all && module.in_all) || self.numbers.binary_search(&module.number).is_ok()
    }
}

impl Modules {
    /// Makes a catalogue's modules ready.
    #[must_use]
    pub fn new(catalogue: Catalogue) -> Self {
        Self::with(catalogue, Vec::new())
    }

    /// Makes the modules of the catalogue ready that takes the place of this one. Rules keep their ids.
    #[must_use]
    pub fn replaced_by(&self, catalogue: Catalogue) -> Self {
        Self::with(catalogue, self.rules.clone())
    }

    fn with(catalogue: Catalogue, mut rules: Vec<RuleName>) -> Self {
        let module = |id: &ModuleId| catalogue.module(id).map_or(ModuleRef::ALL, ModuleRef::from);
        let known = rules.iter().cloned().zip((1..).map(RuleId));
        let mut ids: HashMap<RuleName, RuleId> = known.collect();
        let apis = Apis::new(&catalogue, module, |name| {
            let next = RuleId(u32::try_from(ids.len() + 1).unwrap_or(RuleId::NONE.0));
            *ids.entry(name).or_insert_with_key(|name| {
                rules.push(name.clone());
                next
            })
        });
        Self {
            apis,
            rules,
            extensions: catalogue.extensions.iter().map(|it| (it.id.to_string(), it.name.as_str().into())).collect(),
            integrations: module(&catalogue::integrations()),
            introspection: module(&catalogue::introspection()),
            sets: Mutex::default(),
            catalogue: Arc::new(catalogue),
        }
    }

    /// The module that manages tokens.
    #[must_use]
    pub fn integrations(&self) -> ModuleRef {
        self.integrations
    }

    /// The module that opens introspection.
    #[must_use]
    pub fn introspection(&self) -> ModuleRef {
        self.introspection
    }

    /// A module; by its id alone, if it has left the catalogue.
    #[must_use]
    pub fn get(&self, module: ModuleRef) -> Module {
        let id = module.id();
        self.catalogue.module(&id).cloned().unwrap_or_else(|| Module {
            name: id.to_string(),
            description: String::new(),
            paths: Vec::new(),
            api: None,
            in_all: module.in_all,
            id,
        })
    }

    /// A rule of this catalogue, or of one before it. Its text is empty for what no rule of an API is for.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&RuleName> {
        self.rules.get((id.0 as usize).checked_sub(1)?)
    }

    /// Whether a key with this set may grant a module, also one that has left the catalogue.
    #[must_use]
    pub fn includes(&self, set: &ModuleSet, id: &ModuleId) -> bool {
        let in_all = self.catalogue.module(id).is_none_or(|module| module.in_all);
        set.opens(ModuleRef { number: id.number(), in_all })
    }

    /// The name of an extension; its id, if the catalogue does not have it any more.
    #[must_use]
    pub fn extension(&self, id: &str) -> Arc<str> {
        self.extensions.iter().find(|(own, _)| own == id).map_or_else(|| id.into(), |(_, name)| Arc::clone(name))
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
        let set = Arc::new(ModuleSet::new(ids.clone()));
        sets.insert(ids, Arc::clone(&set));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ModuleRule;

    #[test]
    fn call_is_of_the_narrowest_module_that_is_held() {
        let mut catalogue = Catalogue { rules: Vec::new(), ..Catalogue::built_in().unwrap() };
        let [all, wide, narrow] = [0, 1, 2].map(|module: usize| catalogue.modules[module].id.clone());
        for (module, rule) in [(&wide, "/orders"), (&narrow, "GET /orders")] {
            catalogue.rules.push(ModuleRule { module: module.clone(), api: 0, rule: rule.parse().unwrap() });
        }
        let modules = Modules::new(catalogue);
        let opened = |held: &[&ModuleId], method: &str| {
            let set = modules.set(held.iter().map(|id| (*id).clone()).collect());
            let opening = modules.apis.first().rules.of_request(method, "/orders").opening(&set);
            let rule = modules.rule(opening.rule).unwrap().rule.clone();
            (opening.module.unwrap().id(), rule, opening.result.is_ok())
        };
        let by = |module: &ModuleId, rule: &str, is_open: bool| (module.clone(), rule.to_owned(), is_open);
        assert_eq!(opened(&[&wide, &narrow], "GET"), by(&narrow, "GET /orders", true));
        assert_eq!(opened(&[&wide], "GET"), by(&wide, "/orders", true));
        assert_eq!(opened(&[&all], "GET"), by(&narrow, "GET /orders", true));
        assert_eq!(opened(&[&narrow], "POST"), by(&wide, "/orders", false));
        assert_eq!(opened(&[], "GET"), by(&narrow, "GET /orders", false));
    }

    #[test]
    fn set_is_kept_once_and_opens_what_its_modules_open() {
        let modules = Modules::new(Catalogue::built_in().unwrap());
        let ids: Vec<ModuleId> = vec!["MD-0002".parse().unwrap(), "MD-0099".parse().unwrap()];
        let set = modules.set(ids.clone());
        assert!(Arc::ptr_eq(&set, &modules.set(ids)));
        assert_eq!(set.header, "MD-0002,MD-0099");
        let rules = &modules.apis.first().rules;
        assert!(rules.of_request("GET", "/agreements").opening(&set).result.is_ok());
        assert!(!set.opens(modules.integrations()) && !set.opens(ModuleRef::ALL));
        assert!(!modules.set(Vec::new()).opens(ModuleRef::ALL));
        let all = modules.set(vec![ModuleId::all()]);
        let opening = rules.of_request("GET", "/unknown").opening(&all);
        assert_eq!((opening.module, opening.result), (Some(ModuleRef::ALL), Ok(())));
        assert_eq!(modules.rule(opening.rule).unwrap().rule, "");
    }

    #[test]
    fn all_grants_administration_only_where_it_includes_it() {
        let mut catalogue = Catalogue::built_in().unwrap();
        let grants = |catalogue: &Catalogue, id: &ModuleId| {
            let modules = Modules::new(catalogue.clone());
            modules.includes(&modules.set(vec![ModuleId::all()]), id)
        };
        assert!(grants(&catalogue, &catalogue::integrations()));
        for module in &mut catalogue.modules {
            module.in_all = module.id != catalogue::integrations();
        }
        assert!(!grants(&catalogue, &catalogue::integrations()));
        // Also one that has left the catalogue.
        assert!(grants(&catalogue, &"MD-0099".parse().unwrap()));
    }

    #[test]
    fn rule_keeps_its_id_under_the_next_catalogue() {
        let catalogue = Catalogue::built_in().unwrap();
        let first = Modules::new(catalogue.clone());
        let of = |modules: &Modules, path: &str| {
            modules.apis.first().rules.of_request("GET", path).opening(&ModuleSet::new(Vec::new())).rule
        };
        let mut fewer = catalogue;
        let gone = fewer.rules.remove(0).rule.text;
        fewer.rules.push(ModuleRule { module: ModuleId::all(), api: 0, rule: "/new".parse().unwrap() });
        let second = first.replaced_by(fewer);
        assert_eq!(second.rule(of(&first, &gone)).unwrap().rule, gone);
        assert_eq!(of(&first, "/agreements"), of(&second, "/agreements"));
        assert_eq!(second.rule(of(&second, "/new")).unwrap().rule, "/new");
        assert_eq!(second.rule(RuleId::NONE), None);
    }
}
