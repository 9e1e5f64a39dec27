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
    index: Gauge,
    connections: Gauge,
    idle: Gauge,
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
            connections: gauge!("latchkey_database_connections"),
            idle: gauge!("latchkey_database_connections_idle"),
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

    /// Publishes how many tokens are in memory, and how many connections to the database there are and wait.
    pub fn publish(&self, tokens: usize, (connections, idle): (u32, usize)) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge; there are no 2^53 of either")]
        let float = |count: usize| count as f64;
        self.index.set(float(tokens));
        self.connections.set(f64::from(connections));
        self.idle.set(float(idle));
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
