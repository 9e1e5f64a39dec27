//! What the gatekeeper counts of itself, for `/metrics`.
//!
//! Decisions are counted here and not by the `metrics` crate, whose histogram keeps each value until somebody tidies
//! up: that takes half a microsecond a decision, more than the decision.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{decide::Denied, sharded::Sharded};

/// Upper bounds of a time: a look into memory takes a few microseconds, one into the database some hundreds.
pub const BOUNDS: [Duration; 12] = [
    Duration::from_micros(2),
    Duration::from_micros(4),
    Duration::from_micros(8),
    Duration::from_micros(16),
    Duration::from_micros(64),
    Duration::from_micros(256),
    Duration::from_millis(1),
    Duration::from_millis(4),
    Duration::from_millis(16),
    Duration::from_millis(64),
    Duration::from_millis(250),
    Duration::from_secs(1),
];

/// The gatekeeper's counters.
#[derive(Debug, Default)]
pub struct Metrics(Sharded<Counts>);

/// What one shard has counted since the start.
#[derive(Debug, Default)]
struct Counts {
    allowed: AtomicU64,
    /// In the order of [`Denied::WORDS`].
    refused: [AtomicU64; Denied::WORDS.len()],
    hits: AtomicU64,
    misses: AtomicU64,
    /// Decisions that took at most as long as each of [`BOUNDS`] and longer than the one before, ...
    within: [AtomicU64; BOUNDS.len()],
    /// ... and those that took longer than all of them.
    beyond: AtomicU64,
    /// What they took together.
    nanoseconds: AtomicU64,
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

impl Metrics {
    /// Counts a decision.
    pub fn decided(&self, answer: Result<(), Denied>, took: Duration) {
        let counts = self.0.own();
        let outcome = match answer {
            Ok(()) => Some(&counts.allowed),
            Err(denial) => {
                let outcome = Denied::WORDS.iter().position(|word| *word == denial.as_str());
                outcome.and_then(|outcome| counts.refused.get(outcome))
            }
        };
        if let Some(outcome) = outcome {
            add(outcome, 1);
        }
        let bound = BOUNDS.iter().position(|bound| took <= *bound);
        add(bound.and_then(|bound| counts.within.get(bound)).unwrap_or(&counts.beyond), 1);
        add(&counts.nanoseconds, u64::try_from(took.as_nanos()).unwrap_or_default());
    }

    /// Counts whether a token was in memory.
    pub fn looked_up(&self, hit: bool) {
        let counts = self.0.own();
        add(if hit { &counts.hits } else { &counts.misses }, 1);
    }

    /// The figures in Prometheus' text format, and how many `tokens` are in memory.
    #[must_use]
    pub fn text(&self, tokens: usize) -> String {
        let total = |count: &dyn Fn(&Counts) -> &AtomicU64| -> u64 {
            self.0.iter().map(|counts| count(counts).load(Ordering::Relaxed)).sum()
        };
        let mut text = String::new();
        let mut line = |line: std::fmt::Arguments<'_>| {
            // A String takes everything.
            let _ = writeln!(text, "{line}");
        };
        let allowed = total(&|counts| &counts.allowed);
        line(format_args!("# HELP latchkey_decisions_total Decisions about keys, by outcome."));
        line(format_args!("# TYPE latchkey_decisions_total counter"));
        line(format_args!("latchkey_decisions_total{{outcome=\"allowed\"}} {allowed}"));
        for (at, word) in Denied::WORDS.iter().enumerate() {
            let refused = total(&|counts| &counts.refused[at]);
            line(format_args!("latchkey_decisions_total{{outcome=\"{word}\"}} {refused}"));
        }
        line(format_args!("# HELP latchkey_decision_seconds Time to decide about a key."));
        line(format_args!("# TYPE latchkey_decision_seconds histogram"));
        let mut decisions = 0;
        for (at, bound) in BOUNDS.iter().map(Duration::as_secs_f64).enumerate() {
            decisions += total(&|counts| &counts.within[at]);
            line(format_args!("latchkey_decision_seconds_bucket{{le=\"{bound}\"}} {decisions}"));
        }
        decisions += total(&|counts| &counts.beyond);
        let took = Duration::from_nanos(total(&|counts| &counts.nanoseconds)).as_secs_f64();
        line(format_args!("latchkey_decision_seconds_bucket{{le=\"+Inf\"}} {decisions}"));
        line(format_args!("latchkey_decision_seconds_sum {took}"));
        line(format_args!("latchkey_decision_seconds_count {decisions}"));
        for (name, about, count) in [
            ("hits", "in memory", total(&|counts| &counts.hits)),
            ("misses", "read from the database", total(&|counts| &counts.misses)),
        ] {
            line(format_args!("# HELP latchkey_token_cache_{name}_total Decisions whose token was {about}."));
            line(format_args!("# TYPE latchkey_token_cache_{name}_total counter"));
            line(format_args!("latchkey_token_cache_{name}_total {count}"));
        }
        line(format_args!("# HELP latchkey_token_cache_tokens Tokens in memory."));
        line(format_args!("# TYPE latchkey_token_cache_tokens gauge"));
        line(format_args!("latchkey_token_cache_tokens {tokens}"));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{super::decide::AuthError, *};

    #[test]
    fn counts_of_all_threads_are_summed() {
        let metrics = Metrics::default();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    metrics.decided(Ok(()), Duration::from_nanos(2000));
                    metrics.decided(Ok(()), Duration::from_nanos(2001));
                    metrics.decided(Err(Denied::Key(AuthError::Expired)), Duration::from_millis(250));
                    metrics.decided(Err(Denied::Unavailable), Duration::from_secs(2));
                    metrics.looked_up(true);
                });
            }
        });
        metrics.looked_up(false);
        let text = metrics.text(7);
        let counted: Vec<_> =
            text.lines().filter(|line| !line.ends_with(" 0") && !line.starts_with("# HELP")).collect();
        assert_eq!(
            counted,
            [
                "# TYPE latchkey_decisions_total counter",
                "latchkey_decisions_total{outcome=\"allowed\"} 40",
                "latchkey_decisions_total{outcome=\"expired\"} 20",
                "latchkey_decisions_total{outcome=\"unavailable\"} 20",
                "# TYPE latchkey_decision_seconds histogram",
                "latchkey_decision_seconds_bucket{le=\"0.000002\"} 20",
                "latchkey_decision_seconds_bucket{le=\"0.000004\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.000008\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.000016\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.000064\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.000256\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.001\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.004\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.016\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.064\"} 40",
                "latchkey_decision_seconds_bucket{le=\"0.25\"} 60",
                "latchkey_decision_seconds_bucket{le=\"1\"} 60",
                "latchkey_decision_seconds_bucket{le=\"+Inf\"} 80",
                "latchkey_decision_seconds_sum 45.00008002",
                "latchkey_decision_seconds_count 80",
                "# TYPE latchkey_token_cache_hits_total counter",
                "latchkey_token_cache_hits_total 20",
                "# TYPE latchkey_token_cache_misses_total counter",
                "latchkey_token_cache_misses_total 1",
                "# TYPE latchkey_token_cache_tokens gauge",
                "latchkey_token_cache_tokens 7",
            ]
        );
    }
}
