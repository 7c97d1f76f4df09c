//! Stratum V1: one JSON object a line. [`line`] finds lines, [`message`] opens the envelope, [`miner`] and
//! [`pool`] speak with either side.

pub mod line;
pub mod message;
pub mod miner;
pub mod pool;
