//! What happened, minute by minute: work that each rental was credited with, which pool it had, which rigs
//! moved, and every event worth telling.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::statistics::{Interval, fay_feuer};
use exchange::time::Timestamp;
use farm::promise::Settlement;

/// One minute of one rental. Work is in hashes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Minute {
    /// Rented.
    pub promised: f64,
    /// Accepted from its rigs.
    pub accepted: f64,
    /// Of that, refused by the pool,
    pub refused: f64,
    /// or lost on the way there, because its connection broke.
    pub lost: f64,
    /// Shares accepted.
    pub shares: u64,
}

impl Minute {
    /// What counts: accepted here and not refused by the pool.
    pub fn credited(&self) -> f64 {
        self.accepted - self.refused - self.lost
    }

    fn add(&mut self, other: &Minute) {
        self.promised += other.promised;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.lost += other.lost;
        self.shares += other.shares;
    }
}

/// One rental's story.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// From the first minute on.
    pub minutes: Vec<Minute>,
    /// The pool from each time on; `None` while its rigs mine for the house.
    pub pools: Vec<(Timestamp, Option<Arc<str>>)>,
    /// Rigs that came.
    pub came: Vec<Timestamp>,
    /// Rigs that left.
    pub left: Vec<Timestamp>,
}

/// Work over a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// The minutes, added up.
    pub sum: Minute,
    /// 95 % interval of what was credited, hashes: shares are a sample of the work.
    pub interval: Interval,
}

impl Delivery {
    /// Credited, of promised; one where nothing is promised.
    pub fn part(&self) -> f64 {
        if self.sum.promised > 0.0 { self.sum.credited() / self.sum.promised } else { 1.0 }
    }

    /// The upper end of its interval, of promised.
    pub fn part_max(&self) -> f64 {
        if self.sum.promised > 0.0 { self.interval.high / self.sum.promised } else { 1.0 }
    }
}

/// What happened in a world.
#[derive(Debug, Clone)]
pub struct Record {
    /// Where the first minute begins.
    pub zero: Timestamp,
    /// By label, `customer/rental`.
    pub rentals: BTreeMap<Arc<str>, Received>,
    /// Events in their order, unless only their number is kept.
    pub events: Vec<Event>,
    /// Events by kind.
    pub kinds: BTreeMap<EventKind, u64>,
    /// Shares that rigs found.
    pub shares: u64,
    /// Settlement periods that ended, by the farm's own account.
    pub settlements: Vec<Settlement>,
    /// What pools made of the shares that met their targets, by outcome.
    pub verdicts: BTreeMap<String, u64>,
    /// Steps of the decision.
    pub decisions: u64,
    /// Only the number of events is kept, in long runs.
    pub brief: bool,
}

impl Record {
    pub(crate) fn new(zero: Timestamp) -> Self {
        Self {
            zero,
            rentals: BTreeMap::new(),
            events: Vec::new(),
            kinds: BTreeMap::new(),
            shares: 0,
            settlements: Vec::new(),
            verdicts: BTreeMap::new(),
            decisions: 0,
            brief: false,
        }
    }

    pub(crate) fn note(&mut self, event: Event) {
        *self.kinds.entry(event.kind).or_default() += 1;
        if event.kind == EventKind::RigMoved {
            for (field, came) in [("to", true), ("from", false)] {
                let Some(label) = event.fields.get(field) else { continue };
                if let Some(rental) = self.rentals.get_mut(label.as_str()) {
                    let list = if came { &mut rental.came } else { &mut rental.left };
                    list.push(event.at);
                }
            }
        }
        if !self.brief {
            self.events.push(event);
        }
    }

    pub(crate) fn settle(&mut self, settlements: Vec<Settlement>) {
        self.settlements.extend(settlements);
    }

    /// The minute of a rental that `at` falls in, and all before it made.
    pub(crate) fn minute(&mut self, label: &Arc<str>, at: Timestamp) -> Option<&mut Minute> {
        let index = self.index(at);
        let minutes = &mut self.rentals.get_mut(label)?.minutes;
        if minutes.len() <= index {
            minutes.resize(index + 1, Minute::default());
        }
        minutes.get_mut(index)
    }

    pub(crate) fn note_pool(&mut self, now: Timestamp, label: &Arc<str>, pool: Option<&Arc<str>>) {
        let Some(rental) = self.rentals.get_mut(label) else { return };
        if rental.pools.last().is_none_or(|(_, last)| last.as_ref() != pool) {
            rental.pools.push((now, pool.cloned()));
        }
    }

    fn index(&self, at: Timestamp) -> usize {
        at.since(self.zero).as_secs() as usize / 60
    }

    /// What a rental received from the minute of `from` to the one before `to`.
    pub fn delivery(&self, label: &str, from: Timestamp, to: Timestamp) -> Delivery {
        let mut sum = Minute::default();
        if let Some(rental) = self.rentals.get(label) {
            let end = self.index(to).min(rental.minutes.len());
            rental.minutes[self.index(from).min(end)..end].iter().for_each(|minute| sum.add(minute));
        }
        let each = if sum.shares > 0 { sum.accepted / sum.shares as f64 } else { 0.0 };
        let interval = fay_feuer(sum.credited().max(0.0), sum.credited().max(0.0) * each, each);
        Delivery { sum, interval }
    }

    /// The pool that a rental has at a time.
    pub fn pool(&self, label: &str, at: Timestamp) -> Option<Arc<str>> {
        let pools = &self.rentals.get(label)?.pools;
        let now = pools.iter().rev().find(|(since, _)| *since <= at)?;
        now.1.clone()
    }

    /// Length of the first days of a rental that are whole, from `from` on: what each received.
    pub fn days(&self, label: &str, from: Timestamp, to: Timestamp) -> Vec<Delivery> {
        let day = Duration::from_secs(86_400);
        let mut days = Vec::new();
        let mut at = from;
        while at + day <= to {
            days.push(self.delivery(label, at, at + day));
            at = at + day;
        }
        days
    }
}
