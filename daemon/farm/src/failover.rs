//! Which of a customer's pools gets the work now: the first healthy one in the customer's order, changed
//! only after a pool has been ill for a while, and changed back only after it has been well for longer.

use std::time::Duration;

use crate::time::Timestamp;

/// How patient a customer's policy is with pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A pool may be ill this long before its work goes elsewhere.
    pub fail_after: Duration,
    /// A better pool must be well this long before the work returns.
    pub return_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { fail_after: Duration::from_secs(20), return_after: Duration::from_secs(300) }
    }
}

/// What ails a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Illness {
    /// No connection, or none that was answered.
    Unreachable,
    /// Connected, but no job, or none for too long.
    NoJob,
    /// It refuses the worker.
    Unauthorized,
    /// It refuses most shares.
    Rejecting,
    /// It answers no shares.
    Silent,
}

impl Illness {
    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Illness::Unreachable => "cannot be reached",
            Illness::NoJob => "sends no job",
            Illness::Unauthorized => "refuses the worker",
            Illness::Rejecting => "rejects most shares",
            Illness::Silent => "does not answer shares",
        }
    }
}

/// How one pool has been lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Well since then.
    Well(Timestamp),
    /// Ill since then.
    Ill(Timestamp, Illness),
}

impl Health {
    /// Notes what is so now; the time of the last change is kept while nothing changes.
    pub fn note(&mut self, now: Timestamp, illness: Option<Illness>) -> bool {
        let next = match (illness, *self) {
            (None, Health::Well(since)) => Health::Well(since),
            (None, Health::Ill(..)) => Health::Well(now),
            (Some(illness), Health::Ill(since, _)) => Health::Ill(since, illness),
            (Some(illness), Health::Well(_)) => Health::Ill(now, illness),
        };
        let changed = matches!(
            (&*self, &next),
            (Health::Well(_), Health::Ill(..)) | (Health::Ill(..), Health::Well(_))
        );
        *self = next;
        changed
    }

    /// Well at the moment.
    pub fn is_well(self) -> bool {
        matches!(self, Health::Well(_))
    }

    /// Since when it is as it is.
    pub fn since(self) -> Timestamp {
        match self {
            Health::Well(since) | Health::Ill(since, _) => since,
        }
    }
}

/// The pool to use: an index into the customer's list, or `None` where all have been ill too long.
/// `current` is the one in use, `None` before the first choice.
pub fn choose(now: Timestamp, current: Option<usize>, pools: &[Health], patience: Patience) -> Option<usize> {
    let first_well = || pools.iter().position(|pool| pool.is_well());
    let Some(at) = current.filter(|at| *at < pools.len()) else {
        // A pool earlier in the order gets its time to come up before a later one is taken.
        return first_well().filter(|well| {
            let too_long = |pool: &Health| matches!(pool, Health::Ill(since, _) if now.since(*since) >= patience.fail_after);
            pools[..*well].iter().all(too_long)
        });
    };
    match pools[at] {
        Health::Well(_) => {
            let back = pools[..at].iter().position(
                |pool| matches!(pool, Health::Well(since) if now.since(*since) >= patience.return_after),
            );
            Some(back.unwrap_or(at))
        }
        Health::Ill(since, _) if now.since(since) < patience.fail_after => Some(at),
        Health::Ill(..) => first_well(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { fail_after: Duration::from_secs(20), return_after: Duration::from_secs(300) };

    fn t(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn ill(since: i64) -> Health {
        Health::Ill(t(since), Illness::Unreachable)
    }

    fn well(since: i64) -> Health {
        Health::Well(t(since))
    }

    #[test]
    fn the_rules_as_a_table() {
        for (name, now, current, pools, expected) in [
            ("a start gives the first its time", 5, None, vec![ill(0), well(1)], None),
            ("and no more than that", 20, None, vec![ill(0), well(1)], Some(1)),
            ("a start without any waits", 5, None, vec![ill(0), ill(0)], None),
            ("a short illness is sat out", 119, Some(0), vec![ill(100), well(0)], Some(0)),
            ("a long one is not", 120, Some(0), vec![ill(100), well(0)], Some(1)),
            ("the next in order that is well", 120, Some(0), vec![ill(100), ill(0), well(0)], Some(2)),
            ("nobody is well", 120, Some(0), vec![ill(100), ill(0)], None),
            ("a better pool must prove itself", 399, Some(1), vec![well(100), well(0)], Some(1)),
            ("and then gets the work back", 400, Some(1), vec![well(100), well(0)], Some(0)),
            ("a worse pool never takes over", 9999, Some(0), vec![well(0), well(0)], Some(0)),
            ("an ill pool sends work back early", 120, Some(1), vec![well(110), ill(100)], Some(0)),
            ("a list that shrank", 1, Some(5), vec![well(0)], Some(0)),
            ("no pools at all", 1, None, vec![], None),
        ] {
            assert_eq!(choose(t(now), current, &pools, PATIENCE), expected, "{name}");
        }
    }

    #[test]
    fn the_time_of_a_change_is_kept() {
        let mut health = ill(0);
        assert!(!health.note(t(5), Some(Illness::NoJob)));
        assert_eq!(health, Health::Ill(t(0), Illness::NoJob));
        assert!(health.note(t(6), None));
        assert!(!health.note(t(7), None));
        assert_eq!(health, well(6));
    }
}
