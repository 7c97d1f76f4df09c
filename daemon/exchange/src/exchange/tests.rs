//! The exchange on its bench.

use std::collections::HashSet;

use stratum::extranonce::Geometry;
use stratum::peer::{Answer, FromMiner, FromPool, ToMiner};
use stratum::work::{Difficulty, Job, Reason, Share};

use super::bench::*;
use super::*;
use crate::orders::PoolEntry;
use crate::tally::PoolOutcome;

#[test]
fn a_rig_that_is_moved_a_thousand_times_loses_nothing() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "any.a-1", "10.0.0.1:1000");
    let mut shares = BTreeMap::from([("alice/gold", 0), ("bob/silver", 0)]);
    let mut late = None;
    for n in 0..1000 {
        let (route, label) = if n % 2 == 0 { (2, "alice/gold") } else { (3, "bob/silver") };
        if n % 50 == 49 {
            for pool in ["one", "three"] {
                let job = bench.pools.get_mut(pool).unwrap().job(false);
                bench.pool_says(pool, job);
            }
        }
        bench.route("a-1", route);
        // A share that was on its way during the move still counts for the one before.
        if let Some((submit, before)) = late.take() {
            assert_eq!(bench.answer(rig, submit), Ok(()));
            *shares.get_mut(before).unwrap() += 1;
        }
        assert_eq!(bench.share(rig, "any.a-1"), Ok(()), "move {n}");
        *shares.get_mut(label).unwrap() += 1;
        late = Some((bench.miners.get_mut(&rig).unwrap().mine("any.a-1"), label));
    }
    assert_eq!(bench.happened(EventKind::RigMoved), 1001, "once to the house, then a thousand times");
    for (label, count) in shares {
        assert_eq!(bench.accepted(label), count, "{label}");
    }
    assert_eq!(bench.journal.len() as u64, bench.accepted("alice/gold") + bench.accepted("bob/silver"));
    let forwarded = bench.pool_count(|o| o == PoolOutcome::Forwarded);
    assert_eq!(forwarded, bench.pool_count(|o| o == PoolOutcome::Accepted));
    assert_eq!(forwarded, 1999, "as hard for us as for the pools, so all are handed on");
    assert!(bench.pools.values().all(|pool| pool.refused.is_empty()));
    let miner = &bench.miners[&rig];
    assert!(!miner.closed);
    assert_eq!(miner.lone_difficulties, 0, "a difficulty stands right before its job");
}

#[test]
fn a_pools_many_rigs_share_one_connection_and_never_the_same_work() {
    let mut bench = Bench::started();
    for n in 1..10 {
        bench.route(&format!("a-{n}"), 2);
    }
    let rigs: Vec<SessionId> =
        (1..10).map(|n| bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"))).collect();
    for _ in 0..20 {
        for (n, rig) in rigs.iter().enumerate() {
            assert_eq!(bench.share(*rig, &format!("a-{}", n + 1)), Ok(()));
        }
    }
    assert_eq!(bench.pools["one"].accepted, 180);
    assert_eq!(bench.links.values().filter(|(name, _)| name == "one").count(), 1);
}

#[test]
fn bad_shares_say_why_and_count_for_nothing() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1000");
    let good = bench.miners.get_mut(&rig).unwrap().mine("a-1");
    assert_eq!(bench.answer(rig, good.clone()), Ok(()));
    assert_eq!(bench.answer(rig, good.clone()), Err(Reason::Duplicate));
    let with = |change: &dyn Fn(&mut String, &mut String, &mut Share)| match good.clone() {
        FromMiner::Submit { mut user, mut job, share } => {
            let mut share = share.unwrap();
            change(&mut user, &mut job, &mut share);
            FromMiner::Submit { user, job, share: Ok(share) }
        }
        _ => unreachable!(),
    };
    for (submit, reason) in [
        (with(&|user, _, _| *user = "a-2".into()), Reason::Unauthorized),
        (with(&|_, job, _| *job = "ffff".into()), Reason::UnknownJob),
        (with(&|_, _, share| share.time -= 1), Reason::TimeOutOfRange),
        (with(&|_, _, share| share.time += 7001), Reason::TimeOutOfRange),
        (with(&|_, _, share| share.version_bits = Some(1)), Reason::VersionBits),
        (
            with(&|_, _, share| *share = Share::new(&[0; 4], share.time, 0, None).unwrap()),
            Reason::ExtranonceSize,
        ),
    ] {
        assert_eq!(bench.answer(rig, submit), Err(reason));
    }
    // The hash of a wrong nonce meets so easy a target once in some dozens of tries.
    let low = (0..50).map(|n| with(&|_, _, share| share.nonce = 1 << 31 | n));
    let verdicts: Vec<_> = low.map(|submit| bench.answer(rig, submit)).collect();
    assert!(verdicts.contains(&Err(Reason::LowDifficulty)));
    let good = 1 + verdicts.iter().filter(|v| v.is_ok()).count() as u64;
    assert_eq!(bench.accepted("house"), good);
    assert_eq!(bench.pools["home"].accepted, good);
}

#[test]
fn a_flood_of_bad_shares_ends_at_the_door() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1000");
    for _ in 0..250 {
        if !bench.miners[&rig].closed {
            bench.ask(
                rig,
                FromMiner::Submit { user: "a-1".into(), job: "0".into(), share: Err(Reason::Malformed) },
            );
        }
    }
    assert!(bench.miners[&rig].closed);
    assert_eq!(bench.happened(EventKind::MinerDismissed), 1);
}

#[test]
fn the_second_of_two_with_one_name_is_quarantined_until_the_first_goes() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let first = bench.connect(1, "a-1", "10.0.0.1:1000");
    let second = bench.connect(2, "a-1", "10.0.0.2:2000");
    let event = bench.events.iter().find(|event| event.kind == EventKind::RigCloned).expect("it is reported");
    assert!(event.message.contains("10.0.0.1:1000") && event.message.contains("10.0.0.2:2000"));
    assert_eq!(bench.share(first, "a-1"), Ok(()));
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    assert_eq!((bench.accepted("alice/gold"), bench.accepted("quarantine")), (1, 1));
    let mut out = Vec::new();
    bench.exchange.on_miner_closed(bench.now, first, "closed", &mut out);
    bench.carry_out(out);
    bench.run(0.5);
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    assert_eq!(bench.accepted("alice/gold"), 2);
}

#[test]
fn strangers_mine_for_the_house_shown_apart() {
    let mut bench = Bench::started();
    let stranger = bench.connect(1, "who.knows", "10.0.0.9:1");
    bench.miners.get_mut(&stranger).unwrap().difficulty = EASY;
    assert_eq!(bench.share(stranger, "who.knows"), Ok(()));
    assert_eq!(bench.accepted("quarantine"), 1);
    assert_eq!(bench.pools["home"].accepted, 1);
}

#[test]
fn a_dead_pool_is_left_at_once_and_returned_to_after_a_while() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    // That it is gone is a fact, and nothing is waited for.
    bench.pool_dies("one");
    assert_eq!(bench.happened(EventKind::PoolFailover), 1);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.pools["two"].accepted, 1);
    bench.down.clear();
    bench.run(200.0);
    assert_eq!(bench.happened(EventKind::PoolReturned), 0, "not before it has proved itself");
    bench.run(150.0);
    // One rig tries it, and its shares decide.
    assert_eq!((bench.happened(EventKind::PoolOnTrial), bench.happened(EventKind::PoolReturned)), (1, 0));
    while bench.happened(EventKind::PoolReturned) == 0 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        bench.run(0.1);
        assert!(bench.accepted("alice/gold") < 5000, "none of so many shares reached the pool");
    }
    // Its shares have become easier than the pool's meanwhile: one in some dozens is handed on.
    while bench.pools["one"].accepted < 2 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        assert!(bench.accepted("alice/gold") < 5000, "none of so many shares reached the pool");
    }
    assert!(!bench.miners[&rig].closed);
}

#[test]
fn with_all_pools_dead_the_rigs_mine_for_the_house() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    bench.pool_dies("three");
    bench.run(25.0);
    assert_eq!(bench.happened(EventKind::PoolsAllUnhealthy), 1);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!((bench.accepted("bob/silver"), bench.accepted("house")), (1, 1));
    bench.down.clear();
    bench.run(40.0);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.accepted("bob/silver"), 2);
}

#[test]
fn a_pool_that_stops_answering_or_refuses_everything_is_left() {
    for silent in [true, false] {
        let mut bench = Bench::started();
        bench.route("a-1", 2);
        let rig = bench.connect(1, "a-1", "10.0.0.1:1");
        let pool = bench.pools.get_mut("one").unwrap();
        if silent {
            pool.answers = false;
        } else {
            pool.difficulty = 1e9;
        }
        for _ in 0..12 {
            assert_eq!(bench.share(rig, "a-1"), Ok(()));
            bench.run(1.0);
        }
        bench.run(35.0);
        assert_eq!(bench.happened(EventKind::PoolFailover), 1, "silent: {silent}");
    }
}

#[test]
fn shares_that_a_cut_connection_never_answered_are_counted() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    bench.pools.get_mut("one").unwrap().answers = false;
    for _ in 0..3 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
    }
    bench.pool_dies("one");
    let count = |outcome| bench.pool_count(|o| o == outcome);
    assert_eq!(count(PoolOutcome::Unanswered), 3);
    assert_eq!(count(PoolOutcome::Forwarded), count(PoolOutcome::Accepted) + 3);
}

#[test]
fn a_pool_that_takes_one_worker_gets_a_connection_for_each_rig() {
    let mut bench = Bench::new();
    bench.pools.get_mut("one").unwrap().one_worker = true;
    let mut orders = orders();
    for n in 1..4 {
        orders.rigs.get_mut(format!("a-{n}").as_str()).unwrap().route = 2;
    }
    bench.order(orders);
    bench.run(2.0);
    for n in 1..4 {
        bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"));
    }
    bench.run(3.0);
    assert_eq!(bench.happened(EventKind::PoolSingleWorker), 1);
    assert_eq!(bench.links.values().filter(|(name, _)| name == "one").count(), 3);
    for n in 1..4 {
        assert_eq!(bench.share(SessionId(n), &format!("a-{n}")), Ok(()));
    }
    assert_eq!(bench.accepted("alice/gold"), 3);
}

#[test]
fn a_short_extranonce_falls_back_step_by_step() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().size = 3;
    bench.order(orders());
    bench.run(2.0);
    let plain = bench.connect(1, "a-1", "10.0.0.1:1");
    let modern = bench.connect(2, "a-2", "10.0.0.2:1");
    bench.ask(modern, FromMiner::SubscribeExtranonce);
    bench.route("a-1", 3);
    bench.route("a-2", 3);
    bench.run(1.0);
    assert_eq!((bench.miners[&modern].own.len(), bench.miners[&modern].rolled), (0, 3));
    assert_eq!(bench.share(modern, "a-2"), Ok(()));
    assert_eq!(bench.accepted("bob/silver"), 1);
    assert!(bench.miners[&plain].said.iter().any(|said| matches!(said, ToMiner::Reconnect)));
    bench.run(4.0);
    assert!(bench.miners[&plain].closed && !bench.miners[&modern].closed);
}

#[test]
fn a_rig_that_must_connect_again_for_a_short_pool_does_so_once() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().size = 3;
    bench.order(orders());
    bench.run(2.0);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.route("a-1", 3);
    bench.run(1.0);
    assert!(bench.miners[&rig].said.iter().any(|said| matches!(said, ToMiner::Reconnect)));
    bench.leave(rig);
    let again = bench.connect(2, "a-1", "10.0.0.1:2");
    bench.run(1.0);
    assert_eq!((bench.miners[&again].own.len(), bench.miners[&again].rolled), (0, 3));
    assert_eq!(bench.share(again, "a-1"), Ok(()));
    assert_eq!(bench.accepted("bob/silver"), 1);
    // Its neighbour behind the same address was asked nothing.
    let other = bench.connect(3, "a-2", "10.0.0.1:3");
    assert_eq!(bench.miners[&other].own.len(), 1);

    // One that comes from elsewhere and names no session gets its old shape. It is not sent round and round.
    bench.route("a-2", 3);
    bench.run(1.0);
    for number in 4..10 {
        bench.leave(SessionId(number - 1));
        bench.connect(number, "a-2", &format!("10.0.0.{number}:1"));
        bench.run(1.0);
    }
    assert_eq!(bench.happened(EventKind::RigReconnected), 2);
}

#[test]
fn a_pool_may_change_its_extranonce_while_connected() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners.get_mut(&rig).unwrap().mine("a-1");
    bench
        .pool_says("three", FromPool::SetExtranonce { extranonce_1: vec![9, 9], extranonce_2_size: Some(5) });
    // Jobs handed out before keep the old one.
    assert_eq!(bench.answer(rig, before), Ok(()));
    let pool = bench.pools.get_mut("three").unwrap();
    assert!(pool.refused.is_empty());
    (pool.extranonce_1, pool.size) = (vec![9, 9], 5);
    let job = pool.job(true);
    bench.pool_says("three", job);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert!(bench.pools["three"].refused.is_empty());
}

#[test]
fn redirects_are_obeyed_towards_the_same_host_only() {
    let mut bench = Bench::started();
    let say = |host: Option<&str>| FromPool::Reconnect { host: host.map(Into::into), port: None, wait: 0 };
    let before = bench.connects;
    bench.pool_says("one", say(Some("evil.example")));
    bench.run(1.0);
    assert_eq!((bench.happened(EventKind::PoolRedirectRefused), bench.connects), (1, before));
    bench.pool_says("one", say(None));
    bench.run(1.0);
    assert_eq!((bench.happened(EventKind::PoolRedirected), bench.connects), (1, before + 1));
}

#[test]
fn shares_for_a_block_that_is_gone_are_stale_after_a_grace() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let mine = |bench: &mut Bench| bench.miners.get_mut(&rig).unwrap().mine("a-1");
    let (soon, later) = (mine(&mut bench), mine(&mut bench));
    let job = bench.pools.get_mut("home").unwrap().job(true);
    bench.pool_says("home", job);
    assert_eq!(bench.answer(rig, soon), Ok(()));
    bench.run(3.0);
    assert_eq!(bench.answer(rig, later), Err(Reason::Stale));
}

#[test]
fn a_narrower_mask_is_told_before_the_job_and_never_to_those_who_do_not_roll() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().mask = Some(0x00c0_0000);
    bench.order(orders());
    bench.run(2.0);
    let rolls = bench.connect(1, "a-1", "10.0.0.1:1");
    let plain = bench.connect_as(2, "a-2", "10.0.0.2:1", "cpuminer/2.5.1", false);
    bench.route("a-1", 3);
    bench.route("a-2", 3);
    assert_eq!(bench.miners[&rolls].mask, 0x00c0_0000);
    assert!(!bench.miners[&plain].said.iter().any(|said| matches!(said, ToMiner::SetVersionMask(_))));
    assert_eq!(bench.share(rolls, "a-1"), Ok(()));
    assert_eq!(bench.share(plain, "a-2"), Ok(()));
    assert!(bench.pools["three"].refused.is_empty());
    assert_eq!(bench.pools["three"].accepted, 2);
}

#[test]
fn an_older_epoch_is_never_followed() {
    let mut bench = Bench::started();
    let mut old = orders();
    old.epoch = 0;
    assert!(!bench.exchange.apply(bench.now, Arc::new(old), &mut Vec::new()));
}

#[test]
fn a_session_can_have_its_part_of_the_extranonce_back() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let session = bench.miners[&rig]
        .said
        .iter()
        .find_map(|said| match said {
            ToMiner::Subscribed { session, .. } => Some(session.clone()),
            _ => None,
        })
        .unwrap();
    let again = SessionId(2);
    bench.miners.insert(again, MinerMock::default());
    bench.exchange.on_miner_connected(bench.now, again, "10.0.0.1:2".parse().unwrap());
    bench.ask(again, FromMiner::Subscribe { agent: Some("cgminer/4.12".into()), session: Some(session) });
    assert_eq!(bench.miners[&again].own, bench.miners[&rig].own);
    assert_eq!(Geometry::DEFAULT.fixed as usize, bench.miners[&again].own.len());
}

#[test]
fn silence_is_filled_with_new_pieces_of_the_same_job() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners[&rig].job.clone().unwrap();
    // Nobody is listening to the pools' new jobs.
    bench.links.clear();
    bench.run(50.0);
    let after = bench.miners[&rig].job.clone().unwrap();
    assert!(after.id > before.id);
    assert_ne!((&after.filler, after.time), (&before.filler, before.time));
}

#[test]
fn a_rig_that_fell_silent_is_not_asked_for_easier_shares() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    for _ in 0..30 {
        bench.run(3.0);
        bench.share(rig, "a-1").unwrap();
    }
    let difficulty = |bench: &Bench| bench.exchange.sessions[&rig].vardiff.difficulty().get();
    let before = difficulty(&bench);
    // It hangs for an hour. Easier shares would flood us when it is back.
    bench.run(3600.0);
    assert_eq!(bench.exchange.watches["a-1"].service(), Service::Dead);
    let ratio = difficulty(&bench) / before;
    assert!((0.2..=1.0).contains(&ratio), "{ratio}");
    bench.share(rig, "a-1").unwrap();
    assert_eq!(difficulty(&bench) / before, ratio);
}

mod accounts;
mod deadlines;
mod duplicates;
mod names;
mod parked;
mod pools;
mod random;
mod room;

#[test]
fn a_share_for_a_job_that_was_given_and_is_forgotten_is_stale() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let late = bench.miners.get_mut(&rig).unwrap().mine("a-1");
    for _ in 0..40 {
        let job = bench.pools.get_mut("home").unwrap().job(true);
        bench.pool_says("home", job);
        bench.run(1.0);
    }
    assert_eq!(bench.answer(rig, late.clone()), Err(Reason::Stale));
    let FromMiner::Submit { user, share, .. } = late else { unreachable!("it is a share") };
    for job in ["ffff", "0", "x"] {
        let never = FromMiner::Submit { user: user.clone(), job: job.into(), share };
        assert_eq!(bench.answer(rig, never), Err(Reason::UnknownJob), "{job}");
    }
}
