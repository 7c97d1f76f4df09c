//! Whoever comes to a rental is needed there, and stays within what suspects leave room for.

use proptest::prelude::*;

use crate::farms::Case;
use crate::invariants::{on_many_farms, rentals, through_a_day};
use farm::schedule::scheduler::Scheduler;
use farm::schedule::{problem::Fitness, problem::Move};

/// What the suspects of a rental would do, were they well, kH/s.
fn doubted(case: &Case, scheduler: &Scheduler, rental: u32) -> u64 {
    let is_suspect = |rig: &u32| scheduler.fitness(*rig) == Fitness::Suspect;
    let whole = scheduler.rigs(rental).filter(is_suspect).map(|rig| case.problem.rigs[rig as usize].rate);
    let slices = scheduler.slices();
    let shared = slices.iter().filter(|slice| is_suspect(&slice.rig)).flat_map(|slice| &slice.parts);
    whole.sum::<u64>() + shared.filter(|(of, _)| *of == rental).map(|(_, rate)| rate).sum::<u64>()
}

/// The rates of well rigs that came to a rental, had no part in it before and are not tied to it, kH/s.
fn came<'a>(before: &'a Case, moves: &'a [Move], rental: u32) -> impl Iterator<Item = u64> + 'a {
    let here = moves.iter().filter(move |made| made.to == Some(rental) && made.from != Some(rental));
    let whole = here.filter(|made| before.slices.iter().all(|slice| slice.rig != made.rig));
    let rigs = whole.map(|made| &before.problem.rigs[made.rig as usize]);
    rigs.filter(|rig| rig.fitness == Fitness::Healthy && rig.pinned.is_none()).map(|rig| rig.rate)
}

/// However much is missing: no rental gets more by which its suspects and well rigs together, at nominal rates, do
/// more than `extra_max` beyond the target, save by rigs that an operator ties to it.
#[test]
fn beside_suspects_nobody_comes_beyond_what_may_be_added() {
    on_many_farms(|case, rng| {
        through_a_day(case, rng, |before, moves, after| {
            let unchanged = before.scheduler();
            for rental in rentals(before) {
                let doubted = doubted(before, after, rental);
                let is_tied = |made: &Move| before.problem.rigs[made.rig as usize].pinned == Some(rental);
                if doubted == 0 || moves.iter().any(is_tied) {
                    continue;
                }
                let facts = &before.problem.rentals[rental as usize];
                let (had, has) = (unchanged.covered(rental), after.covered(rental));
                prop_assert!(
                    has <= had || has + doubted <= facts.target + facts.extra_max,
                    "{} beside {} suspect of {:?}: {:?}",
                    has,
                    doubted,
                    facts,
                    moves
                );
            }
            Ok(())
        })
    });
}

/// A rental gets no rig that it could do without.
#[test]
fn nobody_comes_who_is_not_needed() {
    on_many_farms(|case, rng| {
        through_a_day(case, rng, |before, moves, after| {
            for rental in rentals(before) {
                let target = before.problem.rentals[rental as usize].target;
                let covered = after.covered(rental);
                for rate in came(before, moves, rental) {
                    prop_assert!(
                        covered - rate < target,
                        "{} of {} at {}, {} came: {:?}",
                        covered,
                        target,
                        rental,
                        rate,
                        moves
                    );
                }
            }
            Ok(())
        })
    });
}
