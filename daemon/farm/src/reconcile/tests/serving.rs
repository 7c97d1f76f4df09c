//! Who serves whom after one step: dedicated rigs, priorities, owners, racks, and who stays where it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::service::Service;
use exchange::time::Timestamp;
use schema::api::OverrideAction;
use schema::farm::Farm;

use crate::assignment::Assignment;
use crate::coverage::Coverage;
use crate::desired::Desired;
use crate::reconcile::{Reconciler, RigSeen, Seen};
use crate::sample::{SMALL, farm};

/// One step of a new decider that goes on with `present`: rigs that are away have been so for long.
fn decide(
    farm: &Farm,
    present: &Assignment,
    away: &[&str],
    suspect: &[&str],
    overrides: &[OverrideAction],
    at: Timestamp,
) -> (Assignment, Vec<Coverage>) {
    let desired = Arc::new(Desired::of(1, farm.clone()));
    let mut seen = Seen::well(&desired, at);
    for (rig, seen) in desired.inventory.rigs().iter().zip(&mut seen.rigs) {
        if away.contains(&rig.name.as_str()) {
            *seen = RigSeen::default();
        } else if suspect.contains(&rig.name.as_str()) {
            seen.service = Service::Suspect;
        }
    }
    let started = at.shifted(-3_600_000_000);
    let mut decider = Reconciler::new(started, Arc::new(present.clone()), BTreeMap::new());
    decider.step(&desired, overrides, &seen, &mut Vec::new());
    (Assignment::clone(decider.assignment()), decider.coverage().to_vec())
}

fn rigs_of(assignment: &Assignment, label: &str) -> Vec<String> {
    assignment.labels.iter().filter(|(_, l)| &***l == label).map(|(rig, _)| rig.to_string()).collect()
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

#[test]
fn contracts_are_covered_by_priority_and_the_rest_is_the_houses() {
    let farm = farm(SMALL);
    let (assignment, coverage) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
    // Three of 100 and the small one do 330 of 320; taken from both racks in turn.
    let gold = rigs_of(&assignment, "alice/gold");
    assert_eq!(gold.iter().filter(|rig| rig.starts_with('a')).count(), 2, "{gold:?}");
    assert!(gold.contains(&"s-1".to_owned()), "{gold:?}");
    assert_eq!(rigs_of(&assignment, "bob/own"), ["x-1"]);
    assert_eq!(rigs_of(&assignment, "bob/more").len(), 5);
    assert_eq!(rigs_of(&assignment, "house").len(), 2);
    assert_eq!(rigs_of(&assignment, "alice/later").len(), 0);
    assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
}

#[test]
fn a_choice_of_rigs_is_kept_to() {
    let serves = |from: &str| {
        let text = SMALL.replace(r#""serve_from": {"spread": "rack"}"#, &format!(r#""serve_from": {from}"#));
        assert_ne!(text, SMALL);
        let (assignment, _) = decide(&farm(&text), &Assignment::default(), &[], &[], &[], now());
        rigs_of(&assignment, "alice/gold")
    };
    assert_eq!(serves(r#"{"racks": ["r2"]}"#).iter().filter(|rig| rig.starts_with('b')).count(), 4);
    assert_eq!(serves(r#"{"models": ["s"]}"#), ["s-1"]);
    let chosen = serves(r#"{"exclude": ["a-1..5", "s-1"]}"#);
    assert!(
        !chosen.is_empty() && chosen.iter().all(|rig| rig == "a-6" || rig.starts_with('b')),
        "{chosen:?}"
    );
    assert!(serves(r#"{"owners": ["lakeside"]}"#).is_empty());
}

#[test]
fn an_unchanged_farm_moves_nobody() {
    let farm = farm(SMALL);
    let (first, _) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
    let (second, _) = decide(&farm, &first, &[], &[], &[], now());
    assert_eq!(first, second);
}

#[test]
fn a_rig_that_is_away_is_replaced_and_only_that() {
    let farm = farm(SMALL);
    let (before, _) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
    let lost = rigs_of(&before, "alice/gold").into_iter().find(|rig| rig.starts_with('a')).unwrap();
    let (after, coverage) = decide(&farm, &before, &[&lost], &[], &[], now());
    assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
    let moved = before.labels.iter().filter(|(rig, label)| after.labels[*rig] != **label).count();
    assert_eq!(moved, 2, "the lost one leaves, a spare comes");
}

#[test]
fn a_suspect_stays_and_a_spare_is_added() {
    let farm = farm(SMALL);
    let (before, _) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
    let doubted = rigs_of(&before, "alice/gold").into_iter().find(|rig| rig.starts_with('a')).unwrap();
    let (after, coverage) = decide(&farm, &before, &[], &[&doubted], &[], now());
    assert_eq!(&*after.labels[doubted.as_str()], "alice/gold");
    assert_eq!(rigs_of(&after, "alice/gold").len(), rigs_of(&before, "alice/gold").len() + 1);
    assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
    // Cleared of the suspicion, it stays and the spare goes home.
    let (cleared, _) = decide(&farm, &after, &[], &[], &[], now());
    assert_eq!(rigs_of(&cleared, "alice/gold").len(), rigs_of(&before, "alice/gold").len());
}

#[test]
fn the_lower_priority_falls_short_first() {
    let farm = farm(SMALL);
    let away = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
    let (_, coverage) = decide(&farm, &Assignment::default(), &away, &[], &[], now());
    let short = |label: &str| coverage.iter().find(|line| &*line.label == label).unwrap().short();
    assert_eq!(short("alice/gold"), 0.0);
    // The small rig has 10 TH/s that gold does not need: it is shared.
    assert!((short("bob/more") - 390e12).abs() < 1e6, "{coverage:?}");
}

#[test]
fn overrides_come_before_the_rules() {
    let farm = farm(SMALL);
    let overrides = [
        OverrideAction::OutOfService { rig: "b-1".into() },
        OverrideAction::Lend { rig: "a-6".into(), rental: "alice/gold".into() },
    ];
    let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], &overrides, now());
    assert_eq!(&*assignment.labels["b-1"], "house");
    assert_eq!(&*assignment.labels["a-6"], "alice/gold");
}

#[test]
fn rentals_start_and_end_by_the_clock() {
    let farm = farm(SMALL);
    let later = Timestamp::from_seconds(1_893_456_000);
    let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], &[], later);
    assert_eq!(rigs_of(&assignment, "alice/later").len(), 1);
    let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], &[], Timestamp(later.0 - 1));
    assert_eq!(rigs_of(&assignment, "alice/later").len(), 0);
}
