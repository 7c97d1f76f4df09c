//! The scheduler: told what changes, it says which rigs change hands. It keeps who holds what between
//! decisions, so that one rig's death costs no more than looking for its replacement.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Fitness, Move, Problem, Slice, Why};
use super::reasons::explained;
use super::repair::Queue;
use super::table::{NOBODY, Table};

/// How many short rentals try a chain when a rig comes free that they may not use themselves; a full plan
/// tries all.
const CHAINS_MAX: usize = 2;

/// How often a plan is looked at again after last-resort rigs were placed; twice is rare.
const ROUNDS_MAX: usize = 8;

/// How many rigs that it lost a rental remembers while it stays short; the one lost first is forgotten.
const LOST_MAX: usize = 64;

/// Decides which rig serves which rental; see the module of the problem for what that means.
///
/// What it aims at, in this order: the least shortfall by priority (the highest first; together among equals),
/// the fewest moves, the least beyond what is wanted. Equals take from each other only what the other can
/// spare. Rigs are shared only where whole ones leave a shortfall, one part a rental.
#[derive(Debug, Clone)]
pub struct Scheduler {
    table: Table,
    touched_rigs: BTreeSet<u32>,
    touched_rentals: BTreeSet<u32>,
    /// Components in which there is more to give than before.
    relieved: BTreeSet<u32>,
    /// Rental to rigs that it lost and that have not been replaced yet, the last one last.
    lost: BTreeMap<u32, Vec<u32>>,
    /// Rig to the number of the decision that gave it to its rental.
    lent: BTreeMap<u32, u64>,
    decisions: u64,
}

impl Scheduler {
    /// Takes over a farm as it is: `present` is who has each rig, `slices` are the shared ones, which then
    /// have no present holder. Nothing is decided yet; rigs that stand where they must not (out of service,
    /// pinned elsewhere, barred) move with the first decision. Indices that do not exist are left out.
    #[must_use]
    pub fn new(problem: Problem, present: Vec<Option<u32>>, slices: Vec<Slice>) -> Self {
        let table = Table::new(problem, &present, slices);
        let mut scheduler = Self {
            touched_rigs: BTreeSet::new(),
            touched_rentals: BTreeSet::new(),
            relieved: BTreeSet::new(),
            lost: BTreeMap::new(),
            lent: BTreeMap::new(),
            decisions: 0,
            table,
        };
        for rig in 0..scheduler.table.ground.rigs.len() as u32 {
            if !scheduler.table.is_in_place(rig) {
                scheduler.touch(rig);
            }
        }
        scheduler
    }

    /// The same scheduler, but it never shares rigs.
    #[must_use]
    pub fn without_slices(mut self) -> Self {
        self.table.is_slicing = false;
        for rig in self.table.parts.keys().copied().collect::<Vec<_>>() {
            self.touch(rig);
            self.table.share(rig, Vec::new());
        }
        self
    }

    /// A rig is now fit for this. O(log n); the next `settle` decides what follows.
    pub fn set_fitness(&mut self, rig: u32, fitness: Fitness) {
        let Some(old) = self.table.fitness.get(rig as usize).copied() else { return };
        if old == fitness {
            return;
        }
        self.touch(rig);
        if old == Fitness::Healthy {
            for rental in self.rentals_of(rig) {
                let lost = self.lost.entry(rental).or_default();
                lost.retain(|other| *other != rig);
                if lost.len() >= LOST_MAX {
                    lost.remove(0);
                }
                lost.push(rig);
            }
        }
        self.table.judge(rig, fitness);
    }

    /// What a rental is to get at present, kH/s.
    pub fn target(&self, rental: u32) -> u64 {
        self.table.target.get(rental as usize).copied().unwrap_or(0)
    }

    /// A rental is now to be covered so far, kH/s. O(log n); the next `settle` decides what follows.
    pub fn set_target(&mut self, rental: u32, target: u64) {
        let Some(old) = self.table.target.get_mut(rental as usize) else { return };
        if *old == target {
            return;
        }
        if *old > target {
            self.relieved.insert(self.table.ground.component_of[rental as usize]);
        }
        *old = target;
        self.touched_rentals.insert(rental);
    }

    /// Decides for what was touched since the last decision, and for whom that concerns; leaves everyone else
    /// alone. Nothing touched: no moves.
    ///
    /// A rental that lost a rig of covering rate gets one spare, or one rig that another can spare, or one of
    /// another that a spare then refills: two moves of well rigs at most, if one rig can do it. It takes a rig
    /// from the lowest priority that has one, strictly below its own, when nothing else is left; that rental
    /// then has its turn. No rig outside the touched components moves.
    pub fn settle(&mut self) -> Vec<Move> {
        let mut queue: Queue = BTreeSet::new();
        let ground = self.table.ground.clone();
        let mut concerned = std::mem::take(&mut self.touched_rentals);
        let mut relieved = std::mem::take(&mut self.relieved);
        // The rigs that came free; none if it is not rigs that did.
        let mut came = relieved.is_empty().then(Vec::new);
        for rig in std::mem::take(&mut self.touched_rigs) {
            concerned.extend(self.rentals_of(rig));
            self.table.force_one(rig);
            concerned.extend(self.rentals_of(rig));
            let facts = &ground.rigs[rig as usize];
            let holder = facts.pinned.or_else(|| ground.classes[facts.class as usize].first().copied());
            let is_more = match self.table.fitness[rig as usize] {
                Fitness::Healthy => true,
                Fitness::LastResort => self.table.holder[rig as usize] == NOBODY,
                Fitness::Suspect | Fitness::Out => false,
            };
            if let Some(rental) = holder.filter(|_| is_more) {
                if let Some(came) = &mut came {
                    came.push(rig);
                }
                relieved.insert(ground.component_of[rental as usize]);
            }
        }
        let level = |rental: u32| ground.level_of[rental as usize];
        if !relieved.is_empty() {
            // Those who may have what came free; and of those whom a chain might help, only the first few.
            let is_relieved = |rental: &u32| relieved.contains(&ground.component_of[*rental as usize]);
            let short = ground.by_priority.iter().copied().filter(|rental| self.table.missing(*rental) > 0);
            let (direct, others): (Vec<u32>, Vec<u32>) = short.filter(is_relieved).partition(|rental| {
                came.is_none() || came.iter().flatten().any(|rig| ground.may(*rig, *rental))
            });
            concerned.extend(direct);
            concerned.extend(others.into_iter().take(CHAINS_MAX));
        }
        queue.extend(concerned.iter().map(|rental| (level(*rental), *rental)));
        if queue.is_empty() && self.table.log.is_empty() {
            return Vec::new();
        }
        let seen = self.table.cover_all(queue, &self.lost);
        self.table.hope(&seen.into_iter().collect::<Vec<_>>());
        self.decided()
    }

    /// Decides anew for the whole farm. A plan is adopted only if it leaves less missing by priority, or frees
    /// more shared rigs than it moves; asked again it has nothing to add.
    pub fn replan(&mut self) -> Vec<Move> {
        self.touched_rigs.clear();
        self.touched_rentals.clear();
        self.relieved.clear();
        self.table.force();
        let all: Vec<u32> = (0..self.table.ground.rentals.len() as u32).collect();
        for _ in 0..ROUNDS_MAX {
            while let Some(better) = self.table.improved() {
                self.table = better;
            }
            let changes = self.table.log.len();
            self.table.hope(&all);
            // Where last-resort rigs stand changes where a search begins.
            if self.table.log.len() == changes {
                break;
            }
        }
        self.decided()
    }

    /// A rental gives back what it does not need: its part of a shared rig, then whole rigs, the largest that
    /// it can do without first, of equal ones the one lent last. What is wanted stays covered.
    pub fn give_back(&mut self, rental: u32) -> Vec<Move> {
        let at = rental as usize;
        if at >= self.table.target.len() {
            return Vec::new();
        }
        self.drop_spare_part(rental);
        loop {
            let surplus = self.table.surplus(rental);
            let fitting = |class| super::table::largest(&self.table.held[at], class, 1, surplus);
            let Some((rate, _)) = self.table.classes_held(rental).filter_map(fitting).max() else { break };
            let equal = self.table.classes_held(rental).flat_map(|class| {
                self.table.held[at].range((class, rate, 0)..=(class, rate, u32::MAX)).map(|(.., rig)| *rig)
            });
            let last = equal.max_by_key(|rig| (self.lent.get(rig).copied().unwrap_or(0), *rig));
            let Some(rig) = last else { break };
            self.table.place(rig, NOBODY);
            self.relieved.insert(self.table.ground.component_of[at]);
        }
        self.decided()
    }

    /// As [`Scheduler::give_back`], of a shared rig only. No moves: there is no part, or it is needed.
    pub fn give_back_part(&mut self, rental: u32) -> Vec<Move> {
        if (rental as usize) < self.table.target.len() && self.drop_spare_part(rental) {
            return self.decided();
        }
        Vec::new()
    }

    fn drop_spare_part(&mut self, rental: u32) -> bool {
        let part = self.part_of(rental);
        let is_spare = part > 0 && part <= self.table.surplus(rental);
        if is_spare {
            self.table.drop_part(rental);
        }
        is_spare
    }

    /// Gives all of a rig to a rental, or to the house, whatever else could be decided: for moves with a reason
    /// of the caller's own. The next `settle` decides what follows for the rental that it left.
    pub fn place(&mut self, rig: u32, to: Option<u32>, why: Why) -> Move {
        let from = self.holder(rig);
        if (rig as usize) < self.table.holder.len() {
            self.touched_rentals.extend(self.rentals_of(rig));
            self.table.place(rig, to.unwrap_or(NOBODY));
            self.table.log.clear();
        }
        Move { rig, from, to, why }
    }

    /// Changes where a rig belongs where it is not needed elsewhere; it stays where it is.
    pub fn set_home(&mut self, rig: u32, home: Option<u32>) {
        if (rig as usize) < self.table.home.len() {
            self.table.settle_home(rig, home.unwrap_or(NOBODY));
        }
    }

    /// An operator or the contract ties it to a rental.
    #[must_use]
    pub fn is_pinned(&self, rig: u32) -> bool {
        self.table.ground.rigs.get(rig as usize).is_some_and(|rig| rig.pinned.is_some())
    }

    /// Who has all of a rig; nobody has all of a shared one.
    #[must_use]
    pub fn holder(&self, rig: u32) -> Option<u32> {
        self.table.holder.get(rig as usize).copied().filter(|holder| *holder != NOBODY)
    }

    /// The shared rigs, by rig.
    #[must_use]
    pub fn slices(&self) -> Vec<Slice> {
        self.table.parts.iter().map(|(rig, parts)| Slice { rig: *rig, parts: parts.clone() }).collect()
    }

    /// What covers a rental: its well rigs, and its part of a shared one that is well, kH/s.
    #[must_use]
    pub fn covered(&self, rental: u32) -> u64 {
        self.table.well.get(rental as usize).copied().unwrap_or(0)
    }

    /// What is missing from a rental's target, kH/s.
    #[must_use]
    pub fn short(&self, rental: u32) -> u64 {
        let target = self.table.target.get(rental as usize).copied().unwrap_or(0);
        target.saturating_sub(self.covered(rental))
    }

    /// What is missing from a rental's target and may be filled: suspects that stay can leave no room for
    /// more, kH/s.
    #[must_use]
    pub fn missing(&self, rental: u32) -> u64 {
        if (rental as usize) < self.table.target.len() { self.table.missing(rental) } else { 0 }
    }

    /// How many rigs and rentals there are.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.table.holder.len(), self.table.target.len())
    }

    /// The rigs that a rental has wholly, in the order of their names.
    pub fn rigs(&self, rental: u32) -> impl Iterator<Item = u32> + '_ {
        self.table.all.get(rental as usize).into_iter().flatten().copied()
    }

    /// What is expected of a rig; `Out` for one that does not exist.
    #[must_use]
    pub fn fitness(&self, rig: u32) -> Fitness {
        self.table.fitness.get(rig as usize).copied().unwrap_or(Fitness::Out)
    }

    /// The least that could be missing on each level, from the highest priority down, if rigs could be divided
    /// at will: no plan can do better. kH/s.
    #[must_use]
    pub fn shortfall_min(&self) -> Vec<u64> {
        super::flow::Fluid::of(&self.table).shorts
    }

    /// How important a rental is; `None` if there is none of that number.
    #[must_use]
    pub fn priority(&self, rental: u32) -> Option<i32> {
        self.table.ground.rentals.get(rental as usize).map(|rental| rental.priority)
    }

    /// What is missing on each level, from the highest priority down, kH/s.
    #[must_use]
    pub fn shortfall(&self) -> Vec<u64> {
        self.table.shorts()
    }

    fn touch(&mut self, rig: u32) {
        let rentals = self.rentals_of(rig);
        self.touched_rentals.extend(rentals);
        self.touched_rigs.insert(rig);
    }

    fn rentals_of(&self, rig: u32) -> Vec<u32> {
        let whole = self.holder(rig).into_iter();
        let parts = self.table.parts.get(&rig).into_iter().flatten();
        whole.chain(parts.map(|(rental, _)| *rental)).collect()
    }

    fn part_of(&self, rental: u32) -> u64 {
        let parts = self.table.parts.get(&self.table.shares[rental as usize]);
        let part = parts.and_then(|parts| parts.iter().find(|(holder, _)| *holder == rental));
        part.filter(|_| self.table.fitness[self.table.shares[rental as usize] as usize] == Fitness::Healthy)
            .map_or(0, |(_, rate)| *rate)
    }

    /// What changed since the last decision, with reasons.
    fn decided(&mut self) -> Vec<Move> {
        let log = std::mem::take(&mut self.table.log);
        if log.is_empty() {
            return Vec::new();
        }
        self.decisions += 1;
        let moves = explained(&self.table, log, &self.lost);
        for made in &moves {
            match made.to {
                Some(_) => self.lent.insert(made.rig, self.decisions),
                None => self.lent.remove(&made.rig),
            };
        }
        let table = &self.table;
        self.lost.retain(|rental, _| table.missing(*rental) > 0);
        moves
    }
}
