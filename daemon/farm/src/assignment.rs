//! Who works for whom, in names.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::label::{HOUSE, PARKED};
use exchange::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::roster::{Roster, hashes, rate};
use crate::schedule::problem::Slice;

/// Who works for whom, by label: `customer/rental`, `house`, or `parked` for rigs without any work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    /// Rig to label. A rig that several share is where its turn is.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Where rigs belong that work elsewhere: they stand in, or somebody stands in for them.
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
