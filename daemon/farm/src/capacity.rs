//! How many spares a promise needs, and what can still be sold. Rigs fail independently of each other and are
//! there a part `A` of the time, so that of `n` rigs a binomial number is there:
//!
//! ```text
//! missing = E[(N - Bin(N + S, A))+] / N  +  δ / MTBF       MTBF = MTTR · A / (1 - A),  δ = detection and switch
//! ```
//!
//! Catching up within the settlement period makes the second part good; no number of spares does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use exchange::time::Timestamp;
use schema::farm::policy::Return;
use schema::farm::{Farm, Rental};
use schema::inventory::{Inventory, Owner, ResolvedRig};

use crate::label::{is_running, label};
use crate::schedule::ALGORITHM;

/// What is kept where a policy promises nothing.
pub const USUAL_PROMISE: f64 = 0.999;
/// No farm has more spares than this.
const SPARES_MAX: u32 = 1_000_000;

/// How rigs fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failing {
    /// Part of the time that a rig is there, of one.
    pub availability: f64,
    /// Mean time until a failed rig is there again.
    pub mttr: Duration,
    /// From a failure until a spare is hashing.
    pub detection: Duration,
}

impl Failing {
    /// Mean time that a rig works.
    pub fn mtbf(&self) -> Duration {
        let ratio = self.availability / (1.0 - self.availability).max(1e-9);
        Duration::from_secs_f64((self.mttr.as_secs_f64() * ratio).min(3.2e9))
    }

    /// Part of the work that is lost before a spare has taken over, whatever their number.
    pub fn lost_by_switching(&self) -> f64 {
        self.detection.as_secs_f64() / self.mtbf().as_secs_f64().max(1e-9)
    }
}

/// Mean time that a repaired rig must prove itself before it serves again, by a policy's `return`: the proof itself,
/// 264 shares' worth of minutes at the published means (44 min at 6 shares a minute, 13 at 20), then the time to be
/// healthy for, which doubles with each relapse within a day.
pub fn proving(back: &Return, per_minute: f64, mtbf: Duration) -> Duration {
    let relapse = 1.0 - (-86_400.0 / mtbf.as_secs_f64().max(1.0)).exp();
    let most = back.relapse_max.seconds_f64().max(back.healthy_for.seconds_f64());
    let (mut dwell, mut chance, mut mean) = (back.healthy_for.seconds_f64(), 1.0, 0.0);
    for _ in 0..40 {
        let next = (dwell * 2.0).min(most);
        mean += chance * (1.0 - relapse) * dwell;
        chance *= relapse;
        dwell = next;
    }
    Duration::from_secs_f64(mean + chance * dwell + 264.0 * 60.0 / per_minute.max(1.0))
}

/// Part of the work of `rented` equal rigs that is missing with so many spares, exactly.
pub fn missing(rented: u32, spares: u32, availability: f64) -> f64 {
    let n = f64::from(rented) + f64::from(spares);
    let (p, q) = (availability, 1.0 - availability);
    if rented == 0 || q <= 0.0 {
        return 0.0;
    }
    if p <= 0.0 {
        return 1.0;
    }
    // From the least likely end up, so that small terms are not lost: k rigs are there.
    let mut ln = n * q.ln();
    let mut sum = 0.0;
    for k in 0..rented {
        sum += (f64::from(rented) - f64::from(k)) * ln.exp();
        ln += ((n - f64::from(k)) / (f64::from(k) + 1.0)).ln() + (p / q).ln();
    }
    sum / f64::from(rented)
}

/// Part of `contracted` hashes per second that is missing, where rigs of these hashrates may serve it: the
/// normal form, for any mix of rigs.
pub fn missing_of(rigs: impl Iterator<Item = f64>, contracted: f64, availability: f64) -> f64 {
    let (mut mean, mut variance) = (0.0, 0.0);
    for rate in rigs {
        mean += availability * rate;
        variance += availability * (1.0 - availability) * rate * rate;
    }
    if contracted <= 0.0 {
        return 0.0;
    }
    let sigma = variance.sqrt();
    if sigma <= 0.0 {
        return ((contracted - mean) / contracted).max(0.0);
    }
    let z = (mean - contracted) / sigma;
    sigma * (density(z) - z * upper_tail(z)) / contracted
}

/// The fewest spares with which `rented` equal rigs miss no more than this part; `None` where no number does.
pub fn spares(rented: u32, availability: f64, missing_max: f64) -> Option<u32> {
    if missing_max <= 0.0 || availability <= 0.0 {
        return None;
    }
    let enough = |spares| missing(rented, spares, availability) <= missing_max * (1.0 + 1e-9);
    let mut high = 1;
    while !enough(high) {
        high *= 2;
        if high > SPARES_MAX {
            return None;
        }
    }
    let mut low = 0;
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// `1 - Φ(z)`. W. J. Cody's rational form would be overkill: the continued fraction of Laplace and the series of
/// Marsaglia (Journal of Statistical Software 11, 2004) agree to 1e-14.
fn upper_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper_tail(-z);
    }
    if z > 3.0 {
        let fraction = (1..=60).rev().fold(z, |below, k| z + f64::from(k) / below);
        return density(z) / fraction;
    }
    let (mut term, mut sum, mut i) = (z, z, 1.0);
    while term > 1e-17 {
        i += 2.0;
        term *= z * z / i;
        sum += term;
    }
    0.5 - sum * density(z)
}

/// Rentals that share rigs, and what these can keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Labels, `customer/rental`.
    pub rentals: Vec<Arc<str>>,
    /// Rigs that may serve any of them.
    pub rigs: usize,
    /// What these do, hashes per second.
    pub hashrate: f64,
    /// What is promised, hashes per second.
    pub promised: f64,
    /// Part of it that must be delivered, the strictest of the rentals' policies.
    pub delivered_min: f64,
    /// What is missing is made good within the settlement period.
    pub catches_up: bool,
    /// Part of the time that a rig can serve: it is there, and has proved itself after its last repair.
    pub availability: f64,
    /// Mean rigs that the promise takes.
    pub rented: u32,
    /// Spares that it needs besides; `None` where no number is enough.
    pub needed: Option<u32>,
    /// Mean rigs that are there besides.
    pub spare: i64,
    /// Part of the promise that will be missing, of one, on average.
    pub missing: f64,
    /// What could be promised besides, hashes per second.
    pub sellable: f64,
    /// The site that most of the rigs stand on,
    pub largest_site: Option<String>,
    /// and the part of the promise that the others keep on average while it is gone, of one.
    pub without_largest_site: f64,
}

/// What the farm's rigs can keep of its promises at a time. Rigs by name are their customers' own and are no
/// spares; a group is taken as a whole, as if each of its rigs could serve each of its rentals.
pub fn capacity(farm: &Farm, inventory: &Inventory, failing: Failing, at: Timestamp) -> Vec<Group> {
    let mut dedicated: BTreeSet<String> = BTreeSet::new();
    for (_, _, rental) in farm.rentals() {
        dedicated
            .extend(rental.dedicated.iter().flat_map(|range| range.names()).map(|name| name.to_string()));
    }
    let rentals: Vec<(Arc<str>, &Rental)> = farm
        .rentals()
        .filter(|(_, _, rental)| is_running(farm, rental, at))
        .filter(|(_, _, rental)| rental.hashrate.is_some() && rental.algorithm() == ALGORITHM)
        .map(|(customer, name, rental)| (label(customer, name), rental))
        .collect();
    let free = |rig: &&ResolvedRig| {
        !matches!(rig.owner, Owner::Customer(_))
            && !rig.hashrate(ALGORITHM).is_zero()
            && !dedicated.contains(rig.name.as_str())
    };
    let rigs: Vec<&ResolvedRig> = inventory.rigs().iter().filter(free).collect();
    let mut groups: Vec<(Vec<usize>, BTreeSet<usize>)> = Vec::new();
    for (n, (_, rental)) in rentals.iter().enumerate() {
        let own: BTreeSet<usize> = (0..rigs.len()).filter(|rig| rigs[*rig].may_serve(rental)).collect();
        let (touched, rest): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(_, others)| !others.is_disjoint(&own));
        let mut merged = (vec![n], own);
        for (members, others) in touched {
            merged.0.extend(members);
            merged.1.extend(others);
        }
        merged.0.sort_unstable();
        groups = rest;
        groups.push(merged);
    }
    groups.sort_by_key(|(members, _)| members[0]);
    groups
        .into_iter()
        .map(|(members, own)| {
            let terms: Vec<(Arc<str>, &Rental)> = members.iter().map(|n| rentals[*n].clone()).collect();
            let own: Vec<&ResolvedRig> = own.into_iter().map(|rig| rigs[rig]).collect();
            group(farm, &terms, &own, failing)
        })
        .collect()
}

fn group(farm: &Farm, rentals: &[(Arc<str>, &Rental)], rigs: &[&ResolvedRig], failing: Failing) -> Group {
    let rates: Vec<f64> = rigs.iter().map(|rig| rig.hashrate(ALGORITHM).hashes_per_second()).collect();
    let hashrate: f64 = rates.iter().sum();
    let promised: f64 =
        rentals.iter().filter_map(|(_, rental)| rental.hashrate).map(|rate| rate.hashes_per_second()).sum();
    let slas: Vec<_> = rentals.iter().map(|(_, rental)| farm.policy(&rental.policy).sla).collect();
    let delivered_min = slas
        .iter()
        .map(|sla| sla.as_ref().map_or(USUAL_PROMISE, |sla| sla.delivered_min.fraction()))
        .fold(0.0, f64::max);
    let catches_up = slas
        .iter()
        .all(|sla| sla.as_ref().is_some_and(|sla| sla.catch_up_max.fraction() > failing.lost_by_switching()));
    let per_minute = farm.hubs.values().next().map_or(20.0, |hub| f64::from(hub.vardiff.shares_per_minute));
    let mtbf = failing.mtbf();
    let proof = rentals
        .iter()
        .map(|(_, rental)| proving(&farm.policy(&rental.policy).back, per_minute, mtbf))
        .max()
        .unwrap_or_default();
    let away = failing.mttr + proof;
    let availability = mtbf.as_secs_f64() / (mtbf + away).as_secs_f64();
    let lost = if catches_up { 0.0 } else { failing.lost_by_switching() };
    let missing_max = 1.0 - delivered_min - lost;
    let mean = if rates.is_empty() { 1.0 } else { hashrate / rates.len() as f64 };
    let rented = (promised / mean * (1.0 - 1e-12)).ceil() as u32;
    let even = rates.iter().all(|rate| (rate / mean - 1.0).abs() < 1e-9);
    let spare = rates.len() as i64 - i64::from(rented);
    // Equal rigs are counted; a mix is weighed.
    let missing_at = |promised: f64| {
        let rented = (promised / mean * (1.0 - 1e-12)).ceil() as u32;
        match u32::try_from(rates.len() as i64 - i64::from(rented)) {
            Ok(spares) if even => missing(rented, spares, availability),
            _ => missing_of(rates.iter().copied(), promised, availability),
        }
    };
    let keeps = |promised: f64| promised <= hashrate && missing_at(promised) <= missing_max;
    let sellable = if missing_max > 0.0 { most(keeps, hashrate) - promised } else { -promised };
    // The search ends beside the mark.
    let sellable = if sellable.abs() < hashrate * 1e-9 { 0.0 } else { sellable };
    let mut sites: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    for (rig, rate) in rigs.iter().zip(&rates) {
        *sites.entry(rig.site.as_ref().map(|site| site.as_str())).or_default() += rate;
    }
    let largest = sites.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
    let left = hashrate - largest.map_or(0.0, |(_, rate)| *rate);
    Group {
        rentals: rentals.iter().map(|(label, _)| label.clone()).collect(),
        rigs: rates.len(),
        hashrate,
        promised,
        delivered_min,
        catches_up,
        availability,
        rented,
        needed: spares(rented, availability, missing_max),
        spare,
        missing: missing_at(promised) + lost,
        sellable,
        largest_site: largest.and_then(|(site, _)| site.map(str::to_owned)),
        without_largest_site: if promised > 0.0 { (left * availability / promised).min(1.0) } else { 1.0 },
    }
}

/// The largest promise that is kept, by halving; promises that are kept have no gaps.
fn most(keeps: impl Fn(f64) -> bool, hashrate: f64) -> f64 {
    let (mut low, mut high) = (0.0, hashrate);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if keeps(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spares_as_published_every_cell() {
        for (rented, cells) in [
            (1, [2, 3, 2, 3, 1, 2]),
            // Published as 1 for 98 % and 99.9 %; but of six rigs two are away 0.55 % of the time, which alone is
            // 0.11 % of five.
            (5, [4, 5, 2, 3, 2, 2]),
            (10, [5, 6, 3, 4, 2, 3]),
            (20, [6, 8, 4, 5, 2, 3]),
            (50, [11, 13, 6, 8, 3, 5]),
            (100, [17, 21, 9, 12, 4, 6]),
            (200, [30, 35, 15, 19, 7, 9]),
            (500, [65, 73, 32, 38, 13, 17]),
            (1000, [122, 134, 59, 67, 23, 29]),
            (5000, [567, 597, 267, 289, 101, 116]),
        ] {
            let mut found = Vec::new();
            for availability in [0.90, 0.95, 0.98] {
                for promise in [0.999, 0.9999] {
                    found.push(spares(rented, availability, 1.0 - promise).expect("a number"));
                }
            }
            assert_eq!(found, cells, "{rented} rigs");
        }
    }

    #[test]
    fn what_is_missing_as_published() {
        // N = 100, the spares of the table above, in units of 1e-4: with a detection of 0, 60 and 180 s.
        for (availability, hours, spares, published) in [
            (0.90, 1, 21, [0.76, 19.3, 56.3]),
            (0.90, 4, 21, [0.76, 5.39, 14.7]),
            (0.90, 24, 21, [0.76, 1.53, 3.07]),
            (0.95, 1, 12, [0.62, 9.39, 26.9]),
            (0.95, 4, 12, [0.62, 2.81, 7.19]),
            (0.95, 24, 12, [0.62, 0.98, 1.71]),
        ] {
            for (detection, published) in [0, 60, 180].into_iter().zip(published) {
                let failing = Failing {
                    availability,
                    mttr: Duration::from_secs(3600 * hours),
                    detection: Duration::from_secs(detection),
                };
                let found = (missing(100, spares, availability) + failing.lost_by_switching()) * 1e4;
                assert!((found - published).abs() < 0.06, "{availability} {hours} h {detection} s: {found}");
            }
        }
    }

    #[test]
    fn the_normal_form_is_one_spare_off_at_most() {
        for rented in [20u32, 100, 500, 1000] {
            for availability in [0.9, 0.95, 0.98] {
                let exact = spares(rented, availability, 1e-4).unwrap();
                let normal = (0..exact + 10)
                    .find(|spares| {
                        let rigs = std::iter::repeat_n(1.0, (rented + spares) as usize);
                        missing_of(rigs, f64::from(rented), availability) <= 1e-4
                    })
                    .unwrap();
                assert!(exact.abs_diff(normal) <= 1, "{rented} {availability}: {exact} and {normal}");
            }
        }
        assert!((upper_tail(1.959_963_985) - 0.025).abs() < 1e-10);
        assert!((upper_tail(4.0) / 3.167_124_183_3e-5 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_repaired_rig_is_away_until_it_has_proved_itself() {
        let minutes = |hours: u64| {
            proving(&Return::default(), 20.0, Duration::from_secs(3600 * hours)).as_secs_f64() / 60.0
        };
        // Ten minutes and the proof where it seldom fails; relapses cost more.
        assert!((minutes(100_000) - 23.2).abs() < 0.1, "{}", minutes(100_000));
        assert!((minutes(36) - 48.5).abs() < 1.0, "{}", minutes(36));
        assert!(minutes(1) > 300.0, "{}", minutes(1));
    }

    #[test]
    fn some_promises_no_number_of_spares_keeps() {
        assert_eq!(spares(10, 0.9, 0.0), None);
        assert_eq!(spares(10, 0.0, 0.1), None);
        assert_eq!(spares(10, 1.0, 0.1), Some(0));
        assert_eq!(missing(10, 0, 0.0), 1.0);
    }

    #[test]
    fn a_farm_with_just_the_spares_it_needs_has_nothing_to_sell() {
        let group_of = |rigs: u32| {
            let text = format!(
                r#"{{"apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
                    "pools": {{"p": {{"urls": ["stratum+tcp://p.example:3333"]}}}},
                    "models": {{"m": {{"algorithms": {{"sha256d": {{"hashrate": "100 TH/s", "power": "3000 W"}}}}}}}},
                    "sites": {{"hall": {{}}}}, "rigs": {{"a-1..{rigs}": {{"model": "m", "site": "hall"}}}},
                    "house": {{"pools": [{{"pool": "p", "user": "h"}}]}},
                    "customers": {{"c": {{"pools": [{{"pool": "p", "user": "c"}}],
                        "rentals": {{"one": {{"hashrate": "2000 TH/s"}}}}}}}}}}"#
            );
            let farm = crate::sample::farm(&text);
            let failing = Failing {
                availability: 0.95,
                mttr: Duration::from_secs(4 * 3600),
                detection: Duration::from_secs(60),
            };
            let at = Timestamp::from_seconds(1_800_000_000);
            capacity(&farm, &Inventory::of(&farm), failing, at).remove(0)
        };
        let needed = group_of(40).needed.expect("some number is enough");
        assert_eq!(group_of(20 + needed).sellable, 0.0);
        assert!((group_of(21 + needed).sellable - 100e12).abs() < 1e6, "one rig more");
        assert!((group_of(19 + needed).sellable + 100e12).abs() < 1e6, "one rig less");
    }

    #[test]
    fn a_farm_is_weighed_by_what_its_rentals_may_use() {
        let farm = crate::sample::farm(crate::sample::SMALL);
        let inventory = Inventory::of(&farm);
        let failing = Failing {
            availability: 0.95,
            mttr: Duration::from_secs(4 * 3600),
            detection: Duration::from_secs(60),
        };
        let groups = capacity(&farm, &inventory, failing, Timestamp::from_seconds(1_800_000_000));
        assert_eq!(groups.len(), 1, "both may use every rig of the house");
        let group = &groups[0];
        assert_eq!((group.rigs, group.rentals.len()), (11, 2), "bob's own rig is no spare");
        assert!((group.promised - 820e12).abs() < 1.0 && (group.hashrate - 1030e12).abs() < 1.0);
        assert!(!group.catches_up && group.missing > 0.0 && group.sellable < group.hashrate - group.promised);
        assert_eq!(group.without_largest_site, 0.0, "all rigs stand in one hall");
    }
}
