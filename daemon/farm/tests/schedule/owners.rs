//! Whose rigs serve whom: farm files with owners, choices and rigs by name, decided as the daemon would. What may
//! serve what is asked of the rng that made the file, not of the code that reads it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::farms::Rng;
use crate::invariants::on_many_farms;
use exchange::label::HOUSE;
use exchange::service::Service;
use exchange::time::Timestamp;
use farm::assignment::Assignment;
use farm::coverage::Coverage;
use farm::desired::Desired;
use farm::reconcile::{Reconciler, RigSeen, Seen};
use schema::api::OverrideAction;
use schema::farm::Farm;

const OWNERS: [&str; 5] = ["house", "alice", "bob", "lake", "mill"];
const CUSTOMERS: [&str; 2] = ["alice", "bob"];
const MODELS: [(&str, u64); 2] = [("big", 100), ("small", 30)];
const SITES: [&str; 2] = ["hall", "yard"];
const RACKS: [&str; 2] = ["r1", "r2"];
const TAGS: [&str; 2] = ["green", "cold"];

/// One of these, or none.
fn perhaps<'a>(rng: &mut Rng, percent: usize, of: &[&'a str]) -> Option<&'a str> {
    rng.percent(percent).then(|| of[rng.below(of.len())])
}

struct Rig {
    name: String,
    owner: &'static str,
    model: &'static str,
    site: &'static str,
    rack: &'static str,
    tag: Option<&'static str>,
}

/// What a rental wants; `None` is anything.
#[derive(Default)]
struct Rental {
    label: String,
    /// Rigs by name; empty for a rental of hashrate.
    dedicated: Vec<String>,
    owner: Option<&'static str>,
    model: Option<&'static str>,
    site: Option<&'static str>,
    rack: Option<&'static str>,
    tag: Option<&'static str>,
    exclude: Option<String>,
    contracted: u64,
    priority: usize,
}

impl Rental {
    fn wants(&self, rig: &Rig) -> bool {
        let is = |want: Option<&str>, has: &str| want.is_none_or(|want| want == has);
        self.dedicated.is_empty()
            && !CUSTOMERS.contains(&rig.owner)
            && is(self.owner, rig.owner)
            && is(self.model, rig.model)
            && is(self.site, rig.site)
            && is(self.rack, rig.rack)
            && (self.tag.is_none() || self.tag == rig.tag)
            && self.exclude.as_ref() != Some(&rig.name)
    }

    fn customer(&self) -> &str {
        self.label.split('/').next().unwrap_or_default()
    }
}

/// A farm file, and what is in it.
struct File {
    rigs: Vec<Rig>,
    rentals: Vec<Rental>,
}

impl File {
    fn of(rng: &mut Rng, rigs: usize, rentals: usize) -> Self {
        let rigs: Vec<Rig> = (0..rigs)
            .map(|at| Rig {
                name: format!("rig-{at}"),
                owner: if rng.percent(40) { "house" } else { OWNERS[rng.below(OWNERS.len())] },
                model: MODELS[rng.below(MODELS.len())].0,
                site: SITES[rng.below(SITES.len())],
                rack: RACKS[rng.below(RACKS.len())],
                tag: perhaps(rng, 50, &TAGS),
            })
            .collect();
        let mut free: Vec<&Rig> = rigs.iter().collect();
        let rentals = (0..rentals)
            .map(|at| {
                let customer = CUSTOMERS[rng.below(CUSTOMERS.len())];
                let label = format!("{customer}/rental-{at}");
                let priority = rng.below(3);
                if rng.percent(30) {
                    // Its owner's rigs, or anybody's who lends them; each is promised to one rental.
                    let (mine, rest) = free.iter().partition(|rig| {
                        let is_hosted = CUSTOMERS.contains(&rig.owner);
                        (!is_hosted || rig.owner == customer) && rng.percent(30)
                    });
                    free = rest;
                    let mine: Vec<&Rig> = mine;
                    if !mine.is_empty() {
                        let dedicated = mine.into_iter().map(|rig| rig.name.clone()).collect();
                        return Rental { label, dedicated, priority, ..Rental::default() };
                    }
                }
                Rental {
                    owner: perhaps(rng, 30, &["house", "lake", "mill"]),
                    model: perhaps(rng, 20, &["big", "small"]),
                    site: perhaps(rng, 30, &SITES),
                    rack: perhaps(rng, 20, &RACKS),
                    tag: perhaps(rng, 20, &TAGS),
                    exclude: (rng.percent(30) && !rigs.is_empty())
                        .then(|| rigs[rng.below(rigs.len())].name.clone()),
                    contracted: 20 + rng.below(500) as u64,
                    priority,
                    label,
                    dedicated: Vec::new(),
                }
            })
            .collect();
        Self { rigs, rentals }
    }

    fn farm(&self) -> Farm {
        let pools = json!([{"pool": "p", "user": "u"}]);
        let investor = json!({"profit_share": "50%"});
        let models: BTreeMap<&str, Value> = MODELS
            .iter()
            .map(|(name, rate)| {
                let does = json!({"sha256d": {"hashrate": format!("{rate} TH/s"), "power": "3000 W"}});
                (*name, json!({"algorithms": does}))
            })
            .collect();
        let rigs: BTreeMap<&str, Value> = self
            .rigs
            .iter()
            .map(|rig| {
                let Rig { model, site, rack, owner, .. } = rig;
                let tags: Vec<&str> = rig.tag.into_iter().collect();
                let rig_is =
                    json!({"model": model, "site": site, "rack": rack, "owner": owner, "tags": tags});
                (rig.name.as_str(), rig_is)
            })
            .collect();
        let rentals = |customer: &str| -> BTreeMap<&str, Value> {
            let own = self.rentals.iter().filter(|rental| rental.customer() == customer);
            own.map(|rental| (&rental.label[customer.len() + 1..], written(rental))).collect()
        };
        let customers: BTreeMap<&str, Value> =
            CUSTOMERS.iter().map(|name| (*name, json!({"pools": pools, "rentals": rentals(name)}))).collect();
        let text = json!({
            "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
            "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}},
            "models": models, "sites": {"hall": {}, "yard": {}}, "rigs": rigs,
            "house": {"pools": pools}, "investors": {"lake": investor, "mill": investor}, "customers": customers,
        });
        serde_json::from_value(text).expect("a farm")
    }

    fn rental(&self, label: &str) -> Option<&Rental> {
        self.rentals.iter().find(|rental| rental.label == label)
    }
}

fn written(rental: &Rental) -> Value {
    if !rental.dedicated.is_empty() {
        return json!({"dedicated": rental.dedicated, "priority": rental.priority});
    }
    let mut from = serde_json::Map::new();
    let mut add = |key: &str, want: Option<&str>| want.map(|want| from.insert(key.into(), json!([want])));
    add("owners", rental.owner);
    add("models", rental.model);
    add("sites", rental.site);
    add("racks", rental.rack);
    add("tags", rental.tag);
    add("exclude", rental.exclude.as_deref());
    json!({
        "hashrate": format!("{} TH/s", rental.contracted), "priority": rental.priority, "serve_from": from,
    })
}

/// A rig of a customer works for that customer's own rental of it or is the house's to place; a rig that is rented
/// by its name works for that rental and no other; and whoever rents hashrate has rigs of its choice only, and all
/// of them that it needs. So it is whatever was assigned before, whoever is away or suspected, and again when
/// everyone is back. Only an operator's own action lends a rig to others.
#[test]
fn rigs_serve_only_whom_their_owner_and_the_rental_allow() {
    on_many_farms(|case, mut rng| {
        let file = File::of(&mut rng, case.problem.rigs.len(), case.problem.rentals.len());
        let farm = file.farm();
        let desired = Arc::new(Desired::of(1, farm));
        let mut labels: Vec<Arc<str>> = file.rentals.iter().map(|rental| (*rental.label).into()).collect();
        labels.push(HOUSE.into());
        let anywhere =
            file.rigs.iter().map(|rig| ((*rig.name).into(), labels[rng.below(labels.len())].clone()));
        let mut present = Assignment { labels: anywhere.collect(), ..Assignment::default() };
        let mut overrides = Vec::new();
        if rng.percent(20) && !file.rigs.is_empty() {
            let rig = file.rigs[rng.below(file.rigs.len())].name.clone();
            let rental = labels[rng.below(labels.len())].to_string();
            overrides.push(match rng.below(2) {
                0 => OverrideAction::OutOfService { rig },
                _ => OverrideAction::Lend { rig, rental },
            });
        }
        for trouble in [25, 0] {
            let mut some = |percent: usize| -> HashSet<Arc<str>> {
                file.rigs.iter().filter(|_| rng.percent(percent)).map(|rig| (*rig.name).into()).collect()
            };
            let (away, suspect) = (some(trouble), some(trouble / 3));
            let (assignment, coverage) = decide(&desired, &overrides, present, &away, &suspect);
            for rig in &file.rigs {
                check_rig(&file, rig, &overrides, &assignment)?;
            }
            if trouble == 0 {
                check_choice(&file, &overrides, &assignment, &coverage)?;
            }
            present = assignment;
        }
        Ok(())
    });
}

/// One step of the daemon's decider, which goes on with `present`: rigs that are away have been so for long.
fn decide(
    desired: &Arc<Desired>,
    overrides: &[OverrideAction],
    present: Assignment,
    away: &HashSet<Arc<str>>,
    suspect: &HashSet<Arc<str>>,
) -> (Assignment, Vec<Coverage>) {
    let at = Timestamp::from_seconds(1_800_000_000);
    let mut seen = Seen::well(desired, at);
    for (rig, seen) in desired.inventory.rigs().iter().zip(&mut seen.rigs) {
        if away.contains(rig.name.as_str()) {
            *seen = RigSeen::default();
        } else if suspect.contains(rig.name.as_str()) {
            seen.service = Service::Suspect;
        }
    }
    let started = at.shifted(-3_600_000_000);
    let mut decider = Reconciler::new(started, Arc::new(present), BTreeMap::new());
    decider.step(desired, overrides, &seen, &mut Vec::new());
    (Assignment::clone(decider.assignment()), decider.coverage().to_vec())
}

fn check_rig(
    file: &File,
    rig: &Rig,
    overrides: &[OverrideAction],
    assignment: &Assignment,
) -> Result<(), TestCaseError> {
    let name = rig.name.as_str();
    let shared = assignment.slices.iter().find(|slice| &*slice.rig == name);
    let whole = &assignment.labels[name];
    let serves: Vec<&str> = shared
        .map_or_else(|| vec![&**whole], |slice| slice.parts.keys().map(|label| &**label).collect())
        .into_iter()
        .filter(|label| *label != HOUSE)
        .collect();
    for action in overrides {
        match action {
            OverrideAction::OutOfService { rig } if rig == name => {
                prop_assert!(serves.is_empty(), "{} is out and serves {:?}", name, serves);
                return Ok(());
            }
            OverrideAction::Lend { rig, rental } if rig == name && rental != HOUSE => {
                prop_assert_eq!(serves, [rental.as_str()]);
                return Ok(());
            }
            _ => {}
        }
    }
    if let Some(by_name) = file.rentals.iter().find(|rental| rental.dedicated.contains(&rig.name)) {
        prop_assert_eq!(serves, [by_name.label.as_str()], "{} is rented by its name", name);
        return Ok(());
    }
    for label in serves {
        let rental = file.rental(label);
        prop_assert!(rental.is_some_and(|rental| rental.wants(rig)), "{} serves {}", name, label);
    }
    Ok(())
}

/// Nobody is left short while a rig of its choice does nothing for anybody who rents.
fn check_choice(
    file: &File,
    overrides: &[OverrideAction],
    assignment: &Assignment,
    coverage: &[Coverage],
) -> Result<(), TestCaseError> {
    let is_told = |name: &str| {
        let dedicated = file.rentals.iter().flat_map(|rental| &rental.dedicated);
        let overridden = overrides.iter().filter_map(|action| match action {
            OverrideAction::OutOfService { rig } | OverrideAction::Lend { rig, .. } => Some(rig),
            OverrideAction::Pool { .. } => None,
        });
        dedicated.chain(overridden).any(|other| other == name)
    };
    let is_idle = |rig: &&Rig| {
        &*assignment.labels[rig.name.as_str()] == HOUSE
            && assignment.slices.iter().all(|slice| *slice.rig != *rig.name)
            && !is_told(&rig.name)
    };
    for line in coverage.iter().filter(|line| line.short() > 0.0) {
        let Some(rental) = file.rental(&line.label) else { continue };
        let idle = file.rigs.iter().filter(is_idle).find(|rig| rental.wants(rig));
        prop_assert!(idle.is_none(), "{:?} while {:?} is idle", line, idle.map(|rig| &rig.name));
    }
    Ok(())
}
