//! `/auth/tokens/{id}/permissions`: list, grant and withdraw. Bodies may name one permission or several; what
//! is granted or withdrawn acts on the next call of the key.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use latchkey_shared::{ModuleId, ObjectRef, Permission, PermissionGrant};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{idempotency::IdempotencyKey, present, rules};
use crate::{
    auth,
    events::{self, Action},
    http::{Caller, Error, Id, ListQuery, OneOrMany, OneOrManyBody, Page},
    rql::{Kind, Property},
    state::AppState,
    store::TokenRow,
};

/// A permission to withdraw: `{"object": {"id": "MD-0002"}}` by its module, `{"id": "TP-…"}` by its own id.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Withdrawal {
    id: Option<String>,
    object: Option<ObjectRef<ModuleId>>,
}

/// What permissions can be filtered and ordered by.
pub const PROPERTIES: &[Property] = &[
    Property::new("id", Kind::Text).orderable(),
    Property::new("object.id", Kind::Text).orderable(),
    Property::new("object.name", Kind::Text).orderable().searchable(),
];

/// `GET`: the granted modules.
#[utoipa::path(get, path = "/auth/tokens/{id}/permissions", operation_id = "list_permissions", tag = "Tokens", responses((status = 200, description = "The granted modules", body = [Permission])))]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    query: ListQuery,
) -> Result<Page<Value>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    query.page_of_objects(&present::permissions(&app, &row), PROPERTIES)
}

/// `POST`: grants modules; one that is held already stays. Answers with all that are held now.
#[utoipa::path(post, path = "/auth/tokens/{id}/permissions", operation_id = "grant_permissions", tag = "Tokens", 
    request_body(content = OneOrManyBody<PermissionGrant>, example = json!([{"object": {"id": "MD-0002"}}])),
    responses((status = 201, description = "All modules that are granted now", body = [Permission])))]
pub async fn grant(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    OneOrMany(grants): OneOrMany<PermissionGrant>,
) -> Result<(StatusCode, Json<Vec<Permission>>), Error> {
    let idempotency_key = IdempotencyKey::new(&headers, &format!("grant {id}"), &grants)?;
    let granted = grants.into_iter().map(|grant| grant.object.id);
    let row = change(&app, &caller, &id, &headers, Some(&idempotency_key), |row| {
        let mut modules: Vec<ModuleId> = row.modules.iter().cloned().chain(granted).collect();
        modules.sort();
        modules.dedup();
        Ok(modules)
    })
    .await?;
    Ok((StatusCode::CREATED, Json(present::permissions(&app, &row))))
}

/// `DELETE`: withdraws modules.
#[utoipa::path(delete, path = "/auth/tokens/{id}/permissions", operation_id = "withdraw_permissions", tag = "Tokens", 
    request_body(content = OneOrManyBody<Withdrawal>, example = json!({"object": {"id": "MD-0002"}})),
    responses((status = 204, description = "Withdrawn")))]
pub async fn withdraw(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    OneOrMany(withdrawn): OneOrMany<Withdrawal>,
) -> Result<StatusCode, Error> {
    change(&app, &caller, &id, &headers, None, |row| {
        let mut modules = row.modules.clone();
        for Withdrawal { id, object } in &withdrawn {
            let (named, position) = match (id, object) {
                (Some(id), _) => {
                    let is_named = |held: &ModuleId| present::permission_id(&row.token.id, held) == *id;
                    (id.as_str(), modules.iter().position(is_named))
                }
                (None, Some(module)) => (module.id.as_str(), modules.iter().position(|held| *held == module.id)),
                (None, None) => return Err(Error::field("object", "is required: which module?")),
            };
            modules.remove(position.ok_or_else(|| Error::not_found(named))?);
        }
        Ok(modules)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the modules of a token, in a transaction that reads them first.
///
/// # Errors
/// As [`rules::begin`]; [`Error::Invalid`] for a module that the catalogue or the extension does not allow.
pub(crate) async fn change(
    app: &AppState,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    idempotency_key: Option<&IdempotencyKey>,
    modules: impl FnOnce(&TokenRow) -> Result<Vec<ModuleId>, Error>,
) -> Result<TokenRow, Error> {
    let (tx, caller, mut row) = rules::begin(app, caller, id).await?;
    if let Some(idempotency_key) = idempotency_key
        && let Some(replay) = idempotency_key.find_replay(&tx, &caller, app.clock.now()).await?
    {
        replay.check_current(&row)?;
        return Ok(row);
    }
    rules::check_revision(headers, &row)?;
    let before = row.modules.clone();
    let catalogue = app.catalogue();
    let extension = catalogue.extension_by_id(&row.token.extension_id);
    row.modules = rules::check_modules(app, &caller, extension, &before, Some(modules(&row)?))?;
    if row.modules.iter().any(|module| !before.contains(module)) {
        auth::check_recent_sign_in(app, &caller)?;
    }
    if row.modules != before {
        rules::save(app, &tx, &caller, &mut row).await?;
        let object = (row.token.id.as_str(), row.token.name.as_str());
        let details = json!({ "permissions": [before, row.modules] });
        events::record(&tx, &caller, app.clock.now(), Action::PermissionsChanged, object, details).await?;
    }
    if let Some(idempotency_key) = idempotency_key {
        idempotency_key.store_or_conflict(&tx, &caller, &row, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(row)
}
