//! From the fluid optimum to whole rigs: what a class should do more for a rental is done by rigs of it, the
//! largest that fit first. The remainders are left to repair.

use std::collections::BTreeMap;

use super::flow::{Arc, Fluid};
use super::problem::Spread;
use super::table::Table;

impl Table {
    /// Gives rentals the whole rigs that fit into what should flow to them: spares, then rigs of those that
    /// should have less. Scarce rigs, which few may use, come first. `is_empty`: nobody has any rig now.
    pub(super) fn round(&mut self, fluid: &Fluid, is_empty: bool) {
        let ground = self.ground.clone();
        let present = |arc: &Arc| if is_empty { 0 } else { arc.present };
        let key = |arc: &Arc| {
            let users = ground.classes[arc.class as usize].len();
            (ground.level_of[arc.rental as usize], users, arc.rental, arc.class)
        };
        let mut wanted: Vec<Arc> = fluid.arcs.iter().filter(|arc| arc.flow > present(arc)).copied().collect();
        wanted.sort_unstable_by_key(key);
        let mut givers: BTreeMap<u32, Vec<Arc>> = BTreeMap::new();
        for arc in fluid.arcs.iter().filter(|arc| arc.flow < present(arc)) {
            givers.entry(arc.class).or_default().push(*arc);
        }
        for arcs in givers.values_mut() {
            arcs.sort_unstable_by_key(|arc| std::cmp::Reverse(key(arc)));
        }
        for arc in wanted {
            let more = (arc.flow - present(&arc)).min(self.missing(arc.rental));
            let mut left = self.fill(arc.class, arc.rental, more.min(self.room(arc.rental)));
            for giver in givers.get_mut(&arc.class).into_iter().flatten() {
                let taken = self.pass(giver, arc.rental, left);
                left -= taken;
                giver.flow += taken;
            }
        }
    }

    /// Spares of a class that do no more than this together; gives what is left.
    fn fill(&mut self, class: u32, rental: u32, mut left: u64) -> u64 {
        let spread = self.ground.rentals[rental as usize].spread;
        while left > 0 {
            let sizes = &self.spares.by_rate;
            let Some((_, rate, _)) = sizes.range((class, 1, 0)..=(class, left, u32::MAX)).next_back() else {
                break;
            };
            let (rate, count) = (*rate, (left / *rate) as usize);
            let all = sizes.range((class, rate, 0)..=(class, rate, u32::MAX)).map(|(.., rig)| *rig);
            let rigs: Vec<u32> = match spread {
                None => all.take(count).collect(),
                Some(spread) => {
                    let mut ranked = self.in_turn(rental, spread, all);
                    ranked.truncate(count);
                    ranked
                }
            };
            for rig in rigs {
                self.place(rig, rental);
                left -= rate;
            }
        }
        left
    }

    /// Rigs ordered so that each place has its turn, places with fewer of the rental's rigs first.
    fn in_turn(&self, rental: u32, spread: Spread, rigs: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut turns: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for rig in &self.all[rental as usize] {
            *turns.entry(self.place_of(*rig, spread)).or_default() += 1;
        }
        let mut ranked: Vec<(usize, u32)> = rigs
            .map(|rig| {
                let turn = turns.entry(self.place_of(rig, spread)).or_default();
                *turn += 1;
                (*turn, rig)
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, rig)| rig).collect()
    }

    /// Rigs that one rental gives to another; gives their rate together.
    fn pass(&mut self, giver: &Arc, rental: u32, most: u64) -> u64 {
        let mut taken = 0;
        loop {
            let left = (giver.present.saturating_sub(giver.flow)).min(most).saturating_sub(taken);
            let held = &self.held[giver.rental as usize];
            let Some((rate, rig)) = super::table::largest(held, giver.class, 1, left) else { return taken };
            self.place(rig, rental);
            taken += rate;
        }
    }
}
