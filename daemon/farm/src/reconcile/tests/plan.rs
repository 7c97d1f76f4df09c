//! What is said of a change before it is made is what is done when it is made: random edits of random farms in random
//! states, and the same step.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schema::api::RigMove;
use serde_json::{Value, json};

use super::crash::{Day, Rng, on_many_days};
use super::*;
use crate::plan::{Effects, effects};

/// Edits that are tried on every day; as many as a day stands for in `FARM_CASES`.
const EDITS: usize = 20;

/// Another edition of a farm file; `None` changes nothing but the generation. `file` is the one followed, as JSON.
fn edited(desired: &Desired, file: &Value, edit: Option<usize>, rng: &mut Rng) -> Arc<Desired> {
    let generation = desired.generation + 1;
    let Some(edit) = edit else { return Arc::new(desired.as_generation(generation)) };
    let mut file = file.clone();
    let hashrate = json!(format!("{} TH/s", 10 * (1 + rng.below(60))));
    let priority = json!(rng.below(3));
    let model = ["big", "small"][rng.below(2)];
    let rig = json!({"model": model, "site": "hall", "rack": "r1"});
    let rigs: Vec<String> = names(&file["rigs"]);
    let rentals: Vec<String> = names(&file["customers"]["alice"]["rentals"]);
    let rentals_of = |file: &mut Value| file["customers"]["alice"]["rentals"].take();
    let mut all = rentals_of(&mut file);
    let one = rentals.get(rng.below(rentals.len()));
    match (edit, one) {
        (0, _) => all["more"] = json!({"hashrate": hashrate, "priority": priority, "policy": "strict"}),
        (1, Some(one)) => drop(all.as_object_mut().and_then(|all| all.remove(one))),
        (2, Some(one)) => all[one]["hashrate"] = hashrate,
        (3, Some(one)) => all[one]["priority"] = priority,
        // Before all others, so that everything has another number, or behind.
        (4, _) => file["rigs"][["a-rig", "s-rig"][rng.below(2)]] = rig,
        (5, _) if rigs.len() > 1 => {
            let one = &rigs[rng.below(rigs.len())];
            drop(file["rigs"].as_object_mut().and_then(|rigs| rigs.remove(one)));
        }
        (6, _) => hold(&mut file, 3 * (1 + rng.below(6))),
        _ => file["name"] = json!("u"),
    }
    file["customers"]["alice"]["rentals"] = all;
    let farm: schema::farm::Farm = serde_json::from_value(file).expect("a farm");
    Arc::new(Desired::of(generation, farm))
}

fn names(map: &Value) -> Vec<String> {
    map.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// Holds the only site to so many kilowatts, at the time of all tests.
fn hold(file: &mut Value, kilowatts: usize) {
    file["windows"] = json!({"peak": "mon..fri 07:00..20:00"});
    file["sites"]["hall"] = json!({"curtail": [{"when": "peak", "power_max": format!("{kilowatts} kW")}]});
}

/// A day on which operators make overrides, too.
struct Busy {
    day: Day,
    file: Value,
    overrides: Vec<OverrideAction>,
}

impl Busy {
    fn new(mut day: Day) -> Self {
        let written = |desired: &Desired| serde_json::to_value(&desired.farm).expect("a farm can be written");
        let mut file = written(&day.desired);
        if day.rng.percent(10) {
            day.desired = edited(&day.desired, &file, Some(6), &mut day.rng);
            file = written(&day.desired);
        }
        Self { day, file, overrides: Vec::new() }
    }

    /// Some time passes, and something happens.
    fn goes_on(&mut self) {
        let day = &mut self.day;
        let seconds = [1, 5, 20, 60][day.rng.below(4)];
        day.pass(seconds);
        day.shake();
        if day.rng.percent(40) {
            let all = [
                Service::Online,
                Service::Online,
                Service::Suspect,
                Service::Degraded,
                Service::Dead,
                Service::Vetting,
                Service::Returning,
            ];
            let rig = day.rng.below(day.seen.rigs.len());
            let service = all[day.rng.below(all.len())];
            day.seen.rigs[rig] = RigSeen { service, connected: true, ..day.seen.rigs[rig] };
        }
        if day.rng.percent(10) {
            self.action();
        }
        let day = &mut self.day;
        if day.rng.percent(3) {
            day.crash();
        }
        day.reconciler.step(&day.desired, &self.overrides, &day.seen, &mut Vec::new());
        day.seen.rentals.iter_mut().for_each(|rental| rental.credited = Balance::EVEN);
    }

    fn action(&mut self) {
        let day = &mut self.day;
        let rigs = day.desired.inventory.rigs();
        let rig = rigs[day.rng.below(rigs.len())].name.to_string();
        let rental = format!("alice/rental-{}", day.rng.below(4));
        match day.rng.below(3) {
            0 => self.overrides.clear(),
            1 => self.overrides.push(OverrideAction::OutOfService { rig }),
            _ => self.overrides.push(OverrideAction::Lend { rig, rental }),
        }
    }

    /// The same facts in the order of another file; what is new in it is there, or is not yet.
    fn seen_by(&mut self, next: &Desired) -> Seen {
        let Day { desired, seen, rng, .. } = &mut self.day;
        let rigs: BTreeMap<&str, RigSeen> = desired
            .inventory
            .rigs()
            .iter()
            .zip(&seen.rigs)
            .map(|(rig, seen)| (rig.name.as_str(), *seen))
            .collect();
        let rentals: BTreeMap<Arc<str>, RentalSeen> = desired
            .farm
            .rentals()
            .zip(&seen.rentals)
            .map(|((customer, name, _), seen)| (crate::label::label(customer, name), *seen))
            .collect();
        let mut all = Seen::well(next, seen.at);
        for (rig, seen) in next.inventory.rigs().iter().zip(&mut all.rigs) {
            let new = if rng.percent(50) { *seen } else { RigSeen::default() };
            *seen = rigs.get(rig.name.as_str()).copied().unwrap_or(new);
        }
        for ((customer, name, _), seen) in next.farm.rentals().zip(&mut all.rentals) {
            *seen = rentals.get(&crate::label::label(customer, name)).copied().unwrap_or(*seen);
        }
        all
    }
}

/// How many rigs go from where to where.
type Ways = BTreeMap<(Option<Arc<str>>, Option<Arc<str>>), u64>;

/// The difference between two assignments, counted by where from and where to.
fn differences(before: &Assignment, after: &Assignment) -> Ways {
    let mut counts = Ways::new();
    let all: BTreeSet<&Arc<str>> =
        before.labels.iter().chain(after.labels.iter()).map(|(rig, _)| rig).collect();
    for rig in all {
        let way = (before.labels.get(rig).cloned(), after.labels.get(rig).cloned());
        if way.0 != way.1 {
            *counts.entry(way).or_default() += 1;
        }
    }
    counts
}

fn counted(moves: &[RigMove]) -> Ways {
    let arc = |label: &Option<String>| label.as_deref().map(Arc::from);
    moves.iter().map(|made| ((arc(&made.from), arc(&made.to)), made.rigs)).collect()
}

/// Rentals that have less than was promised by a step, and how much. Whoever takes no work is owed none.
fn short(decider: &Reconciler) -> BTreeMap<String, f64> {
    let is_owed = |label: &Arc<str>| decider.paused().all(|paused| paused != label);
    let lines = decider.coverage().iter().filter(|line| line.short() > 0.0 && is_owed(&line.label));
    lines.map(|line| (line.label.to_string(), line.covered)).collect()
}

/// What is said to be short from now on.
fn said_short(said: &Effects) -> BTreeMap<String, f64> {
    let now = said.shortfalls.iter().filter(|short| short.from.is_none());
    now.map(|short| (short.rental.clone(), short.covered)).collect()
}

/// What the clock alone can change: who is fit, what each rental is to get, whose turn it is.
fn by_the_clock(decider: &Reconciler) -> (Vec<Fitness>, Vec<u64>, Vec<Arc<str>>) {
    let fit = decider.memory.iter().map(|rig| rig.scheduled).collect();
    let targets = (0..decider.lines.len() as u32).map(|rental| decider.scheduler.target(rental)).collect();
    let turns = decider.assignment.slices.iter().map(|slice| slice.turn.clone()).collect();
    (fit, targets, turns)
}

/// Half a second is also half a second in which a debt grows or an outage is no longer news. Where that alone changes
/// what the decision rests on, and then the decision, no more is asked than that it is what was said at the same moment.
#[test]
fn what_is_said_to_move_is_what_moves() {
    let (tried, moving, elapsed) = (Cell::new(0u64), Cell::new(0u64), Cell::new(0u64));
    on_many_days(|day| {
        let mut busy = Busy::new(day);
        for _ in 0..EDITS {
            busy.goes_on();
            let edit = busy.day.rng.below(9).checked_sub(1);
            let next = edited(&busy.day.desired, &busy.file, edit, &mut busy.day.rng);
            let seen = busy.seen_by(&next);
            let (decider, overrides) = (&busy.day.reconciler, &busy.overrides);
            let said = effects(&next, decider.clone(), overrides, &seen);
            tried.set(tried.get() + 1);
            let later = Seen { at: seen.at + Duration::from_millis(500), ..seen.clone() };
            let mut done = decider.clone();
            let step = done.step(&next, overrides, &later, &mut Vec::new());
            // An edit may also change nothing by chance.
            prop_assert!(edit.is_some() || decider.follows(&next));
            if decider.follows(&next) {
                prop_assert_eq!((said.rigs_moving, &said.moves), (0, &Vec::new()));
                let mut kept = decider.clone();
                let as_before = kept.step(&busy.day.desired, overrides, &later, &mut Vec::new());
                prop_assert_eq!(step, as_before);
                prop_assert_eq!(done.assignment(), kept.assignment());
                prop_assert_eq!(done.coverage(), kept.coverage());
                continue;
            }
            let (before, is_up) = (decider.assignment(), seen.rigs.iter().any(|rig| rig.connected));
            // With nobody there, what is short is not said of the present.
            let comes_to = |decider: &Reconciler| {
                (
                    differences(before, decider.assignment()),
                    if is_up { short(decider) } else { said_short(&said) },
                )
            };
            let told = (counted(&said.moves), said_short(&said));
            moving.set(moving.get() + u64::from(!told.0.is_empty()));
            check_told(&step, before, done.assignment())?;
            if told == comes_to(&done) {
                continue;
            }
            let mut at_once = decider.clone();
            at_once.step(&next, overrides, &seen, &mut Vec::new());
            prop_assert_eq!(&told, &comes_to(&at_once), "edit {:?}", edit);
            prop_assert_ne!(by_the_clock(&at_once), by_the_clock(&done), "edit {:?}", edit);
            elapsed.set(elapsed.get() + 1);
        }
        Ok(())
    });
    check_enough(tried.get(), moving.get(), elapsed.get());
}

/// The movements of a step are the differences that it makes to rigs that were there before.
fn check_told(step: &Step, before: &Assignment, after: &Assignment) -> Result<(), TestCaseError> {
    let told: BTreeMap<&Arc<str>, (&Arc<str>, &Arc<str>)> =
        step.movements.iter().map(|made| (&made.rig, (&made.from, &made.to))).collect();
    for (rig, from) in before.labels.iter() {
        let to = after.labels.get(rig).filter(|to| *to != from);
        prop_assert_eq!(told.get(rig).copied(), to.map(|to| (from, to)), "{}", rig);
    }
    Ok(())
}

/// Holds the test to having tried something.
fn check_enough(tried: u64, moving: u64, elapsed: u64) {
    assert!(moving * 4 >= tried, "{moving} of {tried} edits moved anybody");
    assert!(elapsed * 500 <= tried, "in {elapsed} of {tried} cases half a second made a difference");
}
