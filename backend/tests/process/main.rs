//! The program as a process: its command line, how it starts and stops, and what it does when the machine fails.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may end at the first surprise")]

mod cli;
mod disk;
mod operator;
mod reload;

mod server;
