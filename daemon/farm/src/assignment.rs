//! Who works for whom, in names, and what a decision changes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::label::{HOUSE, PARKED};
use exchange::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::roster::{Roster, hashes, rate};
use crate::schedule::problem::Slice;

/// Rig to label. The names are shared by all assignments of one roster, so a copy costs a few instructions a rig, and
/// a rig that moves costs nothing but itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    /// In the order of names.
    rigs: Arc<[Arc<str>]>,
    labels: Vec<Arc<str>>,
}

impl Labels {
    /// The label of a rig.
    pub fn get(&self, rig: &str) -> Option<&Arc<str>> {
        self.rigs.binary_search_by(|name| (**name).cmp(rig)).ok().map(|n| &self.labels[n])
    }

    /// Rigs and their labels, in the order of names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Arc<str>)> {
        self.rigs.iter().zip(&self.labels)
    }

    /// How many rigs there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The label of the rig at this place in the order of names.
    pub(crate) fn at(&self, n: u32) -> &Arc<str> {
        &self.labels[n as usize]
    }

    /// The same, to be changed.
    pub(crate) fn at_mut(&mut self, n: u32) -> &mut Arc<str> {
        &mut self.labels[n as usize]
    }
}

impl FromIterator<(Arc<str>, Arc<str>)> for Labels {
    fn from_iter<T: IntoIterator<Item = (Arc<str>, Arc<str>)>>(all: T) -> Self {
        let sorted: BTreeMap<Arc<str>, Arc<str>> = all.into_iter().collect();
        let (rigs, labels): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();
        Self { rigs: rigs.into(), labels }
    }
}

impl std::ops::Index<&str> for Labels {
    type Output = Arc<str>;

    fn index(&self, rig: &str) -> &Arc<str> {
        self.get(rig).unwrap_or_else(|| panic!("no rig is called {rig}"))
    }
}

/// Who works for whom, by label: `customer/rental`, `house`, or `parked` for rigs without any work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    /// Rig to label. A rig that several share is where its turn is.
    pub labels: Labels,
    /// Where rigs belong that work elsewhere: they cover for others, or somebody covers for them.
    pub homes: BTreeMap<Arc<str>, Arc<str>>,
    /// Rigs that several rentals share, by name.
    pub slices: Vec<NamedSlice>,
}

impl Assignment {
    /// Whether a rig gets no work, because its site must draw less.
    pub fn is_parked(&self, rig: &str) -> bool {
        self.labels.get(rig).is_some_and(|label| **label == *PARKED)
    }
}

/// What a decision changes of an assignment: it goes to the store, to the hub's orders and to whoever watches.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AssignmentChange {
    /// The farm file or an override is another one: everything may have changed, not only what is named here.
    pub whole: bool,
    /// The rigs that work for another, belong to another, or are blamed otherwise than before; each once, in the order
    /// of names.
    pub rigs: Vec<RigChange>,
    /// Shared rigs are others, or share otherwise.
    pub slices: bool,
}

/// What is so of a rig from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RigChange {
    /// The rig.
    pub rig: Arc<str>,
    /// For whom it works.
    pub label: Arc<str>,
    /// Where it belongs, where that is elsewhere.
    pub home: Option<Arc<str>>,
    /// It is part of something larger that failed.
    pub excused: bool,
}

/// A rig that several rentals share, or a rental and the house. They take turns by the work done, not by time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedSlice {
    /// The rig.
    pub rig: Arc<str>,
    /// Label to its part, hashes per second.
    pub parts: BTreeMap<Arc<str>, f64>,
    /// Whose turn it is: a label.
    pub turn: Arc<str>,
    /// Since when.
    #[serde(default)]
    pub since: Timestamp,
    /// Label to work done for it, hashes.
    pub done: BTreeMap<Arc<str>, f64>,
}

impl NamedSlice {
    /// Who is furthest behind its part of the work done: the label whose turn is next.
    pub fn next(&self) -> Arc<str> {
        let whole: f64 = self.parts.values().sum();
        let total: f64 = self.done.values().sum();
        let behind =
            |label: &Arc<str>, part: f64| part / whole * total - self.done.get(label).copied().unwrap_or(0.0);
        self.parts
            .iter()
            .max_by(|(a, x), (b, y)| behind(a, **x).total_cmp(&behind(b, **y)).then_with(|| b.cmp(a)))
            .map_or_else(|| self.turn.clone(), |(label, _)| label.clone())
    }

    /// In the scheduler's numbers, if all that it names is there.
    pub(crate) fn numbered(&self, roster: &Roster) -> Option<Slice> {
        let rig = roster.rigs().binary_search_by(|rig| (*rig.name).cmp(&*self.rig)).ok()? as u32;
        let number = |(label, part): (&Arc<str>, &f64)| Some((roster.rental(label)?, rate(*part)));
        let mut parts: Vec<(u32, u64)> = self.parts.iter().filter_map(number).collect();
        parts.sort_unstable();
        (!parts.is_empty()).then_some(Slice { rig, parts })
    }

    /// In names, from `at` on. Whose turn it is, and what was done, stay as they were where the same rig was shared
    /// before.
    pub(crate) fn of(slice: &Slice, roster: &Roster, before: &[NamedSlice], at: Timestamp) -> NamedSlice {
        let rig = &roster.rigs()[slice.rig as usize];
        let label = |rental: u32| roster.rentals()[rental as usize].label.clone();
        let mut parts: BTreeMap<Arc<str>, f64> =
            slice.parts.iter().map(|(rental, part)| (label(*rental), hashes(*part))).collect();
        let rest = rate(rig.hashrate).saturating_sub(slice.parts.iter().map(|(_, part)| part).sum());
        if rest > 0 {
            parts.insert(HOUSE.into(), hashes(rest));
        }
        let turn = HOUSE.into();
        let mut named = NamedSlice { rig: rig.name.clone(), parts, turn, since: at, done: BTreeMap::new() };
        match before.iter().find(|known| known.rig == rig.name) {
            Some(before) if named.parts.contains_key(&before.turn) => {
                named.turn = before.turn.clone();
                named.since = before.since;
                named.done = before.done.clone();
                named.done.retain(|label, _| named.parts.contains_key(label));
            }
            _ => named.turn = named.next(),
        }
        named
    }
}
