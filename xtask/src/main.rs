//! The commands of developers: `cargo xtask <command>`.
//!
//! Each command does its own set-up, names and times its steps, and keeps their output under `target/xtask/`. To add
//! one: a file beside this one, and a variant of [`Command`].

mod bench;
mod build;
mod bundle;
mod debian;
mod demo;
mod dev;
mod files;
mod fuzz;
mod pictures;
mod postgres;
mod precompress;
mod process;
mod run;
mod setup;
mod steps;
mod styles;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// An error for the terminal. None is handled by kind.
type Result<T = ()> = std::result::Result<T, String>;

/// The commands of developers.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Build everything and serve on 127.0.0.1:8080.
    Run {
        /// `--demo` for an orders API behind nginx, with a key to try; flags of `latchkey serve`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        flags: Vec<String>,
    },
    /// Build the release, target/release/latchkey.
    Build,
    /// Serve a debug build, rebuilt on every change.
    Dev {
        /// Flags of `latchkey serve`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        flags: Vec<String>,
    },
    /// Run every check, or one part of them.
    Test(test::Wanted),
    /// Measure Latchkey and comparable programs.
    Bench {
        /// decision, keys, proxies, revocation, growth, instructions or page; all but page by default.
        sections: Vec<String>,
    },
    /// Take the pictures of docs/.
    Pictures,
    /// Explore with random input.
    Fuzz {
        /// How long to fuzz each target.
        #[arg(default_value_t = 60)]
        seconds: u32,
        /// All by default.
        #[arg(value_parser = fuzz::TARGETS)]
        targets: Vec<String>,
    },
}

fn main() -> ExitCode {
    let command = Command::parse();
    let run = || match command {
        Command::Run { flags } => match flags.split_first() {
            Some((first, rest)) if first == "--demo" => demo::main(rest),
            _ => run::main(&flags),
        },
        Command::Build => build::main(),
        Command::Dev { flags } => dev::main(&flags),
        Command::Test(wanted) => test::main(&wanted),
        Command::Bench { sections } => bench::main(&sections),
        Command::Pictures => pictures::main(),
        Command::Fuzz { seconds, targets } => fuzz::main(seconds, &targets),
    };
    match workspace::enter().and_then(|()| run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command> {
        Command::try_parse_from(["xtask"].into_iter().chain(line.split(' '))).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_of_the_server_and_filters_of_a_test_runner_are_passed_on() {
        for line in ["run --listen 127.0.0.1:0", "run -- --listen 127.0.0.1:0", "dev --listen 127.0.0.1:0"] {
            let (Command::Run { flags } | Command::Dev { flags }) = parse(line).unwrap() else { panic!("{line}") };
            assert_eq!(flags, ["--listen", "127.0.0.1:0"], "{line}");
        }
        for line in ["test", "test --only lint", "test --only e2e wizard -g x", "fuzz", "fuzz 5 rql", "bench page"] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn unknown_argument_is_named() {
        for (line, named) in [
            ("test --only speed", "'speed'"),
            ("test tokens", "--only"),
            ("fuzz 5 x", "'x'"),
            ("fuzz x", "'x'"),
            ("lint", "'lint'"),
            ("build x", "'x'"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
