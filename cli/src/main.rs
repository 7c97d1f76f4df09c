//! The program `stratumctl`.

fn main() -> std::process::ExitCode {
    stratumctl::main()
}
