//! Well rigs that nobody rents, findable by class, size and place.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::problem::Rig;

/// How many places a search for the best one looks at; beyond it the first by size will do.
const PLACES_MAX: usize = 512;

/// Spares.
#[derive(Debug, Clone, Default)]
pub(super) struct Stock {
    /// Class, rate, rig.
    pub(super) by_rate: BTreeSet<(u32, u64, u32)>,
    by_site: BTreeSet<(u32, u32, u64, u32)>,
    by_rack: BTreeSet<(u32, u32, u32, u64, u32)>,
    /// Rate, how many rentals may use the class, class, to how many there are: few beside the rigs, so that
    /// whoever may use many classes goes through these instead of asking each class.
    sizes: BTreeMap<(u64, u32, u32), u32>,
    /// Site, class, to how many there are.
    classes_at: BTreeMap<(u32, u32), u32>,
}

impl Stock {
    /// Counts a spare in, or out, whose class so many rentals may use.
    pub(super) fn count(&mut self, rig: u32, facts: &Rig, users: u32, is_in: bool) {
        let Rig { class, rate, site, rack, .. } = *facts;
        tally(&mut self.sizes, (rate, users, class), is_in);
        tally(&mut self.classes_at, (site, class), is_in);
        if is_in {
            self.by_rate.insert((class, rate, rig));
            self.by_site.insert((class, site, rate, rig));
            self.by_rack.insert((class, site, rack, rate, rig));
        } else {
            self.by_rate.remove(&(class, rate, rig));
            self.by_site.remove(&(class, site, rate, rig));
            self.by_rack.remove(&(class, site, rack, rate, rig));
        }
    }

    /// Rates within bounds, each with the classes that have it: rate, how many rentals may use the class, class;
    /// in this order.
    pub(super) fn sizes(
        &self,
        least: u64,
        most: u64,
    ) -> impl DoubleEndedIterator<Item = (u64, u32, u32)> + '_ {
        let bounds = (least, 0, 0)..=(most.max(least), u32::MAX, u32::MAX);
        self.sizes.range(bounds).map(|(size, _)| *size).filter(move |(rate, ..)| *rate <= most)
    }

    /// Classes that have a spare at a site, sorted.
    pub(super) fn classes_at(&self, site: u32) -> impl Iterator<Item = u32> + '_ {
        self.classes_at.range((site, 0)..=(site, u32::MAX)).map(|((_, class), _)| *class)
    }

    /// At each site the smallest rig of a class that has at least this rate.
    pub(super) fn one_a_site(&self, class: u32, least: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let mut site = Some(0);
        std::iter::from_fn(move || {
            loop {
                let at = site?;
                let (c, s, rate, rig) = *self.by_site.range((class, at, least, 0)..).next()?;
                if c != class {
                    return None;
                }
                site = if s == at { s.checked_add(1) } else { Some(s) };
                if rate >= least && s == at {
                    return Some((rate, rig));
                }
            }
        })
        .take(PLACES_MAX)
    }

    /// In each rack the smallest rig of a class that has at least this rate.
    pub(super) fn one_a_rack(&self, class: u32, least: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let mut place = Some((0, 0));
        std::iter::from_fn(move || {
            loop {
                let at = place?;
                let (c, s, r, rate, rig) = *self.by_rack.range((class, at.0, at.1, least, 0)..).next()?;
                if c != class {
                    return None;
                }
                if (s, r) != at {
                    place = Some((s, r));
                    continue;
                }
                place = r.checked_add(1).map(|r| (s, r)).or_else(|| s.checked_add(1).map(|s| (s, 0)));
                return Some((rate, rig));
            }
        })
        .take(PLACES_MAX)
    }

    /// The smallest of a class at a site that has at least this rate.
    pub(super) fn at_site(&self, class: u32, site: u32, least: u64) -> Option<(u64, u32)> {
        let (_, _, rate, rig) =
            *self.by_site.range((class, site, least, 0)..=(class, site, u64::MAX, u32::MAX)).next()?;
        Some((rate, rig))
    }

    /// The smallest of a class in a rack that has at least this rate.
    pub(super) fn in_rack(&self, class: u32, site: u32, rack: u32, least: u64) -> Option<(u64, u32)> {
        let last = (class, site, rack, u64::MAX, u32::MAX);
        let (_, _, _, rate, rig) = *self.by_rack.range((class, site, rack, least, 0)..=last).next()?;
        Some((rate, rig))
    }
}

/// Counts one more of a key, or one less.
pub(super) fn tally<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K, is_in: bool) {
    match counts.entry(key) {
        Entry::Vacant(entry) if is_in => {
            entry.insert(1);
        }
        Entry::Vacant(_) => {}
        Entry::Occupied(mut entry) if is_in => *entry.get_mut() += 1,
        Entry::Occupied(entry) if *entry.get() == 1 => {
            entry.remove();
        }
        Entry::Occupied(mut entry) => *entry.get_mut() -= 1,
    }
}
