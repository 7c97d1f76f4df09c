//! What a decision about a large farm costs: 100,000 rigs, 1,000 rentals. Prints times and memory;
//! `docs/measurements.md` keeps them.

use std::time::{Duration, Instant};

use farm::schedule::scheduler::Scheduler;
use farm::schedule::{
    problem::Class, problem::Demand, problem::Fitness, problem::Prefer, problem::Problem, problem::Rig,
    problem::Spread,
};

const RIGS: u32 = 100_000;
const RENTALS: u32 = 1_000;
const SITES: u32 = 50;
const MODELS: [u64; 8] = [30, 68, 95, 100, 110, 140, 200, 234];
/// Rigs that die, one after the other.
const DEATHS: usize = 2_000;
/// Plans of each kind.
const PLANS: usize = 7;

fn main() {
    for (name, load, tags) in [("ample", 85, 1), ("scarce", 105, 1), ("ample, 2,000 classes", 85, 5)] {
        let problem = farm(load, tags);
        let arcs: usize = problem.classes.iter().map(|class| class.rentals.len()).sum();
        say(&format!(
            "\n{name}: {RIGS} rigs, {RENTALS} rentals, {} classes, {arcs} arcs",
            problem.classes.len()
        ));
        measure(problem);
    }
    say(&format!("\nmost memory of the whole run: {} MiB", memory_max() / 1024));
}

/// Rentals want anything, a site, a few models, or a model at a site.
fn farm(load: u64, tags: u32) -> Problem {
    let mut rng = Rng(7);
    let wants: Vec<(Option<u32>, u32, u32)> = (0..RENTALS)
        .map(|_| {
            let site = (rng.below(100) < 80).then(|| rng.below(SITES));
            let models = if rng.below(100) < 50 { 255 } else { 1 + rng.below(255) };
            (site, models, rng.below(tags * 2))
        })
        .collect();
    let mut classes = Vec::new();
    for site in 0..SITES {
        for model in 0..MODELS.len() as u32 {
            for tag in 0..tags {
                let fits = |rental: &u32| {
                    let (want, models, tagged) = wants[*rental as usize];
                    want.is_none_or(|want| want == site)
                        && models >> model & 1 == 1
                        && (tagged >= tags || tagged == tag)
                };
                classes.push(Class { rentals: (0..RENTALS).filter(fits).collect() });
            }
        }
    }
    let mut total = 0;
    let rigs: Vec<Rig> = (0..RIGS)
        .map(|_| {
            let (site, model, tag) = (rng.below(SITES), rng.below(MODELS.len() as u32), rng.below(tags));
            let rate = MODELS[model as usize] * 1_000_000_000;
            total += rate;
            let class = (site * MODELS.len() as u32 + model) * tags + tag;
            Rig {
                class,
                rate,
                site,
                rack: rng.below(50),
                pinned: None,
                home: None,
                fitness: Fitness::Healthy,
            }
        })
        .collect();
    let weights: Vec<u64> = (0..RENTALS).map(|_| u64::from(1 + rng.below(20))).collect();
    let weight: u64 = weights.iter().sum();
    let rentals = weights
        .iter()
        .enumerate()
        .map(|(at, share)| Demand {
            target: total / 100 * load * share / weight,
            priority: rng.below(10) as i32,
            spread: (at % 10 == 0).then_some(Spread::Rack),
            prefer: if at % 3 == 0 { Prefer::SameRack } else { Prefer::Any },
            extra_max: u64::MAX / 4,
        })
        .collect();
    Problem { rigs, classes, rentals }
}

fn measure(problem: Problem) {
    let mut rng = Rng(11);
    let mut first = Vec::new();
    let mut scheduler = Scheduler::new(problem.clone(), vec![None; RIGS as usize], Vec::new());
    for _ in 0..PLANS {
        scheduler = Scheduler::new(problem.clone(), vec![None; RIGS as usize], Vec::new());
        let start = Instant::now();
        let moves = scheduler.replan();
        first.push(start.elapsed());
        assert!(moves.len() > RIGS as usize / 2, "an empty farm is filled");
    }
    report("plan of a farm that mines for the house", first);
    let (short, least): (u64, u64) =
        (scheduler.shortfall().iter().sum(), scheduler.shortfall_min().iter().sum());
    let contracted: u64 = problem.rentals.iter().map(|rental| rental.target).sum();
    let part = |rate: u64| 100.0 * rate as f64 / contracted as f64;
    let shared = scheduler.slices().len();
    say(&format!(
        "missing {:.4} % of what is contracted, {:.4} % if divided at will; {shared} rigs shared",
        part(short),
        part(least)
    ));
    let mut still = Vec::new();
    for _ in 0..PLANS {
        let start = Instant::now();
        let moves = scheduler.replan();
        still.push(start.elapsed());
        assert!(moves.is_empty(), "a plan that holds is not changed");
    }
    report("plan of the farm as planned", still);
    let (mut deaths, mut returns, mut moved) = (Vec::new(), Vec::new(), 0);
    for _ in 0..DEATHS {
        let rig = rng.below(RIGS);
        let is_at_work = scheduler.fitness(rig) == Fitness::Healthy && scheduler.holder(rig).is_some();
        let start = Instant::now();
        scheduler.set_fitness(rig, Fitness::LastResort);
        moved += scheduler.settle().len();
        let took = start.elapsed();
        if is_at_work {
            deaths.push(took);
        }
        // Half of them come back.
        if rng.below(2) == 0 {
            let start = Instant::now();
            scheduler.set_fitness(rig, Fitness::Healthy);
            moved += scheduler.settle().len();
            returns.push(start.elapsed());
        }
    }
    report(&format!("a rig's death ({:.2} moves)", moved as f64 / DEATHS as f64), deaths);
    report("a rig's return", returns);
    let mut late = Vec::new();
    for _ in 0..PLANS {
        let mut scheduler = scheduler.clone();
        for rig in 0..RIGS / 50 {
            scheduler.set_fitness(rig * 50, Fitness::LastResort);
        }
        let start = Instant::now();
        scheduler.replan();
        late.push(start.elapsed());
    }
    report("plan after 2 % more died at once", late);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    let millis = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    say(&format!(
        "{what}: median {:.3} ms, 99 % {:.3} ms, worst {:.3} ms",
        millis(at(50)),
        millis(at(99)),
        millis(times.last())
    ));
}

/// The most memory that this process ever had, KiB.
fn memory_max() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Numbers from a seed, the same on every machine (SplitMix64).
struct Rng(u64);

impl Rng {
    fn below(&mut self, count: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(count)) as u32
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(text: &str) {
    println!("{text}");
}
