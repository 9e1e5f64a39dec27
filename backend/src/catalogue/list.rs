//! `GET /modules` and `GET /extensions`: the catalogue, for every caller who is who they say.

use axum::{Json, extract::State};
use latchkey_shared::{CatalogueApi, Extension, Module};
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

/// What APIs can be filtered and ordered by.
pub const APIS: &[Property] = &[
    Property::new("name", Kind::Text).orderable().searchable(),
    Property::new("title", Kind::Text).orderable().searchable(),
];

/// `GET /apis`.
#[utoipa::path(get, path = "/apis", operation_id = "list_apis", tag = "Catalogue", responses((status = 200, description = "Every API", body = [CatalogueApi])))]
pub async fn apis(State(app): State<AppState>, query: ListQuery) -> Result<Page<Value>, Error> {
    let apis: Vec<CatalogueApi> = app.catalogue().apis.iter().map(CatalogueApi::from).collect();
    query.page_of_objects(&apis, APIS)
}

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
