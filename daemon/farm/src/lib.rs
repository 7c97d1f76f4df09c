//! What the farm is and what it decides. No clock, no socket, no file, no randomness: facts and a time go
//! in, decisions come out.

pub mod capacity;
pub mod desired;
pub mod energy;
pub mod live;
pub mod outage;
pub mod plan;
pub mod reconcile;
pub mod rental;
pub mod report;
pub mod roster;
pub mod schedule;

pub use stratum::text;
