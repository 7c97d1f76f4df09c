//! Stratum V1: one JSON object a line. [`message`] opens the envelope, [`miner`] and [`pool`] speak with either side.

pub(crate) mod message;
pub(crate) mod miner;
pub(crate) mod pool;
