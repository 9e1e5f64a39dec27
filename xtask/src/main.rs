//! Every command of the developers: `cargo xtask <verb>`.
//!
//! Each verb does its own set-up, names and times its steps, keeps their output under `target/xtask/`, and is quiet
//! about what is already done. To add one: a file beside this one with a `main(args)`, and a line in [`VERBS`].

mod bench;
mod build;
mod bundle;
mod debian;
mod dev;
mod files;
mod fuzz;
mod postgres;
mod precompress;
mod process;
mod run;
mod setup;
mod steps;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

/// What went wrong, in words for the person at the terminal. Nothing here is ever handled by kind.
type Result<T = ()> = std::result::Result<T, String>;

struct Verb {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    main: fn(&[String]) -> Result,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "run",
        arguments: "[-- FLAGS]",
        about: "build everything and serve on 127.0.0.1:8080; FLAGS go to `latchkey serve`",
        main: run::main,
    },
    Verb { name: "build", arguments: "", about: "build the one file, target/release/latchkey", main: build::main },
    Verb {
        name: "dev",
        arguments: "[-- FLAGS]",
        about: "serve a debug build, rebuilt on every change",
        main: dev::main,
    },
    Verb {
        name: "test",
        arguments: "[--only lint|api|browser|e2e|clients [FILTER…]]",
        about: "run every check, or one part of them",
        main: test::main,
    },
    Verb {
        name: "bench",
        arguments: "[decision|keys|growth]…",
        about: "measure the gatekeeper beside others, and print tables of ratios",
        main: bench::main,
    },
    Verb {
        name: "fuzz",
        arguments: "[SECONDS [TARGET…]]",
        about: "explore with random input, a minute for each target unless told",
        main: fuzz::main,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("error: there is no command `{name}`\n\n{}", usage());
        return ExitCode::from(2);
    };
    match workspace::enter().and_then(|()| (verb.main)(rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let lines = VERBS.iter().map(|verb| {
        let call = format!("{} {}", verb.name, verb.arguments);
        format!("  cargo xtask {call:<45} {}", verb.about)
    });
    std::iter::once("Commands:".to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}
