//! The catalogue: which modules and extensions this platform has. Read once at start, from a file or the
//! built-in default; a bad one stops the start and names the line.

pub mod api;
mod file;
pub mod list;
pub mod openapi;
pub mod rule;

use std::{path::Path, sync::Arc};

use latchkey_shared::{Extension, ExtensionRef, Module, ModuleId};
use thiserror::Error;

use self::{
    api::Api,
    rule::{Rule, is_for},
};

const DEFAULT: &str = include_str!("default.toml");

/// What the platform is made of and what its tokens are for.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// What was read.
    pub text: Arc<str>,
    /// The SHA-256 of the text: two servers with the same have the same catalogue.
    pub digest: String,
    /// *All* first, then the others in the order of their ids.
    pub modules: Vec<Module>,
    /// In the order of the file. At least one.
    pub apis: Vec<Api>,
    /// The rules of the modules, in the order of the file.
    pub rules: Vec<ModuleRule>,
    /// In the order of the file.
    pub extensions: Vec<Extension>,
}

/// What a module opens.
#[derive(Debug, Clone)]
pub struct ModuleRule {
    /// The module.
    pub module: ModuleId,
    /// The place of the API among those of the catalogue.
    pub api: usize,
    /// The requests to it.
    pub rule: Rule,
}

/// Why a catalogue is refused, on one line.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("catalogue {file}: {error}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A line of the file is wrong.
    #[error("catalogue {file}, line {line}: {reason}")]
    Line {
        /// The file.
        file: String,
        /// The line, the first being 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// The module that manages tokens. In every catalogue, under the id that it has at Connect.
#[must_use]
pub fn integrations() -> ModuleId {
    known("MD-0007")
}

/// The module that opens introspection and nothing else. In every catalogue.
#[must_use]
pub fn introspection() -> ModuleId {
    known("MD-9001")
}

fn known(id: &str) -> ModuleId {
    id.parse().unwrap_or_else(|_| ModuleId::all())
}

impl Catalogue {
    /// The built-in catalogue.
    ///
    /// # Errors
    /// None in a released version: a test reads it.
    pub fn built_in() -> Result<Self, CatalogueError> {
        file::parse(DEFAULT, "(built in)")
    }

    /// Reads a catalogue file.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| CatalogueError::Io { file: file.clone(), error })?;
        file::parse(&text, &file)
    }

    /// The catalogue that a server has kept in the database.
    ///
    /// # Errors
    /// [`CatalogueError`], if this version reads catalogues in another way.
    pub fn kept(text: &str) -> Result<Self, CatalogueError> {
        file::parse(text, "in force")
    }

    /// The module `id`.
    #[must_use]
    pub fn module(&self, id: &ModuleId) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == *id)
    }

    /// The API `name`.
    #[must_use]
    pub fn api(&self, name: &str) -> Option<&Api> {
        self.apis.iter().find(|api| api.name == name)
    }

    /// Whether a token that holds the modules `held` may use the module `id`; one that has left the catalogue is as one of the
    /// API.
    #[must_use]
    pub fn opens(&self, held: &[ModuleId], id: &ModuleId) -> bool {
        match self.module(id) {
            Some(module) => module.is_held(held.iter().map(ModuleId::as_str)),
            None => held.iter().any(|module| module == id || module.is_all()),
        }
    }

    /// The modules with a rule for the path of the rule `text` and for a method: those that open what was called by that rule.
    #[must_use]
    pub fn openers(&self, api: &str, text: &str, method: &str) -> Vec<ModuleId> {
        let Ok(called) = text.parse::<Rule>() else { return Vec::new() };
        // One that is not among those that are counted; a rule that names it says which.
        let method = if method.is_empty() { called.method.as_deref().unwrap_or_default() } else { method };
        let is_same = |rule: &&ModuleRule| {
            let of_api = self.apis.get(rule.api).is_some_and(|it| it.name == api);
            of_api && rule.rule.segments == called.segments && is_for(rule.rule.method.as_deref(), method)
        };
        let mut modules: Vec<ModuleId> = self.rules.iter().filter(is_same).map(|rule| rule.module.clone()).collect();
        modules.sort();
        modules.dedup();
        modules
    }

    /// Whether one module opens less than another, and nothing else.
    #[must_use]
    pub fn is_narrower(&self, one: &ModuleId, other: &ModuleId) -> bool {
        let rules = |id: &ModuleId| self.rules.iter().filter(|rule| rule.module == *id).collect::<Vec<_>>();
        let (one, other) = (rules(one), rules(other));
        let is_within = |narrow: &&ModuleRule, wide: &&ModuleRule| {
            let of_method = wide.rule.method.is_none() || wide.rule.method == narrow.rule.method;
            narrow.api == wide.api && of_method && narrow.rule.segments.starts_with(&wide.rule.segments)
        };
        let all_within = |narrow: &[&ModuleRule], wide: &[&ModuleRule]| {
            narrow.iter().all(|rule| wide.iter().any(|around| is_within(rule, around)))
        };
        all_within(&one, &other) && !all_within(&other, &one)
    }

    /// The extension `id`.
    #[must_use]
    pub fn extension_by_id(&self, id: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.id.as_str() == id)
    }

    /// The extension that a request names by id or by name.
    #[must_use]
    pub fn extension(&self, named: &ExtensionRef) -> Option<&Extension> {
        let fits = |wanted: Option<&String>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        let named_at_all = named.id.is_some() || named.name.is_some();
        let found = |extension: &&Extension| {
            fits(named.id.as_ref(), extension.id.as_str()) && fits(named.name.as_ref(), &extension.name)
        };
        self.extensions.iter().filter(|_| named_at_all).find(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENSION: &str = "[[extensions]]\nid = \"EXT-000-001\"\nname = \"custom\"\ntitle = \"Custom\"\ncredential = \"api-key\"\npermissions = \"ask\"\n";

    #[test]
    fn built_in_catalogue_is_good_and_begins_with_all() {
        let catalogue = Catalogue::built_in().unwrap();
        assert!(catalogue.modules[0].id.is_all());
        assert_eq!(catalogue.extensions.len(), 4);
    }

    #[test]
    fn extension_is_found_by_id_or_name_and_both_must_fit() {
        let catalogue = Catalogue::built_in().unwrap();
        let find = |id: Option<&str>, name: Option<&str>| {
            let named = ExtensionRef { id: id.map(str::to_owned), name: name.map(str::to_owned) };
            catalogue.extension(&named).map(|extension| extension.title.clone())
        };
        assert_eq!(find(Some("EXT-000-003"), None).as_deref(), Some("Zapier"));
        assert_eq!(find(None, Some("zapier")).as_deref(), Some("Zapier"));
        assert_eq!(find(Some("EXT-000-001"), Some("zapier")), None);
        assert_eq!(find(None, None), None);
    }

    #[test]
    fn all_includes_administration_only_where_the_catalogue_says_so() {
        let [all, orders] = ["MD-0000", "MD-0001"].map(|id| id.parse::<ModuleId>().unwrap());
        let module = "[[modules]]\nid = \"MD-0001\"\nname = \"Orders\"\n";
        let own = file::parse(&format!("{EXTENSION}{module}"), "c.toml").unwrap();
        let same = file::parse(&format!("all_includes_administration = true\n{EXTENSION}{module}"), "c.toml").unwrap();
        let names: Vec<&str> = own.modules.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["All", "Orders", "Integrations", "Introspection"]);
        let held = std::slice::from_ref(&all);
        for administration in [integrations(), introspection()] {
            assert!(!own.opens(held, &administration) && same.opens(held, &administration));
            assert!(own.opens(std::slice::from_ref(&administration), &administration));
            assert!(!own.opens(std::slice::from_ref(&orders), &administration));
        }
        assert!(own.opens(held, &orders));
        assert!(Catalogue::built_in().unwrap().opens(held, &integrations()));
    }
}
