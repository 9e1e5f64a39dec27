//! Usage of tokens: their calls by day, and their last use.

use std::collections::{BTreeSet, HashSet};

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, SqlErr,
    sea_query::{Expr, OnConflict, SimpleExpr},
};
use sha2::{Digest as _, Sha256};

use super::{
    Result, Store, StoreError, TokenRequest, Tx,
    entities::{token, token_calls, token_client, token_last_use, token_other_use},
};

/// Calls to be added to what is there already.
pub type NewCalls = token_calls::Model;

/// The last use of a token.
pub type LastUse = token_last_use::Model;

/// The last use of a previous key, or of one that does not work any more.
pub type OtherUse = token_other_use::Model;

/// The kind of a use of the previous key, which works until the overlap ends.
pub const PREVIOUS: &str = "previous";

/// Usage to be added to what is there already.
#[derive(Debug, Default)]
pub struct NewUsage {
    /// Calls by day, module and status.
    pub calls: Vec<NewCalls>,
    /// Last uses.
    pub last: Vec<LastUse>,
    /// Uses of other keys than the current one.
    pub other: Vec<OtherUse>,
    /// Requests by what decided about them.
    pub requests: Vec<TokenRequest>,
}

/// Maximum rows of a statement. Both databases limit the number of its values.
const ROWS: usize = 1000;

/// Clients of a token that are kept.
const CLIENTS: u8 = 32;

/// The client of a last use, in the slot that its address and its name give.
fn client(last: &LastUse) -> token_client::Model {
    let digest = Sha256::digest(format!("{}\n{}", last.address, last.program));
    token_client::Model {
        token_id: last.token_id.clone(),
        slot: i32::from(digest[0] % CLIENTS),
        at: last.at,
        address: last.address.clone(),
        program: last.program.clone(),
    }
}

impl Store {
    /// Adds calls, and updates last uses unless another replica has written a later one. All or nothing, except that
    /// tokens which manual SQL has removed are skipped.
    pub async fn add_usage(&self, mut usage: NewUsage) -> Result<()> {
        let NewUsage { calls, last, other, .. } = &mut usage;
        // Every replica locks rows in the same order, so that they do not deadlock.
        calls.sort_by(|a, b| {
            (&a.token_id, a.day, &a.module_id, a.status).cmp(&(&b.token_id, b.day, &b.module_id, b.status))
        });
        last.sort_by(|a, b| a.token_id.cmp(&b.token_id));
        other.sort_by(|a, b| (&a.token_id, &a.kind).cmp(&(&b.token_id, &b.kind)));
        match self.try_add_usage(&usage).await {
            Err(StoreError::Database(error))
                if matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) =>
            {
                let NewUsage { calls, last, other, .. } = &mut usage;
                let ids = calls.iter().map(|row| &row.token_id).chain(last.iter().map(|row| &row.token_id));
                let ids = ids.chain(other.iter().map(|row| &row.token_id));
                let ids: Vec<&String> = ids.collect::<BTreeSet<_>>().into_iter().collect();
                let mut there = HashSet::with_capacity(ids.len());
                for ids in ids.chunks(ROWS) {
                    let select = token::Entity::find().select_only().column(token::Column::Id);
                    let select = select.filter(token::Column::Id.is_in(ids.iter().copied()));
                    there.extend(select.into_tuple::<String>().all(&self.readers).await?);
                }
                calls.retain(|row| there.contains(&row.token_id));
                last.retain(|row| there.contains(&row.token_id));
                other.retain(|row| there.contains(&row.token_id));
                self.try_add_usage(&usage).await
            }
            done => done,
        }
    }

    async fn try_add_usage(&self, NewUsage { calls, last, other, requests }: &NewUsage) -> Result<()> {
        let tx = self.begin().await?;
        for rows in calls.chunks(ROWS) {
            use token_calls::Column;
            let sum = Expr::col((token_calls::Entity, Column::Calls)).add(Expr::cust("excluded.calls"));
            let key = [Column::TokenId, Column::Day, Column::ModuleId, Column::Status];
            let added = OnConflict::columns(key).value(Column::Calls, sum).to_owned();
            let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
            token_calls::Entity::insert_many(rows).on_conflict(added).exec_without_returning(&tx.db).await?;
        }
        for rows in last.chunks(ROWS) {
            use token_last_use::Column;
            let is_later = Expr::cust("excluded.at").gt(Expr::col((token_last_use::Entity, Column::At)));
            let moved = OnConflict::column(Column::TokenId)
                .update_columns([Column::At, Column::Address, Column::Program])
                .action_and_where(is_later)
                .to_owned();
            let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
            token_last_use::Entity::insert_many(rows).on_conflict(moved).exec_without_returning(&tx.db).await?;
        }
        for rows in other.chunks(ROWS) {
            use token_other_use::Column;
            let is_later = Expr::cust("excluded.at").gt(Expr::col((token_other_use::Entity, Column::At)));
            let moved = OnConflict::columns([Column::TokenId, Column::Kind])
                .update_columns([Column::At, Column::Address, Column::Program])
                .action_and_where(is_later)
                .to_owned();
            let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
            token_other_use::Entity::insert_many(rows).on_conflict(moved).exec_without_returning(&tx.db).await?;
        }
        let clients: Vec<_> = last.iter().map(client).collect();
        for rows in clients.chunks(ROWS) {
            use token_client::Column;
            let is_later = Expr::cust("excluded.at").gte(Expr::col((token_client::Entity, Column::At)));
            let replaced = OnConflict::columns([Column::TokenId, Column::Slot])
                .update_columns([Column::At, Column::Address, Column::Program])
                .action_and_where(is_later)
                .to_owned();
            let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
            token_client::Entity::insert_many(rows).on_conflict(replaced).exec_without_returning(&tx.db).await?;
        }
        tx.add_requests(requests.clone()).await?;
        tx.commit().await
    }

    /// Uses of keys that do not work any more, and that came `quiet` seconds after the last event about such a use.
    pub async fn ended_uses(&self, quiet: i64) -> Result<Vec<(OtherUse, token::Model)>> {
        let uses = token_other_use::Entity::find().filter(token_other_use::Column::Kind.ne(PREVIOUS));
        let uses = uses.filter(is_to_be_noted(quiet)).limit(ROWS as u64).all(&self.readers).await?;
        let ids: Vec<&str> = uses.iter().map(|row| row.token_id.as_str()).collect();
        let tokens = token::Entity::find().filter(token::Column::Id.is_in(ids)).all(&self.readers).await?;
        let of = |id: &str| tokens.iter().find(|token| token.id == id).cloned();
        Ok(uses.into_iter().filter_map(|row| of(&row.token_id).map(|token| (row, token))).collect())
    }

    /// The last clients of a token, the last one first.
    pub async fn clients(&self, token_id: &str) -> Result<Vec<token_client::Model>> {
        let clients = token_client::Entity::find().filter(token_client::Column::TokenId.eq(token_id));
        Ok(clients.order_by_desc(token_client::Column::At).all(&self.readers).await?)
    }

    /// The calls of a token since a day, oldest first.
    pub async fn calls(&self, token_id: &str, since_day: i32) -> Result<Vec<token_calls::Model>> {
        let calls = token_calls::Entity::find().filter(token_calls::Column::TokenId.eq(token_id));
        let calls = calls.filter(token_calls::Column::Day.gte(since_day)).order_by_asc(token_calls::Column::Day);
        Ok(calls.order_by_asc(token_calls::Column::Status).all(&self.readers).await?)
    }
}

fn is_to_be_noted(quiet: i64) -> SimpleExpr {
    use token_other_use::Column;
    let last_event = Expr::col(Column::NotedAt).add(quiet);
    Column::NotedAt.is_null().or(Expr::col(Column::At).gte(last_event))
}

impl Tx {
    /// Notes that there is an event about this use. Returns whether there was none.
    pub async fn note_ended_use(&self, used: &OtherUse, quiet: i64) -> Result<bool> {
        use token_other_use::Column;
        let row = token_other_use::Entity::update_many().col_expr(Column::NotedAt, Expr::value(used.at));
        let row = row.filter(Column::TokenId.eq(&used.token_id)).filter(Column::Kind.eq(&used.kind));
        Ok(row.filter(is_to_be_noted(quiet)).exec(&self.db).await?.rows_affected > 0)
    }

    /// Forgets the use of the previous key of a token: another one takes its place.
    pub async fn delete_previous_use(&self, token_id: &str) -> Result<()> {
        use token_other_use::Column;
        let row = token_other_use::Entity::delete_many().filter(Column::TokenId.eq(token_id));
        row.filter(Column::Kind.eq(PREVIOUS)).exec(&self.db).await?;
        Ok(())
    }
}
