//! Who holds what: the working state of every decision, kept so that the questions a decision asks are cheap.
//! Changes hands and keeps the sums; decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::problem::{Demand, Fitness, Problem, Rig, Slice};
use super::stock::{Stock, tally};

/// Holder of a rig that no rental has all of.
pub(super) const NOBODY: u32 = u32::MAX;

/// What does not change from one decision to the next.
#[derive(Debug)]
pub(super) struct Ground {
    /// Rigs; their classes are those below.
    pub(super) rigs: Vec<Rig>,
    /// Rentals.
    pub(super) rentals: Vec<Demand>,
    /// Distinct sets of rentals, in their own order, so that the caller's order of classes does not matter.
    pub(super) classes: Vec<Vec<u32>>,
    /// Rental to classes, sorted.
    pub(super) classes_of: Vec<Vec<u32>>,
    /// Rental to its level: 0 is the highest priority.
    pub(super) level_of: Vec<u32>,
    /// Number of levels.
    pub(super) levels: usize,
    /// Rentals from the highest priority to the lowest.
    pub(super) by_priority: Vec<u32>,
    /// Rental to the component of the farm in which its rigs may move.
    pub(super) component_of: Vec<u32>,
    /// The smallest rate of any rig.
    pub(super) rate_min: u64,
    allowed: Vec<u64>,
    words: usize,
}

impl Ground {
    fn new(problem: Problem) -> Self {
        let Problem { mut rigs, classes, rentals } = problem;
        let count = rentals.len();
        let sets: Vec<Vec<u32>> = classes
            .into_iter()
            .map(|class| {
                let set: BTreeSet<u32> =
                    class.rentals.into_iter().filter(|r| (*r as usize) < count).collect();
                set.into_iter().collect()
            })
            .collect();
        let mut distinct = sets.clone();
        distinct.push(Vec::new());
        distinct.sort_unstable();
        distinct.dedup();
        for rig in &mut rigs {
            let set = sets.get(rig.class as usize).filter(|_| rig.rate > 0).map_or(&[][..], Vec::as_slice);
            rig.class = distinct.partition_point(|other| other.as_slice() < set) as u32;
            rig.pinned = rig.pinned.filter(|rental| (*rental as usize) < count);
        }
        let words = count.div_ceil(64).max(1);
        let mut allowed = vec![0; words * distinct.len()];
        let mut classes_of = vec![Vec::new(); count];
        for (class, set) in distinct.iter().enumerate() {
            for rental in set {
                allowed[class * words + *rental as usize / 64] |= 1u64 << (rental % 64);
                classes_of[*rental as usize].push(class as u32);
            }
        }
        let mut priorities: Vec<i32> = rentals.iter().map(|rental| rental.priority).collect();
        priorities.sort_unstable_by(|a, b| b.cmp(a));
        priorities.dedup();
        let level = |rental: &Demand| priorities.partition_point(|other| *other > rental.priority) as u32;
        let level_of: Vec<u32> = rentals.iter().map(level).collect();
        let mut by_priority: Vec<u32> = (0..count as u32).collect();
        by_priority.sort_by_key(|rental| level_of[*rental as usize]);
        Self {
            component_of: components(&distinct, count),
            rate_min: rigs.iter().map(|rig| rig.rate).filter(|rate| *rate > 0).min().unwrap_or(u64::MAX),
            rigs,
            rentals,
            classes: distinct,
            classes_of,
            level_of,
            levels: priorities.len(),
            by_priority,
            allowed,
            words,
        }
    }

    /// The rentals that rigs of a class may serve, a bit for each.
    pub(super) fn allowed(&self, class: u32) -> &[u64] {
        &self.allowed[class as usize * self.words..][..self.words]
    }

    /// Whether rigs of a class may serve a rental.
    pub(super) fn allows(&self, class: u32, rental: u32) -> bool {
        self.allowed[class as usize * self.words + rental as usize / 64] >> (rental % 64) & 1 == 1
    }

    /// Whether a rig may serve a rental.
    pub(super) fn may(&self, rig: u32, rental: u32) -> bool {
        let rig = &self.rigs[rig as usize];
        rig.pinned.map_or_else(|| self.allows(rig.class, rental), |pinned| pinned == rental)
    }
}

/// Rentals that some class has in common, directly or over others, are one component.
fn components(classes: &[Vec<u32>], count: usize) -> Vec<u32> {
    let mut root: Vec<u32> = (0..count as u32).collect();
    fn find(root: &mut [u32], mut at: u32) -> u32 {
        while root[at as usize] != at {
            root[at as usize] = root[root[at as usize] as usize];
            at = root[at as usize];
        }
        at
    }
    for class in classes {
        for pair in class.windows(2) {
            let (a, b) = (find(&mut root, pair[0]), find(&mut root, pair[1]));
            root[a.max(b) as usize] = a.min(b);
        }
    }
    (0..count as u32).map(|rental| find(&mut root, rental)).collect()
}

/// What a rig was before the first of several changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) rig: u32,
    pub(super) holder: u32,
    pub(super) parts: Vec<(u32, u64)>,
}

/// Who holds what.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) ground: Arc<Ground>,
    pub(super) fitness: Vec<Fitness>,
    pub(super) target: Vec<u64>,
    /// Rig to the rental that has all of it.
    pub(super) holder: Vec<u32>,
    /// Shared rigs and their parts.
    pub(super) parts: BTreeMap<u32, Vec<(u32, u64)>>,
    /// Rental to the rig of which it has a part.
    pub(super) shares: Vec<u32>,
    /// Rental to what covers it, kH/s.
    pub(super) well: Vec<u64>,
    /// Rental to the nominal rate of its suspects, kH/s.
    pub(super) doubted: Vec<u64>,
    /// Rental to the whole rigs that may be moved: class, rate, rig.
    pub(super) held: Vec<BTreeSet<(u32, u64, u32)>>,
    /// Rental to the classes of those, to how many there are.
    held_classes: Vec<BTreeMap<u32, u32>>,
    /// Rental to all rigs that it has wholly.
    pub(super) all: Vec<BTreeSet<u32>>,
    /// Rental to the last-resort rigs that it has and that may be moved.
    pub(super) last_resorts: Vec<BTreeSet<u32>>,
    /// Well rigs that nobody rents.
    pub(super) spares: Stock,
    /// Where each rig belongs, or `NOBODY`.
    pub(super) home: Vec<u32>,
    /// Well rigs that nobody rents and that belong to a rental: rental, rate, rig.
    pub(super) at_home: BTreeSet<(u32, u64, u32)>,
    /// Last-resort rigs that nobody rents: class, rig.
    pub(super) last_resort_spares: BTreeSet<(u32, u32)>,
    /// Whether rigs may be shared.
    pub(super) is_slicing: bool,
    /// Every change since the log was last taken.
    pub(super) log: Vec<Before>,
}

impl Table {
    /// What contradicts itself (a holder that does not exist, parts that exceed their rig) is left out.
    pub(super) fn new(problem: Problem, present: &[Option<u32>], slices: Vec<Slice>) -> Self {
        let ground = Arc::new(Ground::new(problem));
        let (rigs, rentals) = (ground.rigs.len(), ground.rentals.len());
        let mut parts = BTreeMap::new();
        let mut shares = vec![NOBODY; rentals];
        let mut slices = slices;
        slices.sort_by_key(|slice| slice.rig);
        for slice in slices {
            let Some(rig) = ground.rigs.get(slice.rig as usize) else { continue };
            if rig.pinned.is_some() || parts.contains_key(&slice.rig) {
                continue;
            }
            let mut kept: Vec<(u32, u64)> = Vec::new();
            let mut left = rig.rate;
            for (rental, rate) in slice.parts {
                let is_known = (rental as usize) < rentals;
                if is_known && shares[rental as usize] == NOBODY && rate > 0 && rate <= left {
                    shares[rental as usize] = slice.rig;
                    left -= rate;
                    kept.push((rental, rate));
                }
            }
            kept.sort_unstable();
            if !kept.is_empty() {
                parts.insert(slice.rig, kept);
            }
        }
        let mut table = Self {
            fitness: ground.rigs.iter().map(|rig| rig.fitness).collect(),
            target: ground.rentals.iter().map(|rental| rental.target).collect(),
            holder: vec![NOBODY; rigs],
            parts,
            shares,
            well: vec![0; rentals],
            doubted: vec![0; rentals],
            held: vec![BTreeSet::new(); rentals],
            held_classes: vec![BTreeMap::new(); rentals],
            all: vec![BTreeSet::new(); rentals],
            last_resorts: vec![BTreeSet::new(); rentals],
            spares: Stock::default(),
            home: ground.rigs.iter().map(|rig| rig.home.unwrap_or(NOBODY)).collect(),
            at_home: BTreeSet::new(),
            last_resort_spares: BTreeSet::new(),
            is_slicing: true,
            log: Vec::new(),
            ground,
        };
        for rig in 0..rigs as u32 {
            let holder = present.get(rig as usize).copied().flatten().filter(|r| (*r as usize) < rentals);
            if !table.parts.contains_key(&rig) {
                table.holder[rig as usize] = holder.unwrap_or(NOBODY);
            }
            table.count(rig, true);
        }
        table
    }

    /// What is to be covered for now: less than the target only where suspects leave no room for more.
    pub(super) fn wanted(&self, rental: u32) -> u64 {
        self.target[rental as usize].min(self.ceiling(rental))
    }

    /// The most that well rigs may cover, kH/s.
    pub(super) fn ceiling(&self, rental: u32) -> u64 {
        let at = rental as usize;
        if self.doubted[at] == 0 {
            return u64::MAX;
        }
        self.target[at].saturating_add(self.ground.rentals[at].extra_max).saturating_sub(self.doubted[at])
    }

    /// What may still be added, kH/s.
    pub(super) fn room(&self, rental: u32) -> u64 {
        self.ceiling(rental).saturating_sub(self.well[rental as usize])
    }

    /// What is missing from what is wanted, kH/s.
    pub(super) fn missing(&self, rental: u32) -> u64 {
        self.wanted(rental).saturating_sub(self.well[rental as usize])
    }

    /// What it has beyond what is wanted, kH/s.
    pub(super) fn surplus(&self, rental: u32) -> u64 {
        self.well[rental as usize].saturating_sub(self.wanted(rental))
    }

    /// What is missing on each level, from the highest priority down, kH/s.
    pub(super) fn shorts(&self) -> Vec<u64> {
        let mut shorts = vec![0; self.ground.levels];
        for rental in 0..self.ground.rentals.len() as u32 {
            shorts[self.ground.level_of[rental as usize] as usize] += self.missing(rental);
        }
        shorts
    }

    /// Whether the solver may give this rig away.
    pub(super) fn is_movable(&self, rig: u32) -> bool {
        self.fitness[rig as usize] == Fitness::Healthy && self.ground.rigs[rig as usize].pinned.is_none()
    }

    /// What the parts of a shared rig leave, kH/s.
    pub(super) fn rest(&self, rig: u32) -> u64 {
        let used: u64 = self.parts.get(&rig).map_or(0, |parts| parts.iter().map(|(_, rate)| rate).sum());
        self.ground.rigs[rig as usize].rate.saturating_sub(used)
    }

    /// Gives all of a rig to a rental, or to `NOBODY`.
    pub(super) fn place(&mut self, rig: u32, to: u32) {
        if self.holder[rig as usize] == to && !self.parts.contains_key(&rig) {
            return;
        }
        self.change(rig, to, Vec::new());
    }

    /// Shares a rig; no parts: sends it home.
    pub(super) fn share(&mut self, rig: u32, parts: Vec<(u32, u64)>) {
        self.change(rig, NOBODY, parts);
    }

    fn change(&mut self, rig: u32, to: u32, mut parts: Vec<(u32, u64)>) {
        self.count(rig, false);
        let old = self.parts.remove(&rig).unwrap_or_default();
        for (rental, _) in &old {
            self.shares[*rental as usize] = NOBODY;
        }
        for (rental, _) in &parts {
            self.shares[*rental as usize] = rig;
        }
        parts.sort_unstable();
        self.log.push(Before { rig, holder: self.holder[rig as usize], parts: old });
        self.holder[rig as usize] = to;
        if !parts.is_empty() {
            self.parts.insert(rig, parts);
        }
        self.count(rig, true);
    }

    /// Changes what is expected of a rig; it stays where it is.
    pub(super) fn judge(&mut self, rig: u32, fitness: Fitness) {
        self.count(rig, false);
        self.fitness[rig as usize] = fitness;
        self.count(rig, true);
    }

    /// Changes where a rig belongs; it stays where it is.
    pub(super) fn settle_home(&mut self, rig: u32, home: u32) {
        self.count(rig, false);
        self.home[rig as usize] = home;
        self.count(rig, true);
    }

    /// Counts a rig in, or out, wherever it stands.
    fn count(&mut self, rig: u32, is_in: bool) {
        let ground = self.ground.clone();
        let (at, facts) = (rig as usize, &ground.rigs[rig as usize]);
        let fitness = self.fitness[at];
        let add = |sum: &mut u64, rate: u64| if is_in { *sum += rate } else { *sum -= rate };
        if let Some(parts) = self.parts.get(&rig) {
            for (rental, rate) in parts {
                match fitness {
                    Fitness::Healthy => add(&mut self.well[*rental as usize], *rate),
                    Fitness::Suspect => add(&mut self.doubted[*rental as usize], *rate),
                    Fitness::LastResort | Fitness::Out => {}
                }
            }
            return;
        }
        let rental = self.holder[at] as usize;
        if self.holder[at] == NOBODY {
            match (fitness, facts.pinned) {
                (Fitness::Healthy, None) => {
                    let users = ground.classes[facts.class as usize].len() as u32;
                    self.spares.count(rig, facts, users, is_in);
                    if self.home[at] != NOBODY && ground.may(rig, self.home[at]) {
                        set(&mut self.at_home, (self.home[at], facts.rate, rig), is_in);
                    }
                }
                (Fitness::LastResort, None) => set(&mut self.last_resort_spares, (facts.class, rig), is_in),
                _ => {}
            }
            return;
        }
        set(&mut self.all[rental], rig, is_in);
        match fitness {
            Fitness::Healthy => add(&mut self.well[rental], facts.rate),
            Fitness::Suspect => add(&mut self.doubted[rental], facts.rate),
            Fitness::LastResort | Fitness::Out => {}
        }
        if facts.pinned.is_none() {
            match fitness {
                Fitness::Healthy => {
                    set(&mut self.held[rental], (facts.class, facts.rate, rig), is_in);
                    tally(&mut self.held_classes[rental], facts.class, is_in);
                }
                Fitness::LastResort => set(&mut self.last_resorts[rental], rig, is_in),
                Fitness::Suspect | Fitness::Out => {}
            }
        }
    }

    /// Classes of which a rental holds rigs that may be moved.
    pub(super) fn classes_held(&self, rental: u32) -> impl Iterator<Item = u32> + '_ {
        self.held_classes[rental as usize].keys().copied()
    }
}

fn set<T: Ord>(of: &mut BTreeSet<T>, item: T, is_in: bool) {
    if is_in {
        of.insert(item);
    } else {
        of.remove(&item);
    }
}

/// The rig of one class whose rate is the smallest within bounds.
pub(super) fn smallest(
    of: &BTreeSet<(u32, u64, u32)>,
    class: u32,
    least: u64,
    most: u64,
) -> Option<(u64, u32)> {
    if least > most {
        return None;
    }
    of.range((class, least, 0)..=(class, most, u32::MAX)).next().map(|(_, rate, rig)| (*rate, *rig))
}

/// The rig of one class whose rate is the largest within bounds; of several, the first by name.
pub(super) fn largest(
    of: &BTreeSet<(u32, u64, u32)>,
    class: u32,
    least: u64,
    most: u64,
) -> Option<(u64, u32)> {
    if least > most {
        return None;
    }
    let (_, rate, _) = of.range((class, least, 0)..=(class, most, u32::MAX)).next_back()?;
    smallest(of, class, *rate, *rate)
}
