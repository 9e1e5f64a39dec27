//! Named and timed steps: `==> 3 build the bundle … 41.2 s`.
//!
//! What the commands of a step print goes into a log of its own. It is shown when the step fails. The last line of the
//! log tells how far a long step has come: all the time on a terminal, elsewhere every 30 seconds.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Result, process, workspace};

/// How much of a failed step's log is shown.
const SHOWN_LINES: usize = 300;
/// Interval of progress reports where there is no terminal, in seconds.
const REPORT_EVERY: u64 = 30;

#[derive(Debug)]
pub struct Steps {
    number: usize,
    logs: PathBuf,
}

impl Steps {
    /// Steps of one command, with their logs in `target/xtask/<verb>/`.
    pub fn of(verb: &str) -> Result<Self> {
        let logs = workspace::target().join("xtask").join(verb);
        fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
        Ok(Self { number: 0, logs })
    }

    /// Does one step. Its failure comes back as the error, after its log was shown.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce(&mut Step) -> Result<T>) -> Result<T> {
        self.number += 1;
        let title = format!("==> {} {name} …", self.number);
        let log = self.logs.join(format!("{:02}-{}.log", self.number, name.replace([' ', '/'], "-")));
        let mut step = Step::start(title, log)?;
        let outcome = work(&mut step);
        step.finish(outcome.as_ref().err());
        outcome
    }
}

/// A step at work.
#[derive(Debug)]
pub struct Step {
    title: String,
    log: PathBuf,
    started: Instant,
    /// When progress was last reported, in seconds since the start.
    reported: u64,
    notes: Vec<String>,
}

impl Step {
    fn start(title: String, log: PathBuf) -> Result<Self> {
        File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        print!("{title}");
        flush();
        Ok(Self { title, log, started: Instant::now(), reported: 0, notes: Vec::new() })
    }

    /// Runs a command to its end. A status other than 0 is an error.
    pub fn run(&mut self, command: &mut Command) -> Result {
        let words = process::shown(command);
        let mut log = self.open()?;
        writeln!(log, "$ {words}").map_err(|error| self.lost(&error))?;
        let errors = log.try_clone().map_err(|error| self.lost(&error))?;
        let mut child =
            command.stdout(log).stderr(errors).spawn().map_err(|error| format!("`{words}` did not start: {error}"))?;
        let mut pause = Duration::from_millis(5);
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => self.show_progress(),
                Err(error) => return Err(format!("`{words}` cannot be waited for: {error}")),
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(200));
        };
        if status.success() { Ok(()) } else { Err(format!("`{words}` ended with {status}")) }
    }

    /// A command that goes on after the step, with its output in the step's log.
    pub fn attach<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        let log = self.open()?;
        let errors = log.try_clone().map_err(|error| self.lost(&error))?;
        Ok(command.stdout(log).stderr(errors).stdin(Stdio::null()))
    }

    /// A line to show beneath the step when it is done.
    pub fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// Everything that the step's commands printed so far.
    pub fn text(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn open(&self) -> Result<File> {
        File::options().append(true).open(&self.log).map_err(|error| self.lost(&error))
    }

    fn lost(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.log.display())
    }

    fn show_progress(&mut self) {
        let seconds = self.started.elapsed().as_secs();
        let line = || last_line(&self.log).trim().chars().take(60).collect::<String>();
        if io::stdout().is_terminal() {
            if seconds >= 2 {
                print!("\r{} {seconds} s  {}\x1b[K", self.title, line());
            }
        } else if seconds >= self.reported + REPORT_EVERY {
            print!("\n      {seconds} s  {}", line());
            self.reported = seconds;
        }
        flush();
    }

    fn finish(&self, error: Option<&String>) {
        let mut text = String::new();
        if io::stdout().is_terminal() {
            let _ = write!(text, "\r\x1b[K{}", self.title);
        } else if self.reported > 0 {
            let _ = write!(text, "\n     ");
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let _ = match error {
            None => writeln!(text, " {seconds:.1} s"),
            Some(why) => writeln!(text, " FAILED after {seconds:.1} s: {why}\n{}", tail(&self.text(), &self.log)),
        };
        for note in &self.notes {
            let _ = writeln!(text, "      {note}");
        }
        print!("{text}");
        flush();
    }
}

fn flush() {
    // Nothing to be done about a closed terminal, and no reason to stop the work.
    let _ = io::stdout().flush();
}

fn last_line(log: &Path) -> String {
    let mut end = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let length = file.metadata().map_or(0, |data| data.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(400))).and_then(|_| file.read_to_end(&mut end));
    }
    String::from_utf8_lossy(&end).lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

fn tail(text: &str, log: &Path) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let hidden = lines.len().saturating_sub(SHOWN_LINES);
    let mut shown = String::new();
    if hidden > 0 {
        let _ = writeln!(shown, "    | ({hidden} lines before, in {})", log.display());
    }
    for line in lines.iter().skip(hidden) {
        let _ = writeln!(shown, "    | {line}");
    }
    shown
}
