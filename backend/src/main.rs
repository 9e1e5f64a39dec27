//! The one binary. See [`latchkey::cli`].

/// Gives memory back that a sign-in needed for a moment, which the system's allocator keeps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::cli::run()
}
