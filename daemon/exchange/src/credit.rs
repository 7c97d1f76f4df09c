//! Work by label, in the columns that a promise may be judged by: a reader of the tally.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::farm::policy::Judge;
use serde::{Deserialize, Serialize};

use crate::tally::{Outcome, PoolOutcome, Tally};

/// Work of one rental since it was last asked for, as sums of difficulties.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Credit {
    /// Shares that we accepted.
    pub accepted: f64,
    /// Of these, what no pool has: refused, never answered, or found for a connection that was gone.
    pub lost: f64,
    /// What the pools took.
    pub taken: f64,
}

impl Credit {
    /// Adds another's work.
    pub fn add(&mut self, other: &Credit) {
        self.accepted += other.accepted;
        self.lost += other.lost;
        self.taken += other.taken;
    }

    /// The count that decides.
    pub fn by(&self, judge: Judge) -> f64 {
        match judge {
            Judge::Credited => self.accepted - self.lost,
            Judge::Submitted => self.accepted,
            Judge::Pool => self.taken,
        }
    }
}

/// Work by label.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Credits(pub BTreeMap<Arc<str>, Credit>);

impl Credits {
    /// Adds what was counted.
    pub fn add(&mut self, tally: &Tally) {
        for (key, count) in &tally.shares {
            if key.outcome == Outcome::Accepted {
                self.of(&key.account).accepted += f64::from_bits(key.difficulty) * *count as f64;
            }
        }
        for (key, count) in &tally.pools {
            let work = f64::from_bits(key.difficulty) * *count as f64;
            match key.outcome {
                PoolOutcome::Accepted => self.of(&key.account).taken += work,
                PoolOutcome::Rejected(_) | PoolOutcome::Unanswered | PoolOutcome::Undeliverable => {
                    self.of(&key.account).lost += work;
                }
                PoolOutcome::Forwarded => {}
            }
        }
    }

    fn of(&mut self, label: &Arc<str>) -> &mut Credit {
        self.0.entry(label.clone()).or_default()
    }
}
