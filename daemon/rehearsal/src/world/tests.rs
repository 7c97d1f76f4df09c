//! Stories of small farms, share by share.

use std::time::Duration;

use super::*;

mod curtail;

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

const TH: f64 = 1e12;

fn kinds(world: &World, kind: EventKind) -> u64 {
    world.record().kinds.get(&kind).copied().unwrap_or(0)
}

#[test]
fn a_rig_that_falls_silent_is_replaced_before_the_customer_notices() {
    let mut farm = World::seeded(7).rigs(10).rental("north", "500 TH/s").begin();
    farm.run_for(minutes(5));
    farm.silence("rig-3");
    farm.run_for(minutes(4));
    assert_eq!(kinds(&farm, EventKind::RigDead), 1);
    assert_eq!(farm.covered("north/north"), 500.0 * TH);
    // Three minutes whole again: five rigs, twenty shares a minute each, are known to 6 %.
    let received = farm.received("north", minutes(2));
    assert!(received > 400.0 * TH, "{received:e}");
    farm.run_for(minutes(60));
    let received = farm.received("north", minutes(60));
    assert!((480.0 * TH..520.0 * TH).contains(&received), "{received:e}");
}

#[test]
fn a_repair_ends_what_a_rig_was_losing() {
    let mut farm = World::seeded(2).rigs(2).rental("north", "100 TH/s").begin();
    let rigs = farm.rigs_that(|_| true);
    farm.at(farm.now(), Fault::Decline { rigs: rigs.clone(), to: 0.2, within: minutes(40) });
    farm.run_for(minutes(20));
    let parts = |farm: &World| farm.stage.truth.rigs.iter().map(|rig| rig.part).collect::<Vec<_>>();
    assert!(parts(&farm).iter().all(|part| (part - 0.6).abs() < 0.05), "{:?}", parts(&farm));
    farm.at(farm.now(), Fault::Repair(rigs.clone()));
    farm.run_for(minutes(30));
    assert_eq!(parts(&farm), [1.0, 1.0]);
    // The later of two declines is the one that holds.
    farm.at(farm.now(), Fault::Decline { rigs: rigs.clone(), to: 0.2, within: minutes(40) });
    farm.run_for(minutes(10));
    farm.at(farm.now(), Fault::Decline { rigs, to: 0.8, within: minutes(1) });
    farm.run_for(minutes(40));
    assert_eq!(parts(&farm), [0.8, 0.8]);
}

#[test]
fn rigs_fail_as_was_said_last() {
    let mut farm = World::seeded(2).rigs(20).rental("north", "100 TH/s").begin();
    let rigs = farm.rigs_that(|_| true);
    let hour = minutes(60);
    farm.at(farm.now(), Fault::Failures { rigs: rigs.clone(), mtbf: hour, mttr: minutes(10) });
    farm.run_for(hour * 12);
    let before = kinds(&farm, EventKind::RehearsalRigDies);
    assert!(before > 100, "{before}");
    farm.at(farm.now(), Fault::Failures { rigs, mtbf: Duration::MAX, mttr: minutes(10) });
    farm.run_for(hour * 6);
    assert_eq!(kinds(&farm, EventKind::RehearsalRigDies), before);
    assert!(
        farm.stage.truth.rigs.iter().all(|rig| rig.runs()),
        "those that were broken are repaired all the same"
    );
}

#[test]
fn the_first_pool_dies_and_comes_back() {
    let mut farm = World::seeded(3).rigs(6).rental("north", "300 TH/s").begin();
    farm.run_for(minutes(10));
    let pool = |farm: &World| farm.record().pool("north/north", farm.now()).map(|pool| pool.to_string());
    assert_eq!(pool(&farm).as_deref(), Some("first"));
    farm.at(farm.now(), Fault::Pool("first".into(), FaultMode::Down));
    farm.run_for(Duration::from_secs(25));
    assert_eq!(pool(&farm).as_deref(), Some("second"));
    farm.at(farm.now(), Fault::Pool("first".into(), FaultMode::None));
    farm.run_for(minutes(4));
    assert_eq!(pool(&farm).as_deref(), Some("second"), "it must prove itself for five minutes");
    farm.run_for(minutes(3));
    assert_eq!(pool(&farm).as_deref(), Some("first"));
}

#[test]
fn a_pool_that_rejects_is_slow_or_stale_loses_its_work() {
    for (fault_mode, most) in [
        (FaultMode::Rejecting, minutes(3)),
        (FaultMode::Slow(Duration::from_secs(15)), minutes(2)),
        (FaultMode::Stale, minutes(4)),
    ] {
        let mut farm = World::seeded(5).rigs(6).rental("north", "300 TH/s").begin();
        farm.run_for(minutes(10));
        farm.at(farm.now(), Fault::Pool("first".into(), fault_mode));
        farm.run_for(most);
        let pool = farm.record().pool("north/north", farm.now());
        assert_eq!(pool.as_deref(), Some("second"), "{fault_mode:?}");
    }
    let mut farm = World::seeded(5).rigs(6).rental("north", "300 TH/s").begin();
    farm.at(farm.now(), Fault::Pool("first".into(), FaultMode::Slow(Duration::from_secs(2))));
    farm.run_for(minutes(20));
    assert_eq!(farm.record().pool("north/north", farm.now()).as_deref(), Some("first"), "slow is not dead");
}

#[test]
fn a_short_cut_of_the_network_loses_nothing_and_a_long_one_is_covered() {
    let mut farm = World::seeded(9).rigs(10).rental("north", "500 TH/s").begin();
    farm.run_for(minutes(10));
    let rigs = farm.rigs_that(|rig| ["rig-1", "rig-2"].contains(&rig.name.as_str()));
    farm.at(farm.now(), Fault::NetworkCut(rigs.clone()));
    farm.run_for(Duration::from_secs(20));
    farm.at(farm.now(), Fault::NetworkBack(rigs.clone()));
    farm.run_for(minutes(2));
    assert_eq!(kinds(&farm, EventKind::RigDisconnected), 0, "what waited arrives late");
    farm.at(farm.now(), Fault::NetworkCut(rigs.clone()));
    farm.run_for(minutes(5));
    assert_eq!(kinds(&farm, EventKind::RigDisconnected), 2);
    assert_eq!(farm.covered("north/north"), 500.0 * TH);
    farm.at(farm.now(), Fault::NetworkBack(rigs));
    farm.run_for(minutes(2));
    assert_eq!(kinds(&farm, EventKind::RigConnected), 12);
}

#[test]
fn a_hub_that_is_killed_costs_seconds() {
    let mut farm = World::seeded(2).rigs(8).rental("north", "400 TH/s").begin();
    farm.run_for(minutes(10));
    farm.at(farm.now(), Fault::HubRestart);
    let before = farm.now();
    farm.run_for(minutes(30));
    let delivery = farm.record().delivery("north/north", before, farm.now());
    assert!(delivery.part() > 0.93, "{}", delivery.part());
    assert_eq!(kinds(&farm, EventKind::RigConnected), 16);
}

#[test]
fn a_site_that_is_cut_off_works_again_when_it_is_back() {
    let mut farm = World::seeded(6).rigs(8).rental("north", "400 TH/s").begin();
    farm.run_for(minutes(10));
    let all = farm.rigs_that(|_| true);
    farm.at(farm.now(), Fault::NetworkCut(all.clone()));
    farm.run_for(minutes(5));
    farm.at(farm.now(), Fault::NetworkBack(all));
    farm.run_for(minutes(60));
    let received = farm.received("north", minutes(30));
    assert!(received > 360.0 * TH, "{received:e}\n{}", story(&farm));
}

/// What happened, for a test that failed.
fn story(farm: &World) -> String {
    let record = farm.record();
    let line = |event: &exchange::event::Event| {
        format!("{:8.1} {} {}\n", event.at.since(record.zero).as_secs_f64(), event.kind, event.message)
    };
    record.events.iter().map(line).collect()
}

#[test]
fn slow_loss_of_hash_is_found_and_replaced() {
    let mut farm = World::seeded(4).rigs(10).rental("north", "500 TH/s").begin();
    farm.run_for(minutes(10));
    let rigs = farm.rig("rig-2");
    farm.at(farm.now(), Fault::Decline { rigs, to: 0.5, within: minutes(60) });
    farm.run_for(minutes(90));
    assert!(kinds(&farm, EventKind::RigDegraded) >= 1);
    assert_eq!(farm.covered("north/north"), 500.0 * TH);
}

#[test]
fn the_same_seed_is_the_same_story() {
    let story = |seed| {
        let mut farm = World::seeded(seed).rigs(5).rental("north", "300 TH/s").begin();
        let rigs = farm.rigs_that(|_| true);
        farm.at(farm.now(), Fault::Failures { rigs, mtbf: minutes(120), mttr: minutes(30) });
        farm.run_for(minutes(240));
        let events: Vec<String> =
            farm.record().events.iter().map(|event| format!("{} {}", event.at.0, event.message)).collect();
        (events, farm.record().delivery("north/north", farm.record().zero, farm.now()).sum.accepted.to_bits())
    };
    assert_eq!(story(11), story(11));
    assert_ne!(story(11), story(12));
}

#[test]
fn a_pool_that_is_left_and_taken_again_refuses_next_to_nothing() {
    let mut farm = World::seeded(8).rigs(60).rental("north", "6000 TH/s").begin();
    farm.run_for(minutes(10));
    for (at, fault_mode) in
        [(0, FaultMode::Down), (20, FaultMode::None), (40, FaultMode::Down), (60, FaultMode::None)]
    {
        farm.at(farm.now() + minutes(at), Fault::Pool("first".into(), fault_mode));
    }
    farm.run_for(minutes(90));
    let verdicts = &farm.record().verdicts;
    let of = |kind: &str| verdicts.get(kind).copied().unwrap_or(0);
    assert!(of("accepted") > 500, "{verdicts:?}");
    assert_eq!(
        of("rejected:duplicate") + of("rejected:low-difficulty") + of("rejected:other"),
        0,
        "{verdicts:?}"
    );
    assert!(of("rejected:stale") < 20, "{verdicts:?}");
}

#[test]
fn by_counts_the_same_things_happen() {
    let mut farm = World::seeded(7).rigs(10).rental("north", "500 TH/s").fidelity(Fidelity::Counts).begin();
    farm.run_for(minutes(30));
    let received = farm.received("north", minutes(20));
    assert!((450.0 * TH..550.0 * TH).contains(&received), "{received:e}\n{}", story(&farm));
    farm.silence("rig-3");
    farm.run_for(minutes(4));
    assert_eq!(kinds(&farm, EventKind::RigDead), 1, "{}", story(&farm));
    assert_eq!(farm.covered("north/north"), 500.0 * TH);
    farm.at(farm.now(), Fault::Pool("first".into(), FaultMode::Down));
    farm.run_for(Duration::from_secs(25));
    assert_eq!(farm.record().pool("north/north", farm.now()).as_deref(), Some("second"), "{}", story(&farm));
    farm.at(farm.now(), Fault::Pool("first".into(), FaultMode::None));
    farm.run_for(minutes(7));
    assert_eq!(farm.record().pool("north/north", farm.now()).as_deref(), Some("first"), "{}", story(&farm));
    let rigs = farm.rig("rig-4");
    farm.at(farm.now(), Fault::PowerOff(rigs.clone()));
    farm.run_for(minutes(4));
    assert_eq!(kinds(&farm, EventKind::RigOffline), 1, "{}", story(&farm));
    farm.at(farm.now(), Fault::PowerOn(rigs));
    farm.run_for(minutes(60));
    assert_eq!(kinds(&farm, EventKind::RigReturning), 1, "{}", story(&farm));
    let received = farm.received("north", minutes(60));
    assert!((480.0 * TH..520.0 * TH).contains(&received), "{received:e}");
}
