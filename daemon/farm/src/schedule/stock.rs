//! Well rigs that nobody rents, findable by class, size and place.

use std::collections::BTreeSet;

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
}

impl Stock {
    pub(super) fn count(&mut self, rig: u32, facts: &Rig, is_in: bool) {
        let Rig { class, rate, site, rack, .. } = *facts;
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
