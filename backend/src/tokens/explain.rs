//! `GET /auth/tokens/{id}/explain`: what the gatekeeper would make of a request with the key of a token.

use std::{net::IpAddr, sync::Arc};

use axum::{Json, extract::State};
use latchkey_shared::{Explanation, TokenId};
use serde::Deserialize;

use crate::{
    gatekeeper::{
        Entry, Modules,
        entry::Limit,
        explain::{explain, read_request},
    },
    http::{Caller, Error, Id},
    state::AppState,
    store::{Store, StoreError},
};

/// The request that is asked about.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// In upper case; GET when left out.
    #[param(example = "GET")]
    pub method: Option<String>,
    /// `https://api.example.com/v2/orders`, or a path where the catalogue has no hosts.
    #[param(required = true, example = "/agreements")]
    pub url: Option<String>,
    /// The IP address of the client.
    #[param(example = "203.0.113.7")]
    pub address: Option<String>,
}

/// `explain`.
#[utoipa::path(get, path = "/auth/tokens/{id}/explain", operation_id = "explain_request", tag = "Tokens", params(Asked),
    responses((status = 200, description = "What would become of the request", body = Explanation)))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Json<Explanation>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    let asked = Asked::read(query.as_deref().unwrap_or_default())?;
    let id = row.token.id.parse().map_err(|_| Error::not_found(&id))?;
    Ok(Json(asked.explain(&app.store, &app.gatekeeper.modules(), Some(&id), app.clock.now()).await?))
}

impl Asked {
    fn read(query: &str) -> Result<Self, Error> {
        let mut asked = Self { method: None, url: None, address: None };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match name.as_ref() {
                "method" => &mut asked.method,
                "url" => &mut asked.url,
                "address" => &mut asked.address,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(Error::field(&name, "is there twice"));
            }
        }
        Ok(asked)
    }

    /// Explains the request with the key of a token as it is in the database, or without a key.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::Internal`].
    pub async fn explain(
        &self,
        store: &Store,
        modules: &Modules,
        id: Option<&TokenId>,
        now: latchkey_shared::Timestamp,
    ) -> Result<Explanation, Error> {
        let url = self.url.as_deref().ok_or_else(|| Error::field("url", "is required"))?;
        let request = read_request(self.method.as_deref().unwrap_or("GET"), url);
        let request = request.map_err(|(field, problem)| Error::field(field, problem))?;
        let address = match self.address.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(text.parse::<IpAddr>().map_err(|_| Error::field("address", "must be an IP address"))?),
        };
        let Some(id) = id else { return Ok(explain(modules, None, request, address, now)) };
        let row = store.load_credentials(std::slice::from_ref(id)).await?.pop();
        let row = row.ok_or_else(|| Error::not_found(id.as_str()))?;
        let limit = |_, calls| Arc::new(Limit::new(calls));
        let token = Entry::new(&row, Arc::new(row.account()), modules, limit).map_err(|error: StoreError| error)?;
        Ok(explain(modules, Some(&token), request, address, now))
    }
}
