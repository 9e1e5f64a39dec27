//! Words that many tokens have are counted before anybody searches for them: the first count of a word that a great part of
//! a million has takes long, and triggers keep its total from then on ([`super::word_totals`]).

use std::{
    collections::{BTreeSet, HashMap},
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use tokio::time::sleep;

use super::{
    Result, Store,
    entities::{token, token_group},
    token_lists::FEW,
    word_index::COMMON,
};
use crate::rql::folded;

/// A start has more urgent things to do for so long.
const FIRST: Duration = Duration::from_secs(10);

/// How long after one look the next follows: names change seldom.
const INTERVAL: Duration = Duration::from_secs(600);

/// So many tokens of an account, or of an extension, show which words are common.
const SAMPLE: u64 = 1000;

/// So many words are counted, and no more: half of the totals that are kept, so that what was searched for is kept as well.
const AHEAD: usize = 50;

/// A search goes along while a word is typed, so the beginnings of words count as words: those of so many letters.
const BEGINNINGS: RangeInclusive<usize> = 2..=12;

impl Store {
    /// Counts common words now and then. Without it searches are right as well, the first one for each word is slow.
    pub async fn keep_common_words(self) {
        sleep(FIRST).await;
        loop {
            if let Err(error) = self.count_common_words().await {
                tracing::debug!(%error, "common words are not counted yet");
            }
            sleep(INTERVAL).await;
        }
    }

    /// Counts what is common in the texts of each large account and extension, unless its total is kept.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub async fn count_common_words(&self) -> Result<()> {
        let size = token_group::Column::Active.into_expr().add(token_group::Column::Inactive.into_expr());
        let groups = token_group::Entity::find().filter(size.gt(FEW.cast_signed()));
        let groups = groups.filter(token_group::Column::Property.is_in(["", "extension.id"]));
        for token_group::Model { account_id, value, .. } in groups.all(&self.readers).await? {
            let extension_id = (!value.is_empty()).then_some(value.as_str());
            for words in self.common_words(&account_id, extension_id).await? {
                let begun = Instant::now();
                self.by_state_with(&account_id, &words, extension_id, true).await?;
                // Half of the time is for others.
                sleep(begun.elapsed()).await;
            }
        }
        Ok(())
    }

    /// The words that a sample of names, external ids and descriptions has most. Ids are random, and so are the first ones.
    async fn common_words(&self, account_id: &str, extension_id: Option<&str>) -> Result<Vec<String>> {
        let own = token::Entity::find().filter(token::Column::AccountId.eq(account_id));
        let own = own.filter(token::Column::State.ne(TokenStatus::Deleted.as_str()));
        let own = match extension_id {
            Some(id) => own.filter(token::Column::ExtensionId.eq(id)),
            None => own,
        };
        let texts = [token::Column::Name, token::Column::ExternalId, token::Column::Description];
        let texts: Vec<(String, Option<String>, Option<String>)> = own
            .select_only()
            .columns(texts)
            .order_by_asc(token::Column::Id)
            .limit(SAMPLE)
            .into_tuple()
            .all(&self.readers)
            .await?;
        let texts = texts.into_iter().map(|(name, external_id, description)| {
            folded(&[Some(name), external_id, description].map(Option::unwrap_or_default).join("\n"))
        });
        Ok(most(&texts.collect::<Vec<_>>()))
    }
}

/// The beginnings of words that more than one in [`COMMON`] of the texts has, the most common ones first.
fn most(texts: &[String]) -> Vec<String> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for text in texts {
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        let beginnings = words.flat_map(|word| {
            let ends = word.char_indices().map(|(index, letter)| index + letter.len_utf8());
            ends.enumerate().filter(|(index, _)| BEGINNINGS.contains(&(index + 1))).map(|(_, end)| &word[..end])
        });
        for beginning in beginnings.collect::<BTreeSet<_>>() {
            *counts.entry(beginning).or_default() += 1;
        }
    }
    let mut common: Vec<_> = counts.into_iter().filter(|(_, count)| count * COMMON > texts.len() as u64).collect();
    common.sort_unstable_by(|(word, count), (other, others)| others.cmp(count).then(word.cmp(other)));
    common.into_iter().take(AHEAD).map(|(word, _)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_words_are_common_when_many_texts_have_them() {
        let text = |number| format!("1\nöre {}, stock\n", if number < 5 { "rare" } else { "x7" });
        let texts: Vec<_> = (0..100).map(text).collect();
        assert_eq!(most(&texts), ["st", "sto", "stoc", "stock", "ör", "öre", "x7"]);
        assert_eq!(most(&[]), [""; 0]);
    }

    #[test]
    fn there_are_not_too_many() {
        let words: Vec<_> = (100..400).map(|number| number.to_string()).collect();
        assert_eq!(most(&[words.join(" ")]).len(), AHEAD);
    }
}
