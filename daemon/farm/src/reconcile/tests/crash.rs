//! A process that dies between any two steps, on random days of random farms: the next one is given what the daemon
//! writes down (who works for whom, where rigs belong, who shares, what was promised) and nothing else.

use exchange::orders::Orders;
use exchange::work::Balance;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

use super::*;
use crate::instruct::{Wanted, orders, orders_change};

/// Numbers from a seed, the same on every machine (SplitMix64).
#[derive(Clone)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % count.max(1) as u64) as usize
    }

    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A farm of two models, where 30 to 120 % of its hash are rented, half of the time with a promise to catch up with.
fn random_farm(rng: &mut Rng, rigs: usize, rentals: usize) -> Desired {
    let model = |big: bool| if big { "big" } else { "small" };
    let mut total = 0;
    let mut rig = |at: usize| {
        let big = rng.percent(70);
        total += if big { 100 } else { 30 };
        let rack = ["r1", "r2"][rng.below(2)];
        (format!("rig-{at:02}"), json!({"model": model(big), "site": "hall", "rack": rack}))
    };
    let rigs: BTreeMap<String, Value> = (0..rigs).map(&mut rig).collect();
    let load = 30 + rng.below(91);
    let mut rental = |at: usize| {
        let contracted = (total * load / 100 / rentals.max(1)).max(10);
        let mut from = serde_json::Map::new();
        if rng.percent(30) {
            from.insert("models".into(), json!([model(rng.percent(70))]));
        }
        if rng.percent(30) {
            let rack = ["r1", "r2"][rng.below(2)];
            from.insert("racks".into(), json!([rack]));
        }
        let priority = rng.below(3);
        let rental = json!({"hashrate": format!("{contracted} TH/s"), "priority": priority, "policy": "strict", "serve_from": from});
        (format!("rental-{at}"), rental)
    };
    let rentals: BTreeMap<String, Value> = (0..rentals).map(&mut rental).collect();
    let does = |rate: u32| json!({"algorithms": {"sha256d": {"hashrate": format!("{rate} TH/s"), "power": "3000 W"}}});
    let pools = json!([{"pool": "p", "user": "u"}]);
    let mut policy = json!({"spares": {"slice_min": "1m"}});
    if rng.percent(50) {
        policy["sla"] = json!({
            "delivered_min": "99.9%", "period": "1h", "catch_up_max": "30%",
            "credit": {"kind": "pro-rata", "max": "100%"}, "excludes": ["customer-pool"],
        });
    }
    let text = json!({
        "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
        "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}},
        "models": {"big": does(100), "small": does(30)}, "sites": {"hall": {}}, "rigs": rigs,
        "house": {"pools": pools},
        "policies": {"strict": policy},
        "customers": {"alice": {"pools": pools, "rentals": rentals}},
    });
    let farm: schema::farm::Farm = serde_json::from_value(text).expect("a farm");
    Desired::of(1, farm)
}

/// A farm, what happens on it, and who decides.
#[derive(Clone)]
pub(super) struct Day {
    pub(super) desired: Arc<Desired>,
    pub(super) rng: Rng,
    pub(super) seen: Seen,
    pub(super) reconciler: Reconciler,
    /// What a hub follows: made once, and then changed by what each step says is different.
    orders: Option<Orders>,
}

impl Day {
    fn new(mut rng: Rng, rigs: usize, rentals: usize) -> Self {
        let desired = Arc::new(random_farm(&mut rng, rigs, rentals));
        let at = Timestamp::from_seconds(1_800_000_000);
        let online =
            RigSeen { connected: true, service: Service::Online, last_share: Some(at), ..RigSeen::default() };
        let rentals = vec![RentalSeen { credited: Balance::EVEN, pool_well: true }; rentals];
        let seen = Seen { at, rigs: vec![online; rigs], rentals };
        let reconciler = Reconciler::new(at, Arc::default(), BTreeMap::new());
        Self { desired, rng, seen, reconciler, orders: None }
    }

    /// A hub that is told of changes alone follows the orders that would be made from nothing, and a store that is
    /// told of them has the assignment.
    fn follow(&mut self, step: &Step) {
        let hub = serde_json::from_value(json!({ "listeners": {} })).expect("a hub needs no more");
        let mut epoch = 1 + self.orders.as_ref().map_or(0, |orders| orders.epoch);
        let wanted = |epoch| Wanted {
            farm: &self.desired.farm,
            inventory: &self.desired.inventory,
            hub: &hub,
            assignment: self.reconciler.assignment(),
            excused: self.reconciler.excused(),
            overrides: &[],
            generation: 1,
            epoch,
            scale: 1.0,
        };
        let made = |epoch| orders(&wanted(epoch), &mut |_| Ok("x".into())).0;
        match &mut self.orders {
            Some(orders) if !step.change.whole => {
                epoch -= u64::from(!step.changed);
                orders.follow(&orders_change(&step.change, epoch));
                assert_eq!(*orders, made(epoch), "{:?}", step.change);
            }
            orders => *orders = Some(made(epoch)),
        }
        let is_named = |rig: &Arc<str>| step.change.rigs.iter().any(|changed| changed.rig == *rig);
        assert!(step.change.whole || step.movements.iter().all(|moved| is_named(&moved.rig)));
        for changed in &step.change.rigs {
            let Assignment { labels, homes, .. } = &**self.reconciler.assignment();
            assert_eq!(labels.get(&changed.rig), Some(&changed.label));
            assert_eq!(homes.get(&changed.rig), changed.home.as_ref());
        }
    }

    /// So many seconds pass, and rigs do what they are told to.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.seen.at = self.seen.at + Duration::from_secs(seconds);
        let labels = &self.reconciler.assignment().labels;
        let mut credited: BTreeMap<&str, f64> = BTreeMap::new();
        for (at, rig) in self.seen.rigs.iter_mut().enumerate() {
            if rig.connected && !rig.service.fails() {
                let facts = &self.desired.inventory.rigs()[at];
                let work = facts.hashrate(crate::schedule::ALGORITHM).hashes_per_second() * seconds as f64;
                rig.work += work;
                rig.last_share = Some(self.seen.at);
                if let Some(label) = labels.get(facts.name.as_str()) {
                    *credited.entry(label).or_default() += work;
                }
            }
        }
        for ((customer, name, _), rental) in self.desired.farm.rentals().zip(&mut self.seen.rentals) {
            let label = crate::label::label(customer, name);
            let work = credited.get(&*label).copied().unwrap_or(0.0);
            rental.credited = Balance::rounded(if rental.pool_well { work } else { 0.0 });
        }
    }

    /// Something happens, perhaps.
    pub(super) fn shake(&mut self) {
        let Self { rng, seen, .. } = self;
        if rng.percent(3) && !seen.rentals.is_empty() {
            let rental = rng.below(seen.rentals.len());
            seen.rentals[rental].pool_well ^= true;
        }
        if rng.percent(25) && !seen.rigs.is_empty() {
            let rig = rng.below(seen.rigs.len());
            let all = [Service::Online, Service::Online, Service::Suspect, Service::Dead, Service::Returning];
            seen.rigs[rig].service = all[rng.below(all.len())];
            seen.rigs[rig].connected = !rng.percent(25);
        }
    }

    /// One step of whoever decides.
    pub(super) fn step(&mut self) -> Step {
        let before = self.reconciler.assignment().clone();
        let step = self.reconciler.step(&self.desired, &[], &self.seen, &mut Vec::new());
        let slices = |assignment: &Assignment| {
            assignment
                .slices
                .iter()
                .map(|slice| (slice.rig.clone(), slice.parts.clone(), slice.turn.clone()))
                .collect::<Vec<_>>()
        };
        assert!(
            step.change.whole
                || step.change.slices
                || slices(&before) == slices(self.reconciler.assignment())
        );
        for (rig, label) in self.reconciler.assignment().labels.iter() {
            let is_named = step.change.whole || step.change.rigs.iter().any(|changed| changed.rig == *rig);
            let is_same = before.labels.get(rig) == Some(label)
                && before.homes.get(rig) == self.reconciler.assignment().homes.get(rig);
            assert!(is_named || is_same, "{rig} is another's, and nobody was told");
        }
        self.follow(&step);
        // What was counted is taken once.
        self.seen.rentals.iter_mut().for_each(|rental| rental.credited = Balance::EVEN);
        step
    }

    /// The process dies, and another takes up where it left.
    pub(super) fn crash(&mut self) {
        let (assignment, promises) =
            (self.reconciler.assignment().clone(), self.reconciler.promises().clone());
        self.reconciler = Reconciler::new(self.seen.at, assignment, promises);
        // Rigs connect anew, and a new connection counts from nothing.
        self.seen.rigs.iter_mut().for_each(|rig| rig.work = 0.0);
    }

    /// For whom each rig works that is not shared, and where it belongs.
    fn whole(&self) -> Vec<(&str, &str, &str)> {
        let Assignment { labels, homes, slices } = &**self.reconciler.assignment();
        let whole = labels.iter().filter(|(rig, _)| slices.iter().all(|slice| slice.rig != **rig));
        whole.map(|(rig, label)| (&**rig, &**label, &**homes.get(rig).unwrap_or(label))).collect()
    }

    /// Who has which part of each rig that is shared.
    fn parts(&self) -> BTreeMap<&str, &BTreeMap<Arc<str>, f64>> {
        self.reconciler.assignment().slices.iter().map(|slice| (&*slice.rig, &slice.parts)).collect()
    }

    /// Whose turn it is on each of them.
    fn turns(&self) -> BTreeMap<&str, &str> {
        self.reconciler.assignment().slices.iter().map(|slice| (&*slice.rig, &*slice.turn)).collect()
    }

    /// Every rig works for one rental or the house, shared ones for one of those that share them, each of which
    /// has one part of one rig.
    fn check(&self) -> Result<(), TestCaseError> {
        let assignment = self.reconciler.assignment();
        let mut known: BTreeSet<Arc<str>> = [HOUSE.into()].into();
        known.extend(
            self.desired.farm.rentals().map(|(customer, name, _)| crate::label::label(customer, name)),
        );
        prop_assert_eq!(assignment.labels.len(), self.desired.inventory.len());
        for rig in self.desired.inventory.rigs() {
            let label = assignment.labels.get(rig.name.as_str());
            prop_assert!(label.is_some_and(|label| known.contains(label)), "{} {:?}", rig.name, label);
        }
        prop_assert!(assignment.homes.values().all(|home| known.contains(home)));
        let (mut shared, mut sharing) = (BTreeSet::new(), BTreeSet::new());
        for slice in &assignment.slices {
            prop_assert!(shared.insert(&slice.rig), "{:?}", assignment.slices);
            prop_assert_eq!(&assignment.labels[&slice.rig], &slice.turn);
            prop_assert!(slice.parts.contains_key(&slice.turn));
            for label in slice.parts.keys().filter(|label| &***label != HOUSE) {
                prop_assert!(sharing.insert(label), "{:?}", assignment.slices);
            }
        }
        Ok(())
    }
}

/// Tries a promise on random days: a twentieth of `FARM_CASES` of them, since each has a hundred decisions.
pub(super) fn on_many_days(promise: impl Fn(Day) -> Result<(), TestCaseError>) {
    let cases = std::env::var("FARM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000u32);
    let config = Config { cases: (cases / 20).max(1), failure_persistence: None, ..Config::default() };
    let mut seed = [7; 32];
    if let Some(given) = std::env::var("FARM_SEED").ok().and_then(|seed| seed.parse::<u64>().ok()) {
        seed[..8].copy_from_slice(&given.to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let days = (any::<u64>(), 1..=12usize, 1..=4usize);
    let one = |(seed, rigs, rentals)| promise(Day::new(Rng(seed), rigs, rentals));
    if let Err(failure) = TestRunner::new_with_rng(config, rng).run(&days, one) {
        panic!("{failure}");
    }
}

#[test]
fn a_crash_between_any_two_steps_leaves_every_rig_with_one_rental_or_the_house() {
    on_many_days(|mut day| {
        for _ in 0..60 {
            let seconds = [1, 5, 20, 60][day.rng.below(4)];
            day.pass(seconds);
            day.shake();
            day.step();
            day.check()?;
            if day.rng.percent(20) {
                day.crash();
                day.step();
                day.check()?;
            }
        }
        Ok(())
    });
}

/// At rest means that everybody is served, has what it is to get, and nobody has moved for some minutes, turns aside;
/// it does not mean that every rig is well. Whoever takes up then changes nothing as long as the one who died would
/// not have, also while it waits for rigs that do not come, and keeps to the same turns.
#[test]
fn a_crash_of_a_farm_at_rest_changes_nothing() {
    let (tried, at_rest) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    on_many_days(|mut day| {
        tried.set(tried.get() + 1);
        for _ in 0..20 {
            let seconds = [1, 5, 20, 60][day.rng.below(4)];
            day.pass(seconds);
            day.shake();
            day.step();
        }
        day.seen.rentals.iter_mut().for_each(|rental| rental.pool_well = true);
        let mut quiet = 0;
        for _ in 0..120 {
            day.pass(20);
            let is_quiet = day.step().movements.iter().all(|made| made.why == "turn");
            quiet = if is_quiet { quiet + 1 } else { 0 };
        }
        let is_served = |(rental, line): (usize, &Line)| {
            !line.paused
                && day.reconciler.scheduler.covered(rental as u32)
                    >= day.reconciler.scheduler.target(rental as u32)
        };
        if quiet < 20 || !day.reconciler.lines.iter().enumerate().all(is_served) {
            return Ok(());
        }
        at_rest.set(at_rest.get() + 1);
        let before = day.clone();
        let mut undisturbed = day.clone();
        day.crash();
        for second in 0..40 {
            let step = day.step();
            undisturbed.step();
            if undisturbed.whole() != before.whole() || undisturbed.parts() != before.parts() {
                break;
            }
            prop_assert_eq!(day.whole(), before.whole(), "after {} s: {:?}", second, step.movements);
            prop_assert_eq!(day.parts(), before.parts(), "after {} s: {:?}", second, step.movements);
            prop_assert_eq!(day.turns(), undisturbed.turns(), "after {} s", second);
            undisturbed.pass(1);
            day.pass(1);
        }
        Ok(())
    });
    assert!(at_rest.get() * 8 >= tried.get(), "{at_rest:?} of {tried:?} farms came to rest");
}
