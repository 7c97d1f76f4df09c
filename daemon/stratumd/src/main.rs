//! The program `stratumd`.

use std::process::ExitCode;

/// Gives back what a large farm file needed while it was read: with the C library's allocator the daemon grew with each
/// apply.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stratumd::main()
}
