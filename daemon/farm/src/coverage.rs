//! What each rental gets by an assignment.

use std::sync::Arc;

use crate::roster::{Roster, hashes};
use crate::schedule::Scheduler;

/// What one rental gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// `customer/rental`.
    pub label: Arc<str>,
    /// Promised, hashes per second; `None` for rigs by name.
    pub contracted: Option<f64>,
    /// What its rigs that are there should do, hashes per second.
    pub covered: f64,
    /// Its rigs, those that are away included.
    pub rigs: usize,
    /// It gets less for a while, because it got more before.
    pub relaxed: bool,
}

impl Coverage {
    /// What is missing, hashes per second.
    pub fn short(&self) -> f64 {
        if self.relaxed {
            return 0.0;
        }
        let short = self.contracted.unwrap_or(0.0) - self.covered;
        // Sums of floats may miss a contract that is met exactly by the last digit.
        if short > 1e-9 * self.contracted.unwrap_or(0.0) { short } else { 0.0 }
    }
}

/// What every rental gets, those of higher priority first.
pub(crate) fn coverage(roster: &Roster, scheduler: &Scheduler) -> Vec<Coverage> {
    let mut order: Vec<usize> = (0..roster.rentals().len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(roster.rentals()[*n].priority()));
    let line = |n: usize| {
        let rental = &roster.rentals()[n];
        Coverage {
            label: rental.label.clone(),
            contracted: rental.terms.as_ref().map(|terms| terms.contracted),
            covered: hashes(scheduler.covered(n as u32)),
            rigs: scheduler.rigs(n as u32).count(),
            relaxed: false,
        }
    };
    order.into_iter().map(line).collect()
}
