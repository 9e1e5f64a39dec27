//! Extensions and modules: what the platform of this server is made of.

use latchkey_shared::{CatalogueApi, Extension, Module, ModuleId, ObservedRequest, Token};

use super::{Api, Call, Failure, Method, parse, tokens::total};
use crate::texts::t;

/// Everything that a token can be for and can be allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The kinds of integration, in the order of the file.
    pub extensions: Vec<Extension>,
    /// The modules without *All*, in the order of the file.
    pub modules: Vec<Module>,
    /// The APIs that they are of.
    pub apis: Vec<CatalogueApi>,
}

impl Catalogue {
    /// The extension of a token; `None` when the catalogue no longer has it.
    #[must_use]
    pub fn extension(&self, id: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.id.as_str() == id)
    }

    /// Whether there is such a module; *All* is one.
    #[must_use]
    pub fn has_module(&self, id: &ModuleId) -> bool {
        id.is_all() || self.modules.iter().any(|module| module.id == *id)
    }

    /// Whether *All* stands for a module. One that has left the catalogue counts as one of the API.
    #[must_use]
    pub fn is_in_all(&self, id: &ModuleId) -> bool {
        self.modules.iter().find(|module| module.id == *id).is_none_or(|module| module.in_all)
    }

    /// The API of a module for people, where there are several.
    #[must_use]
    pub fn api_title(&self, module: &Module) -> Option<String> {
        let name = module.api.as_ref().filter(|_| self.apis.len() > 1)?;
        self.apis.iter().find(|api| api.name == *name).map(|api| api.title.clone())
    }

    /// The name of a token's extension for people.
    #[must_use]
    pub fn extension_title(&self, token: &Token) -> String {
        self.extension(&token.extension.id).map_or_else(|| token.extension.name.clone(), |it| it.title.clone())
    }

    /// The name of a module, or its id when the catalogue no longer has it.
    #[must_use]
    pub fn module_name(&self, id: &ModuleId) -> String {
        if id.is_all() {
            return t().common.all_modules.to_owned();
        }
        self.modules.iter().find(|module| &module.id == id).map_or_else(|| id.to_string(), |it| it.name.clone())
    }
}

/// Whether *All* includes the modules for administration, in a sentence.
#[must_use]
pub fn what_all_includes(modules: &[Module]) -> String {
    let apart: Vec<&str> = modules.iter().filter(|module| !module.in_all).map(|module| module.name.as_str()).collect();
    let texts = &t().settings;
    match apart.as_slice() {
        [] => texts.all_includes_administration.to_owned(),
        apart => texts.all_excludes.with([&apart.join(", ")]),
    }
}

impl Api {
    /// Reads all three lists.
    ///
    /// # Errors
    /// [`Failure`] of any.
    pub async fn catalogue(self) -> Result<Catalogue, Failure> {
        let extensions = parse(&self.send(Call::new(Method::Get, "/extensions")).await?)?;
        let mut modules: Vec<Module> = parse(&self.send(Call::new(Method::Get, "/modules")).await?)?;
        modules.retain(|module| !module.id.is_all());
        let apis = parse(&self.send(Call::new(Method::Get, "/apis")).await?)?;
        Ok(Catalogue { extensions, modules, apis })
    }

    /// A page of what APIs in observe mode would have refused, from 1, and how many there are in all.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn observed(self, page: usize, size: usize) -> Result<(Vec<ObservedRequest>, usize), Failure> {
        let rql = format!("ordering(passes_now,-calls,-last_at)&limit={size}&offset={}", (page - 1) * size);
        let answer = self.send(Call::new(Method::Get, &format!("/auth/observed?{rql}"))).await?;
        let rows: Vec<ObservedRequest> = parse(&answer)?;
        let total = answer.content_range.as_deref().and_then(total).unwrap_or(rows.len());
        Ok((rows, total))
    }
}
