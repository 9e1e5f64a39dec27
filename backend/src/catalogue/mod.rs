//! The catalogue: which modules and extensions this platform has. Read once at start, from a file or the
//! built-in default; a bad one stops the start and names the line.

pub mod list;

use std::{collections::HashSet, ops::Range, path::Path};

use latchkey_shared::{Extension, ExtensionRef, Module, ModuleId};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

const DEFAULT: &str = include_str!("default.toml");

/// What the platform is made of and what its tokens are for.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// *All* first, then the others in the order of their ids.
    pub modules: Vec<Module>,
    /// In the order of the file.
    pub extensions: Vec<Extension>,
    /// Whether `/Orders` and `/orders` are one path, as they are to an API that ignores case.
    pub ignore_case: bool,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore_case: bool,
    #[serde(default)]
    modules: Vec<Spanned<Module>>,
    #[serde(default)]
    extensions: Vec<Spanned<Extension>>,
}

impl Catalogue {
    /// The built-in catalogue.
    ///
    /// # Errors
    /// None in a released version: a test reads it.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::parse(DEFAULT, "(built in)")
    }

    /// Reads a catalogue file.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| CatalogueError::Io { file: file.clone(), error })?;
        Self::parse(&text, &file)
    }

    fn parse(text: &str, file: &str) -> Result<Self, CatalogueError> {
        let at = |span: Option<Range<usize>>, reason: String| CatalogueError::Line {
            file: file.to_owned(),
            line: text[..span.map_or(0, |span| span.start).min(text.len())].matches('\n').count() + 1,
            reason,
        };
        let read: File = toml::from_str(text).map_err(|error| at(error.span(), error.message().replace('\n', " ")))?;
        check(&read).map_err(|(span, reason)| at(Some(span), reason))?;
        let all = Module {
            id: ModuleId::all(),
            name: "All".to_owned(),
            description: "Every module, also those added later.".to_owned(),
            paths: Vec::new(),
        };
        let mut modules: Vec<Module> =
            std::iter::once(all).chain(read.modules.into_iter().map(Spanned::into_inner)).collect();
        modules.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            modules,
            extensions: read.extensions.into_iter().map(Spanned::into_inner).collect(),
            ignore_case: read.ignore_case,
        })
    }

    /// The module `id`.
    #[must_use]
    pub fn module(&self, id: &ModuleId) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == *id)
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

type Complaint = (Range<usize>, String);

fn check(file: &File) -> Result<(), Complaint> {
    let mut ids = HashSet::new();
    let mut paths = HashSet::new();
    for module in &file.modules {
        let complain = |reason: String| Err((module.span(), reason));
        let module = module.get_ref();
        if module.id.is_all() {
            return complain("MD-0000 is the module All, which always exists".to_owned());
        }
        if !ids.insert(module.id.to_string()) {
            return complain(format!("{} is there twice", module.id));
        }
        let length = module.name.chars().count();
        if length == 0 || length > 32 {
            return complain(format!("the name of {} must have 1 to 32 characters", module.id));
        }
        for path in &module.paths {
            let plain = path.len() > 1 && path.starts_with('/') && !path.ends_with('/');
            let plain = plain
                && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.'));
            if !plain || path.contains("//") || path.split('/').any(|segment| segment == "." || segment == "..") {
                return complain(format!("{path:?} is not a plain path like \"/agreements\""));
            }
            let key = if file.ignore_case { path.to_ascii_lowercase() } else { path.clone() };
            if !paths.insert(key) {
                return complain(format!("{path:?} belongs to another module already"));
            }
        }
    }
    if file.extensions.is_empty() {
        return Err((0..0, "there must be at least one [[extensions]]".to_owned()));
    }
    let mut names = HashSet::new();
    for extension in &file.extensions {
        let complain = |reason: String| Err((extension.span(), reason));
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
        if !names.insert(extension.id.as_str()) || !names.insert(name) {
            return complain(format!("{} ({name}) is there twice", extension.id));
        }
        let fixed = extension.permissions.fixed().unwrap_or_default();
        if let Some(unknown) = fixed.iter().find(|id| !id.is_all() && !ids.contains(id.as_str())) {
            return complain(format!("{} grants {unknown}, which is not a module", extension.id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENSION: &str = "[[extensions]]\nid = \"EXT-000-001\"\nname = \"custom\"\ntitle = \"Custom\"\ncredential = \"api-key\"\npermissions = \"ask\"\n";

    fn error_of(text: &str) -> String {
        Catalogue::parse(text, "c.toml").expect_err(text).to_string()
    }

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
    fn bad_file_is_refused_with_line_and_reason() {
        let module = "[[modules]]\nid = \"MD-0001\"\nname = \"One\"\npaths = [\"/one\"]\n";
        let cases = [
            ("nonsense".to_owned(), "c.toml, line 1: "),
            (format!("{EXTENSION}\n[[modules]]\nid = \"MD-1\"\nname = \"x\"\n"), "line 9: must look like MD-dddd"),
            (format!("{EXTENSION}{module}{module}"), "MD-0001 is there twice"),
            (format!("{EXTENSION}{}", module.replace("0001", "0000")), "which always exists"),
            (format!("{EXTENSION}{}", module.replace("/one", "one")), "is not a plain path"),
            (format!("{EXTENSION}{}", module.replace("/one", "/one/../two")), "is not a plain path"),
            (format!("{EXTENSION}{module}colour = 1\n"), "colour"),
            (module.to_owned(), "at least one [[extensions]]"),
            (EXTENSION.replace("\"ask\"", "[\"MD-0009\"]"), "grants MD-0009, which is not a module"),
            (EXTENSION.replace("\"custom\"", "\"My Own\""), "lower-case letters"),
            (
                format!(
                    "ignore_case = true\n{EXTENSION}{module}{}",
                    module.replace("0001", "0002").replace("/one", "/One")
                ),
                "\"/One\" belongs to another module already",
            ),
        ];
        for (text, expected) in cases {
            let message = error_of(&text);
            assert!(message.contains(expected), "{message:?} lacks {expected:?}");
            assert!(!message.contains('\n'), "{message:?} is more than a line");
        }
    }
}
