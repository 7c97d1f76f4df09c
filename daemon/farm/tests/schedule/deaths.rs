//! One rig's death after a plan, and how far it reaches.

use proptest::prelude::*;

use crate::farms::{Case, Rng};
use crate::invariants::{on_many_farms, rentals, rigs};
use farm::schedule::scheduler::Scheduler;
use farm::schedule::{problem::Fitness, problem::Move};

/// Rentals that share a class, directly or over others, by the smallest of them.
fn components(case: &Case) -> Vec<u32> {
    let mut of: Vec<u32> = rentals(case).collect();
    for _ in rentals(case) {
        for class in &case.problem.classes {
            let least = class.rentals.iter().map(|rental| of[*rental as usize]).min();
            for rental in &class.rentals {
                of[*rental as usize] = least.unwrap_or(*rental);
            }
        }
    }
    of
}

/// A well rig that some rental has wholly.
fn at_work(case: &Case, scheduler: &Scheduler, mut rng: Rng) -> Option<u32> {
    let is_at_work =
        |rig: &u32| scheduler.holder(*rig).is_some() && scheduler.fitness(*rig) == Fitness::Healthy;
    let all: Vec<u32> = rigs(case).filter(is_at_work).collect();
    all.get(rng.below(all.len())).copied()
}

/// One death after a plan: only its component moves, and levels from the top down lack no more than before
/// and the rig's rate on the level of its rental.
#[test]
fn a_death_moves_rigs_only_where_it_matters() {
    on_many_farms(|case, rng| {
        let mut scheduler = case.scheduler();
        scheduler.replan();
        let Some(rig) = at_work(&case, &scheduler, rng) else { return Ok(()) };
        let Some(holder) = scheduler.holder(rig) else { return Ok(()) };
        let before = scheduler.shortfall();
        scheduler.set_fitness(rig, Fitness::LastResort);
        let moves = scheduler.settle();
        let of = components(&case);
        for made in &moves {
            for rental in made.from.into_iter().chain(made.to) {
                prop_assert_eq!(of[rental as usize], of[holder as usize], "{:?} for rig {}", made, rig);
            }
        }
        let mut most = before;
        let level = case.problem.rentals[holder as usize].priority;
        let mut levels: Vec<i32> = case.problem.rentals.iter().map(|rental| -rental.priority).collect();
        levels.sort_unstable();
        levels.dedup();
        most[levels.partition_point(|other| *other < -level)] += case.problem.rigs[rig as usize].rate;
        let after = scheduler.shortfall();
        prop_assert!(after <= most, "{:?} after {:?}: {:?}", after, most, moves);
        Ok(())
    });
}

/// Rigs of equal rates, so that one can do the work of another: a whole rig's death moves at most two well rigs
/// (another's rig, which a spare then replaces) besides itself, and one more where a part of a rig is then needed or
/// no longer. Each rig that goes to a higher rental on the way is one more, since the lower one then has a turn of
/// its own, whether or not it finds another.
#[test]
fn a_death_moves_two_others_at_most_where_one_rig_is_as_good_as_another() {
    on_many_farms(|mut case, rng| {
        case.problem.rigs.iter_mut().for_each(|rig| rig.rate = 100);
        for (mut scheduler, most) in [(case.scheduler().without_slices(), 2), (case.scheduler(), 3)] {
            scheduler.replan();
            let Some(rig) = at_work(&case, &scheduler, rng.clone()) else { continue };
            scheduler.set_fitness(rig, Fitness::LastResort);
            let moves = scheduler.settle();
            let is_other = |made: &&Move| made.rig != rig && scheduler.fitness(made.rig) == Fitness::Healthy;
            let others = moves.iter().filter(is_other).count();
            let priority = |rental: u32| case.problem.rentals[rental as usize].priority;
            let goes_up =
                |made: &&Move| made.from.zip(made.to).is_some_and(|(from, to)| priority(from) < priority(to));
            let preempted = moves.iter().filter(goes_up).count();
            prop_assert!(others <= most + preempted, "{} of {:?} for rig {}", others, moves, rig);
        }
        Ok(())
    });
}
