//! The program `stratumd`.
fn main() {}
