//! Which rigs run while their site may draw less than all of them need. A rig that must not run is *parked*: it gets no
//! work at all, and is nobody's. What it did is then looked for elsewhere by the ordinary scheduler.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::power_limit::{Cap, allowance};
use crate::roster::{NOWHERE, Roster, RosterRig, rate};
use crate::schedule::Scheduler;
use crate::schedule::problem::Fitness;

/// The limits by the roster's numbers of sites, milliwatts.
pub fn limits(caps: &[Cap], roster: &Roster) -> BTreeMap<u32, u64> {
    let one = |cap: &Cap| Some((roster.site_number(cap.site.as_str())?, allowance(cap.power_max)));
    caps.iter().filter_map(one).collect()
}

/// What limits need to know of the rigs: how fit each is were it not parked, and whether it is.
pub fn draws(roster: &Roster, fit: impl Fn(u32) -> Fitness, is_parked: impl Fn(u32) -> bool) -> Vec<Draw> {
    let one = |(n, rig): (usize, &RosterRig)| Draw {
        site: rig.site.unwrap_or(NOWHERE),
        power: rig.power,
        rate: rate(rig.hashrate),
        // One that an operator took out of service still mines for the house.
        fitness: if roster.is_out(n as u32) { Fitness::Out } else { fit(n as u32) },
        is_parked: is_parked(n as u32),
    };
    roster.rigs().iter().enumerate().map(one).collect()
}

/// How much a rig is worth running, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is away or fails: work that it is given is not done.
    Away,
    /// It mines for the house.
    House,
    /// It serves somebody, or would if it could run.
    Serving {
        /// Of the rental: the higher is served first.
        priority: i32,
        /// It is not suspected of failing.
        is_well: bool,
        /// No other rig may do its work.
        is_pinned: bool,
    },
}

/// A rig at a site that must draw less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its number, in the order of names.
    pub rig: u32,
    /// What it draws with work, milliwatts; `None` where nobody knows.
    pub power: Option<u64>,
    /// What it does, kH/s.
    pub rate: u64,
    /// How much it is worth.
    pub standing: Standing,
    /// It is parked already.
    pub is_parked: bool,
}

/// Which of a site's rigs must not run so that the others draw at most `power_max` milliwatts, by number.
///
/// Looked at in the order of their worth, each runs that fits beside those before it: the higher standing, then
/// those that run already, then the most hash for a watt, then the name. A rig whose power nobody knows never
/// fits. With a higher limit the first rig, in that order, whose lot changes is one that may now run.
pub fn parked(power_max: u64, mut rigs: Vec<Candidate>) -> Vec<u32> {
    rigs.sort_by(|a, b| {
        let rank = |rig: &Candidate| (Reverse(rig.standing), rig.is_parked);
        // Hash for a watt, compared without a division: a.rate / a.power against b.rate / b.power.
        let cross = |rate: &Candidate, power: &Candidate| {
            u128::from(rate.rate) * u128::from(power.power.unwrap_or(u64::MAX))
        };
        rank(a).cmp(&rank(b)).then_with(|| cross(b, a).cmp(&cross(a, b))).then(a.rig.cmp(&b.rig))
    });
    let mut left = power_max;
    let mut parked = Vec::new();
    for rig in rigs {
        match rig.power.and_then(|power| left.checked_sub(power)) {
            Some(rest) => left = rest,
            None => parked.push(rig.rig),
        }
    }
    parked.sort_unstable();
    parked
}

/// What is to know of a rig besides the scheduler's own facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Its site, by number.
    pub site: u32,
    /// What it draws with work, milliwatts; `None` where nobody knows.
    pub power: Option<u64>,
    /// What it does, kH/s; one that does nothing is given no work anyway.
    pub rate: u64,
    /// How fit it is, were it not parked.
    pub fitness: Fitness,
    /// It is parked already.
    pub is_parked: bool,
}

/// Which rigs must not run, by number, so that no site draws more than its limit (milliwatts by site).
///
/// Whoever asks takes the answer's rigs out of the scheduler and has it decide again. Asked once more, the answer
/// is the same: while the limits are kept, a rig that runs is parked only where less is missing by priority after it,
/// or else more hash runs, or more rigs. `anew` is for a farm of which nothing was decided yet.
pub fn hold(scheduler: &Scheduler, rigs: &[Draw], limits: &BTreeMap<u32, u64>, anew: bool) -> BTreeSet<u32> {
    let of = |parked: bool| rigs.iter().enumerate().filter(move |(_, rig)| rig.is_parked == parked);
    // What is held no longer is free in any case.
    let base: BTreeSet<u32> =
        of(true).filter(|(_, rig)| limits.contains_key(&rig.site)).map(|(n, _)| n as u32).collect();
    if limits.is_empty() {
        return base;
    }
    let next = by_worth(scheduler, rigs, limits, anew);
    let is_kept = || {
        let mut left = limits.clone();
        of(false).filter(|(_, rig)| rig.rate > 0).all(|(_, rig)| match left.get_mut(&rig.site) {
            None => true,
            Some(left) => {
                let rest = rig.power.and_then(|power| left.checked_sub(power));
                rest.inspect(|rest| *left = *rest).is_some()
            }
        })
    };
    // Whoever may run besides the others runs, whatever its rental makes of it.
    if anew || next.is_subset(&base) || !is_kept() {
        return next;
    }
    let cost = |parked: &BTreeSet<u32>| {
        let mut trial = scheduler.clone();
        park(&mut trial, rigs, parked);
        trial.settle();
        let well = parked.iter().map(|n| &rigs[*n as usize]).filter(|rig| rig.fitness == Fitness::Healthy);
        (trial.shortfall(), well.map(|rig| rig.rate).sum::<u64>(), parked.len())
    };
    if cost(&next) < cost(&base) { next } else { base }
}

/// Takes these rigs out of the scheduler, and gives it the others as fit as they are.
pub fn park(scheduler: &mut Scheduler, rigs: &[Draw], parked: &BTreeSet<u32>) {
    for (n, rig) in rigs.iter().enumerate() {
        let n = n as u32;
        scheduler.set_fitness(n, if parked.contains(&n) { Fitness::Out } else { rig.fitness });
    }
}

/// The farm is solved as if every parked rig could run; who holds what then says what each is worth.
fn by_worth(scheduler: &Scheduler, rigs: &[Draw], limits: &BTreeMap<u32, u64>, anew: bool) -> BTreeSet<u32> {
    let mut free = scheduler.clone();
    for (n, rig) in rigs.iter().enumerate().filter(|(_, rig)| rig.is_parked) {
        free.set_fitness(n as u32, rig.fitness);
    }
    if anew {
        free.replan();
    } else {
        free.settle();
    }
    let mut shared: BTreeMap<u32, i32> = BTreeMap::new();
    for slice in free.slices() {
        let most = slice.parts.iter().filter_map(|(rental, _)| free.priority(*rental)).max();
        shared.extend(most.map(|priority| (slice.rig, priority)));
    }
    let mut sites: BTreeMap<u32, Vec<Candidate>> = BTreeMap::new();
    for (n, rig) in rigs.iter().enumerate() {
        let n = n as u32;
        if !limits.contains_key(&rig.site) || rig.rate == 0 {
            continue;
        }
        let holder = free.holder(n).and_then(|rental| free.priority(rental));
        let standing = match holder.or_else(|| shared.get(&n).copied()) {
            _ if rig.fitness == Fitness::LastResort => Standing::Away,
            Some(priority) => Standing::Serving {
                priority,
                is_well: rig.fitness == Fitness::Healthy,
                is_pinned: free.is_pinned(n),
            },
            None => Standing::House,
        };
        let Draw { power, rate, is_parked, .. } = *rig;
        sites.entry(rig.site).or_default().push(Candidate { rig: n, power, rate, standing, is_parked });
    }
    sites.into_iter().flat_map(|(site, rigs)| parked(limits[&site], rigs)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_is_owed_and_the_less_is_drawn_the_longer_a_rig_runs() {
        let serving = |priority| Standing::Serving { priority, is_well: true, is_pinned: false };
        let rig = |rig, power, rate, standing| Candidate { rig, power, rate, standing, is_parked: false };
        let rigs = vec![
            rig(0, Some(3000), 100, Standing::House),
            rig(1, Some(3000), 120, Standing::House),
            rig(2, Some(3000), 100, serving(0)),
            rig(3, Some(3000), 90, serving(5)),
            rig(4, Some(3000), 200, Standing::Away),
            rig(5, None, 200, serving(9)),
        ];
        assert_eq!(parked(u64::MAX, rigs.clone()), [5], "nobody knows what it draws");
        assert_eq!(parked(12_000, rigs.clone()), [4, 5]);
        assert_eq!(parked(11_999, rigs.clone()), [0, 4, 5]);
        assert_eq!(parked(6_000, rigs.clone()), [0, 1, 4, 5]);
        assert_eq!(parked(3_000, rigs.clone()), [0, 1, 2, 4, 5]);
        assert_eq!(parked(0, rigs), [0, 1, 2, 3, 4, 5]);
    }
}
