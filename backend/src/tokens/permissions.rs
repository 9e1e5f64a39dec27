//! `/auth/tokens/{id}/permissions`: list, grant and withdraw. Bodies may name one permission or several; what
//! is granted or withdrawn acts on the next call of the key.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use latchkey_shared::{ModuleId, Permission, PermissionGrant, token::ExtensionRef};
use serde::Deserialize;
use serde_json::json;

use super::{present, rules};
use crate::{
    app::App,
    events::{self, Action},
    http::{Body, Caller, Error, ListQuery, Page},
    store::TokenRow,
};

/// One or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Several<T> {
    /// `[{…}, {…}]`.
    Many(Vec<T>),
    /// `{…}`.
    One(T),
}

impl<T> Several<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::Many(all) => all,
            Self::One(one) => vec![one],
        }
    }
}

/// A permission to withdraw, by its own id or by its module's.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Withdrawal {
    /// `{"object": {"id": "MD-0002"}}`.
    Module(PermissionGrant),
    /// `{"id": "TP-…"}`.
    Permission {
        /// The permission's id.
        id: String,
    },
}

/// `GET`: the granted modules.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    query: ListQuery,
) -> Result<Page<Permission>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    query.page_of(present::permissions(&app, &row))
}

/// `POST`: grants modules; one that is held already stays. Answers with all that are held now.
pub async fn grant(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Several<PermissionGrant>>,
) -> Result<(StatusCode, Json<Vec<Permission>>), Error> {
    let granted = body.into_vec().into_iter().map(|grant| grant.object.id);
    let row = change(&app, &caller, &id, |row| {
        let mut modules: Vec<ModuleId> = row.modules.iter().cloned().chain(granted).collect();
        modules.sort();
        modules.dedup();
        Ok(modules)
    })
    .await?;
    Ok((StatusCode::CREATED, Json(present::permissions(&app, &row))))
}

/// `DELETE`: withdraws modules.
pub async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Several<Withdrawal>>,
) -> Result<StatusCode, Error> {
    let withdrawn = body.into_vec();
    change(&app, &caller, &id, |row| {
        let mut modules = row.modules.clone();
        for withdrawal in &withdrawn {
            let (named, position) = match withdrawal {
                Withdrawal::Module(grant) => {
                    let module = &grant.object.id;
                    (module.as_str(), modules.iter().position(|held| held == module))
                }
                Withdrawal::Permission { id } => {
                    let is_named = |held: &ModuleId| present::permission_id(&row.token.id, held) == *id;
                    (id.as_str(), modules.iter().position(is_named))
                }
            };
            modules.remove(position.ok_or_else(|| Error::not_found(named))?);
        }
        Ok(modules)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(
    app: &App,
    caller: &Caller,
    id: &str,
    modules: impl FnOnce(&TokenRow) -> Result<Vec<ModuleId>, Error>,
) -> Result<TokenRow, Error> {
    let tx = app.store.begin().await?;
    let mut row = rules::for_change(&tx, caller, id).await?;
    let before = row.modules.clone();
    let extension = ExtensionRef { id: Some(row.token.extension_id.clone()), name: None };
    row.modules = rules::check_modules(app, caller, app.catalogue.extension(&extension), Some(modules(&row)?))?;
    if row.modules != before {
        rules::save(app, &tx, caller, &mut row).await?;
        let object = (row.token.id.as_str(), row.token.name.as_str());
        let details = json!({ "permissions": [before, row.modules] });
        events::record(&tx, caller, app.clock.now(), Action::PermissionsChanged, object, details).await?;
        tx.commit().await?;
    }
    Ok(row)
}
