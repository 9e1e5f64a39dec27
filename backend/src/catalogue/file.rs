//! Reading a catalogue: what the file may say, and what is wrong with one that says something else.

use std::{collections::HashMap, ops::Range};

use latchkey_shared::{Extension, Module, ModuleId};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::{
    Catalogue, CatalogueError, ModuleRule,
    api::{Api, FileApi},
    integrations, introspection,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ignore_case: Option<Spanned<bool>>,
    #[serde(default)]
    all_includes_administration: bool,
    #[serde(default)]
    apis: Vec<Spanned<FileApi>>,
    #[serde(default)]
    modules: Vec<Spanned<FileModule>>,
    #[serde(default)]
    extensions: Vec<Spanned<Extension>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileModule {
    id: ModuleId,
    api: Option<String>,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    paths: Vec<String>,
}

/// The line, the first being 1, and what is wrong with it.
type Complaint = (usize, String);

const ALL: &str = "All";
const INTEGRATIONS: &str = "Integrations";
const INTROSPECTION: &str = "Introspection";

pub(super) fn parse(text: &str, file: &str) -> Result<Catalogue, CatalogueError> {
    let line = |span: Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
    let at = |line: usize, reason: String| CatalogueError::Line { file: file.to_owned(), line, reason };
    let read: File =
        toml::from_str(text).map_err(|error| at(error.span().map_or(1, line), error.message().replace('\n', " ")))?;
    check(read, text, &line).map_err(|(line, reason)| at(line, reason))
}

fn check(file: File, text: &str, line: &dyn Fn(Range<usize>) -> usize) -> Result<Catalogue, Complaint> {
    let apis = apis(&file, line)?;
    let rules = rules(&file.modules, &apis, line)?;
    let in_all = file.all_includes_administration;
    let own = file.modules.into_iter().map(Spanned::into_inner).map(|module| Module {
        in_all: in_all || module.id != integrations(),
        id: module.id,
        name: module.name,
        description: module.description,
        paths: module.paths,
        api: module.api,
    });
    let mut modules: Vec<Module> = own.collect();
    for module in always(in_all) {
        if !modules.iter().any(|own| own.id == module.id) {
            modules.push(module);
        }
    }
    modules.sort_by(|a, b| a.id.cmp(&b.id));
    check_extensions(&file.extensions, &modules, line)?;
    let mut extensions: Vec<Extension> = file.extensions.into_iter().map(Spanned::into_inner).collect();
    if extensions.is_empty() {
        let built_in = Catalogue::built_in().map_err(|error| (1, error.to_string()))?;
        extensions.extend(built_in.extensions.into_iter().take(1));
    }
    let digest = crate::hex(&Sha256::digest(text));
    Ok(Catalogue { text: text.into(), digest, modules, apis, rules, extensions })
}

fn apis(file: &File, line: &dyn Fn(Range<usize>) -> usize) -> Result<Vec<Api>, Complaint> {
    if file.apis.is_empty() {
        return Ok(vec![Api::only(file.ignore_case.as_ref().is_some_and(|it| *it.get_ref()))]);
    }
    if let Some(ignore_case) = &file.ignore_case {
        return Err((line(ignore_case.span()), "ignore_case belongs into each of the [[apis]]".to_owned()));
    }
    let mut known: Vec<(Api, usize)> = Vec::new();
    for api in &file.apis {
        let line = line(api.span());
        let api = Api::try_from(api.get_ref()).map_err(|reason| (line, reason))?;
        if let Some((_, first)) = known.iter().find(|(other, _)| other.name == api.name) {
            return Err((line, format!("the API {} is there twice, first in line {first}", api.name)));
        }
        if let Some((other, first)) = known.iter().find(|(other, _)| other.overlaps(&api)) {
            let reason = format!("{} claims the same host and base path as {} in line {first}", api.name, other.name);
            return Err((line, reason));
        }
        known.push((api, line));
    }
    Ok(known.into_iter().map(|(api, _)| api).collect())
}

/// The modules that every catalogue has.
fn always(in_all: bool) -> [Module; 3] {
    let module = |id: ModuleId, name: &str, description: &str, in_all: bool| Module {
        id,
        name: name.to_owned(),
        description: description.to_owned(),
        paths: Vec::new(),
        api: None,
        in_all,
    };
    let all = if in_all {
        "Every module, also those added later."
    } else {
        "Every module of the API, also those added later; not Integrations and Introspection."
    };
    [
        module(ModuleId::all(), ALL, all, true),
        module(integrations(), INTEGRATIONS, "A key with this module manages other keys.", in_all),
        module(introspection(), INTROSPECTION, "Asks what another key is worth, and nothing else.", in_all),
    ]
}

fn rules(
    modules: &[Spanned<FileModule>],
    apis: &[Api],
    line: &dyn Fn(Range<usize>) -> usize,
) -> Result<Vec<ModuleRule>, Complaint> {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut rules = Vec::new();
    for module in modules {
        let line = line(module.span());
        let complain = |reason: String| Err((line, reason));
        let module = module.get_ref();
        if module.id.is_all() {
            return complain("MD-0000 is the module All, which always exists".to_owned());
        }
        if module.id == introspection() {
            return complain(format!("{} is the module {INTROSPECTION}, which always exists", module.id));
        }
        if (module.id == integrations()) != (module.name == INTEGRATIONS) {
            return complain(format!("the module {INTEGRATIONS} is {} in every catalogue", integrations()));
        }
        if [ALL, INTROSPECTION].iter().any(|name| module.name.eq_ignore_ascii_case(name)) {
            return complain(format!("the name {} belongs to a module that always exists", module.name));
        }
        if let Some(first) = ids.insert(module.id.as_str(), line) {
            return complain(format!("{} is there twice, first in line {first}", module.id));
        }
        if let Some(first) = names.insert(module.name.to_lowercase(), line) {
            return complain(format!("the name {:?} is there twice, first in line {first}", module.name));
        }
        let length = module.name.chars().count();
        if length == 0 || length > 32 {
            return complain(format!("the name of {} must have 1 to 32 characters", module.id));
        }
        let api = match &module.api {
            Some(name) => match apis.iter().position(|api| api.name == *name) {
                Some(api) => api,
                None => {
                    return complain(format!("{} is of the API {name:?}, which is not one of the [[apis]]", module.id));
                }
            },
            None if apis.len() > 1 && !module.paths.is_empty() => {
                return complain(format!(
                    "{} must say which of the {} [[apis]] it is of: api = \"…\"",
                    module.id,
                    apis.len()
                ));
            }
            None => 0,
        };
        for path in &module.paths {
            match path.parse() {
                Ok(rule) => rules.push(ModuleRule { module: module.id.clone(), api, rule }),
                Err(error) => return complain(format!("{path:?} {error}")),
            }
        }
    }
    Ok(rules)
}

fn check_extensions(
    extensions: &[Spanned<Extension>],
    modules: &[Module],
    line: &dyn Fn(Range<usize>) -> usize,
) -> Result<(), Complaint> {
    let mut names: HashMap<&str, usize> = HashMap::new();
    for extension in extensions {
        let line = line(extension.span());
        let complain = |reason: String| Err((line, reason));
        let extension = extension.get_ref();
        let name = &extension.name;
        if name.is_empty()
            || name.len() > 50
            || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            return complain(format!("the name {name:?} must be 1 to 50 lower-case letters, digits or hyphens"));
        }
        if extension.title.trim().is_empty() {
            return complain(format!("{} has no title", extension.id));
        }
        if let Some(first) = names.insert(extension.id.as_str(), line).or(names.insert(name, line)) {
            return complain(format!("{} ({name}) is there twice, first in line {first}", extension.id));
        }
        let fixed = extension.permissions.fixed().unwrap_or_default();
        if let Some(unknown) = fixed.iter().find(|id| !modules.iter().any(|module| module.id == **id)) {
            return complain(format!("{} grants {unknown}, which is not a module", extension.id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENSION: &str = "[[extensions]]\nid = \"EXT-000-001\"\nname = \"custom\"\ntitle = \"Custom\"\ncredential = \"api-key\"\npermissions = \"ask\"\n";
    const MODULE: &str = "[[modules]]\nid = \"MD-0001\"\nname = \"One\"\npaths = [\"/one\"]\n";

    fn refused(text: &str, expected: &str) {
        let message = parse(text, "c.toml").expect_err(text).to_string();
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        assert!(!message.contains('\n'), "{message:?} is more than a line");
    }

    #[test]
    fn dozen_lines_are_a_catalogue() {
        let text = "[[apis]]\nname = \"orders\"\nhosts = [\"api.example.com\"]\nbase_path = \"/v2\"\n\
                    [[modules]]\nid = \"MD-0101\"\nname = \"Orders\"\npaths = [\"/orders\"]\n\
                    [[modules]]\nid = \"MD-0102\"\nname = \"Orders (read)\"\npaths = [\"GET /orders\"]\n";
        let catalogue = parse(text, "c.toml").unwrap();
        let names: Vec<&str> = catalogue.modules.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["All", "Integrations", "Orders", "Orders (read)", "Introspection"]);
        assert_eq!(catalogue.rules.iter().map(|it| it.api).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(catalogue.extensions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["custom"]);
    }

    #[test]
    fn examples_and_the_lines_of_the_manual_are_good_catalogues() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        for name in ["orders", "two-apis", "github"] {
            let path = format!("deploy/examples/{name}.toml");
            parse(&read(&path), &path).unwrap();
        }
        for manual in ["docs/CATALOGUE.md", "README.md"] {
            let text = read(manual);
            let lines = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
            assert_eq!(parse(lines, manual).unwrap().rules.len(), 2, "{manual}");
        }
    }

    #[test]
    fn bad_module_or_extension_is_refused_with_line_and_reason() {
        let of = |old: &str, new: &str| format!("{EXTENSION}{}", MODULE.replace(old, new));
        let renamed = MODULE.replace("0001", "0002").replace("One", "ONE");
        let cases = [
            ("nonsense".to_owned(), "c.toml, line 1: "),
            (format!("{EXTENSION}\n[[modules]]\nid = \"MD-1\"\nname = \"x\"\n"), "line 9: must look like MD-dddd"),
            (format!("{EXTENSION}{MODULE}{MODULE}"), "line 11: MD-0001 is there twice, first in line 7"),
            (format!("{EXTENSION}{MODULE}{renamed}"), "line 11: the name \"ONE\" is there twice, first in line 7"),
            (format!("{EXTENSION}{EXTENSION}"), "line 7: EXT-000-001 (custom) is there twice, first in line 1"),
            (of("0001", "0000"), "which always exists"),
            (of("0001", "9001"), "which always exists"),
            (of("One", "Introspection"), "belongs to a module that always exists"),
            (of("0001", "0007"), "the module Integrations is MD-0007"),
            (of("One", "Integrations"), "the module Integrations is MD-0007"),
            (of("/one", "one"), "\"one\" cannot be matched: its path must begin with a slash"),
            (of("/one", "/one/../two"), "its path has a dot segment"),
            (of("/one", "Get /one"), "or a method and a path like \"GET /orders\""),
            (format!("{EXTENSION}{MODULE}colour = 1\n"), "colour"),
            (EXTENSION.replace("\"ask\"", "[\"MD-0009\"]"), "grants MD-0009, which is not a module"),
            (EXTENSION.replace("\"custom\"", "\"My Own\""), "lower-case letters"),
        ];
        for (text, expected) in cases {
            refused(&text, expected);
        }
    }

    #[test]
    fn bad_api_is_refused_with_line_and_reason() {
        let (one, two) = ("[[apis]]\nname = \"one\"\n", "[[apis]]\nname = \"two\"\nbase_path = \"/two\"\n");
        refused(&format!("{one}hosts = [\"UPPER\"]\n"), "line 1: hosts: \"UPPER\"");
        refused(&format!("{one}{one}base_path = \"/x\"\n"), "line 3: the API one is there twice, first in line 1");
        let same = one.replace("one", "three");
        refused(&format!("{two}{one}{same}"), "line 6: three claims the same host and base path as one in line 4");
        refused(&format!("{one}{two}{MODULE}"), "line 6: MD-0001 must say which of the 2 [[apis]] it is of");
        refused(&format!("{one}{MODULE}api = \"ones\"\n"), "MD-0001 is of the API \"ones\", which is not one");
        refused(&format!("ignore_case = true\n{one}"), "line 1: ignore_case belongs into each of the [[apis]]");
        let good = format!("{one}{two}{MODULE}api = \"two\"\n");
        assert_eq!(parse(&good, "c.toml").unwrap().rules[0].api, 1);
    }
}
