//! A watch over a rig that sends like clockwork.

use super::*;

/// A rig that sends like clockwork, at `per_minute` of the 20 that are expected.
#[derive(Clone)]
struct Rig {
    watch: Watch,
    now: Timestamp,
    changes: Vec<(i64, Service)>,
    owed: f64,
}

impl Rig {
    fn new(rule: Rule) -> Self {
        let now = Timestamp::from_seconds(0);
        let mut watch = Watch::new(now, rule);
        watch.expect(now, 20.0 / 60.0);
        Self { watch, now, changes: Vec::new(), owed: 0.0 }
    }

    fn run(&mut self, minutes: f64, per_minute: f64) {
        let end = self.now + Duration::from_secs_f64(minutes * 60.0);
        while self.now < end {
            self.now = self.now + Duration::from_secs(1);
            self.owed += per_minute / 60.0;
            let mut change = self.watch.on_time(self.now);
            if self.owed >= 1.0 {
                self.owed -= 1.0;
                change = self.watch.on_share(self.now).or(change);
            }
            if change.is_some() {
                self.changes.push((self.now.0 / 1_000_000, self.watch.service()));
            }
        }
    }

    fn states(&self) -> Vec<Service> {
        self.changes.iter().map(|(_, service)| *service).collect()
    }
}

#[test]
fn the_first_grace_is_as_long_as_the_shares_that_are_expected_want_it() {
    for (per_second, noticed_max) in [(20.0, 6), (1.0 / 3.0, 120)] {
        let t = |millis: i64| Timestamp(1_800_000_000_000_000 + millis * 1000);
        // It connects, is given a place, and is told how hard its shares should be.
        let mut watch = Watch::new(t(0), Rule::default());
        watch.restart(t(0), Rule::default());
        watch.expect(t(0), per_second);
        let gap = (1000.0 / per_second) as i64;
        for n in 1..=25 {
            watch.on_share(t(n * gap));
        }
        let silent = 25 * gap / 1000;
        let noticed = (silent..silent + 600).find(|second| {
            watch.on_time(t(second * 1000));
            watch.service() == Service::Dead
        });
        let took = noticed.expect("it is noticed") - silent;
        assert!(took <= noticed_max, "{per_second} a second: {took} s");
    }
}

#[test]
fn a_healthy_rig_is_vetted_and_stays_online() {
    let mut rig = Rig::new(Rule::default());
    rig.run(600.0, 20.0);
    assert_eq!(rig.states(), [Service::Online]);
}

#[test]
fn a_rig_that_falls_silent_is_suspect_then_dead_and_comes_back_after_its_dwell() {
    let mut rig = Rig::new(Rule::default());
    rig.run(30.0, 20.0);
    rig.run(3.0, 0.0);
    assert_eq!(rig.states(), [Service::Online, Service::Suspect, Service::Dead]);
    let [_, suspect, dead] = rig.changes.as_slice() else { panic!("{:?}", rig.changes) };
    assert!((suspect.0 - 1800) < 60 && (dead.0 - 1800) < 80, "{:?}", rig.changes);
    rig.run(40.0, 20.0);
    assert_eq!(rig.states()[3..], [Service::Degraded, Service::Returning, Service::Online]);
    let (returning, online) = (rig.changes[4].0, rig.changes[5].0);
    assert!((600..620).contains(&(online - returning)), "{:?}", rig.changes);
}

#[test]
fn half_a_rig_is_degraded_in_minutes_and_a_relapse_doubles_its_dwell() {
    let mut rig = Rig::new(Rule::default());
    rig.run(30.0, 20.0);
    rig.run(12.0, 10.0);
    assert_eq!(rig.watch.service(), Service::Degraded);
    rig.run(60.0, 20.0);
    assert_eq!(rig.watch.service(), Service::Online);
    rig.run(12.0, 10.0);
    rig.run(60.0, 20.0);
    let times: Vec<i64> = rig
        .changes
        .windows(2)
        .filter(|pair| pair[0].1 == Service::Returning)
        .map(|pair| pair[1].0 - pair[0].0)
        .collect();
    assert_eq!(times.len(), 2, "{:?}", rig.changes);
    assert!(times[1] > 2 * times[0] - 20, "{times:?}");
}

#[test]
fn half_a_rig_that_dies_is_dead() {
    let mut rig = Rig::new(Rule::default());
    rig.run(30.0, 20.0);
    rig.run(12.0, 10.0);
    rig.run(3.0, 0.0);
    assert_eq!(rig.watch.service(), Service::Dead, "{:?}", rig.changes);
    rig.run(60.0, 20.0);
    assert_eq!(rig.watch.service(), Service::Online, "{:?}", rig.changes);
}

#[test]
fn ninety_seven_percent_is_healthy_enough() {
    let mut rig = Rig::new(Rule::default());
    rig.run(1440.0, 19.4);
    assert_eq!(rig.states(), [Service::Online]);
}

#[test]
fn the_plain_rule_looks_at_the_last_minutes_whenever_they_began() {
    let rule = Rule {
        detect: Detect::Window {
            period: Duration::from_secs(600),
            degraded_below: 0.7,
            silent_after: Duration::from_secs(180),
        },
        ..Rule::default()
    };
    let mut rig = Rig::new(rule);
    rig.run(33.0, 20.0);
    // Three fifths of the window at half the hashrate leave 70 %.
    rig.run(5.5, 10.0);
    assert_eq!(rig.watch.service(), Service::Online);
    rig.run(1.0, 10.0);
    assert_eq!(rig.watch.service(), Service::Degraded);
    rig.run(60.0, 20.0);
    assert_eq!(rig.states(), [Service::Online, Service::Degraded, Service::Returning, Service::Online]);
    let mut rig = Rig::new(rule);
    rig.run(30.0, 20.0);
    rig.run(3.2, 0.0);
    assert_eq!(rig.watch.service(), Service::Dead);
}

#[test]
fn a_move_neither_shortens_the_proof_nor_counts_as_one() {
    let quick = Rule { healthy_for: Duration::from_secs(30), ..Rule::default() };
    let mut rig = Rig::new(quick);
    rig.run(30.0, 20.0);
    rig.run(12.0, 10.0);
    assert_eq!(rig.watch.service(), Service::Degraded);
    rig.watch.restart(rig.now, Rule::default());
    rig.run(0.6, 20.0);
    assert_eq!(rig.watch.service(), Service::Degraded, "shares of the grace are no proof");
    rig.run(40.0, 20.0);
    let [.., (returning, Service::Returning), (online, Service::Online)] = rig.changes.as_slice() else {
        panic!("{:?}", rig.changes)
    };
    assert!((30..35).contains(&(online - returning)), "{:?}", rig.changes);
}

/// Cuts a rig off for so many minutes.
fn cut_off(rig: &mut Rig, minutes: i64) {
    rig.watch.disconnect(rig.now);
    for _ in 0..minutes * 60 {
        rig.now = rig.now + Duration::from_secs(1);
        if rig.watch.on_time(rig.now).is_some() {
            rig.changes.push((rig.now.0 / 1_000_000, rig.watch.service()));
        }
    }
    if rig.watch.reconnect(rig.now, Rule::default()).is_some() {
        rig.changes.push((rig.now.0 / 1_000_000, rig.watch.service()));
    }
}

#[test]
fn a_rig_that_was_cut_off_proves_itself_and_a_short_cut_costs_nothing() {
    let mut rig = Rig::new(Rule::default());
    rig.run(30.0, 20.0);
    rig.watch.disconnect(rig.now);
    rig.now = rig.now + Duration::from_secs(14);
    assert_eq!(rig.watch.on_time(rig.now), None);
    assert_eq!(rig.watch.reconnect(rig.now, Rule::default()), None);
    rig.run(5.0, 20.0);
    cut_off(&mut rig, 5);
    rig.run(60.0, 20.0);
    assert_eq!(
        rig.states(),
        [Service::Online, Service::Offline, Service::Returning, Service::Online],
        "{:?}",
        rig.changes
    );
    // The proof takes some minutes, and then the dwell begins.
    let took = rig.changes[3].0 - rig.changes[2].0;
    assert!(took > 600 + 300, "{took}");
}

#[test]
fn what_was_not_its_fault_costs_no_trust() {
    for cut in [true, false] {
        let mut rig = Rig::new(Rule::default());
        rig.run(30.0, 20.0);
        rig.watch.excuse(true);
        if cut {
            cut_off(&mut rig, 5)
        } else {
            rig.run(5.0, 0.0)
        }
        assert_eq!(rig.watch.service().fails(), !cut, "{:?}", rig.changes);
        rig.watch.excuse(true);
        rig.run(2.0, 20.0);
        assert_eq!(rig.watch.service(), Service::Online, "{:?}", rig.changes);
        rig.watch.excuse(false);
        rig.run(30.0, 20.0);
        rig.run(5.0, 0.0);
        rig.run(60.0, 20.0);
        let dwell = rig.changes.last().unwrap().0 - rig.changes[rig.changes.len() - 2].0;
        assert!((600..620).contains(&dwell), "no relapse was counted: {:?}", rig.changes);
    }
}

#[test]
fn a_suspect_rig_that_is_moved_is_suspect_until_it_is_heard() {
    let mut rig = Rig::new(Rule::default());
    rig.run(30.0, 20.0);
    while rig.watch.service() == Service::Online {
        rig.run(0.02, 0.0);
    }
    assert_eq!(rig.watch.service(), Service::Suspect);
    rig.watch.restart(rig.now, Rule::default());
    rig.run(0.6, 0.0);
    assert_eq!(rig.watch.service(), Service::Suspect, "{:?}", rig.changes);
    let mut silent = rig.clone();
    rig.run(2.0, 20.0);
    assert_eq!(rig.watch.service(), Service::Online, "{:?}", rig.changes);
    silent.run(3.0, 0.0);
    assert_eq!(silent.watch.service(), Service::Dead, "{:?}", silent.changes);
    assert!(!silent.states().contains(&Service::Returning), "{:?}", silent.changes);
}

#[test]
fn a_rig_that_does_twice_of_what_it_can_is_told_once_and_an_overclocked_one_never() {
    for (per_minute, told) in [(20.0, 0), (26.0, 0), (40.0, 1), (200.0, 1)] {
        let mut rig = Rig::new(Rule::default());
        let mut count = 0;
        for _ in 0..600 {
            rig.run(0.1, per_minute);
            count += usize::from(rig.watch.overdelivers());
        }
        assert_eq!(count, told, "{per_minute} a minute");
    }
}

#[test]
fn a_move_starts_from_nothing() {
    let mut rig = Rig::new(Rule::default());
    rig.run(30.0, 20.0);
    rig.run(0.5, 0.0);
    rig.watch.restart(rig.now, Rule::default());
    rig.run(1.0, 0.0);
    assert_eq!(rig.watch.service(), Service::Online);
    rig.run(2.0, 0.0);
    assert_eq!(rig.watch.service(), Service::Dead);
}

#[test]
fn a_rig_that_has_no_work_is_not_missed() {
    let mut watch = Watch::new(Timestamp::from_seconds(0), Rule::default());
    watch.expect(Timestamp::from_seconds(0), 1.0);
    for second in 0..100 {
        watch.on_share(Timestamp::from_seconds(second));
    }
    assert_eq!(watch.service(), Service::Online);
    watch.disconnect(Timestamp::from_seconds(100));
    watch.expect(Timestamp::from_seconds(101), 0.0);
    watch.reconnect(Timestamp::from_seconds(101), Rule::default());
    for second in 102..2000 {
        assert_eq!(watch.on_time(Timestamp::from_seconds(second)), None, "at {second} s");
    }
    // With work it is.
    watch.restart(Timestamp::from_seconds(2000), Rule::default());
    watch.expect(Timestamp::from_seconds(2000), 1.0);
    let missed = (2000..2200).find_map(|second| watch.on_time(Timestamp::from_seconds(second)));
    assert_eq!(missed, Some(Service::Online));
}

#[test]
fn shares_that_come_late_all_at_once_accuse_nobody() {
    for stalled in [120, 300, 600] {
        let mut rig = Rig::new(Rule::default());
        rig.watch.expect(rig.now, 0.5);
        rig.run(10.0, 30.0);
        // The hub, or the network before it, stands still; what was found meanwhile comes in one go.
        rig.now = rig.now + Duration::from_secs(stalled);
        for late in 0..stalled / 2 {
            rig.watch.on_share(rig.now + Duration::from_micros(late * 100));
            assert!(!rig.watch.overdelivers(), "after {stalled} s, at share {late}");
        }
        rig.run(10.0, 30.0);
        assert!(!rig.watch.overdelivers(), "after {stalled} s");
        // The hub's own clock stands still while the hub does.
        rig.watch.on_stall(rig.now, Duration::from_secs(stalled));
        for late in 0..stalled / 2 {
            rig.watch.on_share(rig.now + Duration::from_micros(late * 100));
            assert!(!rig.watch.overdelivers(), "after {stalled} s of the hub's, at share {late}");
        }
        rig.run(10.0, 30.0);
        // One that does twice of what it should is told of as before.
        rig.run(60.0, 60.0);
        assert!(rig.watch.overdelivers());
    }
}

#[test]
fn what_the_hub_held_back_proves_nothing_and_blunts_nothing() {
    for stalled in [60, 300, 600] {
        let mut rig = Rig::new(Rule::default());
        rig.watch.expect(rig.now, 0.5);
        rig.run(30.0, 30.0);
        // A rig that lost half of its hash is found out, the hub stands still, and half of the shares come at once.
        rig.run(20.0, 15.0);
        assert_eq!(rig.watch.service(), Service::Degraded);
        rig.watch.on_stall(rig.now, Duration::from_secs(stalled));
        for held in 0..stalled / 4 {
            rig.watch.on_share(rig.now + Duration::from_micros(held * 100));
        }
        assert_eq!(rig.watch.service(), Service::Degraded, "after {stalled} s");
        assert_eq!(rig.watch.detector.dispersion(), 1.0, "after {stalled} s");
        // What comes after is believed at once, though less was held back than there could have been.
        rig.run(1.0, 30.0);
        rig.run(60.0, 30.0);
        assert_eq!(rig.watch.service(), Service::Online, "after {stalled} s");
    }
}
