//! Tokens and their permissions.

use std::collections::HashMap;

use latchkey_shared::{ModuleId, TokenStatus};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, Order,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{CaseStatement, Expr, NullOrdering, Query},
};

use super::{
    Result, Store, StoreError, Tx,
    entities::{account, token, token_last_use, token_permission},
    filter::{self, Column},
};
use crate::rql::{Filter, Ordering};

/// A token with its permissions, in the order of the modules' ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: token::Model,
    /// The ids of the granted modules.
    pub modules: Vec<ModuleId>,
    /// Its last use, if it had one.
    pub last_use: Option<token_last_use::Model>,
}

/// A token about to be kept; its columns are those of the entity.
pub type NewTokenRow = token::Model;

/// A key of the order of a list.
pub type SortedBy = Ordering;

/// Which tokens of an account, in which order.
#[derive(Debug, Clone)]
pub struct TokenQuery<'a> {
    /// The owner.
    pub account_id: &'a str,
    /// The present moment, which decides what has expired.
    pub now: i64,
    /// The filter, with declared names and typed values.
    pub filter: &'a Filter,
    /// The order; ties are broken by id.
    pub ordering: &'a [SortedBy],
    /// Words to look for.
    pub search: Option<&'a str>,
    /// Whether deleted tokens are listed.
    pub with_deleted: bool,
    /// Rows at the most; 0 only counts.
    pub limit: u64,
    /// Rows to pass over.
    pub offset: u64,
}

/// What a token is worth at a moment, as SQL; [`crate::tokens::status`] is the same rule in Rust.
fn status_at(now: i64) -> Expr {
    // Compared by bytes, as the columns are.
    let word = |status: TokenStatus| Expr::cust(format!("'{}' COLLATE \"C\"", status.as_str()));
    let state = |status: TokenStatus| token::Column::State.eq(status.as_str());
    let ends_by = |moment: i64| token::Column::ExpiresAt.is_not_null().and(token::Column::ExpiresAt.lte(moment));
    let when = |case: CaseStatement, condition: Expr, status: TokenStatus| case.case(condition, word(status));
    let mut case = CaseStatement::new();
    case = when(case, state(TokenStatus::Deleted), TokenStatus::Deleted);
    case = when(case, ends_by(now), TokenStatus::Expired);
    case = when(case, state(TokenStatus::Inactive), TokenStatus::Inactive);
    let previous_works = token::Column::PreviousDigest
        .is_not_null()
        .and(token::Column::PreviousExpiresAt.is_null().or(token::Column::PreviousExpiresAt.gt(now)));
    case = when(case, previous_works, TokenStatus::Revitalised);
    case = when(case, ends_by(now + TokenStatus::EXPIRING_WINDOW), TokenStatus::Expiring);
    case.finally(word(TokenStatus::Active)).into()
}

fn column(name: &str, now: i64) -> Column {
    match name {
        "permissions.id" => permission(Expr::cust(PERMISSION_ID)),
        "permissions.object.id" => permission(token_permission::Column::ModuleId.into_expr()),
        _ => Column::One(own_column(name, now)),
    }
}

/// [`crate::tokens::present`] makes the same id in Rust.
const PERMISSION_ID: &str =
    r#"'TP-' || substr("token_permissions"."token_id", 4) || '-' || substr("token_permissions"."module_id", 4)"#;

/// Something about the permissions of the token under test.
fn permission(value: Expr) -> Column {
    let own = Expr::col((token_permission::Entity, token_permission::Column::TokenId))
        .equals((token::Entity, token::Column::Id));
    let rows = Query::select().expr(Expr::val(1)).from(token_permission::Entity).and_where(own).to_owned();
    Column::Many { rows: Box::new(rows), value }
}

fn own_column(name: &str, now: i64) -> Expr {
    let column = match name {
        "status" => return status_at(now),
        "description" => token::Column::Description,
        "name" => token::Column::Name,
        "external_id" => token::Column::ExternalId,
        "extension.id" => token::Column::ExtensionId,
        "extension.name" => token::Column::ExtensionName,
        "expiration_date" => token::Column::ExpiresAt,
        "events.created.at" => token::Column::CreatedAt,
        "events.created.by.id" => token::Column::CreatedById,
        "events.created.by.name" => token::Column::CreatedByName,
        _ => token::Column::Id,
    };
    Expr::col((token::Entity, column))
}

impl Store {
    /// A page of tokens, and how many there are on all pages.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_tokens(&self, query: &TokenQuery<'_>) -> Result<(Vec<TokenRow>, u64)> {
        let columns = |name: &str| column(name, query.now);
        let mut condition = Condition::all()
            .add(token::Column::AccountId.eq(query.account_id))
            .add(filter::condition(query.filter, &columns));
        if !query.with_deleted {
            condition = condition.add(token::Column::State.ne(TokenStatus::Deleted.as_str()));
        }
        if let Some(words) = query.search {
            condition = condition.add(filter::contains(token::Column::Search.into_expr(), words));
        }
        let select = token::Entity::find().filter(condition);
        let total = select.clone().count(&self.readers).await?;
        if query.limit == 0 || total <= query.offset {
            return Ok((Vec::new(), total));
        }
        let ordered = query.ordering.iter().fold(select, |select, key| {
            let (order, nulls) =
                if key.descending { (Order::Desc, NullOrdering::Last) } else { (Order::Asc, NullOrdering::First) };
            let name = key.property.text.as_str();
            if matches!(name, "expiration_date" | "external_id" | "description") {
                // What has no value comes before every value, as SQLite has it; PostgreSQL would put it last.
                select.order_by_with_nulls(own_column(name, query.now), order, nulls)
            } else {
                // To say where nulls go where there are none would keep PostgreSQL from using an index.
                select.order_by(own_column(name, query.now), order)
            }
        });
        let tokens = ordered
            .order_by(token::Column::Id, Order::Asc)
            .limit(query.limit)
            .offset(query.offset)
            .all(&self.readers)
            .await?;
        Ok((self.whole(tokens).await?, total))
    }

    /// Adds what stands in other tables.
    async fn whole(&self, tokens: Vec<token::Model>) -> Result<Vec<TokenRow>> {
        let ids: Vec<&str> = tokens.iter().map(|token| token.id.as_str()).collect();
        let granted = token_permission::Entity::find()
            .filter(token_permission::Column::TokenId.is_in(ids.iter().copied()))
            .order_by_asc(token_permission::Column::ModuleId)
            .all(&self.readers)
            .await?;
        let used = token_last_use::Entity::find().filter(token_last_use::Column::TokenId.is_in(ids));
        let mut modules: HashMap<String, Vec<ModuleId>> = HashMap::new();
        for row in granted {
            modules.entry(row.token_id).or_default().push(module_id(&row.module_id)?);
        }
        let mut last: HashMap<String, token_last_use::Model> =
            used.all(&self.readers).await?.into_iter().map(|row| (row.token_id.clone(), row)).collect();
        let row = |token: token::Model| TokenRow {
            modules: modules.remove(&token.id).unwrap_or_default(),
            last_use: last.remove(&token.id),
            token,
        };
        Ok(tokens.into_iter().map(row).collect())
    }

    /// The token `id` of an account, deleted ones included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token(&self, account_id: &str, id: &str) -> Result<Option<TokenRow>> {
        let token = token::Entity::find_by_id(id).filter(token::Column::AccountId.eq(account_id));
        let token = token.one(&self.readers).await?;
        Ok(self.whole(token.into_iter().collect()).await?.pop())
    }

    /// The token of any account that a handle stands for, by the handle's digest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token_by_handle(&self, digest: &[u8]) -> Result<Option<TokenRow>> {
        let token = token::Entity::find().filter(token::Column::HandleDigest.eq(digest)).one(&self.readers).await?;
        Ok(self.whole(token.into_iter().collect()).await?.pop())
    }
}

fn module_id(text: &str) -> Result<ModuleId> {
    text.parse().map_err(|_| StoreError::Damaged(format!("module {text:?}")))
}

impl Tx {
    /// The token `id` of an account, locked until the end of the transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token(&self, account_id: &str, id: &str) -> Result<Option<TokenRow>> {
        let select = token::Entity::find_by_id(id).filter(token::Column::AccountId.eq(account_id));
        // SQLite has no row locks, and needs none: the transaction holds the only writer.
        let select = match sea_orm::ConnectionTrait::get_database_backend(&self.db) {
            sea_orm::DatabaseBackend::Postgres => select.lock_exclusive(),
            _ => select,
        };
        let Some(token) = select.one(&self.db).await? else { return Ok(None) };
        let granted = token_permission::Entity::find()
            .filter(token_permission::Column::TokenId.eq(id))
            .order_by_asc(token_permission::Column::ModuleId)
            .all(&self.db)
            .await?;
        let modules = granted.iter().map(|row| module_id(&row.module_id)).collect::<Result<_>>()?;
        let last_use = token_last_use::Entity::find_by_id(id).one(&self.db).await?;
        Ok(Some(TokenRow { token, modules, last_use }))
    }

    /// Whether a token of any account has this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token_exists(&self, id: &str) -> Result<bool> {
        Ok(token::Entity::find_by_id(id).count(&self.db).await? > 0)
    }

    /// How many tokens of an extension an account has, without the deleted ones. Other transactions that would
    /// count the same wait until this one has ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_tokens(&self, account_id: &str, extension_id: &str) -> Result<u64> {
        if sea_orm::ConnectionTrait::get_database_backend(&self.db) == sea_orm::DatabaseBackend::Postgres {
            account::Entity::find_by_id(account_id).lock_exclusive().one(&self.db).await?;
        }
        let count = token::Entity::find()
            .filter(token::Column::AccountId.eq(account_id))
            .filter(token::Column::ExtensionId.eq(extension_id))
            .filter(token::Column::State.ne(TokenStatus::Deleted.as_str()));
        Ok(count.count(&self.db).await?)
    }

    /// Keeps a new token and its permissions.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    pub async fn insert_token(&self, row: &TokenRow) -> Result<()> {
        self.token_changed(&row.token.id).await?;
        row.token.clone().into_active_model().insert(&self.db).await?;
        self.insert_permissions(&row.token.id, &row.modules).await
    }

    /// Writes every column of a token that was read in this transaction, and its permissions.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update_token(&self, row: &TokenRow) -> Result<()> {
        self.token_changed(&row.token.id).await?;
        row.token.clone().into_active_model().reset_all().update(&self.db).await?;
        token_permission::Entity::delete_many()
            .filter(token_permission::Column::TokenId.eq(&row.token.id))
            .exec(&self.db)
            .await?;
        self.insert_permissions(&row.token.id, &row.modules).await
    }

    async fn insert_permissions(&self, token_id: &str, modules: &[ModuleId]) -> Result<()> {
        if modules.is_empty() {
            return Ok(());
        }
        let rows = modules.iter().map(|module| {
            let row = token_permission::Model { token_id: token_id.to_owned(), module_id: module.to_string() };
            row.into_active_model()
        });
        token_permission::Entity::insert_many(rows).exec_without_returning(&self.db).await?;
        Ok(())
    }
}
