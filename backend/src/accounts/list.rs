//! `GET /accounts`: the caller's own account, for every valid key whatever its modules; command line clients
//! use it to check a key (the Connect API).

use axum::Json;
use latchkey_shared::Account;
use serde_json::Value;

use super::present;
use crate::{
    http::{Caller, Error, Id, ListQuery, Page},
    rql::{Kind, Property},
};

/// What accounts can be filtered and ordered by.
pub const PROPERTIES: &[Property] = &[
    Property::new("id", Kind::Text).orderable(),
    Property::new("name", Kind::Text).orderable().searchable(),
    Property::new("type", Kind::Text).orderable(),
];

/// A list of one.
#[utoipa::path(get, path = "/accounts", operation_id = "list_accounts", tag = "Account", responses((status = 200, description = "The own account", body = [Account])))]
pub async fn handler(caller: Caller, query: ListQuery) -> Result<Page<Value>, Error> {
    query.page_of_objects(&[present(&caller.account)?], PROPERTIES)
}

/// `GET /accounts/{id}`: no other account is there.
#[utoipa::path(get, path = "/accounts/{id}", operation_id = "get_account", tag = "Account", responses((status = 200, description = "The own account", body = Account)))]
pub async fn one(caller: Caller, Id(id): Id) -> Result<Json<Account>, Error> {
    if id == caller.account.id { Ok(Json(present(&caller.account)?)) } else { Err(Error::not_found(&id)) }
}
