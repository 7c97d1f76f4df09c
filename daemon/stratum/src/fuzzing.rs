//! What fuzzers feed. Only with the feature `fuzzing`, and in this crate's own tests. Each function takes any bytes
//! and panics where something does not hold.

mod lines;
mod miner;
mod pool;
mod reference;
mod share;

pub use miner::miner_line;
pub use pool::pool_line;
pub use share::share_check;

/// Takes values from bytes; behind their end all are zero.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        head
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        let head = self.bytes(N);
        out[..head.len()].copy_from_slice(head);
        out
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn number(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    /// A length below `max` and so many bytes.
    fn some(&mut self, max: u8) -> &'a [u8] {
        let len = self.byte() % max;
        self.bytes(len.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{MINER_LINE_MAX, POOL_LINE_MAX};

    #[test]
    fn lines_of_miners_hold() {
        fuzz_slice::run("miner_line", 4_000, miner_line);
        fuzz_slice::stretched("miner_line", MINER_LINE_MAX, miner_line);
    }

    #[test]
    fn lines_of_pools_hold() {
        fuzz_slice::run("pool_line", 4_000, pool_line);
        fuzz_slice::stretched("pool_line", POOL_LINE_MAX, pool_line);
    }

    #[test]
    fn shares_are_judged_as_the_slow_reference_does() {
        fuzz_slice::run("share_check", 1_000, share_check);
    }
}
