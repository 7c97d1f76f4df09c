//! What the farm is and what it decides. No clock, no socket, no file, no randomness: facts and a time go
//! in, decisions come out.

pub mod capacity;
pub mod desired;
pub mod detector;
pub mod duplicates;
pub mod energy;
pub mod event;
pub mod exchange;
pub mod failover;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod id;
pub mod journal;
pub mod live;
pub mod observed;
pub mod odds;
pub mod orders;
pub mod outage;
pub mod plan;
pub mod reconcile;
pub mod rental;
pub mod report;
pub mod rig;
pub mod roster;
pub mod schedule;
pub mod session;
pub mod statistics;
pub mod tally;
pub mod time;
pub mod upstream;
pub mod window;

pub use stratum::text;
