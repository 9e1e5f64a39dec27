//! The one binary. See [`latchkey::cli`].

fn main() -> std::process::ExitCode {
    latchkey::cli::run()
}
