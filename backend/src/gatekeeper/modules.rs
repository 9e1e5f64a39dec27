//! Which module a path belongs to, and whether a set of modules opens it.

use latchkey_shared::{Module, ModuleId};

use crate::catalogue::Catalogue;

/// Whether a token that holds `modules` may use `wanted`. *All* stands for every module, also for those added
/// after the token was made; this is the only place that knows it.
#[must_use]
pub fn opens(modules: &[ModuleId], wanted: &ModuleId) -> bool {
    modules.iter().any(|module| module.is_all() || module == wanted)
}

/// The module that owns `path`, given without the base path: the one with the longest prefix that ends at a
/// `/`. A path that nobody owns belongs to *All* alone.
#[must_use]
pub fn module_of<'a>(catalogue: &'a Catalogue, path: &str) -> &'a Module {
    let owns = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let longest = |module: &'a Module| {
        let length = module.paths.iter().filter(|prefix| owns(prefix)).map(String::len).max()?;
        Some((length, module))
    };
    let owner = catalogue.modules.iter().filter_map(longest).max_by_key(|(length, _)| *length);
    owner.map_or(&catalogue.modules[0], |(_, module)| module)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str) -> String {
        module_of(&Catalogue::built_in().unwrap(), path).name.clone()
    }

    #[test]
    fn a_path_belongs_to_the_module_with_its_prefix() {
        assert_eq!(module("/agreements"), "Partners");
        assert_eq!(module("/agreements/AGP-000-000-001"), "Partners");
        assert_eq!(module("/auth/tokens/SU-000-000-001/permissions"), "Integrations");
    }

    #[test]
    fn a_prefix_ends_at_a_slash() {
        assert_eq!(module("/agreementsX"), "All");
        assert_eq!(module("/unknown"), "All");
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
}
