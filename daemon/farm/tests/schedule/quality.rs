//! How close the plans come to the exact optimum of whole rigs, and to that of rigs divided at will.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "measured figures are there to be read")]

use crate::farms::{Case, Kind, farm};
use crate::optimum::Optimum;
use farm::schedule::problem::Fitness;
use farm::schedule::scheduler::Scheduler;

/// Cases of the run that everybody makes; `FARM_ORACLE_CASES` says otherwise.
const CASES: usize = 150;

#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    contracted: u64,
    top_exact: usize,
    all_exact: usize,
    gap: f64,
    gap_max: f64,
    fluid_gap: f64,
    fluid_gap_max: f64,
    fluid_exact: usize,
    moves: i64,
    moves_max: i64,
    whole_over_fluid: f64,
}

fn total(shorts: &[u64]) -> f64 {
    shorts.iter().sum::<u64>() as f64
}

fn well_moves(case: &Case, scheduler: &Scheduler) -> u64 {
    let is_well = |rig: &usize| case.problem.rigs[*rig].fitness == Fitness::Healthy;
    let moved = |rig: &usize| scheduler.holder(*rig as u32) != case.present[*rig];
    (0..case.present.len()).filter(is_well).filter(moved).count() as u64
}

#[test]
fn plans_are_as_good_as_the_exact_ones() {
    let cases = std::env::var("FARM_ORACLE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let first: u64 = std::env::var("FARM_ORACLE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut tally = Tally::default();
    let (mut skipped, mut unproven) = (0, 0);
    for seed in first..first + cases as u64 {
        let kind =
            Kind { rigs: 6 + (seed * 7 % 15) as usize, rentals: 2 + (seed % 5) as usize, is_plain: true };
        let case = farm(seed, kind);
        let optimum = Optimum::of(&case);
        let Some(best) = optimum.shorts() else {
            skipped += 1;
            continue;
        };
        let mut whole = case.scheduler().without_slices();
        whole.replan();
        let shorts = whole.shortfall();
        let mut shared = case.scheduler();
        shared.replan();
        let fluid = shared.shortfall_min();
        let contracted: u64 = case.problem.rentals.iter().map(|rental| rental.target).sum();
        tally.cases += 1;
        tally.contracted += contracted;
        tally.top_exact += usize::from(shorts[0] <= best[0]);
        tally.all_exact += usize::from(shorts <= best);
        let gap = (total(&shorts) - total(&best)) / contracted as f64;
        tally.gap += gap;
        tally.gap_max = tally.gap_max.max(gap);
        let fluid_gap = (total(&shared.shortfall()) - total(&fluid)) / contracted as f64;
        tally.fluid_gap += fluid_gap;
        tally.fluid_gap_max = tally.fluid_gap_max.max(fluid_gap);
        tally.fluid_exact += usize::from(shared.shortfall() == fluid);
        tally.whole_over_fluid += (total(&best) - total(&fluid)) / contracted as f64;
        let Some(fewest) = optimum.moves(&shorts) else {
            unproven += 1;
            continue;
        };
        let extra = well_moves(&case, &whole) as i64 - fewest as i64;
        tally.moves += extra;
        tally.moves_max = tally.moves_max.max(extra);
        if std::env::var_os("FARM_ORACLE_SHOW").is_some() && (shorts > best || extra > 1) {
            eprintln!("seed {seed}: {shorts:?} for {best:?}, {extra} moves more than {fewest}");
        }
    }
    let count = tally.cases as f64;
    let percent = |n: f64| 100.0 * n / count;
    println!(
        "{} farms ({skipped} more without proof of the least shortfall; of those {unproven} without proof of the fewest moves)",
        tally.cases
    );
    println!(
        "top priority optimal: {:.1} %, every level: {:.1} %",
        percent(tally.top_exact as f64),
        percent(tally.all_exact as f64)
    );
    println!(
        "shortfall beyond the optimum of whole rigs: mean {:.3} %, worst {:.2} % of what is contracted",
        percent(tally.gap),
        100.0 * tally.gap_max
    );
    println!(
        "moves beyond the optimum: mean {:.2}, worst {}",
        tally.moves as f64 / (count - f64::from(unproven)),
        tally.moves_max
    );
    println!(
        "with shared rigs, as divided at will: {:.1} %, mean {:.3} %, worst {:.2} % more missing",
        percent(tally.fluid_exact as f64),
        percent(tally.fluid_gap),
        100.0 * tally.fluid_gap_max
    );
    println!(
        "the optimum of whole rigs beside that divided at will: mean {:.3} % more missing",
        percent(tally.whole_over_fluid)
    );
    assert!(tally.top_exact as f64 >= 0.95 * count);
    assert!(tally.gap / count <= 0.002);
    assert!(tally.moves as f64 / (count - f64::from(unproven)) <= 1.0);
}
