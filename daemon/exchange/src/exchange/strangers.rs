//! Miners that are in no farm file, or claim a name that another one has: what they may cost the others.

use std::time::Duration;

use crate::id::SessionId;
use crate::time::Timestamp;
use foldhash::HashMap;

/// Shares that a stranger may send at once,
const BURST: f64 = 60.0;
/// and in the long run, a second. The pace that is asked of everyone is a third of a share a second.
const PER_SECOND: f64 = 2.0;
/// The same for all strangers together: they fill the journal of everyone.
const BURST_OF_ALL: f64 = 4000.0;
const PER_SECOND_OF_ALL: f64 = 2000.0;
/// A stranger that has sent no good share for this long is let go.
const IDLE_MAX: Duration = Duration::from_secs(600);
/// Nobody means shares easier than this: four thousand hashes each.
pub(super) const DIFFICULTY_MIN: f64 = 1e-6;

/// What may still be spent.
#[derive(Debug, Clone, Copy)]
struct Budget {
    left: f64,
    at: Timestamp,
}

impl Budget {
    fn spend(&mut self, now: Timestamp, burst: f64, per_second: f64) -> bool {
        let regained = now.since(self.at).as_secs_f64() * per_second;
        (self.left, self.at) = ((self.left + regained).min(burst), now);
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }
}

/// All strangers.
#[derive(Debug)]
pub(super) struct Strangers {
    each: HashMap<SessionId, Stranger>,
    all: Budget,
}

#[derive(Debug)]
struct Stranger {
    budget: Budget,
    /// Since when it has done nothing good.
    idle: Timestamp,
}

impl Strangers {
    pub(super) fn new() -> Self {
        Self { each: HashMap::default(), all: Budget { left: BURST_OF_ALL, at: Timestamp::default() } }
    }

    /// A connection is a stranger from now on.
    pub(super) fn enter(&mut self, now: Timestamp, id: SessionId) {
        let budget = Budget { left: BURST, at: now };
        self.each.insert(id, Stranger { budget, idle: now });
    }

    /// It is none any more.
    pub(super) fn leave(&mut self, id: SessionId) {
        self.each.remove(&id);
    }

    /// Whether a share of this connection is looked at; always, where it is no stranger.
    pub(super) fn spend(&mut self, now: Timestamp, id: SessionId) -> bool {
        let Some(stranger) = self.each.get_mut(&id) else { return true };
        stranger.budget.spend(now, BURST, PER_SECOND) && self.all.spend(now, BURST_OF_ALL, PER_SECOND_OF_ALL)
    }

    /// It sent a good share.
    pub(super) fn works(&mut self, now: Timestamp, id: SessionId) {
        if let Some(stranger) = self.each.get_mut(&id) {
            stranger.idle = now;
        }
    }

    /// Those that did nothing good for too long.
    pub(super) fn idle(&self, now: Timestamp) -> Vec<SessionId> {
        let mut idle: Vec<SessionId> = self
            .each
            .iter()
            .filter(|(_, stranger)| now.since(stranger.idle) > IDLE_MAX)
            .map(|(id, _)| *id)
            .collect();
        idle.sort_unstable();
        idle
    }

    /// Whether this connection is one.
    pub(super) fn contains(&self, id: SessionId) -> bool {
        self.each.contains_key(&id)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.each.len()
    }
}
