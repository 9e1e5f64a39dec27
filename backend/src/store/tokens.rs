//! Tokens and their permissions.

use std::collections::HashMap;

use latchkey_shared::{ModuleId, TokenStatus};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DatabaseBackend, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, Statement,
    sea_query::{LockType, OnConflict},
};

use super::{
    Result, Store, StoreError, Tx,
    entities::{account, token, token_last_use, token_other_use, token_permission},
    usage::PREVIOUS,
};

/// A token with its last use and its permissions, in the order of the modules' ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: token::Model,
    /// The ids of the granted modules.
    pub modules: Vec<ModuleId>,
    /// Its last use, if it had one.
    pub last_use: Option<token_last_use::Model>,
    /// The last use of its previous key, if it has one.
    pub previous_use: Option<token_other_use::Model>,
}

/// Which tokens an operator means; deleted ones never.
#[derive(Debug, Clone, Default)]
pub struct TokenSelection {
    /// Those with one of these ids; all when it is not given.
    pub ids: Option<Vec<String>>,
    /// Those of this account.
    pub account_id: Option<String>,
}

/// Ids in one statement: both databases bound how many values it may have.
const IDS: usize = 1000;

impl TokenSelection {
    /// Statements that together find the tokens.
    fn selects(&self) -> Vec<Select<token::Entity>> {
        let all = |ids: Option<&[String]>| {
            token::Entity::find()
                .filter(token::Column::State.ne(TokenStatus::Deleted.as_str()))
                .filter(
                    Condition::all()
                        .add_option(ids.map(|ids| token::Column::Id.is_in(ids)))
                        .add_option(self.account_id.as_ref().map(|id| token::Column::AccountId.eq(id))),
                )
                .order_by_asc(token::Column::AccountId)
                .order_by_asc(token::Column::Id)
        };
        match &self.ids {
            None => vec![all(None)],
            Some(ids) => ids.chunks(IDS).map(|ids| all(Some(ids))).collect(),
        }
    }
}

impl Store {
    /// The tokens of a selection, by account and id, without their permissions.
    pub async fn select_tokens(&self, selection: &TokenSelection) -> Result<Vec<token::Model>> {
        let mut tokens = Vec::new();
        for select in selection.selects() {
            tokens.extend(select.all(&self.readers).await?);
        }
        Ok(tokens)
    }

    /// The token of any account that has this id, deleted ones included.
    pub async fn any_token(&self, id: &str) -> Result<Option<TokenRow>> {
        let token = token::Entity::find_by_id(id).one(&self.readers).await?;
        Ok(self.with_permissions(token.into_iter().collect()).await?.pop())
    }

    /// Whether a token of any account has this id, deleted ones included.
    pub async fn token_exists(&self, id: &str) -> Result<bool> {
        Ok(token::Entity::find_by_id(id).count(&self.readers).await? > 0)
    }

    /// The ids of the tokens that one of `creators`, users or tokens, has created, and of those that these have created
    /// in turn.
    pub async fn created_by(&self, creators: &[String]) -> Result<Vec<String>> {
        let (mut found, mut creators) = (Vec::new(), creators.to_vec());
        while !creators.is_empty() {
            let mut next = Vec::new();
            for creators in creators.chunks(IDS) {
                let created = token::Entity::find().select_only().column(token::Column::Id);
                let created = created.filter(token::Column::CreatedById.is_in(creators));
                next.extend(created.into_tuple::<String>().all(&self.readers).await?);
            }
            found.extend_from_slice(&next);
            creators = next;
        }
        Ok(found)
    }

    /// Adds the permissions and the last use of each token.
    pub(super) async fn with_permissions(&self, tokens: Vec<token::Model>) -> Result<Vec<TokenRow>> {
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
        let replaced = tokens.iter().filter(|token| token.previous_digest.is_some()).map(|token| token.id.as_str());
        let mut previous = previous_uses(&self.readers, replaced.collect()).await?;
        let row = |token: token::Model| TokenRow {
            modules: modules.remove(&token.id).unwrap_or_default(),
            last_use: last.remove(&token.id),
            previous_use: previous.remove(&token.id),
            token,
        };
        Ok(tokens.into_iter().map(row).collect())
    }

    /// The token `id` of an account, deleted ones included.
    pub async fn token(&self, account_id: &str, id: &str) -> Result<Option<TokenRow>> {
        let token = token::Entity::find_by_id(id).filter(token::Column::AccountId.eq(account_id));
        let token = token.one(&self.readers).await?;
        Ok(self.with_permissions(token.into_iter().collect()).await?.pop())
    }
}

/// The last uses of the previous keys of these tokens, by token.
async fn previous_uses(db: &impl ConnectionTrait, ids: Vec<&str>) -> Result<HashMap<String, token_other_use::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let uses = token_other_use::Entity::find().filter(token_other_use::Column::TokenId.is_in(ids));
    let uses = uses.filter(token_other_use::Column::Kind.eq(PREVIOUS)).all(db).await?;
    Ok(uses.into_iter().map(|row| (row.token_id.clone(), row)).collect())
}

fn module_id(text: &str) -> Result<ModuleId> {
    text.parse().map_err(|_| StoreError::Damaged(format!("module {text:?}")))
}

impl Tx {
    /// The token `id` of an account, locked until the end of the transaction.
    pub async fn token(&self, account_id: &str, id: &str) -> Result<Option<TokenRow>> {
        self.locked(token::Entity::find_by_id(id).filter(token::Column::AccountId.eq(account_id))).await
    }

    /// The oldest token of an account that has this external id and is not deleted. Until the end of the transaction nobody else asks
    /// for it in this way.
    pub async fn lock_external_id(&self, account_id: &str, external_id: &str) -> Result<Option<TokenRow>> {
        if self.db.get_database_backend() == DatabaseBackend::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            let key = format!("{account_id}\n{external_id}");
            self.db.query_one_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [key.into()])).await?;
        }
        let tokens = token::Entity::find().filter(token::Column::AccountId.eq(account_id));
        let tokens = tokens.filter(token::Column::ExternalId.eq(external_id));
        let alive = tokens.filter(token::Column::State.ne(TokenStatus::Deleted.as_str()));
        self.locked(alive.order_by_asc(token::Column::CreatedAt)).await
    }

    /// The token of any account that a handle stands for, by the handle's digest, locked until the end of the
    /// transaction.
    pub async fn token_by_handle(&self, digest: &[u8]) -> Result<Option<TokenRow>> {
        self.locked(token::Entity::find().filter(token::Column::HandleDigest.eq(digest))).await
    }

    /// The tokens of a selection, by account and id, each locked until the end of the transaction.
    pub async fn select_tokens(&self, selection: &TokenSelection) -> Result<Vec<TokenRow>> {
        let mut ids = Vec::new();
        for select in selection.selects() {
            ids.extend(select.select_only().column(token::Column::Id).into_tuple::<String>().all(&self.db).await?);
        }
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let row = self.locked(token::Entity::find_by_id(id)).await?;
            // On PostgreSQL one may be deleted while its lock is waited for.
            rows.extend(row.filter(|row| row.token.state != TokenStatus::Deleted.as_str()));
        }
        Ok(rows)
    }

    async fn locked(&self, select: Select<token::Entity>) -> Result<Option<TokenRow>> {
        // SQLite has no row locks, and needs none: the transaction holds the only writer.
        let select = match self.db.get_database_backend() {
            DatabaseBackend::Postgres => select.lock(LockType::NoKeyUpdate),
            _ => select,
        };
        let Some(token) = select.one(&self.db).await? else { return Ok(None) };
        let granted = token_permission::Entity::find()
            .filter(token_permission::Column::TokenId.eq(&token.id))
            .order_by_asc(token_permission::Column::ModuleId)
            .all(&self.db)
            .await?;
        let modules = granted.iter().map(|row| module_id(&row.module_id)).collect::<Result<_>>()?;
        let last_use = token_last_use::Entity::find_by_id(&token.id).one(&self.db).await?;
        let replaced = token.previous_digest.is_some().then_some(token.id.as_str());
        let previous_use = previous_uses(&self.db, replaced.into_iter().collect()).await?.remove(&token.id);
        Ok(Some(TokenRow { token, modules, last_use, previous_use }))
    }

    /// Whether a token of any account has this id, deleted ones included.
    pub async fn token_exists(&self, id: &str) -> Result<bool> {
        Ok(token::Entity::find_by_id(id).count(&self.db).await? > 0)
    }

    /// How many tokens of an extension an account has, without the deleted ones. Other transactions that would
    /// count the same wait until this one has ended.
    pub async fn count_tokens(&self, account_id: &str, extension_id: &str) -> Result<u64> {
        if self.db.get_database_backend() == DatabaseBackend::Postgres {
            // Not FOR UPDATE: inserting an event locks the account's row FOR KEY SHARE, and must not wait for this.
            account::Entity::find_by_id(account_id).lock(LockType::NoKeyUpdate).one(&self.db).await?;
        }
        let tokens = token::Entity::find()
            .filter(token::Column::AccountId.eq(account_id))
            .filter(token::Column::ExtensionId.eq(extension_id))
            .filter(token::Column::State.ne(TokenStatus::Deleted.as_str()));
        Ok(tokens.count(&self.db).await?)
    }

    /// Inserts a token and its permissions.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    pub async fn insert_token(&self, row: &TokenRow) -> Result<()> {
        self.token_changed(&row.token.id);
        row.token.clone().into_active_model().insert(&self.db).await?;
        self.insert_permissions(&row.token.id, &row.modules).await
    }

    /// Writes every column of a token that was read in this transaction, and what its permissions have become.
    pub async fn update_token(&self, row: &TokenRow) -> Result<()> {
        self.token_changed(&row.token.id);
        row.token.clone().into_active_model().reset_all().update(&self.db).await?;
        token_permission::Entity::delete_many()
            .filter(token_permission::Column::TokenId.eq(&row.token.id))
            .filter(token_permission::Column::ModuleId.is_not_in(row.modules.iter().map(ToString::to_string)))
            .exec(&self.db)
            .await?;
        self.insert_permissions(&row.token.id, &row.modules).await
    }

    /// Existing permissions are kept.
    async fn insert_permissions(&self, token_id: &str, modules: &[ModuleId]) -> Result<()> {
        if modules.is_empty() {
            return Ok(());
        }
        let rows = modules.iter().map(|module| {
            let row = token_permission::Model { token_id: token_id.to_owned(), module_id: module.to_string() };
            row.into_active_model()
        });
        let there = OnConflict::new().do_nothing().to_owned();
        token_permission::Entity::insert_many(rows).on_conflict(there).exec_without_returning(&self.db).await?;
        Ok(())
    }
}
