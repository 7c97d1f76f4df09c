use super::*;
use crate::sample::farm;
use exchange::label::PARKED;
use exchange::service::Service;
use exchange::work::{Balance, Work};
use schema::inventory::Inventory;

mod crash;
mod plan;
mod returns;
mod serving;

/// Ten rigs of 100 TH/s in two racks; gold needs four of them and has first call, silver needs three.
const FARM: &str = r#"{
    "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
    "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}},
    "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s", "power": "3000 W"}}}},
    "sites": {"hall": {}},
    "rigs": {"a-0..4": {"model": "m", "site": "hall", "rack": "r1"}, "b-0..4": {"model": "m", "site": "hall", "rack": "r2"}},
    "hubs": {"main": {"sites": ["hall"], "listeners": {"l": {"bind": "0.0.0.0:3333"}}}},
    "house": {"pools": [{"pool": "p", "user": "h"}]},
    "policies": {"strict": {"spares": {"slice_min": "1m"},
        "sla": {"delivered_min": "99.9%", "period": "1h", "catch_up_max": "30%", "credit": {"kind": "pro-rata", "max": "100%"},
                "excludes": ["customer-pool"]}}},
    "customers": {"alice": {"pools": [{"pool": "p", "user": "a"}],
                            "rentals": {"gold": {"hashrate": "400 TH/s", "priority": 5, "policy": "strict"}}},
                  "bob": {"pools": [{"pool": "p", "user": "b"}],
                          "rentals": {"silver": {"hashrate": "300 TH/s", "policy": "strict"}}}}}"#;

/// A farm whose rigs do what they are told to, in steps of a second.
struct Sim {
    desired: Arc<Desired>,
    reconciler: Reconciler,
    at: Timestamp,
    rigs: Vec<RigSeen>,
    pool_well: Vec<bool>,
    events: Vec<Event>,
    movements: Vec<Movement>,
    settlements: Vec<Settlement>,
}

impl Sim {
    fn new(text: &str) -> Self {
        let farm = farm(text);
        let inventory = Inventory::of(&farm);
        let at = Timestamp::from_seconds(1_800_000_000);
        let rentals = farm.rentals().count();
        let rigs = inventory.len();
        let online =
            RigSeen { connected: true, service: Service::Online, last_share: Some(at), ..RigSeen::default() };
        Self {
            desired: Arc::new(Desired::of(1, farm)),
            reconciler: Reconciler::new(at, Arc::default(), BTreeMap::new()),
            at,
            rigs: vec![online; rigs],
            pool_well: vec![true; rentals],
            events: Vec::new(),
            movements: Vec::new(),
            settlements: Vec::new(),
        }
    }

    fn works(&self, rig: usize) -> bool {
        self.rigs[rig].connected
            && !self.rigs[rig].service.fails()
            && self.rigs[rig].service != Service::OutOfService
    }

    /// As the hub does with rigs that get no work.
    fn set_aside(&mut self, rig: usize, parked: bool) {
        let service = &mut self.rigs[rig].service;
        match (parked, *service) {
            (true, Service::Online) => *service = Service::OutOfService,
            (false, Service::OutOfService) => *service = Service::Online,
            _ => {}
        }
    }

    fn run(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.at = self.at + Duration::from_secs(1);
            let labels: Vec<Arc<str>> = (0..self.rigs.len()).map(|rig| self.serves(rig)).collect();
            let rate = 100e12;
            for (rig, label) in labels.iter().enumerate() {
                self.set_aside(rig, **label == *PARKED);
                if self.works(rig) {
                    self.rigs[rig].last_share = Some(self.at);
                    self.rigs[rig].work += rate;
                }
            }
            let farm = &self.desired.farm;
            let rentals = farm.rentals().zip(&self.pool_well).map(|((customer, name, _), pool_well)| {
                let label = crate::label::label(customer, name);
                let serving =
                    (0..self.rigs.len()).filter(|rig| self.works(*rig) && labels[*rig] == label).count();
                RentalSeen {
                    credited: Balance::rounded(if *pool_well { rate * serving as f64 } else { 0.0 }),
                    pool_well: *pool_well,
                }
            });
            let seen = Seen { at: self.at, rigs: self.rigs.clone(), rentals: rentals.collect() };
            let step = self.reconciler.step(&self.desired, &[], &seen, &mut self.events);
            self.movements.extend(step.movements);
            self.settlements.extend(step.settlements);
        }
    }

    fn name(&self, rig: usize) -> Arc<str> {
        self.desired.inventory.rigs()[rig].name.clone().into()
    }

    fn serves(&self, rig: usize) -> Arc<str> {
        let labels = &self.reconciler.assignment().labels;
        labels.get(&self.name(rig)).cloned().unwrap_or_else(|| HOUSE.into())
    }

    fn serving(&self, label: &str) -> Vec<usize> {
        (0..self.rigs.len()).filter(|rig| *self.serves(*rig) == *label).collect()
    }

    fn told(&self, kind: EventKind) -> Vec<&Event> {
        self.events.iter().filter(|event| event.kind == kind).collect()
    }

    fn moved(&mut self) -> Vec<(String, String, &'static str)> {
        let moved = self.movements.drain(..).map(|m| (m.rig.to_string(), m.to.to_string(), m.why));
        moved.collect()
    }
}

#[test]
fn contracts_are_covered_and_nobody_moves_without_need() {
    let mut sim = Sim::new(FARM);
    sim.run(1);
    assert_eq!((sim.serving("alice/gold").len(), sim.serving("bob/silver").len()), (4, 3));
    sim.moved();
    sim.run(1200);
    assert_eq!(sim.moved(), []);
    assert!(sim.told(EventKind::RentalShort).is_empty());
}

#[test]
fn a_dead_rig_is_replaced_and_comes_home_and_its_stand_in_goes() {
    let mut sim = Sim::new(FARM);
    sim.run(10);
    sim.moved();
    let (dead, before) = (sim.serving("alice/gold")[1], sim.serving("alice/gold"));
    sim.rigs[dead].service = Service::Dead;
    sim.run(1);
    let moved = sim.moved();
    assert_eq!(moved.len(), 2, "{moved:?}");
    assert!(moved.contains(&(sim.name(dead).to_string(), "house".into(), "unfit")), "{moved:?}");
    assert!(moved.iter().any(|(_, to, why)| to == "alice/gold" && *why == "replaces"), "{moved:?}");
    sim.rigs[dead].service = Service::Returning;
    sim.run(120);
    assert_eq!(sim.serves(dead), "house".into(), "it must prove itself first");
    sim.rigs[dead].service = Service::Online;
    sim.run(60);
    assert_eq!(sim.serving("alice/gold"), before, "{:?}", sim.movements);
    assert!(sim.reconciler.assignment().homes.is_empty());
}

#[test]
fn a_suspect_stays_and_the_spare_goes_home_when_it_is_cleared() {
    let mut sim = Sim::new(FARM);
    sim.run(10);
    sim.moved();
    let suspect = sim.serving("alice/gold")[0];
    sim.rigs[suspect].service = Service::Suspect;
    sim.run(5);
    assert_eq!(sim.serving("alice/gold").len(), 5);
    assert_eq!(sim.moved().len(), 1);
    sim.rigs[suspect].service = Service::Online;
    sim.run(30);
    assert_eq!(sim.serving("alice/gold").len(), 5, "a rig stays a minute where it was put");
    sim.run(120);
    assert_eq!(sim.serving("alice/gold").len(), 4, "{:?}", sim.movements);
    assert!(sim.serving("alice/gold").contains(&suspect));
}

#[test]
fn what_was_missed_is_caught_up_and_no_more() {
    let mut sim = Sim::new(FARM);
    sim.run(600);
    // Everything is gone for a minute.
    sim.rigs.iter_mut().for_each(|rig| rig.service = Service::Dead);
    sim.run(60);
    sim.rigs.iter_mut().for_each(|rig| rig.service = Service::Online);
    sim.run(2);
    assert!(sim.serving("alice/gold").len() > 4, "{:?}", sim.reconciler.promises());
    sim.run(900);
    let promise = &sim.reconciler.promises()["alice/gold"];
    assert!((1.0..1.02).contains(&promise.delivered()), "{promise:?}");
    assert_eq!(sim.serving("alice/gold").len(), 4);
    sim.run(3600);
    assert!(
        sim.settlements.len() >= 2 && sim.settlements.iter().all(|settled| settled.met),
        "{:?}",
        sim.settlements
    );
}

#[test]
fn a_promise_that_cannot_be_kept_becomes_a_credit() {
    let mut sim = Sim::new(FARM);
    for rig in 0..8 {
        sim.rigs[rig].connected = false;
    }
    sim.run(2 * 3600);
    assert_eq!(sim.serving("alice/gold").iter().filter(|rig| sim.works(**rig)).count(), 2);
    let gold: Vec<_> = sim.settlements.iter().filter(|settled| settled.rental == "alice/gold").collect();
    assert!(!gold.is_empty());
    for settled in gold {
        assert!(!settled.met && (settled.credit - 0.5).abs() < 0.01, "{settled:?}");
    }
    assert_eq!(sim.told(EventKind::RentalShort).len(), 2);
    assert!(!sim.told(EventKind::PromiseMissed).is_empty());
}

#[test]
fn a_customer_whose_pools_are_gone_owes_us_nothing_and_we_nothing() {
    let mut sim = Sim::new(FARM);
    sim.run(600);
    sim.pool_well[0] = false;
    sim.run(600);
    let promise = sim.reconciler.promises()["alice/gold"].clone();
    assert!((promise.excused.hashes() / promise.owed.hashes() - 1.0).abs() < 0.02, "{promise:?}");
    assert_eq!(sim.told(EventKind::RentalPaused).len(), 1);
    // What it cannot use may serve others.
    for rig in sim.serving("bob/silver").into_iter().chain(sim.serving("house")) {
        sim.rigs[rig].connected = false;
    }
    sim.run(60);
    let working = sim.serving("bob/silver").into_iter().filter(|rig| sim.works(*rig)).count();
    assert!(working >= 3, "{:?}", sim.movements);
    sim.pool_well[0] = true;
    sim.run(60);
    assert_eq!(sim.serving("alice/gold").into_iter().filter(|rig| sim.works(*rig)).count(), 4);
    assert_eq!(sim.told(EventKind::RentalResumed).len(), 1);
}

#[test]
fn a_rack_that_loses_power_is_one_event_and_its_rigs_are_excused() {
    let mut sim = Sim::new(FARM);
    sim.run(60);
    for rig in 0..5 {
        sim.rigs[rig].connected = false;
    }
    sim.run(30);
    let told = sim.told(EventKind::OutageBegan);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].subject, "rack/hall/r1");
    assert_eq!(sim.reconciler.excused().len(), 5);
    // Those that are left serve gold first.
    assert!(sim.serving("alice/gold").into_iter().filter(|rig| sim.works(*rig)).count() >= 4);
    for rig in 0..5 {
        sim.rigs[rig] = RigSeen { connected: true, service: Service::Vetting, ..sim.rigs[rig] };
    }
    sim.run(1200);
    assert_eq!(sim.told(EventKind::OutageEnded).len(), 1);
    assert_eq!((sim.serving("alice/gold").len(), sim.serving("bob/silver").len()), (4, 3));
}

#[test]
fn an_outage_goes_on_when_the_farm_file_changes_meanwhile() {
    let mut sim = Sim::new(FARM);
    sim.run(60);
    // Not long enough for any of them to be offline by itself.
    for rig in 0..5 {
        sim.rigs[rig].connected = false;
    }
    sim.run(5);
    assert_eq!(sim.told(EventKind::OutageBegan).len(), 1, "{:?}", sim.events);
    let working =
        |sim: &Sim, label: &str| sim.serving(label).into_iter().filter(|rig| sim.works(*rig)).count();
    assert!(working(&sim, "alice/gold") >= 4, "who is part of it is not waited for");
    // A rig and a customer whose names come first: everything has another number.
    let text = FARM
        .replace(r#""a-0..4""#, r#""0": {"model": "m", "site": "hall"}, "a-0..4""#)
        .replace(r#""alice":"#, r#""aaron": {"pools": [{"pool": "p", "user": "c"}]}, "alice":"#);
    let farm = farm(&text);
    let inventory = Inventory::of(&farm);
    let known: BTreeMap<Arc<str>, RigSeen> = (0..10).map(|rig| (sim.name(rig), sim.rigs[rig])).collect();
    let fresh = RigSeen { connected: true, service: Service::Online, ..RigSeen::default() };
    sim.rigs = inventory.rigs().iter().map(|rig| *known.get(rig.name.as_str()).unwrap_or(&fresh)).collect();
    sim.desired = Arc::new(Desired::of(2, farm));
    sim.run(5);
    assert_eq!(sim.told(EventKind::OutageBegan).len(), 1, "it is the same one");
    assert_eq!(sim.reconciler.outages().collect::<Vec<_>>(), ["rack hall/r1"]);
    assert!(sim.reconciler.excused().iter().all(|rig| rig.starts_with("a-")));
    assert_eq!(sim.reconciler.excused().len(), 5);
    assert!(working(&sim, "alice/gold") >= 4, "{:?}", sim.movements);
    let short: f64 = sim.reconciler.coverage().iter().map(Coverage::short).sum();
    assert!(short >= 99e12, "six rigs are left for seven, and those that are lost cover nothing: {short:e}");
    sim.rigs.iter_mut().for_each(|rig| rig.connected = true);
    sim.run(30);
    assert_eq!(sim.told(EventKind::OutageEnded).len(), 1);
}

#[test]
fn rigs_that_were_let_go_for_want_of_a_pool_are_no_outage() {
    let mut sim = Sim::new(FARM);
    sim.run(10);
    sim.rigs.iter_mut().for_each(|rig| *rig = RigSeen { idle: true, ..RigSeen::default() });
    sim.run(600);
    // There is a pool again: they are given a minute to come.
    sim.rigs.iter_mut().for_each(|rig| rig.idle = false);
    sim.run(50);
    assert_eq!(sim.told(EventKind::OutageBegan).len(), 0, "{:?}", sim.events);
    assert!(sim.reconciler.unfit().next().is_none(), "none is given up");
    // Those that do not come are missed like any others.
    sim.run(60);
    assert!(!sim.told(EventKind::OutageBegan).is_empty());
}

#[test]
fn after_a_crash_it_goes_on_as_if_nothing_had_happened() {
    let mut sim = Sim::new(FARM);
    sim.run(10);
    let dead = sim.serving("alice/gold")[1];
    sim.rigs[dead].service = Service::Dead;
    sim.run(3);
    let (assignment, promises) = (sim.reconciler.assignment().clone(), sim.reconciler.promises().clone());
    sim.moved();
    sim.reconciler = Reconciler::new(sim.at, assignment.clone(), promises);
    sim.run(10);
    assert_eq!(sim.moved(), []);
    assert_eq!(*sim.reconciler.assignment(), assignment);
    // And still knows who only stands in, and who was sent away: one that was just begun to be watched anew is
    // not trusted the sooner.
    sim.rigs[dead].service = Service::Vetting;
    sim.run(60);
    sim.rigs[dead].service = Service::Online;
    sim.run(590);
    assert_eq!(sim.moved(), []);
    sim.run(60);
    assert!(sim.serving("alice/gold").contains(&dead));
    assert!(sim.reconciler.assignment().homes.is_empty());
}

#[test]
fn rigs_that_are_scarce_are_shared_by_the_work_they_do() {
    let text = FARM.replace("400 TH/s", "650 TH/s").replace("300 TH/s", "350 TH/s");
    let mut sim = Sim::new(&text);
    sim.run(1800);
    let slices = &sim.reconciler.assignment().slices;
    assert_eq!(slices.len(), 1, "{slices:?}");
    for promise in sim.reconciler.promises().values() {
        let delivered = promise.delivered();
        assert!((delivered - 1.0).abs() < 0.02, "{:?}", sim.reconciler.promises());
    }
    let turns = sim.movements.iter().filter(|moved| moved.why == "turn").count();
    assert!((10..=31).contains(&turns), "{turns}: a minute at least, each");
}

#[test]
fn a_rental_that_ends_is_settled_and_its_rigs_go_home() {
    let text = FARM.replace(r#""priority": 5,"#, r#""priority": 5, "until": "2027-01-15T08:30:00Z","#);
    let mut sim = Sim::new(&text);
    sim.run(60);
    assert_eq!(sim.serving("alice/gold").len(), 4);
    sim.run(1800);
    assert_eq!(sim.serving("alice/gold").len(), 0);
    let settled =
        sim.settlements.iter().find(|settled| settled.rental == "alice/gold").expect("it was settled");
    assert!(settled.met && settled.owed > Work::NONE, "{settled:?}");
    assert!(!sim.reconciler.promises().contains_key("alice/gold"));
}

#[test]
fn what_was_delivered_too_much_is_taken_back_by_and_by_and_nobody_calls_that_short() {
    let text = FARM.replace("a-0..4", "a-00..29").replace("400 TH/s", "2350 TH/s").replace("99.9%", "99.99%");
    let mut sim = Sim::new(&text);
    // Just before the period ends.
    sim.run(3590);
    let promise = &sim.reconciler.promises()["alice/gold"];
    let delivered = promise.delivered();
    assert!((0.9995..1.003).contains(&delivered), "24 rigs would be 1.021: {delivered}");
    assert!(sim.told(EventKind::RentalShort).is_empty());
    assert!(sim.reconciler.coverage().iter().all(|line| line.short() == 0.0));
    let moves = sim.moved().len() - 27;
    assert!(moves < 90, "{moves}: a rig stays a minute at least");
}

mod curtail;

#[test]
fn a_clock_that_is_set_changes_neither_what_is_owed_nor_who_works() {
    const MINUTES: i64 = 20 * 60_000_000;
    for by in [MINUTES, -MINUTES] {
        let mut sim = Sim::new(FARM);
        // The period began on the hour; there is room for either step.
        sim.run(25 * 60);
        sim.moved();
        let before = sim.reconciler.promises()["alice/gold"].clone();
        sim.at = sim.at.shifted(by);
        for rig in &mut sim.rigs {
            rig.last_share = rig.last_share.map(|at| at.shifted(by));
        }
        sim.reconciler.on_clock_set(by);
        sim.run(60);
        let after = &sim.reconciler.promises()["alice/gold"];
        let owed = (after.owed - before.owed).hashes() / 400e12;
        assert!((59.0..=61.0).contains(&owed), "owed for {owed} s after a step of {by} µs");
        assert_eq!(sim.moved(), [], "by {by} µs");
        assert_eq!(sim.told(EventKind::RigOffline).len() + sim.told(EventKind::OutageBegan).len(), 0);
    }
}

#[test]
fn a_clock_that_jumps_by_days_and_back_ends_no_period_and_owes_nothing() {
    const DAY: i64 = 86_400_000_000;
    let mut sim = Sim::new(FARM);
    sim.run(25 * 60);
    let before = sim.reconciler.promises()["alice/gold"].clone();
    for by in [DAY, -DAY, 2_000 * DAY, -2_000 * DAY, -3 * DAY, 3 * DAY] {
        sim.at = sim.at.shifted(by);
        for rig in &mut sim.rigs {
            rig.last_share = rig.last_share.map(|at| at.shifted(by));
        }
        sim.reconciler.on_clock_set(by);
        sim.run(10);
    }
    let after = &sim.reconciler.promises()["alice/gold"];
    let owed = (after.owed - before.owed).hashes() / 400e12;
    assert!((55.0..=65.0).contains(&owed), "owed for {owed} s");
    assert_eq!((after.from, after.until), (before.from, before.until));
    assert_eq!(sim.settlements, []);
}

#[test]
fn a_promise_that_was_last_counted_years_ago_or_ahead_is_abandoned_and_said_so() {
    const YEARS: i64 = 6 * 365 * 86_400_000_000;
    for by in [YEARS, -YEARS] {
        let mut sim = Sim::new(FARM);
        sim.run(25 * 60);
        // Another process, by another clock.
        let promises = sim.reconciler.promises().clone();
        sim.at = sim.at.shifted(by);
        sim.reconciler = Reconciler::new(sim.at, sim.reconciler.assignment().clone(), promises);
        sim.run(60);
        assert_eq!(sim.settlements, [], "by {by}");
        assert_eq!(sim.told(EventKind::PeriodAbandoned).len(), 2);
        let promise = &sim.reconciler.promises()["alice/gold"];
        assert!(promise.from <= sim.at && sim.at < promise.until, "{promise:?}");
        assert!(promise.owed.hashes() <= 400e12 * 61.0, "{promise:?}");
    }
}

#[test]
fn whatever_changes_while_a_customer_is_paused_takes_no_rig_from_the_others() {
    // Ten rigs; gold would take eight of them first, and its customer's pools are down.
    let text = FARM.replace("400 TH/s", "800 TH/s").replace("300 TH/s", "500 TH/s");
    type Change = (&'static str, fn(&mut Sim));
    let changes: [Change; 4] = [
        ("another generation", |sim| {
            let desired = Arc::make_mut(&mut sim.desired);
            Arc::make_mut(&mut desired.farm).name = "u".parse().expect("a name");
        }),
        ("a rig more", |sim| {
            let more = FARM.replace("400 TH/s", "800 TH/s").replace("300 TH/s", "500 TH/s");
            sim.desired =
                Arc::new(Desired::of(sim.desired.generation, farm(&more.replace("b-0..4", "b-0..5"))));
            let online = sim.rigs[0];
            sim.rigs.push(RigSeen { work: 0.0, ..online });
        }),
        ("a restart", |sim| {
            let (assignment, promises) =
                (sim.reconciler.assignment().clone(), sim.reconciler.promises().clone());
            sim.reconciler = Reconciler::new(sim.at, assignment, promises);
        }),
        ("nothing", |_| {}),
    ];
    for (what, change) in changes {
        let mut sim = Sim::new(&text);
        sim.run(10);
        sim.pool_well[0] = false;
        sim.run(120);
        assert_eq!(sim.serving("bob/silver").len(), 5, "{what}: before");
        Arc::make_mut(&mut sim.desired).generation += 1;
        change(&mut sim);
        for _ in 0..20 {
            sim.run(30);
            assert!(sim.serving("bob/silver").len() >= 5, "{what}: {} left", sim.serving("bob/silver").len());
        }
        assert!(sim.reconciler.paused().any(|label| &**label == "alice/gold"), "{what}");
        sim.pool_well[0] = true;
        sim.run(600);
        assert!(sim.serving("alice/gold").len() >= 8, "{what}: {} after", sim.serving("alice/gold").len());
    }
}

#[test]
fn a_rental_whose_pools_come_late_has_rigs_of_its_own_all_the_same() {
    let mut sim = Sim::new(FARM);
    sim.pool_well[0] = false;
    sim.run(60);
    assert_eq!(sim.serving("alice/gold").len(), 0);
    sim.pool_well[0] = true;
    sim.run(600);
    let own = sim.serving("alice/gold");
    assert_eq!(own.len(), 4);
    // One of them dies and comes back: it belongs there, and who stood in for it goes home.
    sim.rigs[own[0]].service = Service::Dead;
    sim.run(120);
    assert!(!sim.serving("alice/gold").contains(&own[0]));
    sim.rigs[own[0]].service = Service::Online;
    sim.run(600);
    assert_eq!(sim.serving("alice/gold"), own);
}
