//! What a rental gives back when it is asked to: all that it can do without, and no more.

use proptest::prelude::*;

use crate::farms::Case;
use crate::invariants::{on_many_farms, rentals, rigs, shake};
use farm::schedule::scheduler::Scheduler;
use farm::schedule::{problem::Fitness, problem::Why};

/// A rental's part of a shared rig that is well, kH/s.
fn part_of(scheduler: &Scheduler, rental: u32) -> u64 {
    let slices = scheduler.slices();
    let well = slices.iter().filter(|slice| scheduler.fitness(slice.rig) == Fitness::Healthy);
    well.flat_map(|slice| &slice.parts).filter(|(holder, _)| *holder == rental).map(|(_, rate)| rate).sum()
}

/// The well rigs that a rental has wholly and that are not tied to it.
fn free_rigs(case: &Case, scheduler: &Scheduler, rental: u32) -> Vec<u32> {
    let is_free = |rig: &u32| {
        scheduler.fitness(*rig) == Fitness::Healthy && case.problem.rigs[*rig as usize].pinned.is_none()
    };
    scheduler.rigs(rental).filter(is_free).collect()
}

/// A rig goes if and only if what is left covers all that is wanted: afterwards each rig and the part that stayed
/// do more than the surplus, and whoever had enough still has. Without suspects what is wanted is the target.
#[test]
fn a_rig_is_given_back_if_and_only_if_its_rental_has_enough_without_it() {
    on_many_farms(|mut case, mut rng| {
        for rig in &mut case.problem.rigs {
            if rig.fitness == Fitness::Suspect {
                rig.fitness = Fitness::Healthy;
            }
        }
        let mut scheduler = case.scheduler();
        for step in 0..3 {
            match step {
                0 => scheduler.settle(),
                _ => scheduler.replan(),
            };
            for rental in rentals(&case) {
                let before = case.after(&scheduler);
                let (covered, missing) = (scheduler.covered(rental), scheduler.missing(rental));
                let (had, part) = (free_rigs(&case, &scheduler, rental), part_of(&scheduler, rental));
                let moves = scheduler.give_back(rental);
                let target = case.problem.rentals[rental as usize].target;
                let surplus = scheduler.covered(rental).saturating_sub(target);
                prop_assert_eq!(scheduler.missing(rental), missing, "{:?}", moves);
                prop_assert!(scheduler.covered(rental) >= covered.min(target));
                for rig in free_rigs(&case, &scheduler, rental) {
                    let rate = case.problem.rigs[rig as usize].rate;
                    prop_assert!(rate > surplus, "{} of {} stays beside {} too much", rate, rental, surplus);
                }
                let kept = part_of(&scheduler, rental);
                prop_assert!(kept == 0 || kept == part && part > surplus, "a part of {} stays", kept);
                for made in moves.iter().filter(|made| made.from == Some(rental)) {
                    prop_assert_eq!((made.to, made.why), (None, Why::Returned));
                    prop_assert!(had.contains(&made.rig), "{:?} was not free to go", made);
                }
                // Of the others only who shared a rig with it may have more: the whole of that rig.
                for rig in rigs(&case).filter(|rig| !had.contains(rig)) {
                    let was_shared = before.slices.iter().any(|slice| {
                        slice.rig == rig && slice.parts.iter().any(|(holder, _)| *holder == rental)
                    });
                    let is_same = scheduler.holder(rig) == before.present[rig as usize];
                    prop_assert!(is_same || was_shared, "{:?}", moves);
                }
                prop_assert!(scheduler.give_back(rental).is_empty(), "asked again it gives more");
            }
            shake(&mut case, &mut scheduler, &mut rng);
            for rig in rigs(&case) {
                if scheduler.fitness(rig) == Fitness::Suspect {
                    scheduler.set_fitness(rig, Fitness::Healthy);
                    case.problem.rigs[rig as usize].fitness = Fitness::Healthy;
                }
            }
        }
        Ok(())
    });
}
