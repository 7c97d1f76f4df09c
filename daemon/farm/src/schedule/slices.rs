//! Rigs that several rentals share: what whole rigs cannot do without leaving somebody short. A rental has a
//! part of one rig at most, because every switch costs work.

use super::problem::Fitness;
use super::repair::LOOKS_MAX;
use super::table::{NOBODY, Table, smallest};

impl Table {
    /// Gives a short rental a part of a rig: of one that is shared already, of a spare that is too large for
    /// it, or of a rig whose rental has more than it needs. `is_whole`: only if nothing is missing then.
    pub(super) fn slice(&mut self, rental: u32, is_whole: bool) -> bool {
        let missing = self.missing(rental).min(self.room(rental));
        if !self.is_slicing || missing == 0 {
            return false;
        }
        let mine = self.shares[rental as usize];
        if mine != NOBODY {
            let rate = missing.min(self.rest(mine));
            let is_well = self.fitness[mine as usize] == Fitness::Healthy;
            if rate == 0 || !is_well || is_whole && rate < missing {
                return false;
            }
            self.add_part(mine, rental, rate);
            return true;
        }
        // Larger parts first; of equal ones a rig that is shared anyway, then spares, then the smallest rig.
        let mut best: Option<(u64, u32, u64, u32, u32)> = None;
        let mut offer = |rate: u64, kind: u32, size: u64, rig: u32, from: u32| {
            let found = (u64::MAX - rate, kind, size, rig, from);
            if rate > 0 && (!is_whole || rate >= missing) && best.is_none_or(|best| found < best) {
                best = Some(found);
            }
        };
        for rig in self.parts.keys() {
            let is_well = self.fitness[*rig as usize] == Fitness::Healthy;
            if is_well && self.ground.may(*rig, rental) {
                offer(missing.min(self.rest(*rig)), 0, 0, *rig, NOBODY);
            }
        }
        if let Some((size, ..)) = self.sizes_for(rental, missing, u64::MAX).next() {
            for (_, _, class) in self.sizes_for(rental, size, size) {
                if let Some((_, rig)) = smallest(&self.spares.by_rate, class, size, size) {
                    offer(missing, 1, size, rig, NOBODY);
                }
            }
        }
        let mut looks = 0..LOOKS_MAX;
        for from in 0..self.ground.rentals.len() as u32 {
            let surplus = self.surplus(from);
            if surplus == 0 || from == rental || self.shares[from as usize] != NOBODY {
                continue;
            }
            let rate = missing.min(surplus);
            let may = |class: &u32| self.ground.allows(*class, rental);
            for class in self.classes_held(from).take_while(|_| looks.next().is_some()).filter(may) {
                let mut larger =
                    self.held[from as usize].range((class, rate + 1, 0)..=(class, u64::MAX, u32::MAX));
                if let Some((_, size, rig)) = larger.next() {
                    offer(rate, 2, *size, *rig, from);
                }
            }
        }
        let Some((rate, _, size, rig, from)) = best else { return false };
        let rate = u64::MAX - rate;
        if from == NOBODY {
            self.add_part(rig, rental, rate);
        } else {
            self.share(rig, vec![(from, size - rate), (rental, rate)]);
        }
        true
    }

    /// Shares a rig with the rental that lost it, as far as its new one has more than it needs.
    pub(super) fn hand_back(&mut self, rig: u32, rental: u32, from: u32) {
        let size = self.ground.rigs[rig as usize].rate;
        let rate = self.surplus(rental).min(self.missing(from)).min(self.room(from));
        let is_free = |who: u32| self.shares[who as usize] == NOBODY;
        let is_whole = self.holder[rig as usize] == rental;
        if self.is_slicing && is_whole && is_free(rental) && is_free(from) && 0 < rate && rate < size {
            self.share(rig, vec![(rental, size - rate), (from, rate)]);
        }
    }

    /// Gives a rental more of a rig that is not anybody's as a whole.
    fn add_part(&mut self, rig: u32, rental: u32, rate: u64) {
        let mut parts = self.parts.get(&rig).cloned().unwrap_or_default();
        match parts.iter_mut().find(|(holder, _)| *holder == rental) {
            Some((_, part)) => *part += rate,
            None => parts.push((rental, rate)),
        }
        self.share(rig, parts);
    }

    /// Takes a rental's part back; the last one left may have the whole rig.
    pub(super) fn drop_part(&mut self, rental: u32) {
        let rig = self.shares[rental as usize];
        let Some(mut parts) = self.parts.get(&rig).cloned() else { return };
        parts.retain(|(holder, _)| *holder != rental);
        match parts[..] {
            [(last, rate)] if self.rest_fits(rig, last, rate) => self.place(rig, last),
            _ => self.share(rig, parts),
        }
    }

    fn rest_fits(&self, rig: u32, rental: u32, part: u64) -> bool {
        self.ground.rigs[rig as usize].rate - part <= self.room(rental)
    }

    /// Whether a shared rig may stay as it is shared.
    pub(super) fn is_shared_well(&self, rig: u32) -> bool {
        let is_fit = matches!(self.fitness[rig as usize], Fitness::Healthy | Fitness::Suspect);
        is_fit
            && self
                .parts
                .get(&rig)
                .is_some_and(|parts| parts.iter().all(|(holder, _)| self.ground.may(rig, *holder)))
    }
}
