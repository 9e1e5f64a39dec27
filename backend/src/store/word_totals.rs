//! How many tokens have words that many have. To count a great part of a million takes long, and every page of the list needs
//! it; so what was counted once is kept in the database, where triggers keep it right (`m0010_word_totals`).

use std::{collections::HashSet, time::Duration};

use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QuerySelect as _,
    sea_query::{Alias, Expr, Func, LockBehavior, LockType, OnConflict, Query},
};
use tokio::time::timeout;

use super::{
    Result, Store,
    entities::token_word_total::{Column, Entity},
};

/// Totals of an account, and of each of its extensions, that are kept, since each of them is looked at with every change of
/// a token.
const KEPT: i64 = 100;

/// How long a search waits until its totals are kept.
const PATIENCE: Duration = Duration::from_millis(200);

impl Store {
    /// How many tokens of an account, or of an extension, have the words, and how many inactive ones, as far as they were
    /// counted before.
    pub(super) async fn kept_totals(
        &self,
        account_id: &str,
        words: &str,
        extension_id: &str,
    ) -> Result<(Option<u64>, Option<u64>)> {
        let key = (account_id.to_owned(), extension_id.to_owned(), words.to_owned());
        let Some(kept) = Entity::find_by_id(key).one(&self.readers).await? else { return Ok((None, None)) };
        Ok((kept.total.map(i64::unsigned_abs), kept.inactive.map(i64::unsigned_abs)))
    }

    /// The words whose totals are kept, all and the inactive ones, of an account or of an extension.
    pub(super) async fn words_with_totals(&self, account_id: &str, extension_id: &str) -> Result<HashSet<String>> {
        let kept = Entity::find().filter(Column::AccountId.eq(account_id)).filter(Column::ExtensionId.eq(extension_id));
        let kept = kept.filter(Column::Total.is_not_null()).filter(Column::Inactive.is_not_null());
        let words = kept.select_only().column(Column::Words).into_tuple::<String>().all(&self.readers).await?;
        Ok(words.into_iter().collect())
    }

    /// How often tokens of the account have changed, or what they may do.
    pub(super) async fn changes_of(&self, account_id: &str) -> Result<i64> {
        let changes = Query::select()
            .column("changes")
            .from("token_changes")
            .and_where(Expr::col("account_id").eq(account_id))
            .to_owned();
        self.number(&changes).await
    }

    /// Keeps totals that were counted after so many changes, unless there were more since. The list is right without them:
    /// that they could not be kept is no reason to fail, nor to wait for writers.
    pub(super) async fn keep_totals(
        &self,
        account_id: &str,
        words: &str,
        extension_id: &str,
        totals: (Option<u64>, Option<u64>),
        changes: i64,
    ) {
        let kept = self.try_keep_totals(account_id, words, extension_id, totals, changes);
        match timeout(PATIENCE, kept).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the totals of a search were not kept"),
            Err(_) => tracing::debug!("the totals of a search were not kept: writers were busy"),
        }
    }

    async fn try_keep_totals(
        &self,
        account_id: &str,
        words: &str,
        extension_id: &str,
        (total, inactive): (Option<u64>, Option<u64>),
        changes: i64,
    ) -> Result<()> {
        let tx = self.begin().await?;
        let is_own = Expr::col(Column::AccountId).eq(account_id).and(Expr::col(Column::ExtensionId).eq(extension_id));
        let newest = Query::select()
            .expr(Func::coalesce([Expr::col(Column::Sequence).max(), Expr::value(0)]))
            .from(Entity)
            .and_where(is_own.clone())
            .to_owned();
        let number = |number: Option<u64>| Expr::value(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)));
        let row = Query::select()
            .exprs([account_id, extension_id, words].map(Expr::value))
            .exprs([number(total), number(inactive), Expr::from(newest.clone()).add(1)])
            .from("token_changes")
            .and_where(Expr::col("account_id").eq(account_id))
            .and_where(Expr::col("changes").eq(changes))
            // Whoever changes a token holds this until the change is made, and so does whoever keeps other totals.
            .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked)
            .to_owned();
        let key = [Column::AccountId, Column::ExtensionId, Column::Words];
        let counted = [Column::Total, Column::Inactive];
        let known = |column: Column| {
            let excluded = Expr::col((Alias::new("excluded"), column));
            (column, Func::coalesce([excluded, Expr::col((Entity, column))]).into())
        };
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns(key.into_iter().chain(counted).chain([Column::Sequence]))
            .on_conflict(OnConflict::columns(key).values(counted.map(known)).update_column(Column::Sequence).to_owned())
            .select_from(row)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        if tx.db.execute(&insert).await?.rows_affected() == 0 {
            return Ok(());
        }
        // Who is in the middle of a transaction that does not see the totals, and would change a token without them, fails.
        let touch = Query::update()
            .table("token_changes")
            .value("changes", Expr::col("changes"))
            .and_where(Expr::col("account_id").eq(account_id))
            .to_owned();
        tx.db.execute(&touch).await?;
        let is_old = Expr::col(Column::Sequence).lte(Expr::from(newest).sub(KEPT));
        let forget = Query::delete().from_table(Entity).and_where(is_own).and_where(is_old).to_owned();
        tx.db.execute(&forget).await?;
        tx.commit().await
    }
}
