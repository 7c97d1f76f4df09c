//! Random farms: small, with unequal rates, classes with structure, scarce and ample, half assigned.

use farm::schedule::scheduler::Scheduler;
use farm::schedule::{
    problem::Class, problem::Demand, problem::Fitness, problem::Prefer, problem::Problem, problem::Rig,
    problem::Slice, problem::Spread,
};

/// Numbers from a seed, the same on every machine (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of so many numbers.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A farm and who has what in it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) problem: Problem,
    pub(crate) present: Vec<Option<u32>>,
    pub(crate) slices: Vec<Slice>,
}

impl Case {
    pub(crate) fn scheduler(&self) -> Scheduler {
        Scheduler::new(self.problem.clone(), self.present.clone(), self.slices.clone())
    }

    /// Whether a rig may serve a rental.
    pub(crate) fn may(&self, rig: u32, rental: u32) -> bool {
        let rig = &self.problem.rigs[rig as usize];
        let class = &self.problem.classes[rig.class as usize];
        rig.pinned.map_or_else(|| class.rentals.contains(&rental), |pinned| pinned == rental)
    }

    /// The same farm as it would be given to a new scheduler now.
    pub(crate) fn after(&self, scheduler: &Scheduler) -> Self {
        let mut problem = self.problem.clone();
        for (at, rig) in problem.rigs.iter_mut().enumerate() {
            rig.fitness = scheduler.fitness(at as u32);
        }
        let present = (0..problem.rigs.len() as u32).map(|rig| scheduler.holder(rig)).collect();
        Self { problem, present, slices: scheduler.slices() }
    }
}

/// What kinds of things a random farm has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) rigs: usize,
    pub(crate) rentals: usize,
    /// Well and dead rigs only, nothing pinned, no overrides about places: what the exact solver understands.
    pub(crate) is_plain: bool,
}

const RATES: [u64; 7] = [30, 68, 95, 100, 110, 140, 200];

/// A farm from a seed.
pub(crate) fn farm(seed: u64, kind: Kind) -> Case {
    let mut rng = Rng::new(seed);
    let models: Vec<u64> = (0..1 + rng.below(4)).map(|_| RATES[rng.below(RATES.len())]).collect();
    let sites = 1 + rng.below(3);
    // A rental wants a site, a model, both or anything: classes have structure.
    let wants: Vec<(Option<usize>, Option<usize>)> = (0..kind.rentals)
        .map(|_| {
            let site = rng.percent(35).then(|| rng.below(sites));
            let model = rng.percent(30).then(|| rng.below(models.len()));
            (site, model)
        })
        .collect();
    let mut classes = Vec::new();
    for site in 0..sites {
        for model in 0..models.len() {
            let fits = |want: &(Option<usize>, Option<usize>)| {
                want.0.is_none_or(|s| s == site) && want.1.is_none_or(|m| m == model)
            };
            let rentals = (0..kind.rentals as u32).filter(|rental| fits(&wants[*rental as usize])).collect();
            classes.push(Class { rentals });
        }
    }
    let dead = [0, 0, 10, 25][rng.below(4)];
    let (mut rigs, mut total) = (Vec::new(), 0);
    for _ in 0..kind.rigs {
        let (site, model) = (rng.below(sites), rng.below(models.len()));
        let fitness = match rng.below(100) {
            chance if chance < dead => Fitness::LastResort,
            chance if !kind.is_plain && chance < dead + 8 => Fitness::Suspect,
            chance if !kind.is_plain && chance < dead + 14 => Fitness::Out,
            _ => Fitness::Healthy,
        };
        let pinned =
            (!kind.is_plain && kind.rentals > 0 && rng.percent(5)).then(|| rng.below(kind.rentals) as u32);
        let home = (kind.rentals > 0 && rng.percent(60)).then(|| rng.below(kind.rentals) as u32);
        let rate = models[model];
        total += rate;
        let rack = rng.below(3) as u32;
        rigs.push(Rig {
            class: (site * models.len() + model) as u32,
            rate,
            site: site as u32,
            rack,
            pinned,
            home,
            fitness,
        });
    }
    // Contracts of 50 to 120 % of what there is.
    let load = 50 + rng.below(71) as u64;
    let weights: Vec<u64> = (0..kind.rentals).map(|_| 1 + rng.below(9) as u64).collect();
    let weight: u64 = weights.iter().sum::<u64>().max(1);
    let levels = 1 + rng.below(4);
    let rentals = weights
        .iter()
        .map(|share| Demand {
            target: (total * load * share / weight / 100).max(1),
            priority: rng.below(levels) as i32 * 5,
            spread: (!kind.is_plain && rng.percent(20)).then_some(if rng.percent(50) {
                Spread::Rack
            } else {
                Spread::Site
            }),
            prefer: if kind.is_plain {
                Prefer::Any
            } else {
                [Prefer::Any, Prefer::SameRack, Prefer::SameSite, Prefer::OtherSite][rng.below(4)]
            },
            extra_max: if kind.is_plain { 1_000_000 } else { [0, 50, 100, 1_000_000][rng.below(4)] },
        })
        .collect();
    let problem = Problem { rigs, classes, rentals };
    let there = [0, 40, 80, 100][rng.below(4)];
    let case = Case { present: vec![None; kind.rigs], slices: Vec::new(), problem };
    let present = (0..kind.rigs as u32)
        .map(|rig| {
            let may: Vec<u32> = (0..kind.rentals as u32).filter(|rental| case.may(rig, *rental)).collect();
            let is_there = rng.percent(there) && !may.is_empty();
            let is_wrong = !kind.is_plain && kind.rentals > 0 && rng.percent(3);
            if is_wrong {
                return Some(rng.below(kind.rentals) as u32);
            }
            is_there.then(|| may[rng.below(may.len())])
        })
        .collect();
    Case { present, ..case }
}
