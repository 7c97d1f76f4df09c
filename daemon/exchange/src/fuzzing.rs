//! What fuzzers feed. Only with the feature `fuzzing`, and in this crate's own tests.

/// Any sequence of what miners, pools, orders and time may bring to an exchange, six bytes a step.
///
/// # Panics
///
/// Where an index does not agree with what it is an index of, a request is not answered once, or work is paid twice.
pub fn exchange(bytes: &[u8]) {
    if let Err(what) = crate::exchange::play(bytes) {
        panic!("{what}");
    }
}
