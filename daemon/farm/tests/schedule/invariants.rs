//! What must hold for every farm and every decision. `FARM_CASES` says how many farms each promise is tried on,
//! `FARM_SEED` which ones; the same ones when left out, so that a change and not rng makes a test fail.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::farms::{Case, Kind, Rng, farm};
use farm::schedule::scheduler::Scheduler;
use farm::schedule::{problem::Class, problem::Fitness, problem::Move, problem::Why};

pub(crate) type Verdict = Result<(), TestCaseError>;

/// Farms that broke a promise once: seed, rigs, rentals, plain.
const BROKE: &[(u64, usize, usize, bool)] =
    &[(13_207_864_256_373_400_600, 14, 5, false), (9_277_586_263_559_300_537, 14, 4, true)];

/// Tries a promise on many farms of all sizes; a failure shrinks to few rigs and rentals.
pub(crate) fn on_many_farms(promise: impl Fn(Case, Rng) -> Verdict) {
    let cases = std::env::var("FARM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000);
    let config =
        Config { cases, failure_persistence: None, max_global_rejects: u32::MAX, ..Config::default() };
    let one = |(seed, rigs, rentals, is_plain)| {
        promise(farm(seed, Kind { rigs, rentals, is_plain }), Rng::new(!seed))
    };
    for known in BROKE {
        if let Err(failure) = one(*known) {
            panic!("{known:?}: {failure}");
        }
    }
    let mut seed = [7; 32];
    if let Some(given) = std::env::var("FARM_SEED").ok().and_then(|seed| seed.parse::<u64>().ok()) {
        seed[..8].copy_from_slice(&given.to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let farms = (any::<u64>(), 0..=14usize, 0..=5usize, any::<bool>());
    if let Err(failure) = TestRunner::new_with_rng(config, rng).run(&farms, one) {
        panic!("{failure}");
    }
}

pub(crate) fn rentals(case: &Case) -> std::ops::Range<u32> {
    0..case.problem.rentals.len() as u32
}

pub(crate) fn rigs(case: &Case) -> std::ops::Range<u32> {
    0..case.problem.rigs.len() as u32
}

/// Something happens: a rig changes, or a contract.
pub(crate) fn shake(case: &mut Case, scheduler: &mut Scheduler, rng: &mut Rng) {
    if rng.percent(20) && !case.problem.rentals.is_empty() {
        let rental = rng.below(case.problem.rentals.len());
        let target = rng.below(600) as u64;
        case.problem.rentals[rental].target = target;
        scheduler.set_target(rental as u32, target);
    } else if !case.problem.rigs.is_empty() {
        let rig = rng.below(case.problem.rigs.len());
        let all = [Fitness::Healthy, Fitness::Healthy, Fitness::Suspect, Fitness::LastResort, Fitness::Out];
        let fitness = all[rng.below(all.len())];
        case.problem.rigs[rig].fitness = fitness;
        scheduler.set_fitness(rig as u32, fitness);
    }
}

/// Settled and planned some times over, with events in between; `each` sees the farm before a decision, its
/// moves, and the scheduler after.
pub(crate) fn through_a_day(
    mut case: Case,
    mut rng: Rng,
    each: impl Fn(&Case, &[Move], &Scheduler) -> Verdict,
) -> Verdict {
    let mut scheduler = case.scheduler();
    for step in 0..4 {
        let before = case.after(&scheduler);
        let moves = match (step + rng.below(2)) % 3 {
            0 => scheduler.replan(),
            1 => scheduler.settle(),
            _ if case.problem.rentals.is_empty() => Vec::new(),
            _ => scheduler.give_back(rng.below(case.problem.rentals.len()) as u32),
        };
        each(&before, &moves, &scheduler)?;
        shake(&mut case, &mut scheduler, &mut rng);
        if rng.percent(50) {
            shake(&mut case, &mut scheduler, &mut rng);
        }
    }
    let before = case.after(&scheduler);
    let moves = scheduler.settle();
    each(&before, &moves, &scheduler)
}

/// What is missing by rental if everything stays, save what must leave or come.
fn missing_if_forced(before: &Case, is_forced: bool) -> Vec<u64> {
    let mut well = vec![0u64; before.problem.rentals.len()];
    let mut doubted = well.clone();
    for (at, rig) in before.problem.rigs.iter().enumerate() {
        let slice = before.slices.iter().find(|slice| slice.rig == at as u32);
        let mut parts: Vec<(u32, u64)> = match slice {
            Some(slice) => slice.parts.clone(),
            None => rig
                .pinned
                .filter(|_| is_forced)
                .or(before.present[at])
                .map(|rental| (rental, rig.rate))
                .into_iter()
                .collect(),
        };
        parts.retain(|(rental, _)| before.may(at as u32, *rental));
        for (rental, rate) in parts {
            match rig.fitness {
                Fitness::Healthy => well[rental as usize] += rate,
                Fitness::Suspect => doubted[rental as usize] += rate,
                Fitness::LastResort | Fitness::Out => {}
            }
        }
    }
    let wanted = |at: usize| {
        let rental = &before.problem.rentals[at];
        let ceiling = (rental.target + rental.extra_max).saturating_sub(doubted[at]);
        if doubted[at] == 0 { rental.target } else { rental.target.min(ceiling) }
    };
    (0..well.len()).map(|at| wanted(at).saturating_sub(well[at])).collect()
}

/// The same, whether or not the decision was one that looks at what must leave or come.
fn most_missing(before: &Case) -> Vec<u64> {
    let forced = missing_if_forced(before, true);
    forced.into_iter().zip(missing_if_forced(before, false)).map(|(a, b)| a.max(b)).collect()
}

#[test]
fn a_rig_serves_one_rental_or_several_in_parts_that_fit() {
    on_many_farms(|case, rng| {
        through_a_day(case, rng, |before, moves, after| {
            let slices = after.slices();
            let mut sharing = BTreeSet::new();
            for slice in &slices {
                prop_assert_eq!(after.holder(slice.rig), None);
                let sum: u64 = slice.parts.iter().map(|(_, rate)| rate).sum();
                prop_assert!(sum <= before.problem.rigs[slice.rig as usize].rate, "{:?}", slice);
                for (rental, rate) in &slice.parts {
                    prop_assert!(*rate > 0);
                    prop_assert!(sharing.insert(*rental), "two parts for one rental: {:?}", slices);
                    prop_assert!(before.may(slice.rig, *rental), "barred from its part: {:?}", slice);
                }
            }
            let moved: BTreeSet<u32> = moves.iter().map(|made| made.rig).collect();
            prop_assert_eq!(moved.len(), moves.len(), "a rig moves once a decision");
            for made in moves {
                prop_assert_eq!(after.holder(made.rig), made.to);
                prop_assert_eq!(before.present[made.rig as usize], made.from);
                prop_assert!(made.from != made.to || made.why == Why::Shared || made.to.is_none());
            }
            for rental in rentals(before) {
                let whole: u64 = after
                    .rigs(rental)
                    .filter(|rig| after.fitness(*rig) == Fitness::Healthy)
                    .map(|rig| before.problem.rigs[rig as usize].rate)
                    .sum();
                let parts = slices.iter().filter(|slice| after.fitness(slice.rig) == Fitness::Healthy);
                let part: u64 = parts
                    .flat_map(|slice| &slice.parts)
                    .filter(|(holder, _)| *holder == rental)
                    .map(|(_, rate)| rate)
                    .sum();
                prop_assert_eq!(after.covered(rental), whole + part);
                for rig in after.rigs(rental) {
                    prop_assert_eq!(after.holder(rig), Some(rental));
                }
            }
            Ok(())
        })
    });
}

#[test]
fn nobody_new_comes_who_is_barred_out_suspect_or_worse_than_a_spare() {
    on_many_farms(|case, rng| {
        through_a_day(case, rng, |before, moves, after| {
            for made in moves {
                let Some(to) = made.to else { continue };
                prop_assert!(before.may(made.rig, to), "{:?}", made);
                let facts = &before.problem.rigs[made.rig as usize];
                prop_assert!(facts.fitness != Fitness::Out, "{:?}", made);
                if facts.pinned.is_none() {
                    prop_assert!(facts.fitness != Fitness::Suspect, "{:?}", made);
                    if facts.fitness == Fitness::LastResort {
                        prop_assert!(after.missing(to) > 0, "{:?} and nothing is missing", made);
                        let better = rigs(before).find(|rig| {
                            let other = &before.problem.rigs[*rig as usize];
                            let is_shared = after.slices().iter().any(|slice| slice.rig == *rig);
                            other.fitness == Fitness::Healthy
                                && other.pinned.is_none()
                                && after.holder(*rig).is_none()
                                && !is_shared
                                && before.may(*rig, to)
                                && other.rate <= after.missing(to)
                        });
                        prop_assert_eq!(better, None, "a spare is left while {:?}", made);
                    }
                }
            }
            Ok(())
        })
    });
}

#[test]
fn what_is_pinned_stays_and_what_is_out_is_nobodys() {
    on_many_farms(|case, rng| {
        through_a_day(case, rng, |before, moves, after| {
            for rig in rigs(before) {
                let facts = &before.problem.rigs[rig as usize];
                if let Some(pinned) = facts.pinned
                    && facts.fitness != Fitness::Out
                    && before.present[rig as usize] == Some(pinned)
                {
                    prop_assert_eq!(after.holder(rig), Some(pinned));
                    prop_assert!(moves.iter().all(|made| made.rig != rig));
                }
            }
            for made in
                moves.iter().filter(|made| before.problem.rigs[made.rig as usize].fitness == Fitness::Out)
            {
                prop_assert_eq!(made.to, None);
            }
            Ok(())
        })
    });
}

#[test]
fn out_of_service_is_obeyed_by_the_next_decision_that_looks_at_it() {
    on_many_farms(|case, _| {
        let mut scheduler = case.scheduler();
        scheduler.settle();
        let mut planned = case.scheduler();
        planned.replan();
        for rig in rigs(&case) {
            let facts = &case.problem.rigs[rig as usize];
            for scheduler in [&scheduler, &planned] {
                match (facts.fitness, facts.pinned) {
                    (Fitness::Out, _) => prop_assert_eq!(scheduler.holder(rig), None),
                    (_, Some(pinned)) => prop_assert_eq!(scheduler.holder(rig), Some(pinned)),
                    _ => prop_assert!(scheduler.holder(rig).is_none_or(|holder| case.may(rig, holder))),
                }
            }
        }
        Ok(())
    });
}

/// Whoever is shorter than before lost it to a strictly higher rental, which has more than before by it.
#[test]
fn nobody_is_preempted_by_an_equal_or_a_lower_rental() {
    on_many_farms(|case, rng| {
        through_a_day(case, rng, |before, moves, after| {
            let was = most_missing(before);
            let priority = |rental: u32| before.problem.rentals[rental as usize].priority;
            for rental in rentals(before).filter(|rental| after.missing(*rental) > was[*rental as usize]) {
                let is_for = |other: &u32| {
                    priority(*other) > priority(rental) && after.missing(*other) < was[*other as usize]
                };
                prop_assert!(
                    rentals(before).any(|other| is_for(&other)),
                    "{} lacks {} after {}: {:?}",
                    rental,
                    after.missing(rental),
                    was[rental as usize],
                    moves
                );
            }
            for made in moves {
                if let Why::Preempted { by } = made.why {
                    prop_assert!(made.from.is_some_and(|from| priority(from) < priority(by)), "{:?}", made);
                }
            }
            Ok(())
        })
    });
}

#[test]
fn what_was_decided_is_not_decided_again() {
    on_many_farms(|case, mut rng| {
        let mut case = case;
        let mut scheduler = case.scheduler();
        scheduler.replan();
        for _ in 0..2 {
            let again = scheduler.replan();
            prop_assert!(again.is_empty(), "planned again: {:?}", again);
            let settled = scheduler.settle();
            prop_assert!(settled.is_empty(), "settled with nothing touched: {:?}", settled);
            let state = case.after(&scheduler);
            let rebuilt = state.scheduler().replan();
            prop_assert!(rebuilt.is_empty(), "planned by another: {:?}", rebuilt);
            let rebuilt = state.scheduler().settle();
            prop_assert!(rebuilt.is_empty(), "settled by another: {:?}", rebuilt);
            shake(&mut case, &mut scheduler, &mut rng);
            scheduler.settle();
            let settled = scheduler.settle();
            prop_assert!(settled.is_empty(), "settled twice: {:?}", settled);
            scheduler.replan();
        }
        Ok(())
    });
}

#[test]
fn the_order_in_which_things_are_told_does_not_matter() {
    on_many_farms(|case, mut rng| {
        // Classes in another order and repeated, slices in another order, sites by other numbers.
        let mut other = case.clone();
        let count = other.problem.classes.len();
        let mut order: Vec<usize> = (0..2 * count).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, rng.below(at + 1));
        }
        other.problem.classes = order
            .iter()
            .map(|at| Class { rentals: case.problem.classes[at % count].rentals.clone() })
            .collect();
        for rig in &mut other.problem.rigs {
            let twin = rig.class as usize + if rng.percent(50) { count } else { 0 };
            rig.class = order.iter().position(|at| *at == twin).unwrap_or(0) as u32;
        }
        let (mut a, mut b) = (case.scheduler(), other.scheduler());
        prop_assert_eq!(a.settle(), b.settle());
        prop_assert_eq!(a.replan(), b.replan());
        prop_assert_eq!(a.slices(), b.slices());
        let mut seen = rng.clone();
        shake(&mut case.clone(), &mut a, &mut rng);
        shake(&mut case.clone(), &mut b, &mut seen);
        prop_assert_eq!(a.settle(), b.settle());
        prop_assert_eq!(a.slices(), b.slices());
        Ok(())
    });
}

#[test]
fn a_plan_is_never_worse_than_what_is_nor_better_than_can_be() {
    on_many_farms(|case, _| {
        let mut scheduler = case.scheduler();
        let was = missing_if_forced(&case, true);
        let moves = scheduler.replan();
        let (short, least) = (scheduler.shortfall(), scheduler.shortfall_min());
        let mut levels: Vec<i32> = case.problem.rentals.iter().map(|rental| -rental.priority).collect();
        levels.sort_unstable();
        levels.dedup();
        let mut before = vec![0; levels.len()];
        for (at, rental) in case.problem.rentals.iter().enumerate() {
            before[levels.partition_point(|level| *level < -rental.priority)] += was[at];
        }
        prop_assert!(short <= before, "{:?} after {:?}, by {:?}", short, before, moves);
        prop_assert!(least <= short, "{:?} while no less than {:?} is possible", short, least);
        Ok(())
    });
}

#[test]
fn one_more_spare_never_makes_it_worse() {
    on_many_farms(|case, mut rng| {
        let mut scheduler = case.scheduler();
        scheduler.replan();
        let idle =
            |rig: &u32| scheduler.holder(*rig).is_none() && scheduler.fitness(*rig) != Fitness::Healthy;
        let idle: Vec<u32> = rigs(&case).filter(idle).collect();
        let Some(rig) = idle.get(rng.below(idle.len())).copied() else { return Ok(()) };
        let before = scheduler.shortfall();
        scheduler.set_fitness(rig, Fitness::Healthy);
        let moves = scheduler.settle();
        let after = scheduler.shortfall();
        prop_assert!(after <= before, "{:?} after {:?}: {:?}", after, before, moves);
        scheduler.replan();
        prop_assert!(scheduler.shortfall() <= after, "the full plan is no worse than what was settled");
        Ok(())
    });
}
