use exchange::credit::Credits;
use exchange::service::Service;
use exchange::snapshot::Snapshot;

use super::*;
use crate::reconcile::RigSeen;
use crate::sample::{SMALL, farm};

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn desired(generation: u64, text: &str) -> Arc<Desired> {
    Arc::new(Desired::of(generation, farm(text)))
}

/// A hub to which nobody has connected.
fn nobody(desired: &Desired, at: Timestamp) -> Seen {
    let snapshot = Snapshot { at, ..Snapshot::default() };
    Seen::of(&snapshot, desired, &Credits::default(), 1.0)
}

/// What a first farm would do, before any rig ever connected.
fn first(text: &str, at: Timestamp) -> Effects {
    let next = desired(1, text);
    let decider = Reconciler::new(at, Arc::default(), BTreeMap::new());
    effects(&next, decider, &[], &nobody(&next, at))
}

/// One that follows a farm all of whose rigs are well.
fn settled(desired: &Arc<Desired>) -> Reconciler {
    let mut decider = Reconciler::new(now(), Arc::default(), BTreeMap::new());
    decider.step(desired, &[], &Seen::well(desired, now()), &mut Vec::new());
    decider
}

fn seconds(at: Timestamp, seconds: i64) -> Timestamp {
    at.shifted(seconds * 1_000_000)
}

#[test]
fn a_first_farm_brings_its_rigs() {
    let effects = first(SMALL, now());
    assert_eq!(effects.moves.iter().map(|m| m.rigs).sum::<u64>(), 12);
    assert!(effects.moves.iter().all(|m| m.from.is_none()));
    assert_eq!(effects.rigs_moving, 0);
    assert_eq!(effects.shortfalls, []);
}

#[test]
fn a_contract_that_outgrows_the_farm_falls_short_from_its_start_to_its_end() {
    let text = SMALL.replace(
        r#""100 TH/s", "from": "2030-01-01""#,
        r#""900 TH/s", "from": "2030-01-01", "until": "2030-02-01""#,
    );
    let effects = first(&text, now());
    let lines: Vec<_> = effects
        .shortfalls
        .iter()
        .map(|s| (s.rental.as_str(), (s.short / 1e12).round(), s.from.as_deref(), s.until.as_deref()))
        .collect();
    // Both have the same priority, so what is served already stays; in February all is well again.
    let (from, until) = (Some("2030-01-01T00:00:00Z"), Some("2030-02-01T00:00:00Z"));
    assert_eq!(lines, [("alice/later", 690.0, from, until)]);
}

#[test]
fn an_unchanged_farm_has_no_effects() {
    let farm = desired(1, SMALL);
    let decider = settled(&farm);
    let again = desired(2, SMALL);
    assert_eq!(effects(&again, decider.clone(), &[], &Seen::well(&again, now())), Effects::default());
    // Nor while nobody is connected.
    assert_eq!(effects(&again, decider, &[], &nobody(&again, now())), Effects::default());
}

#[test]
fn rigs_that_are_suspected_are_no_reason_to_say_that_an_unchanged_farm_moves_any() {
    let farm = desired(1, SMALL);
    let mut decider = settled(&farm);
    let mut seen = Seen::well(&farm, seconds(now(), 60));
    let gold = decider.assignment().labels.iter().filter(|(_, label)| ***label == *"alice/gold");
    let doubted: Vec<&Arc<str>> = gold.map(|(rig, _)| rig).take(2).collect();
    for (rig, seen) in farm.inventory.rigs().iter().zip(&mut seen.rigs) {
        if doubted.iter().any(|doubted| ***doubted == *rig.name.as_str()) {
            seen.service = Service::Suspect;
        }
    }
    assert!(!decider.step(&farm, &[], &seen, &mut Vec::new()).movements.is_empty(), "spares are added");
    seen.at = seconds(seen.at, 20);
    decider.step(&farm, &[], &seen, &mut Vec::new());
    let again = desired(2, SMALL);
    let said = effects(&again, decider.clone(), &[], &seen);
    assert_eq!((said.rigs_moving, said.moves), (0, vec![]));
    assert_eq!(said.shortfalls, [], "the spares are there");
    seen.at = seconds(seen.at, 1);
    assert_eq!(decider.step(&again, &[], &seen, &mut Vec::new()), Default::default());
}

#[test]
fn the_same_farm_in_another_order_is_followed_by_the_new_order() {
    let farm = desired(1, SMALL);
    let mut decider = settled(&farm);
    let text = SMALL.replace(r#""a-1..6": {"model": "m", "site": "hall", "rack": "r1"}, "#, "").replace(
        r#""owner": "bob"}}"#,
        r#""owner": "bob"}, "a-1..6": {"model": "m", "site": "hall", "rack": "r1"}}"#,
    );
    let other = desired(2, &text);
    assert_eq!((other.farm == farm.farm, other.says_the_same_as(&farm)), (true, false));
    let before = decider.assignment().clone();
    let mut seen = Seen::well(&other, seconds(now(), 20));
    assert_eq!(effects(&other, decider.clone(), &[], &seen).moves, []);
    // It is this rig that fails, and no other.
    let failed =
        other.inventory.rigs().iter().position(|rig| rig.name.as_str() == "b-1").expect("it is there");
    seen.rigs[failed].service = Service::Dead;
    decider.step(&other, &[], &seen, &mut Vec::new());
    assert_eq!(decider.unfit().map(|rig| &**rig).collect::<Vec<_>>(), ["b-1"]);
    let moved = before.labels.iter().filter(|(rig, label)| decider.assignment().labels[*rig] != **label);
    assert!(moved.count() <= 2);
}

#[test]
fn what_fails_at_present_counts_now_and_not_later() {
    let text = SMALL.replace("500 TH/s", "700 TH/s").replace(r#""100 TH/s", "from""#, r#""10 TH/s", "from""#);
    let farm = desired(1, &text);
    let mut decider = settled(&farm);
    let mut seen = Seen::well(&farm, seconds(now(), 60));
    for (rig, seen) in farm.inventory.rigs().iter().zip(&mut seen.rigs) {
        if ["b-1", "b-2", "b-3"].contains(&rig.name.as_str()) {
            *seen = RigSeen { service: Service::Dead, ..*seen };
        }
    }
    decider.step(&farm, &[], &seen, &mut Vec::new());
    let next = desired(2, &text.replace("700 TH/s", "690 TH/s"));
    let said = effects(&next, decider, &[], &seen);
    let lines: Vec<_> = said
        .shortfalls
        .iter()
        .map(|s| (s.rental.as_str(), (s.short / 1e12).round(), s.from.as_deref(), s.until.as_deref()))
        .collect();
    assert_eq!(lines, [("bob/more", 280.0, None, Some("2030-01-01T00:00:00Z"))]);
}

#[test]
fn who_takes_no_work_is_not_said_to_be_short() {
    let farm = desired(1, SMALL);
    let mut decider = settled(&farm);
    let mut seen = Seen::well(&farm, seconds(now(), 60));
    seen.rentals[0].pool_well = false;
    decider.step(&farm, &[], &seen, &mut Vec::new());
    seen.at = seconds(seen.at, 120);
    decider.step(&farm, &[], &seen, &mut Vec::new());
    let next = desired(2, &SMALL.replace("500 TH/s", "480 TH/s"));
    assert_eq!(effects(&next, decider, &[], &seen).shortfalls, []);
}

#[test]
fn a_site_that_is_held_to_less_power_falls_short_from_the_windows_begin_to_its_end() {
    let text = SMALL.replace(
        r#""sites": {"hall": {}}"#,
        r#""windows": {"peak": "fri 09:00..10:00"},
           "sites": {"hall": {"curtail": [{"when": "peak", "power_max": "9 kW"}]}}"#,
    );
    // A Friday, at 08:00.
    let effects = first(&text, now());
    let lines: Vec<_> = effects
        .shortfalls
        .iter()
        .map(|s| (s.rental.as_str(), (s.covered / 1e12).round(), s.from.as_deref(), s.until.as_deref()))
        .collect();
    let (from, until) = (Some("2027-01-15T09:00:00Z"), Some("2027-01-15T10:00:00Z"));
    // 9 kW are three rigs.
    assert_eq!(lines, [("alice/gold", 300.0, from, until), ("bob/more", 0.0, from, until)]);
    let within = first(&text, seconds(now(), 5_400));
    let parked = within.moves.iter().find(|m| m.to.as_deref() == Some("parked")).map(|m| m.rigs);
    assert_eq!(parked, Some(9));
    assert_eq!(within.shortfalls[0].until.as_deref(), until);
    // A rental that starts within the window of a later day is short until that window closes.
    let effects = first(&text.replace("2030-01-01", "2027-02-05T09:30:00Z"), now());
    let later = effects.shortfalls.iter().find(|s| s.rental == "alice/later").expect("it is short");
    let (from, until) = ("2027-02-05T09:30:00Z", "2027-02-05T10:00:00Z");
    assert_eq!((later.from.as_deref(), later.until.as_deref()), (Some(from), Some(until)));
}
