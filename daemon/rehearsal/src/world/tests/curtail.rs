//! Two halls, and a peak at which one of them may draw less.

use super::*;

/// Six rigs of 100 TH/s and 3 kW at either hall; gold has 400 of them, silver 300. From 00:30 to 01:30 the first hall
/// has 6 kW, which is two rigs.
fn two_halls(fidelity: Fidelity, power_max: &str) -> World {
    let mut sketch = World::seeded(11).rental("gold", "400 TH/s").rental("silver", "300 TH/s");
    sketch.edit(|farm| {
        farm["windows"] = serde_json::json!({ "peak": "daily 00:30..01:30" });
        farm["sites"] = serde_json::json!({
            "hall-a": { "curtail": [{ "when": "peak", "power_max": power_max }] }, "hall-b": {},
        });
        for (name, site) in [("a-1..6", "hall-a"), ("b-1..6", "hall-b")] {
            farm["rigs"][name] = serde_json::json!({ "model": "even", "site": site, "rack": "k1" });
        }
        farm["customers"]["gold"]["rentals"]["gold"]["priority"] = 5.into();
    });
    World::new(sketch.farm(), 11, fidelity, BEGIN)
}

/// Rigs at the first hall that have work, and all that mine for a label.
fn at_work(world: &World, label: &str) -> (usize, usize) {
    let labels = &world.assignment().labels;
    let has_work = |(rig, to): &(&Arc<str>, &Arc<str>)| rig.starts_with('a') && ***to != *"parked";
    (labels.iter().filter(has_work).count(), labels.iter().filter(|(_, to)| ***to == *label).count())
}

#[test]
fn at_the_peak_rigs_are_parked_and_the_other_hall_serves_and_after_it_all_come_back() {
    for fidelity in [Fidelity::Shares, Fidelity::Counts] {
        let mut world = two_halls(fidelity, "6 kW");
        world.run_for(minutes(29));
        assert_eq!(at_work(&world, "gold/gold"), (6, 4), "{fidelity:?}");
        let before = world.assignment().labels.clone();
        let events = world.record().events.len();
        world.run_for(minutes(3));
        assert_eq!(at_work(&world, "gold/gold"), (2, 4), "{fidelity:?}");
        assert_eq!(at_work(&world, "silver/silver"), (2, 3), "{fidelity:?}");
        let parked =
            |world: &World| world.services().into_iter().filter(|rig| rig.2 == Service::OutOfService);
        assert_eq!(parked(&world).count(), 4);
        // Nobody moves, nobody works who should not, and nobody is short while it lasts.
        let (settled, shares) = (world.assignment().clone(), world.record().shares);
        world.run_for(minutes(56));
        assert_eq!(*world.assignment(), settled, "{fidelity:?}");
        assert_eq!(world.audit(), Vec::<String>::new(), "{fidelity:?}");
        let found = (world.record().shares - shares) as f64 / (56.0 * 20.0);
        assert!((7.6..8.4).contains(&found), "eight rigs work: {found}, {fidelity:?}");
        for (rental, least) in [("gold", 380.0 * TH), ("silver", 280.0 * TH)] {
            assert!(world.received(rental, minutes(50)) > least, "{fidelity:?}");
        }
        world.run_for(minutes(20));
        assert_eq!(at_work(&world, "gold/gold"), (6, 4), "{fidelity:?}");
        assert_eq!(world.assignment().labels, before, "{fidelity:?}");
        assert_eq!(parked(&world).count(), 0);
        assert_eq!(world.audit_at_rest(), Vec::<String>::new(), "{fidelity:?}");
        let ours = world.record().events[events..].iter().filter(|event| event.subject.starts_with("rig/"));
        let alarms: Vec<_> = ours.filter(|event| event.severity > exchange::event::Severity::Info).collect();
        assert!(alarms.is_empty(), "{fidelity:?}: {alarms:?}");
        assert_eq!((kinds(&world, EventKind::SiteCurtailed), kinds(&world, EventKind::SiteReleased)), (1, 1));
    }
}

#[test]
fn a_rig_that_dies_or_a_hub_that_is_killed_at_the_peak_costs_no_more_than_at_other_times() {
    for fidelity in [Fidelity::Shares, Fidelity::Counts] {
        let mut world = two_halls(fidelity, "6 kW");
        world.run_for(minutes(40));
        world.at(world.now(), Fault::HubRestart);
        world.run_for(minutes(3));
        assert_eq!(at_work(&world, "gold/gold"), (2, 4), "{fidelity:?}");
        assert_eq!(world.audit(), Vec::<String>::new(), "{fidelity:?}");
        let one = world.rig("b-1");
        world.at(world.now(), Fault::PowerOff(one.clone()));
        world.run_for(minutes(10));
        let covered = |world: &World| (world.covered("gold/gold") / TH, world.covered("silver/silver") / TH);
        assert_eq!(covered(&world), (400.0, 300.0), "{fidelity:?}");
        assert_eq!(world.audit(), Vec::<String>::new(), "{fidelity:?}");
        world.at(world.now(), Fault::PowerOn(one));
        world.run_for(minutes(60));
        assert_eq!(at_work(&world, "gold/gold"), (6, 4), "{fidelity:?}");
        assert_eq!(world.audit_at_rest(), Vec::<String>::new(), "{fidelity:?}");
    }
}

#[test]
fn a_hall_without_any_power_is_short_and_keeps_the_first_priority() {
    for fidelity in [Fidelity::Shares, Fidelity::Counts] {
        let mut world = two_halls(fidelity, "0 W");
        world.run_for(minutes(45));
        assert_eq!(at_work(&world, "gold/gold"), (0, 4), "{fidelity:?}");
        assert_eq!(world.covered("silver/silver"), 200.0 * TH, "{fidelity:?}");
        assert_eq!(world.audit(), Vec::<String>::new(), "{fidelity:?}");
    }
}
