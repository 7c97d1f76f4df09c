//! What a short rental gets, step by step: a spare, another's surplus, a chain of two moves, a part of a rig
//! that has some to spare, and last a rig of a rental of strictly lower priority.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Prefer, Spread};
use super::table::{NOBODY, Table, largest, smallest};

/// Rentals that wait for their turn: level (highest priority first), rental.
pub(super) type Queue = BTreeSet<(u32, u32)>;

/// How often one step of a turn looks for a rig; beyond it the best one so far will do.
pub(super) const LOOKS_MAX: usize = 1_000;
/// How many chains one step follows to their end.
const REFILLS_MAX: usize = 16;
/// How many places the search for an empty one looks at; beyond it the best one so far will do.
const PLACES_MAX: usize = 2_048;
/// How often rigs that are not needed after all are offered to others; twice is rare.
const ROUNDS_MAX: usize = 8;
/// How many moves one rental's turn may take; a bound on work, never met by a farm.
const TURN_MAX: usize = 1_000_000;

impl Table {
    /// Gives everyone in the queue its turn, and everyone whose rigs are preempted on the way. A rig that a
    /// rental lost says where its replacement should stand. Gives who had a turn.
    pub(super) fn cover_all(&mut self, mut queue: Queue, lost: &BTreeMap<u32, Vec<u32>>) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            let first = self.log.len();
            while let Some((_, rental)) = queue.pop_first() {
                let near = lost.get(&rental).and_then(|rigs| rigs.last()).copied();
                self.cover(rental, near, &mut queue);
                seen.insert(rental);
            }
            let freed = self.release(first);
            if freed.is_empty() {
                break;
            }
            // Somebody who had its turn before may need them.
            let short = self.ground.by_priority.iter().copied().filter(|rental| self.missing(*rental) > 0);
            let may = |rental: &u32| freed.iter().any(|rig| self.ground.may(*rig, *rental));
            queue = short.filter(may).map(|rental| (self.ground.level_of[rental as usize], rental)).collect();
        }
        seen
    }

    /// Sends home who came from there since this entry of the log, and is not needed after all: whoever came later
    /// does its work too. Gives them.
    fn release(&mut self, first: usize) -> Vec<u32> {
        let mut earliest: BTreeMap<u32, bool> = BTreeMap::new();
        for before in &self.log[first..] {
            earliest.entry(before.rig).or_insert(before.holder == NOBODY && before.parts.is_empty());
        }
        let is_new = |rig: &u32| self.is_movable(*rig) && self.holder[*rig as usize] != NOBODY;
        let rate = |rig: u32| self.ground.rigs[rig as usize].rate;
        let came = earliest.into_iter().filter(|(_, is_spare)| *is_spare).map(|(rig, _)| rig);
        let mut came: Vec<(u64, u32)> = came.filter(is_new).map(|rig| (rate(rig), rig)).collect();
        came.sort_unstable();
        let mut freed = Vec::new();
        for (rate, rig) in came {
            let rental = self.holder[rig as usize];
            if self.well[rental as usize] - rate >= self.wanted(rental) {
                self.place(rig, NOBODY);
                freed.push(rig);
            }
        }
        freed
    }

    fn cover(&mut self, rental: u32, near: Option<u32>, queue: &mut Queue) {
        let mut came: Vec<(u64, u32, u32)> = Vec::new();
        let mut preempted: Vec<(u32, u32)> = Vec::new();
        for _ in 0..TURN_MAX {
            let missing = self.missing(rental);
            if missing == 0 {
                break;
            }
            let most = self.room(rental);
            let whole = self
                .spare(rental, missing, most, near)
                .or_else(|| self.surplus_of_others(rental, missing, most))
                .or_else(|| self.part_of_it(rental, most));
            if let Some(rig) = whole {
                came.push((self.ground.rigs[rig as usize].rate, rig, self.holder[rig as usize]));
                self.place(rig, rental);
            } else if let Some((given, from, refill)) = self.chain(rental, missing, most) {
                self.place(given, rental);
                self.place(refill, from);
            } else if self.slice(rental, true) {
                break;
            } else if let Some((taken, is_whole)) = self.preempt(rental, missing, most) {
                queue.extend(taken.iter().map(|(_, from)| (self.ground.level_of[*from as usize], *from)));
                if let [(rig, from)] = taken[..]
                    && is_whole
                {
                    came.push((self.ground.rigs[rig as usize].rate, rig, from));
                }
                preempted.extend(taken);
            } else {
                self.slice(rental, false);
                break;
            }
        }
        // Several that came one by one may be more than is needed.
        came.sort_unstable();
        for (rate, rig, from) in came {
            let is_needed = self.well[rental as usize] - rate < self.wanted(rental);
            if !is_needed && self.holder[rig as usize] == rental {
                self.place(rig, from);
            }
        }
        // What is not needed of a rig is first of all for the one that lost it.
        for (rig, from) in preempted.into_iter().rev() {
            self.hand_back(rig, rental, from);
        }
    }

    /// A spare that does at least so much and at most so much, where it is preferred; of those the smallest, of
    /// these one that few may use.
    fn spare(&self, rental: u32, least: u64, most: u64, near: Option<u32>) -> Option<u32> {
        let own = self.at_home.range((rental, least, 0)..=(rental, most.max(least), u32::MAX)).next();
        if let Some((_, rate, rig)) = own
            && *rate <= most
        {
            return Some(*rig);
        }
        let demand = &self.ground.rentals[rental as usize];
        if let Some(spread) = demand.spread {
            return self.apart(rental, spread, least, most);
        }
        if let Some(lost) = near.map(|rig| &self.ground.rigs[rig as usize]) {
            let here =
                || self.spares.classes_at(lost.site).filter(|class| self.ground.allows(*class, rental));
            let at_site = |class: u32| self.spares.at_site(class, lost.site, least).map(|s| (class, s));
            let in_rack =
                |class: u32| self.spares.in_rack(class, lost.site, lost.rack, least).map(|s| (class, s));
            let near = match demand.prefer {
                Prefer::SameRack => self
                    .best(here().filter_map(in_rack), most)
                    .or_else(|| self.best(here().filter_map(at_site), most)),
                Prefer::SameSite => self.best(here().filter_map(at_site), most),
                Prefer::OtherSite => self.elsewhere(rental, lost.site, least, most),
                Prefer::Any => None,
            };
            if near.is_some() {
                return near;
            }
        }
        self.smallest_spare(rental, least, most)
    }

    fn best(&self, found: impl Iterator<Item = (u32, (u64, u32))>, most: u64) -> Option<u32> {
        found
            .filter(|(_, (rate, _))| *rate <= most)
            .min_by_key(|(class, (rate, rig))| (*rate, self.ground.classes[*class as usize].len(), *rig))
            .map(|(_, (_, rig))| rig)
    }

    /// Rates of spares that a rental may have, with their classes, as [`Stock::sizes`] gives them.
    ///
    /// [`Stock::sizes`]: super::stock::Stock::sizes
    pub(super) fn sizes_for(
        &self,
        rental: u32,
        least: u64,
        most: u64,
    ) -> impl DoubleEndedIterator<Item = (u64, u32, u32)> + '_ {
        self.spares.sizes(least, most).filter(move |(.., class)| self.ground.allows(*class, rental))
    }

    /// The smallest spare within bounds that a rental may have, of these one that few may use.
    fn smallest_spare(&self, rental: u32, least: u64, most: u64) -> Option<u32> {
        let mut sizes = self.sizes_for(rental, least, most).peekable();
        let (rate, users, _) = *sizes.peek()?;
        let equal = sizes.take_while(|size| (size.0, size.1) == (rate, users));
        equal
            .filter_map(|(.., class)| smallest(&self.spares.by_rate, class, rate, rate))
            .map(|(_, rig)| rig)
            .min()
    }

    /// The same, at another site than this.
    fn elsewhere(&self, rental: u32, site: u32, least: u64, most: u64) -> Option<u32> {
        let mut best: Option<(u64, u32, u32)> = None;
        for (rate, users, class) in self.sizes_for(rental, least, most) {
            if best.is_some_and(|best| (best.0, best.1) < (rate, users)) {
                break;
            }
            let equal = self.spares.one_a_site(class, rate).filter(|found| found.0 == rate);
            let far = equal.filter(|(_, rig)| self.ground.rigs[*rig as usize].site != site);
            if let Some((_, rig)) = far.min() {
                best = Some(best.map_or((rate, users, rig), |best| best.min((rate, users, rig))));
            }
        }
        best.map(|(.., rig)| rig)
    }

    /// A spare in the place where the rental has the fewest rigs.
    fn apart(&self, rental: u32, spread: Spread, least: u64, most: u64) -> Option<u32> {
        let place = |rig: u32| self.place_of(rig, spread);
        let mut there: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for rig in &self.all[rental as usize] {
            *there.entry(place(*rig)).or_default() += 1;
        }
        let mut best: Option<(usize, u64, u32, u32)> = None;
        let mut seen = BTreeSet::new();
        let mut looks = 0..PLACES_MAX;
        for (size, users, class) in self.sizes_for(rental, least, most) {
            // Nothing is better than an empty place, and what follows is larger.
            if best.is_some_and(|best| best.0 == 0 && (best.1, best.2) < (size, users)) {
                break;
            }
            if !seen.insert(class) {
                continue;
            }
            let (mut sites, mut racks);
            let found: &mut dyn Iterator<Item = (u64, u32)> = match spread {
                Spread::Site => {
                    sites = self.spares.one_a_site(class, least);
                    &mut sites
                }
                Spread::Rack => {
                    racks = self.spares.one_a_rack(class, least);
                    &mut racks
                }
            };
            for (rate, rig) in found.take_while(|_| looks.next().is_some()).filter(|(rate, _)| *rate <= most)
            {
                let crowd = there.get(&place(rig)).copied().unwrap_or(0);
                let key = (crowd, rate, users, rig);
                if best.is_none_or(|other| key < other) {
                    best = Some(key);
                }
            }
        }
        best.map(|(.., rig)| rig)
    }

    /// The place of a rig that counts for a spread.
    pub(super) fn place_of(&self, rig: u32, spread: Spread) -> (u32, u32) {
        let rig = &self.ground.rigs[rig as usize];
        match spread {
            Spread::Site => (rig.site, 0),
            Spread::Rack => (rig.site, rig.rack),
        }
    }

    /// A rig that its rental does not need, doing at least and at most so much; the smallest.
    fn surplus_of_others(&self, rental: u32, least: u64, most: u64) -> Option<u32> {
        let mut best = None;
        let mut looks = 0..LOOKS_MAX;
        for (from, surplus) in self.with_surplus(rental) {
            if surplus < least {
                continue;
            }
            let may = |class: &u32| self.ground.allows(*class, rental);
            for class in self.classes_held(from).take_while(|_| looks.next().is_some()).filter(may) {
                let found = smallest(&self.held[from as usize], class, least, most.min(surplus));
                best = best.min(found).or(best).or(found);
            }
        }
        best.map(|(_, rig)| rig)
    }

    /// Others that have more than they need, and how much more.
    fn with_surplus(&self, rental: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..self.ground.rentals.len() as u32)
            .filter(move |from| *from != rental)
            .map(|from| (from, self.surplus(from)))
            .filter(|(_, surplus)| *surplus >= self.ground.rate_min)
    }

    /// The largest rig that does less than is missing: a spare, or one that its rental does not need.
    fn part_of_it(&self, rental: u32, most: u64) -> Option<u32> {
        let key = |class: u32, (rate, rig): (u64, u32), is_spare: bool| {
            let users = self.ground.classes[class as usize].len();
            (rate, is_spare, std::cmp::Reverse((users, rig)))
        };
        let rate_max = self.sizes_for(rental, 1, most).next_back().map(|(rate, ..)| rate);
        let spare = rate_max.and_then(|rate| self.smallest_spare(rental, rate, rate));
        let mut best = spare.map(|rig| {
            let facts = &self.ground.rigs[rig as usize];
            key(facts.class, (facts.rate, rig), true)
        });
        let mut looks = 0..LOOKS_MAX;
        for (from, surplus) in self.with_surplus(rental) {
            let may = |class: &u32| self.ground.allows(*class, rental);
            for class in self.classes_held(from).take_while(|_| looks.next().is_some()).filter(may) {
                let found = largest(&self.held[from as usize], class, 1, most.min(surplus));
                best = best.max(found.map(|found| key(class, found, false)));
            }
        }
        let (rate, is_spare, std::cmp::Reverse((_, rig))) = best?;
        match self.ground.rentals[rental as usize].spread {
            Some(spread) if is_spare => self.apart(rental, spread, rate, rate).or(Some(rig)),
            _ => Some(rig),
        }
    }

    /// A rental that gives a rig and is refilled by a spare that the short one may not use: the rig, who
    /// gives it, the spare. Nobody gets shorter by it.
    fn chain(&self, rental: u32, least: u64, most: u64) -> Option<(u32, u32, u32)> {
        let ground = &*self.ground;
        let mut refill = vec![0u64; ground.rentals.len()];
        let (mut waiting, mut left) = (vec![u64::MAX; ground.allowed(0).len()], ground.rentals.len());
        for (rate, _, class) in self.spares.sizes(1, u64::MAX).rev() {
            if left == 0 {
                break;
            }
            for (word, (waiting, allowed)) in waiting.iter_mut().zip(ground.allowed(class)).enumerate() {
                let mut found = *waiting & allowed;
                *waiting &= !allowed;
                left -= found.count_ones() as usize;
                while found != 0 {
                    refill[word * 64 + found.trailing_zeros() as usize] = rate;
                    found &= found - 1;
                }
            }
        }
        let mut best: Option<(bool, u64, u32, u32)> = None;
        let mut refills = 0..REFILLS_MAX;
        let mut looks = 0..LOOKS_MAX;
        for from in (0..ground.rentals.len() as u32).filter(|from| *from != rental) {
            let rate_max = refill[from as usize].saturating_add(self.surplus(from)).min(most);
            if refill[from as usize] == 0 {
                continue;
            }
            let may = |class: &u32| ground.allows(*class, rental);
            for class in self.classes_held(from).take_while(|_| looks.next().is_some()).filter(may) {
                let held = &self.held[from as usize];
                let all_of_it =
                    smallest(held, class, least, rate_max).map(|(rate, rig)| (false, rate, rig, from));
                let some_of_it = || {
                    let found = largest(held, class, 1, rate_max.min(least.saturating_sub(1)));
                    found.map(|(rate, rig)| (true, u64::MAX - rate, rig, from))
                };
                if let Some(found) = all_of_it.or_else(some_of_it)
                    && best.is_none_or(|best| found < best)
                    && refills.next().is_some()
                    && self.refill(found.2, from).is_some()
                {
                    best = Some(found);
                }
            }
        }
        let (_, _, given, from) = best?;
        Some((given, from, self.refill(given, from)?))
    }

    /// The smallest spare that leaves a rental no shorter when it gives a rig away.
    fn refill(&self, given: u32, from: u32) -> Option<u32> {
        let rate = self.ground.rigs[given as usize].rate;
        let least = rate.saturating_sub(self.surplus(from)).max(1);
        let most = self.room(from).saturating_add(rate);
        self.smallest_spare(from, least, most)
    }

    /// Takes a rig from a rental of strictly lower priority, the lowest that has one, or one that only such
    /// rentals share: the rig and each that loses it, and whether it had all of it.
    fn preempt(&mut self, rental: u32, least: u64, most: u64) -> Option<(Vec<(u32, u32)>, bool)> {
        let ground = self.ground.clone();
        let level = ground.level_of[rental as usize];
        let mut best: Option<(u32, bool, u64, u32, u32)> = None;
        for from in ground.by_priority.iter().rev() {
            let from_level = ground.level_of[*from as usize];
            if from_level <= level || best.is_some_and(|(best, ..)| u32::MAX - from_level != best) {
                break;
            }
            for class in self.classes_held(*from).filter(|class| ground.allows(*class, rental)) {
                let held = &self.held[*from as usize];
                let whole = smallest(held, class, least, most).map(|(rate, rig)| (false, rate, rig));
                let found = whole.or_else(|| {
                    largest(held, class, 1, most).map(|(rate, rig)| (true, u64::MAX - rate, rig))
                });
                if let Some((is_part, order, rig)) = found {
                    let found = (u32::MAX - from_level, is_part, order, rig, *from);
                    best = Some(best.map_or(found, |best| best.min(found)));
                }
            }
        }
        if let Some((.., rig, from)) = best {
            self.place(rig, rental);
            return Some((vec![(rig, from)], true));
        }
        let shared = self.parts.iter().find(|(rig, parts)| {
            let is_lower = |(holder, _): &(u32, u64)| ground.level_of[*holder as usize] > level;
            self.is_movable(**rig)
                && ground.may(**rig, rental)
                && ground.rigs[**rig as usize].rate <= most
                && parts.iter().all(is_lower)
        });
        let (rig, parts) = shared.map(|(rig, parts)| (*rig, parts.clone()))?;
        self.place(rig, rental);
        Some((parts.iter().map(|(holder, _)| (rig, *holder)).collect(), false))
    }

    /// Sends last-resort rigs home whose rental is not short, and tries what last-resort rigs there are where nothing
    /// else is left.
    pub(super) fn hope(&mut self, rentals: &[u32]) {
        for rental in rentals.iter().filter(|rental| self.missing(**rental) == 0).copied().collect::<Vec<_>>()
        {
            for rig in self.last_resorts[rental as usize].clone() {
                self.place(rig, NOBODY);
            }
        }
        if self.last_resort_spares.is_empty() {
            return;
        }
        let rate = |rig: u32| self.ground.rigs[rig as usize].rate;
        let mut wanted: Vec<(u32, u32, u64)> = Vec::new();
        for rental in rentals {
            let promised: u64 = self.last_resorts[*rental as usize].iter().map(|rig| rate(*rig)).sum();
            let missing = self.missing(*rental).saturating_sub(promised);
            if missing > 0 {
                wanted.push((self.ground.level_of[*rental as usize], *rental, missing));
            }
        }
        wanted.sort_unstable();
        let mut placed: BTreeMap<u32, u32> = BTreeMap::new();
        for (_, rental, mut missing) in wanted {
            let classes = &self.ground.classes_of[rental as usize];
            let may = |found: &&(u32, u32)| self.ground.allows(found.0, rental);
            let free = &self.last_resort_spares;
            let (mut few, mut many);
            // Either way they come by class, then by name.
            let found: &mut dyn Iterator<Item = &(u32, u32)> = if free.len() < classes.len() {
                few = free.iter().filter(may);
                &mut few
            } else {
                many = classes.iter().flat_map(|class| free.range((*class, 0)..=(*class, u32::MAX)));
                &mut many
            };
            for (_, rig) in found {
                if missing == 0 {
                    break;
                }
                if let Entry::Vacant(entry) = placed.entry(*rig) {
                    missing = missing.saturating_sub(rate(*rig));
                    entry.insert(rental);
                }
            }
        }
        for (rig, rental) in placed {
            self.place(rig, rental);
        }
    }
}
