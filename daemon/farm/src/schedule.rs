//! Who serves whom. The rules are in [`scheduler`], in numbers; who
//! decides by them is [`crate::reconcile`], for plans too.

mod flow;
pub mod problem;
mod reasons;
mod repair;
mod replan;
mod rounding;
pub mod scheduler;
mod search;
mod slices;
mod stock;
mod table;

pub use scheduler::Scheduler;

use schema::farm::Algorithm;

/// What is mined in this release.
pub const ALGORITHM: Algorithm = Algorithm::Sha256d;
