//! Work by label, in the columns that a promise may be judged by: a reader of the tally.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::farm::policy::Judge;
use serde::{Deserialize, Serialize};

use crate::tally::{Counted, Outcome, PoolOutcome, Tally};
use crate::work::{Balance, Work};

/// Work of one rental since it was last asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Credit {
    /// Shares that we accepted.
    pub accepted: Work,
    /// Of these, what no pool has: refused, never answered, or found for a connection that was gone.
    pub lost: Work,
    /// What the pools took.
    pub taken: Work,
}

impl Credit {
    /// Adds another's work.
    pub fn add(&mut self, other: &Credit) {
        self.accepted += other.accepted;
        self.lost += other.lost;
        self.taken += other.taken;
    }

    /// The count that decides.
    pub fn by(&self, judge: Judge) -> Balance {
        match judge {
            Judge::Credited => self.accepted - self.lost,
            Judge::Submitted => self.accepted.into(),
            Judge::Pool => self.taken.into(),
        }
    }
}

/// Work by label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credits(pub BTreeMap<Arc<str>, Credit>);

impl Credits {
    /// Adds what was counted.
    pub fn add(&mut self, tally: &Tally) {
        for (key, counted) in &tally.shares {
            if key.outcome == Outcome::Accepted {
                self.of(&key.account).accepted += counted.work;
            }
        }
        for (key, Counted { work, .. }) in &tally.pools {
            match key.outcome {
                PoolOutcome::Accepted => self.of(&key.account).taken += *work,
                PoolOutcome::Rejected(_) | PoolOutcome::Unanswered | PoolOutcome::Undeliverable => {
                    self.of(&key.account).lost += *work;
                }
                PoolOutcome::Forwarded => {}
            }
        }
    }

    fn of(&mut self, label: &Arc<str>) -> &mut Credit {
        self.0.entry(label.clone()).or_default()
    }
}
