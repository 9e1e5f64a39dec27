//! Words that many tokens have are counted before anybody searches for them: the first count of a word that a great part of
//! a million has takes long, and triggers keep its total from then on ([`super::word_totals`]).

use std::{
    cmp::max,
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
    token_words::IN_ALL,
    word_index::COMMON,
};
use crate::rql::folded;

/// A start has more urgent things to do for so long.
const FIRST: Duration = Duration::from_secs(10);

/// How long after one look the next follows: names change seldom.
const INTERVAL: Duration = Duration::from_secs(600);

/// As long, after a look that failed.
const RETRY: Duration = Duration::from_secs(60);

/// So many tokens of an account, or of an extension, show which words are common.
const SAMPLE: u64 = 500;

/// So many words are counted, and no more: fewer than half of the totals that are kept, so that what was searched for is kept
/// as well.
const AHEAD: usize = 40;

/// A search goes along while a word is typed, so the beginnings of words count as words: those of so many letters.
const BEGINNINGS: RangeInclusive<usize> = 2..=20;

/// After so many counts in a row that could not be kept, tokens change too often for more of them.
const VAIN: usize = 3;

impl Store {
    /// Counts common words now and then. Without it searches are right as well, the first one for each word is slow.
    pub async fn keep_common_words(self) {
        sleep(FIRST).await;
        loop {
            let wait = match self.count_common_words().await {
                Ok(()) => INTERVAL,
                Err(error) => {
                    tracing::info!(%error, "common words are not counted yet: the first search for one may be slow");
                    RETRY
                }
            };
            sleep(wait).await;
        }
    }

    /// Counts what is common in the texts of each large account and extension, unless its total is kept.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError): the last one, after all others were counted.
    pub async fn count_common_words(&self) -> Result<()> {
        let size = token_group::Column::Active.into_expr().add(token_group::Column::Inactive.into_expr());
        let groups = token_group::Entity::find().filter(size.gt(FEW.cast_signed()));
        let groups = groups.filter(token_group::Column::Property.is_in(["", "extension.id"]));
        // Each account comes before its extensions.
        let groups = groups.order_by_asc(token_group::Column::AccountId).order_by_asc(token_group::Column::Value);
        let (mut of_account, mut counted) = (0, Ok(()));
        for group in groups.all(&self.readers).await? {
            let alive = (group.active + group.inactive).unsigned_abs();
            if group.value.is_empty() {
                of_account = alive;
            } else if alive >= of_account {
                // The account's totals are its own.
                continue;
            }
            if let Err(error) = self.count_words_of(&group.account_id, &group.value, alive).await {
                counted = Err(error);
            }
        }
        counted
    }

    /// Counts what is common among the tokens of an account, or of an extension, of which there are `alive`.
    async fn count_words_of(&self, account_id: &str, extension_id: &str, alive: u64) -> Result<()> {
        let begun = Instant::now();
        let kept = self.words_with_totals(account_id, extension_id).await?;
        let extension = (!extension_id.is_empty()).then_some(extension_id);
        let common = self.common_words(account_id, extension, alive).await?;
        // Half of the time is for others.
        sleep(begun.elapsed()).await;
        let mut vain = 0;
        let is_new = |words: &&String| !kept.contains(*words) && !IN_ALL.contains(words.as_str());
        for words in common.iter().filter(is_new) {
            let begun = Instant::now();
            self.by_state_with(account_id, words, extension, true).await?;
            let (total, _) = self.kept_totals(account_id, words, extension_id).await?;
            vain = if total.is_some() { 0 } else { vain + 1 };
            if vain == VAIN {
                break;
            }
            sleep(begun.elapsed()).await;
        }
        Ok(())
    }

    /// The words that a sample of names, external ids and descriptions has most. Ids are random, and so are the first ones.
    async fn common_words(&self, account_id: &str, extension_id: Option<&str>, alive: u64) -> Result<Vec<String>> {
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
        // What few tokens have is found without a total.
        let share = max(alive / COMMON, FEW) as f64 / alive as f64;
        Ok(most(&texts.collect::<Vec<_>>(), share))
    }
}

/// The beginnings of words that more than such a share of the texts has, the most common ones first.
fn most(texts: &[String], share: f64) -> Vec<String> {
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
    let mut common: Vec<_> =
        counts.into_iter().filter(|(_, count)| *count as f64 > share * texts.len() as f64).collect();
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
        assert_eq!(most(&texts, 0.05), ["st", "sto", "stoc", "stock", "ör", "öre", "x7"]);
        assert_eq!(most(&[], 0.05), [""; 0]);
    }

    #[test]
    fn there_are_not_too_many() {
        let words: Vec<_> = (100..400).map(|number| number.to_string()).collect();
        assert_eq!(most(&[words.join(" ")], 0.05).len(), AHEAD);
    }
}
