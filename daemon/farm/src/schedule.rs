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

/// What is mined in this release, as farm files name it.
pub const ALGORITHM: Algorithm = Algorithm::DEFAULT;

/// The same as hub and exchange check it.
pub fn proof_of_work() -> stratum::work::Algorithm {
    stratum::work::Algorithm::from_name(ALGORITHM.as_str()).expect("what is served can be checked")
}
