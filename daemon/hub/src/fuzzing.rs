//! What fuzzers feed. Only with the feature `fuzzing`, and in this crate's own tests.

pub use crate::journal::fuzzing::journal;
