//! What must hold where a site may not draw what all of its rigs need. `FARM_CASES` and `FARM_SEED` say how many
//! farms are tried and which, as for the promises of the scheduler.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::farms::{Case, Rng};
use crate::invariants::{Verdict, on_many_farms, rigs, shake};
use farm::curtail::{Candidate, Draw, Standing, hold, parked};
use farm::schedule::scheduler::Scheduler;
use farm::schedule::{problem::Fitness, problem::Slice};

/// Watts of rigs; some share one, some are unlike any other.
const DRAWS: [u64; 5] = [900, 3000, 3000, 3250, 5445];

/// A farm whose sites are held to something, and what is parked in it.
struct Held {
    case: Case,
    scheduler: Scheduler,
    power: Vec<Option<u64>>,
    limits: BTreeMap<u32, u64>,
    parked: BTreeSet<u32>,
}

impl Held {
    fn new(mut case: Case, rng: &mut Rng) -> Self {
        let power = rigs(&case).map(|_| (!rng.percent(5)).then(|| DRAWS[rng.below(DRAWS.len())])).collect();
        let mut parked = BTreeSet::new();
        if rng.percent(30) {
            parked.extend(rigs(&case).filter(|_| rng.percent(40)));
        }
        // A parked rig is nobody's.
        for rig in &parked {
            case.present[*rig as usize] = None;
        }
        let mut problem = case.problem.clone();
        parked.iter().for_each(|rig| problem.rigs[*rig as usize].fitness = Fitness::Out);
        let scheduler = Scheduler::new(problem, case.present.clone(), case.slices.clone());
        let mut held = Self { case, scheduler, power, limits: BTreeMap::new(), parked };
        for site in 0..3 {
            if rng.percent(60) {
                let most = held.needs(site) as usize;
                held.limits.insert(site, rng.below(most * 5 / 4 + 1) as u64);
            }
        }
        held
    }

    fn needs(&self, site: u32) -> u64 {
        rigs(&self.case)
            .filter(|rig| self.site(*rig) == site)
            .filter_map(|rig| self.power[rig as usize])
            .sum()
    }

    fn site(&self, rig: u32) -> u32 {
        self.case.problem.rigs[rig as usize].site
    }

    fn draws(&self, site: u32) -> u64 {
        let run = rigs(&self.case).filter(|rig| self.site(*rig) == site && !self.parked.contains(rig));
        run.filter_map(|rig| self.power[rig as usize]).sum()
    }

    fn facts(&self) -> Vec<Draw> {
        let one = |rig: u32| {
            let facts = &self.case.problem.rigs[rig as usize];
            Draw {
                site: facts.site,
                power: self.power[rig as usize],
                rate: facts.rate,
                fitness: facts.fitness,
                is_parked: self.parked.contains(&rig),
            }
        };
        rigs(&self.case).map(one).collect()
    }

    /// One decision; true when it changes what is parked.
    fn decide(&mut self, anew: bool) -> bool {
        let next = hold(&self.scheduler, &self.facts(), &self.limits, anew);
        let changed = next != self.parked;
        for rig in rigs(&self.case) {
            let own = self.case.problem.rigs[rig as usize].fitness;
            self.scheduler.set_fitness(rig, if next.contains(&rig) { Fitness::Out } else { own });
        }
        self.parked = next;
        if anew {
            self.scheduler.replan()
        } else {
            self.scheduler.settle()
        };
        changed
    }

    /// Decides until nothing changes.
    fn settle(&mut self, anew: bool) -> Result<usize, TestCaseError> {
        self.decide(anew);
        for round in 1..=4 {
            if !self.decide(false) {
                return Ok(round);
            }
        }
        Err(TestCaseError::fail("it does not come to rest"))
    }

    fn check(&self) -> Verdict {
        for (site, limit) in &self.limits {
            prop_assert!(self.draws(*site) <= *limit, "site {site} draws more than {limit}");
        }
        for rig in &self.parked {
            prop_assert!(self.limits.contains_key(&self.site(*rig)), "{rig} is parked where nothing is held");
            prop_assert_eq!(self.scheduler.holder(*rig), None, "{} is parked and serves", rig);
            let shared = |slice: &Slice| slice.rig == *rig;
            prop_assert!(!self.scheduler.slices().iter().any(shared), "{rig} is parked and shared");
        }
        let unknown = |rig: &u32| self.power[*rig as usize].is_none();
        for rig in rigs(&self.case).filter(unknown).filter(|rig| self.limits.contains_key(&self.site(*rig))) {
            prop_assert!(self.parked.contains(&rig), "nobody knows what {rig} draws, and it runs");
        }
        Ok(())
    }
}

#[test]
fn no_site_draws_more_than_it_may_whatever_happens() {
    on_many_farms(|case, mut rng| {
        let mut held = Held::new(case, &mut rng);
        for step in 0..5 {
            held.decide(step == 0);
            held.check()?;
            // A window begins, ends, or holds a site to something else.
            if rng.percent(30) {
                let site = rng.below(3) as u32;
                let most = held.needs(site) as usize;
                match rng.percent(50) {
                    true => held.limits.insert(site, rng.below(most + 1) as u64),
                    false => held.limits.remove(&site),
                };
            }
            let Held { case, scheduler, .. } = &mut held;
            shake(case, scheduler, &mut rng);
        }
        held.decide(false);
        held.check()
    });
}

#[test]
fn where_there_is_enough_for_all_nothing_is_parked() {
    on_many_farms(|case, mut rng| {
        let mut held = Held::new(case, &mut rng);
        held.limits = (0..3).map(|site| (site, held.needs(site))).collect();
        held.decide(rng.percent(50));
        let known: Vec<u32> =
            held.parked.iter().copied().filter(|rig| held.power[*rig as usize].is_some()).collect();
        prop_assert_eq!(known, Vec::<u32>::new());
        Ok(())
    });
}

#[test]
fn once_decided_nothing_changes_by_itself() {
    on_many_farms(|case, mut rng| {
        let mut held = Held::new(case, &mut rng);
        held.settle(true)?;
        let before = held.parked.clone();
        prop_assert_eq!(held.scheduler.settle(), vec![]);
        prop_assert!(!held.decide(false), "{:?} became {:?}", before, held.parked);
        held.check()
    });
}

#[test]
fn the_order_of_classes_and_of_questions_changes_nothing() {
    on_many_farms(|case, mut rng| {
        let mut other = case.clone();
        let last = other.problem.classes.len() as u32 - 1;
        other.problem.classes.reverse();
        other.problem.rigs.iter_mut().for_each(|rig| rig.class = last - rig.class);
        let mut again = rng.clone();
        let (mut one, mut two) = (Held::new(case, &mut rng), Held::new(other, &mut again));
        for step in 0..3 {
            one.decide(step == 0);
            two.decide(step == 0);
            prop_assert_eq!(&one.parked, &two.parked);
        }
        Ok(())
    });
}

/// Rigs of one site, none of them parked.
fn candidates(rng: &mut Rng) -> Vec<Candidate> {
    let standing = |rng: &mut Rng| match rng.below(6) {
        0 => Standing::Away,
        1 | 2 => Standing::House,
        _ => Standing::Serving {
            priority: rng.below(3) as i32,
            is_well: !rng.percent(15),
            is_pinned: rng.percent(15),
        },
    };
    (0..rng.below(15) as u32)
        .map(|rig| Candidate {
            rig,
            power: (!rng.percent(5)).then(|| DRAWS[rng.below(DRAWS.len())]),
            rate: 1 + rng.below(200) as u64,
            standing: standing(rng),
            is_parked: false,
        })
        .collect()
}

#[test]
fn a_higher_limit_never_costs_the_rigs_of_the_highest_standing_any_hash() {
    on_many_farms(|_, mut rng| {
        let rigs = candidates(&mut rng);
        let all: u64 = rigs.iter().filter_map(|rig| rig.power).sum();
        let low = rng.below(all as usize + 1) as u64;
        let high = low + rng.below(3000) as u64;
        let hash = |limit: u64, standing: Standing| -> u64 {
            let parked = parked(limit, rigs.clone());
            let runs = |rig: &&Candidate| rig.standing == standing && !parked.contains(&rig.rig);
            rigs.iter().filter(runs).map(|rig| rig.rate).sum()
        };
        let mut standings: Vec<Standing> = rigs.iter().map(|rig| rig.standing).collect();
        standings.sort_unstable_by(|a, b| b.cmp(a));
        standings.dedup();
        // Those below may lose where those above gain, and only there.
        for standing in standings {
            let (before, after) = (hash(low, standing), hash(high, standing));
            prop_assert!(before <= after, "{standing:?} did {before} of {low} and does {after} of {high}");
            if before != after {
                break;
            }
        }
        Ok(())
    });
}

#[test]
fn who_is_named_first_makes_no_difference() {
    on_many_farms(|_, mut rng| {
        let mut rigs = candidates(&mut rng);
        rigs.iter_mut().for_each(|rig| rig.is_parked = rng.percent(30));
        let limit = rng.below(30_000) as u64;
        let first = parked(limit, rigs.clone());
        for at in (1..rigs.len()).rev() {
            rigs.swap(at, rng.below(at + 1));
        }
        prop_assert_eq!(parked(limit, rigs), first);
        Ok(())
    });
}
