//! The modules of the catalogue, and sets of them as tokens hold them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use latchkey_shared::{Module, ModuleId};

use super::apis::Apis;
use crate::catalogue::{self, Catalogue};

/// The place of a module in the catalogue; 0 is *All*.
pub type ModuleIndex = u16;

/// The catalogue's modules, made ready for look-ups.
#[derive(Debug)]
pub struct Modules {
    modules: Vec<Module>,
    /// The APIs that they are of.
    pub apis: Apis,
    /// Id and name of each extension.
    extensions: Vec<(String, Arc<str>)>,
    integrations: ModuleIndex,
    introspection: ModuleIndex,
    /// The modules for which *All* does not stand.
    apart: Arc<[ModuleId]>,
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
    /// The modules for which *All* does not stand.
    apart: Arc<[ModuleId]>,
}

impl ModuleSet {
    /// Whether the set opens a module.
    #[must_use]
    pub fn opens(&self, module: ModuleIndex) -> bool {
        self.opens.get(usize::from(module)).is_some_and(|opens| *opens)
    }

    /// Whether a key with this set may grant a module, also one that has left the catalogue.
    #[must_use]
    pub fn includes(&self, id: &ModuleId) -> bool {
        self.ids.iter().any(|module| module == id || (module.is_all() && !self.apart.contains(id)))
    }
}

impl Modules {
    /// Makes the catalogue's modules ready.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let modules = catalogue.modules.clone();
        let place = |id: &ModuleId| {
            let place = modules.iter().position(|module| module.id == *id);
            place.and_then(|place| ModuleIndex::try_from(place).ok()).unwrap_or_default()
        };
        Self {
            apis: Apis::new(catalogue, place),
            extensions: catalogue.extensions.iter().map(|it| (it.id.to_string(), it.name.as_str().into())).collect(),
            integrations: place(&catalogue::integrations()),
            introspection: place(&catalogue::introspection()),
            apart: modules.iter().filter(|module| !module.in_all).map(|module| module.id.clone()).collect(),
            modules,
            sets: Mutex::default(),
        }
    }

    /// The module that manages tokens.
    #[must_use]
    pub fn integrations(&self) -> ModuleIndex {
        self.integrations
    }

    /// The module that opens introspection.
    #[must_use]
    pub fn introspection(&self) -> ModuleIndex {
        self.introspection
    }

    /// The module at a place of the catalogue.
    #[must_use]
    pub fn get(&self, index: ModuleIndex) -> &Module {
        self.modules.get(usize::from(index)).unwrap_or(&self.modules[0])
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
        let set = Arc::new(ModuleSet {
            header: ids.iter().map(ModuleId::as_str).collect::<Vec<_>>().join(","),
            opens: self.modules.iter().map(|module| module.is_held(ids.iter().map(ModuleId::as_str))).collect(),
            ids: ids.clone(),
            apart: Arc::clone(&self.apart),
        });
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
        let modules = Modules::new(&catalogue);
        let opened = |held: &[&ModuleId], method: &str| {
            let set = modules.set(held.iter().map(|id| (*id).clone()).collect());
            modules.apis.first().rules.of_request(method, "/orders").opened_by(&set)
        };
        assert_eq!(opened(&[&wide, &narrow], "GET"), Ok(Some(2)));
        assert_eq!(opened(&[&wide], "GET"), Ok(Some(1)));
        assert_eq!(opened(&[&all], "GET"), Ok(Some(2)));
        assert_eq!(opened(&[&narrow], "POST"), Err(1));
        assert_eq!(opened(&[], "GET"), Err(2));
    }

    #[test]
    fn set_is_kept_once_and_opens_what_its_modules_open() {
        let modules = Modules::new(&Catalogue::built_in().unwrap());
        let ids: Vec<ModuleId> = vec!["MD-0002".parse().unwrap(), "MD-0099".parse().unwrap()];
        let set = modules.set(ids.clone());
        assert!(Arc::ptr_eq(&set, &modules.set(ids)));
        assert_eq!(set.header, "MD-0002,MD-0099");
        let rules = &modules.apis.first().rules;
        assert!(rules.of_request("GET", "/agreements").opened_by(&set).is_ok());
        assert!(!set.opens(modules.integrations()) && !set.opens(0));
        assert!(!modules.set(Vec::new()).opens(0));
        let all = modules.set(vec![ModuleId::all()]);
        assert_eq!(rules.of_request("GET", "/unknown").opened_by(&all), Ok(Some(0)));
    }

    #[test]
    fn all_grants_administration_only_where_it_includes_it() {
        let mut catalogue = Catalogue::built_in().unwrap();
        let grants =
            |catalogue: &Catalogue, id: &ModuleId| Modules::new(catalogue).set(vec![ModuleId::all()]).includes(id);
        assert!(grants(&catalogue, &catalogue::integrations()));
        for module in &mut catalogue.modules {
            module.in_all = module.id != catalogue::integrations();
        }
        assert!(!grants(&catalogue, &catalogue::integrations()));
        // Also one that has left the catalogue.
        assert!(grants(&catalogue, &"MD-0099".parse().unwrap()));
    }
}
