//! The full plan: candidates are built from what is, the best is kept, and only if it is worth its moves.

use std::collections::BTreeMap;

use super::flow::Fluid;
use super::problem::Fitness;
use super::search::{Search, Start};
use super::table::{NOBODY, Table};

/// Up to this many rigs, a second candidate is built that repairs what is, instead of rounding the optimum.
const SMALL_MAX: usize = 5_000;
/// Up to this many rigs, a third one begins with an empty farm.
const TINY_MAX: usize = 200;
/// Beyond this many rigs there is no search: what rounding leaves is small beside the whole, and is shared.
const SEARCH_MAX: usize = 20_000;
/// How many rigs may be handed back for fairness.
const FAIR_MAX: usize = 10_000;

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy)]
enum Way<'a> {
    /// What is, rounded towards the fluid optimum.
    Round(&'a Fluid),
    /// What is, repaired.
    Repair,
    /// An empty farm, repaired.
    Anew,
    /// An empty farm, rounded towards the fluid optimum.
    RoundAnew(&'a Fluid),
}

impl Table {
    /// Moves that are no matter of choice: what is out of service or in the wrong place leaves, what is
    /// pinned elsewhere goes there.
    pub(super) fn force(&mut self) {
        for rig in 0..self.ground.rigs.len() as u32 {
            self.force_one(rig);
        }
    }

    /// Whether a rig stands where it may.
    pub(super) fn is_in_place(&self, rig: u32) -> bool {
        if self.parts.contains_key(&rig) {
            return self.is_shared_well(rig);
        }
        let holder = self.holder[rig as usize];
        match (self.fitness[rig as usize], self.ground.rigs[rig as usize].pinned) {
            (Fitness::Out, _) => holder == NOBODY,
            (_, Some(rental)) => holder == rental,
            (_, None) => holder == NOBODY || self.ground.may(rig, holder),
        }
    }

    /// The same, for one rig.
    pub(super) fn force_one(&mut self, rig: u32) {
        if self.parts.contains_key(&rig) && !self.is_shared_well(rig) {
            self.share(rig, Vec::new());
        }
        if self.fitness[rig as usize] == Fitness::Out {
            return self.place(rig, NOBODY);
        }
        match self.ground.rigs[rig as usize].pinned {
            Some(rental) => self.place(rig, rental),
            None => {
                let holder = self.holder[rig as usize];
                if holder != NOBODY && !self.ground.may(rig, holder) {
                    self.place(rig, NOBODY);
                }
            }
        }
    }

    /// A better table, if there is one: less is missing by priority; or as much, and more shared rigs are
    /// freed than rigs are moved.
    pub(super) fn improved(&self) -> Option<Self> {
        let fluid = Fluid::of(self);
        let present = self.shorts();
        if present == fluid.shorts && self.parts.is_empty() {
            return None;
        }
        let start = Start::of(self);
        let mut best: Option<(Vec<u64>, usize, usize, Self)> = None;
        let mut consider = |table: Self, is_allowed: bool| {
            let found = (table.shorts(), table.parts.len(), start.moves(&table));
            if is_allowed
                && best.as_ref().is_none_or(|(shorts, parts, moves, _)| {
                    (&found.0, found.1, found.2) < (shorts, *parts, *moves)
                })
            {
                best = Some((found.0, found.1, found.2, table));
            }
        };
        if self.ground.rigs.len() <= SMALL_MAX {
            let mut repaired = self.clone();
            repaired.cover_short();
            // Every step of a repair is fair by itself.
            consider(repaired, true);
        }
        let rounded = self.candidate(&start, Way::Round(&fluid));
        let is_allowed = start.is_allowed(&rounded);
        consider(rounded, is_allowed);
        if self.ground.rigs.len() <= SMALL_MAX {
            let searched = self.candidate(&start, Way::Repair);
            let is_allowed = start.is_allowed(&searched);
            consider(searched, is_allowed);
        }
        if self.ground.rigs.len() <= TINY_MAX {
            for way in [Way::Anew, Way::RoundAnew(&fluid)] {
                let anew = self.candidate(&start, way);
                let is_allowed = start.is_allowed(&anew);
                consider(anew, is_allowed);
            }
        }
        let (shorts, parts, moves, table) = best?;
        let freed = self.parts.len().saturating_sub(parts);
        (shorts < present || shorts == present && freed > moves).then_some(table)
    }

    /// Whole rigs first, from the fluid optimum or from what is; then search, then slices.
    fn candidate(&self, start: &Start, way: Way<'_>) -> Self {
        let mut table = self.clone();
        table.is_slicing = false;
        for rig in self.parts.keys().filter(|rig| self.is_movable(**rig)) {
            table.share(*rig, Vec::new());
        }
        if matches!(way, Way::Anew | Way::RoundAnew(_)) {
            for rig in (0..self.holder.len() as u32).filter(|rig| self.is_movable(*rig)) {
                table.place(rig, NOBODY);
            }
        }
        match way {
            Way::Round(fluid) => table.round(fluid, false),
            Way::RoundAnew(fluid) => table.round(fluid, true),
            Way::Repair | Way::Anew => {}
        }
        table.cover_short();
        table.make_fair(start);
        if self.ground.rigs.len() <= SEARCH_MAX {
            Search::new(start, &mut table).run();
            table.make_fair(start);
        }
        table.is_slicing = self.is_slicing;
        if table.is_slicing {
            table.cover_short();
            table.make_fair(start);
        }
        table
    }

    /// Gives every short rental its turn.
    fn cover_short(&mut self) {
        let short = (0..self.ground.rentals.len() as u32).filter(|rental| self.missing(*rental) > 0);
        let queue = short.map(|rental| (self.ground.level_of[rental as usize], rental)).collect();
        self.cover_all(queue, &BTreeMap::new());
    }

    /// Hands rigs back that went to an equal or lower rental while their own became short by it.
    fn make_fair(&mut self, start: &Start) {
        for _ in 0..FAIR_MAX {
            let Some(rig) = start.unfair(self).filter(|rig| !self.parts.contains_key(rig)) else { return };
            if start.holder[rig as usize] == NOBODY {
                return;
            }
            self.place(rig, start.holder[rig as usize]);
        }
    }
}
