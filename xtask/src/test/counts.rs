//! How many tests ran, read from what the runners print.

use std::{fmt, ops::AddAssign};

/// Tests that were really executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    /// Those of the passed that failed at the first try.
    pub retried: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed", self.passed)?;
        if self.retried > 0 {
            write!(f, " ({} at the second try)", self.retried)?;
        }
        write!(f, ", {} failed", self.failed)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.retried += other.retried;
    }
}

/// nextest: `Summary [ 0.5s] 10 tests run: 7 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 1 exec failed, 2 skipped`.
pub fn nextest(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter(|line| line.trim_start().starts_with("Summary [")) {
        let Some((_, figures)) = line.split_once(" run: ") else { continue };
        for figure in figures.split([',', '(', ')']) {
            let (number, what) = number_of(figure.trim());
            match what {
                "passed" => counts.passed += number,
                "flaky" => counts.retried += number,
                "failed" | "timed" | "exec" => counts.failed += number,
                _ => {}
            }
        }
    }
    counts
}

/// wasm-bindgen's runner, once for each crate under test: `test result: ok. 5 passed; 0 failed; 0 ignored; …`.
pub fn wasm(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let figures = line.split_once(". ").map_or("", |(_, figures)| figures);
        for figure in figures.split("; ") {
            match number_of(figure) {
                (number, "passed") => counts.passed += number,
                (number, "failed") => counts.failed += number,
                _ => {}
            }
        }
    }
    counts
}

/// The `stats` at the end of Playwright's JSON report.
pub fn playwright(report: &str) -> Counts {
    let stats = report.rsplit_once("\"stats\"").map_or("", |(_, stats)| stats);
    let figure = |name: &str| {
        let after = stats.split_once(&format!("\"{name}\":")).map_or("", |(_, after)| after);
        number_of(after.trim_start()).0
    };
    let retried = figure("flaky");
    Counts { passed: figure("expected") + retried, failed: figure("unexpected"), retried }
}

/// pytest's last line: `1 failed, 74 passed, 2 errors in 51.20s`.
pub fn pytest(output: &str) -> Counts {
    let mut counts = Counts::default();
    let lines = output.lines().rev().map(|line| line.trim_matches(['=', ' ']));
    let mut sums = lines.filter(|line| line.contains(" in ") && line.starts_with(|first: char| first.is_ascii_digit()));
    for figure in sums.next().unwrap_or_default().split(", ") {
        match number_of(figure) {
            (number, "passed") => counts.passed += number,
            (number, "failed" | "error" | "errors") => counts.failed += number,
            _ => {}
        }
    }
    counts
}

/// The end of TAP as node writes it: `# pass 7`, `# fail 1`.
pub fn tap(output: &str) -> Counts {
    let figure = |name: &str| {
        let lines = output.lines().filter_map(|line| line.strip_prefix(name));
        lines.filter_map(|number| number.trim().parse().ok()).next_back().unwrap_or_default()
    };
    Counts { passed: figure("# pass "), failed: figure("# fail ") + figure("# cancelled "), retried: 0 }
}

/// `7` and `passed` of `7 passed (1 slow)`.
fn number_of(text: &str) -> (usize, &str) {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    (number.parse().unwrap_or(0), rest.split_whitespace().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Counts, nextest, playwright, pytest, tap, wasm};

    #[test]
    fn nextest_tells_every_kind_of_failure() {
        let output = "  PASS [ 0.1s] a b\n     Summary [   0.512s] 10/12 tests run: 7 passed (1 slow, 2 flaky), 1 failed, \
                      1 timed out, 1 exec failed, 2 skipped\n";
        assert_eq!(nextest(output), Counts { passed: 7, failed: 3, retried: 2 });
    }

    #[test]
    fn nextest_with_one_test() {
        assert_eq!(
            nextest("     Summary [   0.002s] 1 test run: 1 passed, 0 skipped"),
            Counts { passed: 1, failed: 0, retried: 0 }
        );
        assert_eq!(nextest("error: could not compile"), Counts::default());
    }

    #[test]
    fn results_of_every_wasm_binary_are_summed() {
        let output = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 filtered out; finished in 0.11s\n\
                      test result: FAILED. 3 passed; 2 failed; 0 ignored\n";
        assert_eq!(wasm(output), Counts { passed: 8, failed: 2, retried: 0 });
    }

    #[test]
    fn pytest_is_read_from_its_last_line() {
        let output = "....F [100%]\nFAILED test_a.py::b - in 3 steps\n=== 1 failed, 74 passed, 1 warning, 2 errors in 51.20s ===\n";
        assert_eq!(pytest(output), Counts { passed: 74, failed: 3, retried: 0 });
        assert_eq!(pytest("12 passed in 155.96s (0:02:35)\n"), Counts { passed: 12, failed: 0, retried: 0 });
        assert_eq!(pytest("ERROR: file not found\n"), Counts::default());
    }

    #[test]
    fn tap_is_read_from_its_end() {
        assert_eq!(
            tap("ok 1 - a\n# tests 8\n# pass 7\n# fail 1\n# cancelled 0\n"),
            Counts { passed: 7, failed: 1, retried: 0 }
        );
        assert_eq!(tap(""), Counts::default());
    }

    #[test]
    fn playwright_is_read_from_the_end_of_its_report() {
        let report = r#"{"suites": [{"title": "\"stats\": {\"expected\": 99"}],
            "stats": {"startTime": "2026-01-01", "duration": 1.5, "expected": 12, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        assert_eq!(playwright(report), Counts { passed: 13, failed: 2, retried: 1 });
        assert_eq!(playwright(""), Counts::default());
    }
}
