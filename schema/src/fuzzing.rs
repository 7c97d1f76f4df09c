//! What fuzzers feed. Only with the feature `fuzzing`, and in this crate's own tests.

#[cfg(test)]
mod concealed;
mod farm_text;
mod spellings;

pub use farm_text::farm_text;
