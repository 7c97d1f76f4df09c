//! What is remembered of each rig from step to step, and carried over when the farm file changes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use exchange::label::HOUSE;
use exchange::service::Service;
use exchange::time::Timestamp;
use exchange::watch::{COME_BACK, OFFLINE_AFTER};

use super::{RigSeen, SILENT};
use crate::assignment::Assignment;
use crate::roster::Roster;
use crate::schedule::problem::Fitness;
use exchange::label::PARKED;

/// One rig.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub name: Arc<str>,
    /// When it was last connected; `None` if never.
    pub seen: Option<Timestamp>,
    /// How fit it is by itself.
    pub fitness: Fitness,
    /// How fit the scheduler takes it to be.
    pub scheduled: Fitness,
    /// For whom it works: a label.
    pub holder: Arc<str>,
    /// For whom it worked when it was last heard.
    pub served: Arc<str>,
    /// Where it belongs: a label.
    pub home: Arc<str>,
    /// Since when it works for its holder.
    pub placed: Timestamp,
    /// Since when it is silent: until it is heard, whatever a move made of its service meanwhile.
    pub silent: Option<Timestamp>,
    /// Work seen of it on its connection, hashes.
    pub work: f64,
    /// It gets no work, because its site must draw less.
    pub parked: bool,
    /// When it was last given work again.
    pub released: Timestamp,
    started: Timestamp,
    /// It was away from its rental when we began, perhaps because it failed: since when it is healthy again.
    trial: Option<Timestamp>,
}

impl Memory {
    fn new(name: Arc<str>, assignment: &Assignment, is_shared: bool, started: Timestamp) -> Self {
        let holder = assignment.labels.get(&name).cloned().unwrap_or_else(|| HOUSE.into());
        let parked = *holder == *PARKED;
        let home = match assignment.homes.get(&name) {
            Some(home) => home.clone(),
            None if parked => HOUSE.into(),
            None => holder.clone(),
        };
        // Everybody is given a moment to connect, but keeps the place that it has: one that had none before a
        // restart may have been away for days, and whoever stands in for it stays until it is there. A
        // shared rig has a place also while it is the turn of the house.
        let had_none = assignment.labels.get(&name).is_some() && *holder == *HOUSE && !is_shared;
        let fitness = if had_none { Fitness::LastResort } else { Fitness::Healthy };
        let sent_away = had_none && home != holder;
        Self {
            name,
            seen: None,
            fitness,
            scheduled: if parked { Fitness::Out } else { fitness },
            served: holder.clone(),
            holder,
            home,
            placed: Timestamp::default(),
            silent: None,
            work: 0.0,
            parked,
            released: Timestamp::default(),
            started,
            trial: sent_away.then_some(started),
        }
    }

    /// The clock was set: all moments are told by the new one.
    pub(super) fn shift(&mut self, by: i64) {
        for at in [&mut self.placed, &mut self.released, &mut self.started] {
            *at = at.shifted(by);
        }
        for at in [&mut self.seen, &mut self.silent, &mut self.trial].into_iter().flatten() {
            *at = at.shifted(by);
        }
    }

    /// How fit it would be, were it not parked.
    pub(super) fn own(&self, at: Timestamp) -> Fitness {
        if !self.parked {
            return self.scheduled;
        }
        let gone = at.since(self.seen.unwrap_or(self.started)) >= COME_BACK;
        if gone { Fitness::LastResort } else { self.fitness }
    }

    /// As if it had never failed, as far as it is not parked.
    pub(super) fn assume_well(&mut self) {
        self.fitness = Fitness::Healthy;
        (self.trial, self.silent) = (None, None);
    }

    /// It is not trusted yet, whatever its shares say.
    pub(super) fn is_on_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// Trusts a rig on trial when it was healthy for so long, by what was just seen.
    pub(super) fn try_out(&mut self, at: Timestamp, rig: &RigSeen, healthy_for: Duration) {
        let Some(since) = self.trial else { return };
        if self.fitness != Fitness::Healthy || !rig.connected || rig.service != Service::Online {
            self.trial = Some(at);
        } else if at.since(since) >= healthy_for {
            self.trial = None;
        }
        if self.trial.is_some() && self.fitness == Fitness::Healthy {
            self.fitness = Fitness::LastResort;
        }
    }

    /// Takes in what is seen. Returns since when it is silent, if it is.
    pub(super) fn look(&mut self, at: Timestamp, rig: &RigSeen) -> Option<Timestamp> {
        if rig.idle {
            self.released = at;
        }
        if self.parked || rig.idle || (!rig.connected && at.since(self.released) < COME_BACK) {
            // Nothing is expected of it, or not yet.
            if rig.connected || !self.parked {
                self.seen = Some(at);
            }
            self.silent = None;
            return None;
        }
        if !rig.connected {
            let gone = at.since(self.seen.unwrap_or(self.started));
            if gone >= OFFLINE_AFTER {
                self.fitness = Fitness::LastResort;
            }
            self.silent = self.seen;
            return self.seen;
        }
        self.seen = Some(at);
        self.fitness = match rig.service {
            service if service.covers() => Fitness::Healthy,
            Service::Suspect => Fitness::Suspect,
            // It is about to be given work again.
            Service::OutOfService => self.fitness,
            _ => Fitness::LastResort,
        };
        let last = rig.last_share.unwrap_or(at);
        let silent = match rig.service {
            Service::Dead => true,
            Service::Suspect => at.since(last) >= SILENT,
            _ => false,
        };
        if silent {
            self.silent.get_or_insert(last);
        } else if self.silent.is_some_and(|since| last > since) {
            self.silent = None;
        }
        if self.silent.is_none() {
            self.served = self.holder.clone();
        }
        self.silent
    }
}

/// What is known of the rigs of a new roster.
pub(super) fn carry_over(
    before: Vec<Memory>,
    roster: &Roster,
    assignment: &Assignment,
    started: Timestamp,
) -> Vec<Memory> {
    let mut known: HashMap<Arc<str>, Memory> =
        before.into_iter().map(|rig| (rig.name.clone(), rig)).collect();
    let shared: BTreeSet<&Arc<str>> = assignment.slices.iter().map(|slice| &slice.rig).collect();
    let new = |name: &Arc<str>| Memory::new(name.clone(), assignment, shared.contains(name), started);
    roster.rigs().iter().map(|rig| known.remove(&rig.name).unwrap_or_else(|| new(&rig.name))).collect()
}
