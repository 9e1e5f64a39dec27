//! One change of many tokens.

use latchkey_shared::{BulkBody, BulkLine, BulkOutcome, BulkTotal};

use super::{Api, Call, Failure, Method, transport::Stream};

/// What became of a change of many tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkResult {
    /// The number of tokens that were to be changed.
    pub total: usize,
    /// Those that are as wanted now.
    pub changed: Vec<BulkLine>,
    /// How many were as wanted already.
    pub unchanged: usize,
    /// Those that are as they were, with the reasons.
    pub failed: Vec<BulkLine>,
}

impl BulkResult {
    /// Reads the lines of an answer, which may have broken off.
    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let total = lines.next().and_then(|line| serde_json::from_str::<BulkTotal>(line).ok());
        let mut result = Self { total: total.map_or(0, |it| it.total), ..Self::default() };
        for line in lines.filter_map(|line| serde_json::from_str::<BulkLine>(line).ok()) {
            match line.outcome {
                BulkOutcome::Changed => result.changed.push(line),
                BulkOutcome::Unchanged => result.unchanged += 1,
                BulkOutcome::Failed => result.failed.push(line),
            }
        }
        result
    }

    /// How many tokens nothing was reported of: the change was stopped, or the connection lost.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.total.saturating_sub(self.changed.len() + self.unchanged + self.failed.len())
    }
}

impl Api {
    /// Changes many tokens. `stream` follows the answer and can stop it.
    ///
    /// # Errors
    /// [`Failure`], when nothing was changed.
    pub async fn change_tokens(self, body: &BulkBody, stream: Stream) -> Result<BulkResult, Failure> {
        let call = Call::new(Method::Post, "/auth/tokens/bulk").json(body).stream(stream);
        Ok(BulkResult::read(&self.send(call).await?.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_that_broke_off_tells_how_many_are_missing() {
        let text = "{\"total\":4}\n{\"id\":\"SU-1\",\"name\":\"a\",\"outcome\":\"changed\"}\n\
                    {\"id\":\"SU-2\",\"name\":\"b\",\"outcome\":\"failed\",\"errors\":[\"No.\"]}\n{\"id\":\"SU-3\",\"na";
        let result = BulkResult::read(text);
        assert_eq!((result.total, result.changed.len(), result.failed.len(), result.missing()), (4, 1, 1, 2));
    }
}
