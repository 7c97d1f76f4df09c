//! Share counters that add up in any order: every key counts whole shares and whole hashes, so sums are exact however
//! they are split and merged. A share is counted here once; accounts, promises and status read it from here.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use foldhash::HashMap;

use crate::work::Work;

/// What became of a share, in our books or in a pool's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// It does not, and why.
    Rejected(stratum::work::Reason),
}

impl Outcome {
    /// As accounts write it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Accepted => "accepted",
            Outcome::Rejected(reason) => reason.name(),
        }
    }
}

/// Our verdict on miners' shares.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShareKey {
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// Who found it.
    pub rig: Arc<str>,
    /// For whom: `customer/rental`, `house`, or `quarantine`.
    pub account: Arc<str>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A number of shares and the work that they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Counted {
    /// How many shares.
    pub count: u64,
    /// By the difficulty in force when their jobs were handed out; none where no job was found.
    pub work: Work,
}

impl Counted {
    /// One share.
    pub fn one(work: Work) -> Self {
        Self { count: 1, work }
    }
}

impl AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.work += other.work;
    }
}

/// What became of a share that met a pool's target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PoolOutcome {
    /// Sent to the pool. Equals the sum of the next three once all are answered or cut off.
    Forwarded,
    /// The pool took it.
    Accepted,
    /// The pool refused it.
    Rejected(stratum::work::Reason),
    /// The connection was cut before the pool answered.
    Unanswered,
    /// Work for a connection that was gone, or too far behind, before it could be sent. Counts every share that a
    /// rig found for it, at the rig's difficulty, whether or not it met the pool's target.
    Undeliverable,
}

impl PoolOutcome {
    /// As accounts write it.
    pub fn name(self) -> String {
        match self {
            PoolOutcome::Forwarded => "forwarded".into(),
            PoolOutcome::Accepted => "accepted".into(),
            PoolOutcome::Rejected(reason) => format!("rejected:{}", reason.name()),
            PoolOutcome::Unanswered => "unanswered".into(),
            PoolOutcome::Undeliverable => "undeliverable".into(),
        }
    }
}

/// Shares by the reason for which they were refused.
pub type Refusals = BTreeMap<stratum::work::Reason, u64>;

/// How far work has come on its way from rigs to pools, in shares, since the hub started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// Taken from rigs: checked here and good. Most are easier than the pool asks for and are not forwarded.
    pub taken: u64,
    /// Forwarded to the pool, because they met its target, too.
    pub forwarded: u64,
    /// Of these, the pool accepted.
    pub accepted: u64,
    /// Of these, the pool refused.
    pub refused: Refusals,
    /// Of these, the pool never answered.
    pub unanswered: u64,
    /// Found for a connection that was gone or too far behind.
    pub undeliverable: u64,
}

impl Passage {
    /// Counts what became of a share at its pool.
    pub fn count(&mut self, outcome: PoolOutcome) {
        match outcome {
            PoolOutcome::Forwarded => self.forwarded += 1,
            PoolOutcome::Accepted => self.accepted += 1,
            PoolOutcome::Rejected(reason) => *self.refused.entry(reason).or_default() += 1,
            PoolOutcome::Unanswered => self.unanswered += 1,
            PoolOutcome::Undeliverable => self.undeliverable += 1,
        }
    }

    /// Refused by the pool, for whatever reason.
    pub fn refused_len(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// The pool's verdict, kept beside ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PoolKey {
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// For whom: `customer/rental`, `house`, or `quarantine`.
    pub account: Arc<str>,
    /// The pool's name in the farm file.
    pub pool: Arc<str>,
    /// What became of it.
    pub outcome: PoolOutcome,
}

/// Counters since they were last taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Our verdicts.
    pub shares: HashMap<ShareKey, Counted>,
    /// The pools' verdicts, with the work that the pools count: by their own difficulty for the job.
    pub pools: HashMap<PoolKey, Counted>,
}

impl Tally {
    /// Counts one share.
    pub fn share(&mut self, key: ShareKey, work: Work) {
        *self.shares.entry(key).or_default() += Counted::one(work);
    }

    /// Counts one pool's verdict.
    pub fn pool(&mut self, key: PoolKey, work: Work) {
        *self.pools.entry(key).or_default() += Counted::one(work);
    }

    /// Adds another tally to this one.
    pub fn merge(&mut self, other: Tally) {
        for (key, counted) in other.shares {
            *self.shares.entry(key).or_default() += counted;
        }
        for (key, counted) in other.pools {
            *self.pools.entry(key).or_default() += counted;
        }
    }

    /// Nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.shares.is_empty() && self.pools.is_empty()
    }

    /// Shares with this outcome, of all accounts together.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.shares.iter().filter(|(key, _)| key.outcome == outcome).map(|(_, counted)| counted.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_order_and_any_split_add_up_the_same(shares in proptest::collection::vec((0i64..3, 0u8..3, 0u8..3, 0u128..1 << 90), 0..60), cut in 0usize..60) {
            let key = |(minute, rig, account, _): (i64, u8, u8, u128)| ShareKey {
                minute,
                rig: rig.to_string().into(),
                account: account.to_string().into(),
                outcome: Outcome::Accepted,
            };
            let mut whole = Tally::default();
            shares.iter().for_each(|share| whole.share(key(*share), Work(share.3)));
            let (a, b) = shares.split_at(cut.min(shares.len()));
            let (mut left, mut right) = (Tally::default(), Tally::default());
            a.iter().rev().for_each(|share| left.share(key(*share), Work(share.3)));
            b.iter().rev().for_each(|share| right.share(key(*share), Work(share.3)));
            right.merge(left);
            prop_assert_eq!(right, whole);
        }
    }
}
