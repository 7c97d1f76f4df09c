//! The least shortfall of rigs that could be divided at will, against an answer that has nothing to do with flows.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::farms::Case;
use crate::invariants::{on_many_farms, rentals, shake};
use farm::schedule::problem::Fitness;
use farm::schedule::scheduler::Scheduler;

/// What rentals still need of rigs that may be moved, kH/s: the target, or what suspects leave room for, less the
/// well rigs that are pinned and stand there.
fn needs(case: &Case) -> Vec<u64> {
    let count = case.problem.rentals.len();
    let (mut fixed, mut doubted) = (vec![0; count], vec![0; count]);
    for (at, rig) in case.problem.rigs.iter().enumerate() {
        if let Some(holder) = case.present[at] {
            match rig.fitness {
                Fitness::Healthy if rig.pinned.is_some() => fixed[holder as usize] += rig.rate,
                Fitness::Suspect => doubted[holder as usize] += rig.rate,
                _ => {}
            }
        }
    }
    for slice in &case.slices {
        if case.problem.rigs[slice.rig as usize].fitness == Fitness::Suspect {
            for (rental, rate) in &slice.parts {
                doubted[*rental as usize] += rate;
            }
        }
    }
    let need = |(at, rental): (usize, &farm::schedule::problem::Demand)| {
        let ceiling = (rental.target + rental.extra_max).saturating_sub(doubted[at]);
        let wanted = if doubted[at] == 0 { rental.target } else { rental.target.min(ceiling) };
        wanted.saturating_sub(fixed[at])
    };
    case.problem.rentals.iter().enumerate().map(need).collect()
}

/// The least shortfall by level, from the highest priority down, by Hall's theorem: however rigs are divided, the
/// rentals of a set lack together what they need beyond all that the rigs do that may serve any of them; and the
/// worst set of the highest levels says what these lack together.
fn least(case: &Case) -> Vec<u64> {
    let needs = needs(case);
    let mut levels: BTreeMap<i32, u32> = BTreeMap::new();
    for (at, rental) in case.problem.rentals.iter().enumerate() {
        *levels.entry(-rental.priority).or_default() |= 1 << at;
    }
    let is_free =
        |rig: &&farm::schedule::problem::Rig| rig.fitness == Fitness::Healthy && rig.pinned.is_none();
    let free = case.problem.rigs.iter().filter(is_free).map(|rig| {
        let class = &case.problem.classes[rig.class as usize];
        (class.rentals.iter().fold(0u32, |set, rental| set | 1 << rental), rig.rate)
    });
    let free: Vec<(u32, u64)> = free.collect();
    let lack = |set: u32| {
        let need: u64 = rentals(case).filter(|at| set >> at & 1 == 1).map(|at| needs[at as usize]).sum();
        let rate: u64 = free.iter().filter(|(may, _)| may & set != 0).map(|(_, rate)| rate).sum();
        need.saturating_sub(rate)
    };
    let (mut highest, mut above) = (0, 0);
    let lacks = levels.into_values().map(|level| {
        highest |= level;
        let worst = (0..1u32 << rentals(case).end).filter(|set| set & !highest == 0).map(lack).max();
        let total = worst.unwrap_or(0);
        let here = total - above;
        above = total;
        here
    });
    lacks.collect()
}

/// Exactly, whatever is assigned already and after every decision. Special to the question itself: pinned rigs
/// cover the rental where they stand and nobody else; suspects stay, cover nothing, and may leave no room for as
/// much as the target; rigs that are a last resort or out cover nothing.
#[test]
fn the_least_shortfall_is_neither_above_nor_below_what_the_rigs_allow() {
    on_many_farms(|mut case, mut rng| {
        let mut scheduler = case.scheduler();
        let check = |case: &Case, scheduler: &Scheduler| {
            let now = case.after(scheduler);
            prop_assert_eq!(scheduler.shortfall_min(), least(&now));
            Ok(())
        };
        check(&case, &scheduler)?;
        scheduler.replan();
        check(&case, &scheduler)?;
        shake(&mut case, &mut scheduler, &mut rng);
        scheduler.settle();
        check(&case, &scheduler)
    });
}
