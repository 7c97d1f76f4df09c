//! The exchange between rigs and pools: who is connected, who mines for whom, which share goes where, how each rig
//! and each pool does, and what is counted. No clock, no socket, no file, no randomness: messages, orders and a time
//! go in, answers and facts come out.

pub mod credit;
pub mod duplicates;
pub mod endpoint;
pub mod event;
mod exchange;
pub mod failover;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod id;
pub mod journal;
pub mod label;
pub mod meter;
pub mod orders;
pub mod service;
pub mod session;
pub mod snapshot;
pub mod statistics;
pub mod tally;
pub mod time;
pub mod upstream;
pub mod watch;
pub mod work;

pub use exchange::{AUTHORIZE_MAX, Exchange, FanOut, Output, SUBSCRIBE_MAX};
