//! What the farm is and what it decides. No clock, no socket, no file, no randomness: facts and a time go
//! in, decisions come out.

pub mod assignment;
pub mod capacity;
pub mod coverage;
pub mod curtail;
pub mod desired;
pub mod followed;
pub mod instruct;
pub mod label;
pub mod live;
pub mod outage;
pub mod plan;
pub mod power_limit;
pub mod promise;
pub mod reconcile;
pub mod report;
pub mod roster;
#[cfg(test)]
mod sample;
pub mod schedule;
pub mod terms;

pub use stratum::text;
