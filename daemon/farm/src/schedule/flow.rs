//! The fluid optimum: the least shortfall by priority if rigs could be divided at will, and a cheapest way to
//! it. Rigs of a class are one quantity that flows to the rentals they may serve; staying put is free.
//!
//! Levels are added from the highest priority down. Pushing flow along shortest paths keeps what earlier
//! levels have (it may only come from another class), so each level gets the most that is left for it; and
//! it keeps the cost the least for what everyone has (successive shortest paths, many at once).

use std::collections::VecDeque;

use super::problem::Fitness;
use super::table::Table;

/// One path step beside one unit of cost: among cheapest paths the shortest is taken.
const COST: i64 = 1 << 24;
const FAR: i64 = i64::MAX / 4;

/// A rental that rigs of a class may serve.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub(super) class: u32,
    pub(super) rental: u32,
    /// What the class does for the rental now, kH/s.
    pub(super) present: u64,
    /// What it should do, kH/s.
    pub(super) flow: u64,
}

/// The fluid optimum.
#[derive(Debug)]
pub(super) struct Fluid {
    /// By class, then rental.
    pub(super) arcs: Vec<Arc>,
    /// What is missing on each level, from the highest priority down, kH/s.
    pub(super) shorts: Vec<u64>,
}

struct Net<'a> {
    table: &'a Table,
    arcs: Vec<Arc>,
    /// First arc of each class.
    first: Vec<usize>,
    /// Arcs of each rental.
    into: Vec<Vec<u32>>,
    /// What a class has left.
    left: Vec<u64>,
    /// What a rental still needs.
    need: Vec<u64>,
    /// Distance of classes, then rentals.
    far: Vec<i64>,
    /// Next arc to try, of classes, then rentals.
    next: Vec<usize>,
    is_on_path: Vec<bool>,
}

impl Fluid {
    pub(super) fn of(table: &Table) -> Self {
        let mut net = Net::new(table);
        let ground = &table.ground;
        let mut shorts = vec![0; ground.levels];
        let mut rest = &ground.by_priority[..];
        while let Some(first) = rest.first() {
            let level = ground.level_of[*first as usize];
            let count = rest.partition_point(|rental| ground.level_of[*rental as usize] == level);
            net.raise(&rest[..count]);
            shorts[level as usize] = rest[..count].iter().map(|rental| net.need[*rental as usize]).sum();
            rest = &rest[count..];
        }
        Self { arcs: net.arcs, shorts }
    }
}

impl<'a> Net<'a> {
    fn new(table: &'a Table) -> Self {
        let ground = &table.ground;
        let mut arcs = Vec::new();
        let mut first = Vec::with_capacity(ground.classes.len() + 1);
        let mut into = vec![Vec::new(); ground.rentals.len()];
        for (class, rentals) in ground.classes.iter().enumerate() {
            first.push(arcs.len());
            for rental in rentals {
                into[*rental as usize].push(arcs.len() as u32);
                arcs.push(Arc { class: class as u32, rental: *rental, present: 0, flow: 0 });
            }
        }
        first.push(arcs.len());
        let mut left = vec![0; ground.classes.len()];
        // What does not move covers before anything flows.
        let mut need: Vec<u64> =
            (0..ground.rentals.len() as u32).map(|rental| table.wanted(rental)).collect();
        let mut add = |class: u32, rental: u32, rate: u64| {
            let rentals = &ground.classes[class as usize];
            if let Ok(at) = rentals.binary_search(&rental) {
                arcs[first[class as usize] + at].present += rate;
            }
        };
        for (at, rig) in
            ground.rigs.iter().enumerate().filter(|(at, _)| table.fitness[*at] == Fitness::Healthy)
        {
            let holder = table.holder[at];
            match rig.pinned {
                Some(_) => {
                    if let Some(need) = need.get_mut(holder as usize) {
                        *need = need.saturating_sub(rig.rate);
                    }
                }
                None => {
                    left[rig.class as usize] += rig.rate;
                    add(rig.class, holder, rig.rate);
                }
            }
        }
        for (rig, parts) in table.parts.iter().filter(|(rig, _)| table.is_movable(**rig)) {
            for (rental, rate) in parts {
                add(ground.rigs[*rig as usize].class, *rental, *rate);
            }
        }
        let nodes = ground.classes.len() + ground.rentals.len();
        let (far, next, is_on_path) = (vec![FAR; nodes], vec![0; nodes], vec![false; nodes]);
        Self { table, arcs, first, into, left, need, far, next, is_on_path }
    }

    /// Gives these rentals as much as can be had without taking anything from those before them.
    fn raise(&mut self, rentals: &[u32]) {
        while rentals.iter().any(|rental| self.need[*rental as usize] > 0) {
            self.measure();
            let classes = self.left.len();
            self.next.fill(0);
            let mut is_raised = false;
            for rental in rentals.iter().copied() {
                if self.far[classes + rental as usize] >= FAR {
                    continue;
                }
                while self.need[rental as usize] > 0 {
                    let got = self.pull_rental(rental, self.need[rental as usize]);
                    if got == 0 {
                        break;
                    }
                    self.need[rental as usize] -= got;
                    is_raised = true;
                }
            }
            if !is_raised {
                return;
            }
        }
    }

    /// Distances from classes that have something left.
    fn measure(&mut self) {
        let classes = self.left.len();
        self.far.fill(FAR);
        let mut is_queued = vec![false; self.far.len()];
        let mut queue = VecDeque::new();
        for class in (0..classes).filter(|class| self.left[*class] > 0) {
            self.far[class] = 0;
            is_queued[class] = true;
            queue.push_back(class);
        }
        while let Some(node) = queue.pop_front() {
            is_queued[node] = false;
            let far = self.far[node];
            let mut reach = |to: usize, far: i64, known: &mut Vec<i64>| {
                if far < known[to] {
                    known[to] = far;
                    if !is_queued[to] {
                        is_queued[to] = true;
                        queue.push_back(to);
                    }
                }
            };
            if node < classes {
                for arc in &self.arcs[self.first[node]..self.first[node + 1]] {
                    reach(classes + arc.rental as usize, far + forth(arc), &mut self.far);
                }
            } else {
                for arc in &self.into[node - classes] {
                    let arc = &self.arcs[*arc as usize];
                    if arc.flow > 0 {
                        reach(arc.class as usize, far + back(arc), &mut self.far);
                    }
                }
            }
        }
    }

    /// Gets up to so much to a rental along shortest paths.
    fn pull_rental(&mut self, rental: u32, most: u64) -> u64 {
        let node = self.left.len() + rental as usize;
        if self.is_on_path[node] {
            return 0;
        }
        self.is_on_path[node] = true;
        let mut got = 0;
        while self.next[node] < self.into[rental as usize].len() {
            let at = self.into[rental as usize][self.next[node]] as usize;
            let arc = self.arcs[at];
            if self.far[arc.class as usize].saturating_add(forth(&arc)) == self.far[node] {
                // Beyond what is there at present a unit costs more, and that is another path.
                let free = if arc.flow < arc.present { arc.present - arc.flow } else { u64::MAX };
                got = self.pull_class(arc.class, most.min(free));
                if got > 0 {
                    self.arcs[at].flow += got;
                    break;
                }
            }
            self.next[node] += 1;
        }
        self.is_on_path[node] = false;
        got
    }

    /// Gets up to so much out of a class: what it has left, or what it can take back from a rental that has
    /// another class to turn to.
    fn pull_class(&mut self, class: u32, most: u64) -> u64 {
        let node = class as usize;
        if self.is_on_path[node] {
            return 0;
        }
        if self.far[node] == 0 && self.left[node] > 0 {
            let got = most.min(self.left[node]);
            self.left[node] -= got;
            return got;
        }
        self.is_on_path[node] = true;
        let mut got = 0;
        while self.next[node] < self.table.ground.classes[node].len() {
            let at = self.first[node] + self.next[node];
            let arc = self.arcs[at];
            let from = self.left.len() + arc.rental as usize;
            if arc.flow > 0 && self.far[from].saturating_add(back(&arc)) == self.far[node] {
                let some = if arc.flow > arc.present { arc.flow - arc.present } else { arc.flow };
                got = self.pull_rental(arc.rental, most.min(some));
                if got > 0 {
                    self.arcs[at].flow -= got;
                    break;
                }
            }
            self.next[node] += 1;
        }
        self.is_on_path[node] = false;
        got
    }
}

/// What one more unit costs.
fn forth(arc: &Arc) -> i64 {
    if arc.flow < arc.present { 1 } else { COST + 1 }
}

/// What one unit less costs.
fn back(arc: &Arc) -> i64 {
    if arc.flow > arc.present { 1 - COST } else { 1 }
}
