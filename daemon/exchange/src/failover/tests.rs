//! The rules as tables: what is chosen, and what a relapse costs.

use super::*;

const PATIENCE: FailoverThresholds =
    FailoverThresholds { fail_after: Duration::from_secs(20), return_after: Duration::from_secs(300) };

fn t(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn ill(since: i64) -> Standing {
    Standing::new(Health::Unhealthy(t(since), PoolFault::NoJob))
}

fn gone(since: i64) -> Standing {
    Standing::new(Health::Unhealthy(t(since), PoolFault::ConnectionRefused))
}

fn well(since: i64) -> Standing {
    Standing::new(Health::Healthy(t(since)))
}

/// Failed at that time with work, so often again, and well since.
fn back(since: i64, failed: i64, relapses: u32) -> Standing {
    Standing { failed: Some(t(failed)), relapses, lost_work: true, ..well(since) }
}

/// Could not be reached at that time, so often again, and well since.
fn reached(since: i64, failed: i64, relapses: u32) -> Standing {
    Standing { lost_work: false, ..back(since, failed, relapses) }
}

#[test]
fn the_rules_as_a_table() {
    for (name, now, current, mut pools, expected) in [
        ("a start gives the first its time", 5, None, vec![ill(0), well(1)], None),
        ("and no more than that", 20, None, vec![ill(0), well(1)], Some(1)),
        ("and none when it is known to be gone", 5, None, vec![gone(4), well(1)], Some(1)),
        ("a start without any waits", 5, None, vec![ill(0), ill(0)], None),
        ("a short symptom is sat out", 119, Some(0), vec![ill(100), well(0)], Some(0)),
        ("a long one is not", 120, Some(0), vec![ill(100), well(0)], Some(1)),
        ("a fact is not sat out at all", 100, Some(0), vec![gone(100), well(0)], Some(1)),
        ("even where there is nowhere to go", 100, Some(0), vec![gone(100), ill(0)], None),
        ("the next in order that is well", 120, Some(0), vec![ill(100), ill(0), well(0)], Some(2)),
        ("nobody is well", 120, Some(0), vec![ill(100), ill(0)], None),
        ("a better pool must prove itself", 399, Some(1), vec![well(100), well(0)], Some(1)),
        ("and is tried by one rig first", 400, Some(1), vec![well(100), well(0)], Some(1)),
        ("a worse pool never takes over", 9999, Some(0), vec![well(0), well(0)], Some(0)),
        ("an ill pool sends work back early", 120, Some(1), vec![back(110, 100, 0), ill(100)], Some(0)),
        ("but not to one that relapses", 120, Some(1), vec![back(110, 100, 1), ill(100)], None),
        ("one that could not be reached has it at once", 120, None, vec![reached(119, 110, 0)], Some(0)),
        ("however often that happened", 120, None, vec![ill(100), reached(119, 110, 5)], Some(1)),
        (
            "and takes over from one that is gone",
            120,
            Some(1),
            vec![reached(119, 110, 5), gone(120)],
            Some(0),
        ),
        ("a list that shrank", 1, Some(5), vec![well(0)], Some(0)),
        ("no pools at all", 1, None, vec![], None),
        ("the only one is tried before it is used", 120, None, vec![back(110, 100, 0)], None),
    ] {
        assert_eq!(choose(t(now), current, &mut pools, PATIENCE, true), expected, "{name}");
    }
}

#[test]
fn one_rig_tries_and_all_follow_when_its_shares_are_taken() {
    for (name, verdicts, after, expected) in [
        ("three are taken", "+++", 1, Some(0)),
        ("two are too few", "++", 1, Some(1)),
        ("but not for ever", "++", 60, Some(1)),
        ("one for a small rig", "+", 61, Some(0)),
        ("none speaks against it", "", 300, Some(0)),
        ("all are refused", "---", 1, Some(1)),
        ("most are refused", "-+-+-", 1, Some(1)),
        ("most are taken", "+-++", 1, Some(0)),
        ("and long after", "-", 300, Some(1)),
    ] {
        let mut pools = [back(100, 50, 0), well(0)];
        assert_eq!(choose(t(400), Some(1), &mut pools, PATIENCE, true), Some(1));
        assert_eq!(pools[0].on_trial(), Some(t(400)), "{name}");
        // A share that was sent before the trial says nothing.
        pools[0].on_verdict(t(399), true);
        for verdict in verdicts.chars() {
            pools[0].on_verdict(t(400), verdict == '+');
        }
        let late = if name == "but not for ever" { 59 } else { after };
        assert_eq!(choose(t(400 + late), Some(1), &mut pools, PATIENCE, true), expected, "{name}");
    }
}

/// A pool that looks well whenever it has no work and fails a minute after it gets some: how much of its
/// time has it all the work of a day?
#[test]
fn a_pool_that_fails_whenever_it_has_work_gets_it_ever_more_rarely() {
    let mut pools = [well(0), well(0)];
    let mut current = Some(0);
    let (mut had, mut trials, mut before) = (0, Vec::new(), None);
    for now in 0..86_400 {
        let began = pools[0].on_trial();
        let busy = current == Some(0) || began.is_some();
        if busy {
            had += i64::from(current == Some(0));
            pools[0].on_verdict(t(now), false);
        }
        let rejecting = current == Some(0) && now % 60 == 59;
        let health = if rejecting { Some(PoolFault::Rejecting) } else { None };
        pools[0].health.note(t(now), health);
        if rejecting {
            // It is silent about what it would do with more.
            pools[0].health = Health::Unhealthy(t(now - 20), PoolFault::Rejecting);
        }
        current = choose(t(now), current, &mut pools, PATIENCE, true);
        if pools[0].on_trial() != before {
            trials.extend(pools[0].on_trial().map(|_| now));
        }
        before = pools[0].on_trial();
    }
    assert_eq!(had, 60, "all the work went there once");
    let waits: Vec<i64> = trials.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(trials.len() < 10, "{trials:?}");
    assert!(waits.windows(2).all(|pair| pair[1] >= 2 * pair[0] - 10 || pair[1] >= 28_800), "{waits:?}");
}

#[test]
fn where_there_is_nowhere_else_to_go_any_pool_that_is_well_gets_the_work() {
    for (name, current, mut pools, expected) in [
        ("at once when it is back", None, vec![back(110, 100, 0)], Some(0)),
        ("and again", None, vec![back(110, 100, 5)], Some(0)),
        ("from one that failed", Some(1), vec![back(110, 100, 5), ill(100)], Some(0)),
        ("not from one that works", Some(1), vec![back(110, 100, 5), well(0)], Some(1)),
        ("and a start waits all the same", None, vec![ill(100), well(0)], None),
    ] {
        let now = if current.is_some() { t(120) } else { t(111) };
        assert_eq!(choose(now, current, &mut pools, PATIENCE, false), expected, "{name}");
    }
}

#[test]
fn a_good_day_is_forgiving() {
    let mut pools = [Standing { returned: Some(t(0)), relapses: 3, ..well(0) }, well(0)];
    assert_eq!(choose(t(86_399), Some(0), &mut pools, PATIENCE, true), Some(0));
    assert_eq!(pools[0].relapses(), 3);
    choose(t(86_400), Some(0), &mut pools, PATIENCE, true);
    assert_eq!((pools[0].relapses(), pools[0].dwell(PATIENCE)), (0, PATIENCE.return_after));
}

#[test]
fn the_longest_wait_is_bounded() {
    for relapses in [0, 1, 7, 40, u32::MAX] {
        let dwell = back(0, 0, relapses).dwell(PATIENCE);
        assert!(dwell >= PATIENCE.return_after && dwell <= RELAPSE_MAX, "{relapses}: {dwell:?}");
    }
    // A customer who asks for more thresholds than that gets it.
    let patient = FailoverThresholds { return_after: Duration::from_secs(86_400), ..PATIENCE };
    assert_eq!(back(0, 0, 3).dwell(patient), patient.return_after);
}

#[test]
fn a_trial_that_falls_ill_has_failed() {
    let mut pools = [back(100, 50, 0), well(0)];
    choose(t(400), Some(1), &mut pools, PATIENCE, true);
    pools[0].health.note(t(410), Some(PoolFault::Silent));
    assert_eq!(choose(t(410), Some(1), &mut pools, PATIENCE, true), Some(1));
    assert_eq!((pools[0].on_trial(), pools[0].relapses()), (None, 1));
    assert_eq!(pools[0].dwell(PATIENCE), PATIENCE.return_after * 2);
}

#[test]
fn the_time_of_a_change_is_kept() {
    let mut health = ill(0).health;
    assert!(!health.note(t(5), Some(PoolFault::Silent)));
    assert_eq!(health, Health::Unhealthy(t(0), PoolFault::Silent));
    assert!(health.note(t(6), None));
    assert!(!health.note(t(7), None));
    assert_eq!(health, Health::Healthy(t(6)));
}
