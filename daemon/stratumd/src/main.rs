//! The program `stratumd`.

use std::process::ExitCode;

fn main() -> ExitCode {
    stratumd::main()
}
