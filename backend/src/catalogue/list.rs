//! `GET /modules` and `GET /extensions`: the catalogue, for every caller who is who they say.

use axum::{Json, extract::State};
use latchkey_shared::{Extension, Module};
use serde_json::Value;

use crate::{
    http::{Error, Id, ListQuery, Page},
    rql::{Kind, Property},
    state::AppState,
};

/// What modules can be filtered and ordered by.
pub const MODULES: &[Property] = &[
    Property::new("id", Kind::Text).orderable().searchable(),
    Property::new("name", Kind::Text).orderable().searchable(),
    Property::new("description", Kind::Text).searchable(),
];

/// What extensions can be filtered and ordered by.
pub const EXTENSIONS: &[Property] = &[
    Property::new("id", Kind::Text).orderable().searchable(),
    Property::new("name", Kind::Text).orderable().searchable(),
    Property::new("title", Kind::Text).orderable().searchable(),
    Property::new("description", Kind::Text).searchable(),
];

/// `GET /modules`.
#[utoipa::path(get, path = "/modules", operation_id = "list_modules", tag = "Catalogue", responses((status = 200, description = "Every module", body = [Module])))]
pub async fn modules(State(app): State<AppState>, query: ListQuery) -> Result<Page<Value>, Error> {
    query.page_of_objects(&app.catalogue().modules, MODULES)
}

/// `GET /extensions`.
#[utoipa::path(get, path = "/extensions", operation_id = "list_extensions", tag = "Catalogue", responses((status = 200, description = "Every extension", body = [Extension])))]
pub async fn extensions(State(app): State<AppState>, query: ListQuery) -> Result<Page<Value>, Error> {
    query.page_of_objects(&app.catalogue().extensions, EXTENSIONS)
}

/// `GET /modules/{id}`.
#[utoipa::path(get, path = "/modules/{id}", operation_id = "get_module", tag = "Catalogue", responses((status = 200, description = "The module", body = Module)))]
pub async fn module(State(app): State<AppState>, Id(id): Id) -> Result<Json<Module>, Error> {
    let catalogue = app.catalogue();
    let found = catalogue.modules.iter().find(|module| module.id.as_str() == id.as_str());
    found.cloned().map(Json).ok_or_else(|| Error::not_found(&id))
}

/// `GET /extensions/{id}`.
#[utoipa::path(get, path = "/extensions/{id}", operation_id = "get_extension", tag = "Catalogue", responses((status = 200, description = "The extension", body = Extension)))]
pub async fn extension(State(app): State<AppState>, Id(id): Id) -> Result<Json<Extension>, Error> {
    app.catalogue().extension_by_id(&id).cloned().map(Json).ok_or_else(|| Error::not_found(&id))
}
