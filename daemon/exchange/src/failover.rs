//! Which of a customer's pools gets the work now: the first healthy one in the customer's order. Symptoms are
//! sat out for a while, facts are not; a pool that failed with work must be healthy for a time that doubles at
//! each relapse, and then one rig tries it before all follow.

mod pool_fault;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use pool_fault::{Loss, PoolFault};

use crate::time::Timestamp;

/// A failure within this after the work came back is a relapse; after it, all is forgotten.
const RELAPSE_WITHIN: Duration = Duration::from_secs(86_400);
/// The longest that a pool must be healthy before it is tried again.
const RELAPSE_MAX: Duration = Duration::from_secs(8 * 3600);
/// Shares of the one rig on trial that the pool must take, more than it refuses.
const TRIAL_TAKEN: u32 = 3;
/// So many refused, and no fewer than it took, and the trial has failed.
const TRIAL_REFUSED: u32 = 3;
/// After this one taken share will do: the rig is small, or the pool wants hard shares.
const TRIAL_ENOUGH: Duration = Duration::from_secs(60);
/// After this nothing speaks against the pool, though nothing may speak for it.
const TRIAL_MAX: Duration = Duration::from_secs(300);

/// How patient a customer's policy is with pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailoverThresholds {
    /// A pool may show symptoms this long before its work goes elsewhere. Facts are not waited for.
    pub fail_after: Duration,
    /// A better pool must be healthy this long before one rig tries it and the work returns.
    pub return_after: Duration,
}

impl Default for FailoverThresholds {
    fn default() -> Self {
        Self { fail_after: Duration::from_secs(20), return_after: Duration::from_secs(300) }
    }
}

/// How one pool has been lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Healthy since then.
    Healthy(Timestamp),
    /// Unhealthy since then.
    Unhealthy(Timestamp, PoolFault),
}

impl Health {
    /// Notes what is so now; the time of the last change is kept while nothing changes.
    pub fn note(&mut self, now: Timestamp, fault: Option<PoolFault>) -> bool {
        let next = match (fault, *self) {
            (None, Health::Healthy(since)) => Health::Healthy(since),
            (None, Health::Unhealthy(..)) => Health::Healthy(now),
            (Some(fault), Health::Unhealthy(since, _)) => Health::Unhealthy(since, fault),
            (Some(fault), Health::Healthy(_)) => Health::Unhealthy(now, fault),
        };
        let changed = matches!(
            (&*self, &next),
            (Health::Healthy(_), Health::Unhealthy(..)) | (Health::Unhealthy(..), Health::Healthy(_))
        );
        *self = next;
        changed
    }

    /// Healthy at the moment.
    pub fn is_healthy(self) -> bool {
        matches!(self, Health::Healthy(_))
    }

    /// Since when it is as it is.
    pub fn since(self) -> Timestamp {
        match self {
            Health::Healthy(since) | Health::Unhealthy(since, _) => since,
        }
    }

    /// It is unhealthy, and that is known, or has lasted.
    fn is_given_up(self, now: Timestamp, thresholds: FailoverThresholds) -> bool {
        match self {
            Health::Healthy(_) => false,
            Health::Unhealthy(since, fault) => fault.is_fact() || now.since(since) >= thresholds.fail_after,
        }
    }
}

/// One rig's shares at a pool that failed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trial {
    since: Timestamp,
    taken: u32,
    refused: u32,
}

impl Trial {
    /// Whether the pool has passed; `None` while that is open.
    fn verdict(self, now: Timestamp) -> Option<bool> {
        let age = now.since(self.since);
        let Trial { taken, refused, .. } = self;
        if refused >= TRIAL_REFUSED && refused >= taken {
            return Some(false);
        }
        let passed = taken > refused && (taken >= TRIAL_TAKEN || age >= TRIAL_ENOUGH);
        (passed || age >= TRIAL_MAX).then_some(taken >= refused)
    }
}

/// One of an account's pools: its health, and how far it is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Healthy or not.
    pub health: Health,
    /// When work was last taken from it; `None` once all work is back.
    failed: Option<Timestamp>,
    /// When all work last came back.
    returned: Option<Timestamp>,
    /// How often it failed again within a day of having the work back.
    relapses: u32,
    /// It failed while it took work: it refused shares, or answered none. One that merely could not be reached is as
    /// good as before once it can.
    lost_work: bool,
    trial: Option<Trial>,
}

impl Standing {
    /// A pool that nothing is held against.
    pub fn new(health: Health) -> Self {
        Self { health, failed: None, returned: None, relapses: 0, lost_work: false, trial: None }
    }

    /// One rig tries it now; since when.
    pub fn on_trial(&self) -> Option<Timestamp> {
        self.trial.map(|trial| trial.since)
    }

    /// It failed when it had work, and has not had all of it since.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// It failed with work, and nothing has shown since that it takes work again: that it answers is no proof.
    pub fn is_unproven(&self) -> bool {
        self.failed.is_some() && self.lost_work
    }

    /// How often it failed again soon after the work came back.
    pub fn relapses(&self) -> u32 {
        self.relapses
    }

    /// How long it must be healthy before it is tried.
    pub fn dwell(&self, thresholds: FailoverThresholds) -> Duration {
        let longest = RELAPSE_MAX.max(thresholds.return_after);
        thresholds.return_after.saturating_mul(1 << self.relapses.min(20)).min(longest)
    }

    /// When it may be tried, if it stays healthy until then.
    pub fn due_at(&self, thresholds: FailoverThresholds) -> Timestamp {
        let since = self.health.since();
        self.failed.map_or(since, |failed| failed.max(since)) + self.dwell(thresholds)
    }

    /// The pool took or refused a share that was sent at that time.
    pub fn on_verdict(&mut self, sent: Timestamp, taken: bool) {
        if let Some(trial) = &mut self.trial
            && sent >= trial.since
        {
            *if taken { &mut trial.taken } else { &mut trial.refused } += 1;
        }
    }

    /// Its work is taken away.
    fn fail(&mut self, now: Timestamp) {
        let relapsed = self.trial.is_some() || self.returned.is_some_and(|at| now.since(at) < RELAPSE_WITHIN);
        self.relapses = if relapsed { self.relapses.saturating_add(1) } else { 0 };
        self.failed = Some(now);
        self.lost_work |= self.trial.is_some()
            || matches!(
                self.health,
                Health::Unhealthy(_, PoolFault::Rejecting | PoolFault::Silent | PoolFault::Unauthorized)
            );
        self.trial = None;
    }

    /// All work comes to it.
    fn take_over(&mut self, now: Timestamp) {
        if self.failed.take().is_some() || self.trial.is_some() {
            self.returned = Some(now);
        }
        self.lost_work = false;
        self.trial = None;
    }

    /// Whether it may have everybody's work at once, where that has nowhere better to go.
    fn is_trusted(&self) -> bool {
        self.health.is_healthy() && (self.failed.is_none() || self.relapses == 0)
    }
}

/// The pool to use: an index into the customer's list, or `None` where none is fit to have all the work.
/// `current` is the one in use, `None` before the first choice. Starts and ends trials: one rig belongs at
/// the pool that is [`Standing::on_trial`]. Where no other pool of the customer takes the work, one that merely
/// could not be reached gets all of it as soon as it is healthy; one that lost work only where there is nowhere
/// `elsewhere` to go meanwhile.
pub fn choose(
    now: Timestamp,
    current: Option<usize>,
    pools: &mut [Standing],
    thresholds: FailoverThresholds,
    elsewhere: bool,
) -> Option<usize> {
    let mut passed = None;
    for (at, pool) in pools.iter_mut().enumerate() {
        let Some(trial) = pool.trial else { continue };
        match trial.verdict(now).filter(|_| pool.health.is_healthy()) {
            Some(true) => passed = passed.or(Some(at)),
            Some(false) => pool.fail(now),
            None if !pool.health.is_healthy() => pool.fail(now),
            None => {}
        }
    }
    let current = current.filter(|at| *at < pools.len());
    let next = match current {
        Some(at) if !pools[at].health.is_given_up(now, thresholds) => {
            Some(passed.filter(|better| *better < at).unwrap_or(at))
        }
        Some(at) => {
            pools[at].fail(now);
            let trusted = || pools.iter().position(Standing::is_trusted);
            passed.filter(|other| *other != at).or_else(trusted).or_else(|| anyone(pools, elsewhere))
        }
        None => {
            let has_failed = || anyone(pools, elsewhere).filter(|at| pools[*at].has_failed());
            passed.or_else(|| first(now, pools, thresholds)).or_else(has_failed)
        }
    };
    if let Some(at) = next {
        if next != current {
            pools[at].take_over(now);
        }
        // A trial is of a better pool than the one in use.
        pools[at..].iter_mut().for_each(|pool| pool.trial = None);
    }
    if let Some(at) = next
        && pools[at].returned.is_some_and(|since| now.since(since) >= RELAPSE_WITHIN)
    {
        pools[at].relapses = 0;
        pools[at].returned = None;
    }
    put_on_trial(now, next, pools, thresholds);
    next
}

/// The first that is healthy. While the work has somewhere else to go, one that lost work is not among them.
fn anyone(pools: &[Standing], elsewhere: bool) -> Option<usize> {
    pools.iter().position(|pool| pool.health.is_healthy() && (!elsewhere || !pool.lost_work))
}

/// The pool to begin with: one earlier in the order gets its time to come up before a later one is taken.
/// One that failed before is not begun with, it is tried.
fn first(now: Timestamp, pools: &[Standing], thresholds: FailoverThresholds) -> Option<usize> {
    let well = pools.iter().position(|pool| pool.health.is_healthy() && pool.failed.is_none())?;
    pools[..well]
        .iter()
        .all(|pool| pool.failed.is_some() || pool.health.is_given_up(now, thresholds))
        .then_some(well)
}

/// Begins the trial of the first pool that is better than the one in use and due. Where none is in use, any
/// will do, and one that has not relapsed is due at once.
fn put_on_trial(
    now: Timestamp,
    current: Option<usize>,
    pools: &mut [Standing],
    thresholds: FailoverThresholds,
) {
    if pools.iter().any(|pool| pool.trial.is_some()) {
        return;
    }
    let better = current.unwrap_or(pools.len());
    let due = |pool: &Standing| match current {
        None => pool.failed.is_some() && (pool.relapses == 0 || now >= pool.due_at(thresholds)),
        Some(_) => now >= pool.due_at(thresholds),
    };
    let found = pools[..better].iter_mut().find(|pool| pool.health.is_healthy() && due(pool));
    if let Some(pool) = found {
        pool.trial = Some(Trial { since: now, taken: 0, refused: 0 });
    }
}
