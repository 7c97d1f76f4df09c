//! Why a rig changed hands, read off what was and what is.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Fitness, Move, Why};
use super::table::{Before, NOBODY, Table};

/// The moves of one decision, by rig, each with its reason.
pub(super) fn explained(table: &Table, log: Vec<Before>, lost: &BTreeMap<u32, Vec<u32>>) -> Vec<Move> {
    let mut first: BTreeMap<u32, Before> = BTreeMap::new();
    for before in log {
        first.entry(before.rig).or_insert(before);
    }
    let unchanged = |before: &Before| {
        let parts = table.parts.get(&before.rig).map_or(&[][..], Vec::as_slice);
        table.holder[before.rig as usize] == before.holder && parts == before.parts
    };
    let changed: Vec<Before> = first.into_values().filter(|before| !unchanged(before)).collect();
    // Rigs that left a rental, to be paired with those that came.
    let gained: BTreeSet<u32> =
        changed.iter().map(|before| table.holder[before.rig as usize]).filter(|to| *to != NOBODY).collect();
    let known = |to: u32| (to, lost.get(&to).cloned().unwrap_or_default());
    let mut gone: BTreeMap<u32, Vec<u32>> = gained.into_iter().map(known).collect();
    for before in &changed {
        if let Some(rigs) = gone.get_mut(&before.holder)
            && !rigs.contains(&before.rig)
        {
            rigs.push(before.rig);
        }
    }
    let mut moves = Vec::with_capacity(changed.len());
    for before in &changed {
        let (rig, from, to) = (before.rig, before.holder, table.holder[before.rig as usize]);
        let why = if table.parts.contains_key(&rig) {
            Why::Shared
        } else if to == NOBODY {
            leaving(table, before)
        } else if table.ground.rigs[rig as usize].pinned.is_some() {
            Why::Pinned
        } else if table.fitness[rig as usize] == Fitness::LastResort {
            Why::LastResort
        } else if from != NOBODY && is_below(table, from, to) && table.missing(from) > 0 {
            Why::Preempted { by: to }
        } else if from != NOBODY {
            Why::Chain
        } else {
            let lost = gone.get_mut(&to).filter(|rigs| !rigs.is_empty());
            lost.map_or(Why::Covers, |rigs| Why::Replaces(rigs.remove(0)))
        };
        let some = |holder: u32| Some(holder).filter(|holder| *holder != NOBODY);
        moves.push(Move { rig, from: some(from), to: some(to), why });
    }
    moves
}

fn leaving(table: &Table, before: &Before) -> Why {
    match table.fitness[before.rig as usize] {
        Fitness::Out | Fitness::LastResort => Why::Unfit,
        Fitness::Healthy | Fitness::Suspect => {
            let is_barred = before.holder != NOBODY && !table.ground.may(before.rig, before.holder);
            if is_barred { Why::Barred } else { Why::Returned }
        }
    }
}

fn is_below(table: &Table, from: u32, to: u32) -> bool {
    table.ground.level_of[from as usize] > table.ground.level_of[to as usize]
}
