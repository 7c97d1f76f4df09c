//! The program `stratumctl`.
fn main() {}
