//! Links with which keys are handed over.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, sea_query::Expr,
};

use super::{
    Result, Store, TokenRow, Tx,
    entities::{hand_over, token},
};

/// Links that one transaction ends.
const BATCH: u64 = 1000;

impl Store {
    /// The link `id`, with its token.
    pub async fn hand_over(&self, id: &str) -> Result<Option<(hand_over::Model, TokenRow)>> {
        let Some(link) = hand_over::Entity::find_by_id(id).one(&self.readers).await? else { return Ok(None) };
        let token = token::Entity::find_by_id(&link.token_id).one(&self.readers).await?;
        let row = self.with_permissions(token.into_iter().collect()).await?.pop();
        Ok(row.map(|row| (link, row)))
    }

    /// The link of a token of any account.
    pub async fn hand_over_of(&self, token_id: &str) -> Result<Option<hand_over::Model>> {
        let link = hand_over::Entity::find().filter(hand_over::Column::TokenId.eq(token_id));
        Ok(link.one(&self.readers).await?)
    }
}

impl Tx {
    /// Adds a link.
    pub async fn insert_hand_over(&self, link: hand_over::Model) -> Result<()> {
        link.into_active_model().insert(&self.db).await?;
        Ok(())
    }

    /// Whether the key of a token was handed over with the right to rotate it.
    pub async fn may_be_rotated_by_its_holder(&self, token_id: &str) -> Result<bool> {
        let link = hand_over::Entity::find().filter(hand_over::Column::TokenId.eq(token_id)).one(&self.db).await?;
        Ok(link.is_some_and(|link| link.may_rotate && link.taken_at.is_some()))
    }

    /// Removes the link `id`. Returns whether it was still there.
    pub async fn delete_hand_over(&self, id: &str) -> Result<bool> {
        Ok(hand_over::Entity::delete_by_id(id).exec(&self.db).await?.rows_affected > 0)
    }

    /// Notes that the link `id` was opened. Returns whether that was the first time.
    pub async fn note_opened(&self, id: &str, at: i64) -> Result<bool> {
        let link = hand_over::Entity::update_many().col_expr(hand_over::Column::OpenedAt, Expr::value(at));
        let link = link.filter(hand_over::Column::Id.eq(id)).filter(hand_over::Column::OpenedAt.is_null());
        Ok(link.exec(&self.db).await?.rows_affected > 0)
    }

    /// Removes the link of a token. Returns whether there was one.
    pub async fn delete_hand_over_of(&self, token_id: &str) -> Result<bool> {
        let link = hand_over::Entity::delete_many().filter(hand_over::Column::TokenId.eq(token_id));
        Ok(link.exec(&self.db).await?.rows_affected > 0)
    }

    /// Removes the links that a user has made and by which no key was taken.
    pub async fn delete_hand_overs_by(&self, user_id: &str) -> Result<u64> {
        let links = hand_over::Entity::delete_many().filter(hand_over::Column::CreatedById.eq(user_id));
        Ok(links.filter(hand_over::Column::TakenAt.is_null()).exec(&self.db).await?.rows_affected)
    }

    /// Links that have expired at `now`, and by which no key was taken, with their tokens; a batch.
    pub async fn expired_hand_overs(&self, now: i64) -> Result<Vec<(hand_over::Model, token::Model)>> {
        let links = hand_over::Entity::find().filter(hand_over::Column::TakenAt.is_null());
        let links = links.filter(hand_over::Column::ExpiresAt.lte(now)).limit(BATCH).all(&self.db).await?;
        let ids: Vec<&str> = links.iter().map(|link| link.token_id.as_str()).collect();
        let tokens = token::Entity::find().filter(token::Column::Id.is_in(ids)).all(&self.db).await?;
        let of = |id: &str| tokens.iter().find(|token| token.id == id).cloned();
        Ok(links.into_iter().filter_map(|link| of(&link.token_id).map(|token| (link, token))).collect())
    }
}
