//! What the gatekeeper counts of itself, for `/metrics`. The handles are made once: to count costs an atomic add.

use std::{collections::HashMap, time::Duration};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use super::decide::{Decision, Refusal};

/// The gatekeeper's counters.
#[derive(Debug)]
pub struct Metrics {
    allowed: Counter,
    refused: HashMap<&'static str, Counter>,
    hits: Counter,
    misses: Counter,
    seconds: Histogram,
    /// Tokens in memory.
    pub index: Gauge,
}

impl Metrics {
    /// Registers with the recorder of this process, if it has one.
    #[must_use]
    pub fn new() -> Self {
        let decisions = |outcome: &'static str| counter!("latchkey_decisions_total", "outcome" => outcome);
        Self {
            allowed: decisions("allowed"),
            refused: Refusal::WORDS.into_iter().map(|word| (word, decisions(word))).collect(),
            hits: counter!("latchkey_index_hits_total"),
            misses: counter!("latchkey_index_misses_total"),
            seconds: histogram!("latchkey_decision_seconds"),
            index: gauge!("latchkey_index_tokens"),
        }
    }

    /// Counts a decision.
    pub fn decided(&self, decision: &Decision, took: Duration) {
        match &decision.answer {
            Ok(()) => self.allowed.increment(1),
            Err(refusal) => {
                if let Some(counter) = self.refused.get(refusal.as_str()) {
                    counter.increment(1);
                }
            }
        }
        self.seconds.record(took);
    }

    /// Counts whether a token was in memory.
    pub fn looked_up(&self, hit: bool) {
        if hit { &self.hits } else { &self.misses }.increment(1);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
