//! Requests by what decided about them: those that were allowed, by rule, and those that an API in observe mode would have
//! refused, by rule and path.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Statement,
    sea_query::{Alias, Expr, OnConflict, Query},
};

use super::{
    Result, Store, Tx,
    entities::{
        token,
        token_request::{Column, Entity, Model},
    },
};
use crate::gatekeeper::Verb;

/// Requests that one rule decided about, in one way.
pub type TokenRequest = Model;

/// Token, API, method, rule, path and reason.
pub type RequestKey = [String; 6];

/// A token, or the rule of an API for requests without one.
type Group = (String, Option<(String, String)>);

/// Seconds for which a request that would have been refused is told, after the last of its kind.
pub const TOLD_FOR: i64 = 30 * 86_400;
/// Paths of a group that are kept among the requests that would have been refused: clients choose them.
const PATHS: usize = 500;
/// Maximum rows of a statement. Both databases limit the number of its values.
const ROWS: usize = 1000;

impl TokenRequest {
    /// What tells it from others.
    #[must_use]
    pub fn key(&self) -> RequestKey {
        [&self.token_id, &self.api, &self.method, &self.rule, &self.path, &self.reason].map(String::clone)
    }

    /// Adds requests of the same kind.
    pub fn add(&mut self, other: Self) {
        let (calls, first_at) = (self.calls + other.calls, std::cmp::min(self.first_at, other.first_at));
        if other.last_at >= self.last_at {
            *self = other;
        }
        (self.calls, self.first_at) = (calls, first_at);
    }

    /// The same without its path, which clients choose, and without a method of their own.
    #[must_use]
    pub fn without_path(self) -> Self {
        Self { path: String::new(), method: Verb::of(&self.method).as_str().to_owned(), ..self }
    }

    /// Those among which its path must find room: of its token, and without one of its rule, so that somebody who tries paths at
    /// random hides no others.
    fn group(&self) -> Group {
        let rule = self.token_id.is_empty().then(|| (self.api.clone(), self.rule.clone()));
        (self.token_id.clone(), rule)
    }
}

/// Each kind once.
fn merged(requests: impl IntoIterator<Item = TokenRequest>) -> Vec<TokenRequest> {
    // In order: every replica locks rows in the same one, so that they do not deadlock.
    let mut all: BTreeMap<RequestKey, TokenRequest> = BTreeMap::new();
    for request in requests {
        match all.get_mut(&request.key()) {
            Some(known) => known.add(request),
            None => drop(all.insert(request.key(), request)),
        }
    }
    all.into_values().collect()
}

impl Tx {
    /// Adds requests to what is there already.
    pub(super) async fn add_requests(&self, requests: Vec<TokenRequest>) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        let requests = self.within_limits(requests).await?;
        for rows in requests.chunks(ROWS) {
            let here = |column: Column| Expr::col((Entity, column));
            let new = |column: Column| Expr::col((Alias::new("excluded"), column));
            let later = |column: Column| {
                let is_later = new(Column::LastAt).gte(here(Column::LastAt));
                (column, Expr::case(is_later, new(column)).finally(here(column)).into())
            };
            let sum = here(Column::Calls).add(new(Column::Calls));
            let kept = [Column::ModuleId, Column::LastAt, Column::Address, Column::Program].map(later);
            let key = [Column::TokenId, Column::Api, Column::Method, Column::Rule, Column::Path, Column::Reason];
            let added = OnConflict::columns(key).value(Column::Calls, sum).values(kept).to_owned();
            let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
            Entity::insert_many(rows).on_conflict(added).exec_without_returning(&self.db).await?;
        }
        Ok(())
    }

    /// What finds no room among the paths of its group is counted without its path.
    async fn within_limits(&self, requests: Vec<TokenRequest>) -> Result<Vec<TokenRequest>> {
        let requests = merged(requests);
        let refused = || requests.iter().filter(|request| !request.reason.is_empty());
        let since = refused().map(|request| request.last_at).max().unwrap_or_default() - TOLD_FOR;
        let mut new: HashMap<Group, usize> = HashMap::new();
        refused().for_each(|request| *new.entry(request.group()).or_default() += 1);
        let mut room: HashMap<Group, (usize, HashSet<RequestKey>)> = HashMap::new();
        for (group, new) in new {
            let (token_id, rule) = &group;
            let mut of_group = Entity::find().filter(Column::TokenId.eq(token_id)).filter(Column::Reason.ne(""));
            of_group = of_group.filter(Column::LastAt.gte(since));
            if let Some((api, rule)) = rule {
                of_group = of_group.filter(Column::Api.eq(api)).filter(Column::Rule.eq(rule));
            }
            let there = usize::try_from(of_group.clone().count(&self.db).await?).unwrap_or(usize::MAX);
            if there + new > PATHS {
                let known = of_group.all(&self.db).await?.iter().map(TokenRequest::key).collect();
                room.insert(group, (PATHS.saturating_sub(there), known));
            }
        }
        let fitted = requests.into_iter().map(|request| match room.get_mut(&request.group()) {
            Some((room, known)) if !request.reason.is_empty() && !known.contains(&request.key()) => {
                if *room == 0 {
                    return request.without_path();
                }
                *room -= 1;
                request
            }
            _ => request,
        });
        Ok(merged(fitted.collect::<Vec<_>>()))
    }
}

impl Store {
    /// The requests of a token that were allowed, by API and rule.
    pub async fn allowed_requests(&self, token_id: &str) -> Result<Vec<TokenRequest>> {
        let rows = Entity::find().filter(Column::TokenId.eq(token_id)).filter(Column::Reason.eq(""));
        let rows = rows.order_by_asc(Column::Api).order_by_asc(Column::Rule).order_by_asc(Column::Method);
        Ok(rows.all(&self.readers).await?)
    }

    /// The requests of every token that were allowed.
    pub async fn all_allowed_requests(&self) -> Result<Vec<TokenRequest>> {
        Ok(Entity::find().filter(Column::Reason.eq("")).all(&self.readers).await?)
    }

    /// The requests since, in seconds since 1970, that would have been refused, the last one first; `most` of them. Of the
    /// tokens of an account, if one is given, with the names of the tokens.
    pub async fn refused_requests(
        &self,
        account_id: Option<&str>,
        with_unknown: bool,
        since: i64,
        most: u64,
    ) -> Result<Vec<(TokenRequest, Option<token::Model>)>> {
        let mut rows = Entity::find().filter(Column::Reason.ne("")).filter(Column::LastAt.gte(since));
        if let Some(account_id) = account_id {
            let own = Query::select()
                .column(token::Column::Id)
                .from(token::Entity)
                .and_where(token::Column::AccountId.eq(account_id))
                .to_owned();
            let is_own = Column::TokenId.in_subquery(own);
            rows = rows.filter(if with_unknown { is_own.or(Column::TokenId.eq("")) } else { is_own });
        }
        let rows = rows.order_by_desc(Column::LastAt).order_by_asc(Column::TokenId).order_by_asc(Column::Path);
        let rows = rows.limit(most).all(&self.readers).await?;
        let ids: HashSet<&String> = rows.iter().map(|row| &row.token_id).filter(|id| !id.is_empty()).collect();
        let ids: Vec<&String> = ids.into_iter().collect();
        let mut tokens = HashMap::new();
        for ids in ids.chunks(ROWS) {
            let found = token::Entity::find().filter(token::Column::Id.is_in(ids.iter().copied()));
            tokens.extend(found.all(&self.readers).await?.into_iter().map(|token| (token.id.clone(), token)));
        }
        Ok(rows
            .into_iter()
            .map(|row| (tokens.get(&row.token_id).cloned(), row))
            .map(|(token, row)| (row, token))
            .collect())
    }

    /// Removes a batch of requests whose last was before `allowed_before`, or `refused_before` for those that would have been
    /// refused, in seconds since 1970. Returns the number of rows removed; 0 when none is left.
    pub async fn remove_requests_before(&self, allowed_before: i64, refused_before: i64) -> Result<u64> {
        let tx = self.begin().await?;
        let backend = tx.db.get_database_backend();
        let row = if backend == DatabaseBackend::Postgres { "ctid" } else { "rowid" };
        let sql = format!(
            "DELETE FROM token_requests WHERE {row} IN (SELECT {row} FROM token_requests \
             WHERE (reason = '' AND last_at < $1) OR (reason <> '' AND last_at < $2) LIMIT {ROWS})"
        );
        let values = [allowed_before.into(), refused_before.into()];
        let removed = tx.db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }
}
