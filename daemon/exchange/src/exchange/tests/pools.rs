//! Pools that fail, lie, flap and are full: what is done about it, and what is told.

use super::*;
use crate::failover::{Health, PoolFault};
use stratum::peer::Refusal;

fn with_house_and_one(bench: &mut Bench) {
    bench.order(orders());
}

impl Bench {
    /// The newest event of a kind.
    fn told(&self, kind: EventKind) -> &Event {
        self.events.iter().rfind(|event| event.kind == kind).unwrap_or_else(|| panic!("no {kind}"))
    }

    fn pool_facts(&self, pool: &str) -> crate::snapshot::PoolFacts {
        let snapshot = self.exchange.snapshot(self.now);
        snapshot.pools.into_iter().find(|facts| &*facts.pool == pool).expect("the pool is reported")
    }
}

#[test]
fn a_connection_is_lost_once_whoever_says_so_first() {
    let mut bench = Bench::started();
    let (id, connection) =
        bench.links.iter().find(|(_, link)| link.0 == "one").map(|(id, link)| (*id, link.1)).unwrap();
    let before = bench.connects;
    // The conversation gives it up, and then the socket tells as well, in the same moment and later.
    let mut out = Vec::new();
    let line = FromPool::SetExtranonce { extranonce_1: vec![1], extranonce_2_size: Some(1) };
    bench.exchange.on_pool(bench.now, id, connection, line, &mut out);
    assert!(out.iter().any(|output| matches!(output, Output::Disconnect(_))));
    let mut more = Vec::new();
    bench.exchange.on_pool_closed(bench.now, id, connection, "no longer wanted", &mut more);
    assert!(more.is_empty(), "{more:?}");
    bench.carry_out(out);
    bench.run(0.4);
    assert_eq!(bench.connects, before, "half a second after the first failure, not sooner");
    bench.run(0.4);
    assert_eq!(bench.connects, before + 1);
}

#[test]
fn what_is_wrong_is_told_once_and_so_is_its_end() {
    let mut bench = Bench::new();
    bench.down.insert("one".into());
    with_house_and_one(&mut bench);
    bench.run(100.0);
    let ill: Vec<&Event> =
        bench.events.iter().filter(|event| event.kind == EventKind::PoolUnhealthy).collect();
    assert_eq!(ill.len(), 1, "{ill:?}");
    assert_eq!(ill[0].message, "one of alice cannot be reached: nothing listens there (connection refused)");
    assert_eq!(
        (ill[0].fields["reason"].as_str(), ill[0].fields["account"].as_str()),
        ("connection-refused", "alice")
    );
    let facts = bench.pool_facts("one");
    assert!(matches!(facts.health, crate::failover::Health::Unhealthy(_, PoolFault::ConnectionRefused)));
    assert_eq!(&*facts.words, "connection refused");
    assert!(facts.retry_at.is_some());
    bench.down.clear();
    bench.run(40.0);
    assert_eq!((bench.happened(EventKind::PoolUnhealthy), bench.happened(EventKind::PoolHealthy)), (1, 1));
}

#[test]
fn a_pool_on_which_rigs_cannot_mine_is_ill_and_the_next_one_serves() {
    let zeros = |bench: &mut Bench, change: &dyn Fn(&mut Job)| {
        let FromPool::Notify(mut job) = bench.pools.get_mut("one").unwrap().job(true) else { unreachable!() };
        change(&mut job);
        FromPool::Notify(job)
    };
    for (what, size, line, reason) in [
        ("no extranonce 2", 0, None, "extranonce-unusable"),
        ("two bytes", 2, None, "extranonce-unusable"),
        ("a hundred bytes", 100, None, "extranonce-unusable"),
        ("a long job", 8, Some(0), "job-unusable"),
        ("version 0", 8, Some(1), "job-unusable"),
        ("an old time", 8, Some(2), "job-unusable"),
        ("a tiny difficulty", 8, Some(3), "difficulty-unusable"),
        ("a huge one", 8, Some(4), "difficulty-unusable"),
    ] {
        let mut bench = Bench::new();
        bench.pools.get_mut("one").unwrap().size = size;
        with_house_and_one(&mut bench);
        bench.route("a-1", 2);
        let rig = bench.connect(1, "a-1", "10.0.0.1:1");
        for _ in 0..900 {
            // It says so each time it is connected to.
            let line = line.map(|line| match line {
                0 => zeros(&mut bench, &|job| job.coinbase_2 = vec![0; 40_000]),
                1 => zeros(&mut bench, &|job| job.version = 0),
                2 => zeros(&mut bench, &|job| job.time = 1),
                3 => FromPool::SetDifficulty(Difficulty::new(1e-50).unwrap()),
                _ => FromPool::SetDifficulty(Difficulty::new(1e30).unwrap()),
            });
            if let Some(line) = line {
                bench.pool_says("one", line);
            }
            bench.run(0.1);
        }
        let told = bench.told(EventKind::PoolUnhealthy);
        assert_eq!(told.fields["reason"], reason, "{what}: {}", told.message);
        assert!(told.fields.contains_key("words"), "{what}: {}", told.message);
        assert_eq!(bench.share(rig, "a-1"), Ok(()), "{what}");
        assert_eq!(bench.pools["two"].accepted, 1, "{what}");
        // home, two and three once each; this one ever more rarely.
        assert!(bench.connects < 3 + 12, "{what}: {} connections in 90 s", bench.connects);
        assert!(!bench.miners[&rig].closed);
    }
}

#[test]
fn a_pool_that_sends_us_to_itself_for_ever_is_left_in_peace() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.connects;
    for _ in 0..1200 {
        bench.pool_says("one", FromPool::Reconnect { host: None, port: None, wait: 0 });
        bench.run(0.1);
    }
    assert!(bench.connects - before < 12, "{} connections in two minutes", bench.connects - before);
    assert!(bench.happened(EventKind::PoolRedirected) <= 1);
    assert_eq!(bench.told(EventKind::PoolUnhealthy).fields["reason"], "redirecting");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.pools["two"].accepted, 1, "the next one serves");
}

#[test]
fn a_closed_connection_whose_reconnect_is_refused_moves_the_work_in_the_same_moment() {
    let mut bench = Bench::started();
    let rigs: Vec<SessionId> = (1..6)
        .map(|n| {
            bench.route(&format!("a-{n}"), 2);
            bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"))
        })
        .collect();
    bench.pool_dies("one");
    for (n, rig) in rigs.iter().enumerate() {
        assert_eq!(bench.share(*rig, &format!("a-{}", n + 1)), Ok(()));
    }
    assert_eq!(bench.pools["two"].accepted, 5, "no clock has ticked since");
    assert_eq!(bench.pool_count(|o| o == PoolOutcome::Undeliverable), 0);
}

#[test]
fn a_connection_that_only_breaks_is_made_again_without_a_move() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(31.0);
    let (id, connection) =
        bench.links.iter().find(|(_, link)| link.0 == "one").map(|(id, link)| (*id, link.1)).unwrap();
    let mut out = Vec::new();
    bench.exchange.on_pool_closed(bench.now, id, connection, "reset", &mut out);
    bench.carry_out(out);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!((bench.pools["one"].accepted, bench.happened(EventKind::PoolFailover)), (1, 0));
}

#[test]
fn one_rig_tries_a_pool_that_refused_everything_and_the_others_follow_only_when_it_is_taken() {
    let mut bench = Bench::started();
    let rigs: Vec<(SessionId, String)> = (1..6)
        .map(|n| {
            let name = format!("a-{n}");
            bench.route(&name, 2);
            (bench.connect(n, &name, &format!("10.0.0.{n}:1")), name)
        })
        .collect();
    let mine = |bench: &mut Bench, seconds: u32| {
        for _ in 0..seconds {
            for (rig, name) in &rigs {
                assert_eq!(bench.share(*rig, name), Ok(()));
            }
            bench.run(1.0);
        }
    };
    bench.pools.get_mut("one").unwrap().refuses_all = Some(Reason::LowDifficulty);
    mine(&mut bench, 40);
    assert_eq!(bench.happened(EventKind::PoolFailover), 1);
    let refused = bench.pools["one"].refused.len();
    // A day of it would be long; two hours show the doubling.
    mine(&mut bench, 2 * 3600);
    let lost = bench.pools["one"].refused.len() - refused;
    let trials = bench.happened(EventKind::PoolTrialFailed);
    assert!((2..=5).contains(&trials), "{trials} trials");
    assert!(lost <= trials * 4, "{lost} shares were lost in {trials} trials");
    assert_eq!(bench.happened(EventKind::PoolReturned), 0);
    // It mends its ways: at the next trial all follow.
    bench.pools.get_mut("one").unwrap().refuses_all = None;
    mine(&mut bench, 3 * 3600);
    assert_eq!(bench.happened(EventKind::PoolReturned), 1);
    assert!(bench.miners.values().all(|miner| !miner.closed));
}

#[test]
fn what_comes_before_the_answer_to_subscribe_is_used() {
    let mut bench = Bench::new();
    bench.pools.get_mut("one").unwrap().answers = false;
    with_house_and_one(&mut bench);
    bench.run(1.0);
    let (id, connection) =
        bench.links.iter().find(|(_, link)| link.0 == "one").map(|(id, link)| (*id, link.1)).unwrap();
    let job = bench.pools.get_mut("one").unwrap().job(true);
    let answers = [
        FromPool::Answer { id: 1, answer: Ok(Answer::Configured { version_mask: Some(u32::MAX) }) },
        FromPool::SetDifficulty(Difficulty::new(EASY).unwrap()),
        FromPool::SetExtranonce { extranonce_1: vec![9, 9], extranonce_2_size: Some(5) },
        job,
        // What it answers itself was true before that.
        FromPool::Answer {
            id: 2,
            answer: Ok(Answer::Subscribed { extranonce_1: vec![1], extranonce_2_size: 4 }),
        },
        FromPool::Answer { id: 3, answer: Ok(Answer::Yes) },
    ];
    for answer in answers {
        let mut out = Vec::new();
        bench.exchange.on_pool(bench.now, id, connection, answer, &mut out);
        bench.carry_out(out);
    }
    let pool = bench.pools.get_mut("one").unwrap();
    (pool.answers, pool.extranonce_1, pool.size) = (true, vec![9, 9], 5);
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(0.5);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!((bench.pools["one"].accepted, bench.pools["one"].refused.len()), (1, 0));
}

#[test]
fn every_request_of_a_pool_gets_one_answer() {
    let mut bench = Bench::started();
    let (id, connection) =
        bench.links.iter().find(|(_, link)| link.0 == "one").map(|(id, link)| (*id, link.1)).unwrap();
    for (line, known) in [
        (r#"{"id":7,"method":"mining.set_difficulty","params":[1e-8]}"#, true),
        (r#"{"id":8,"method":"mining.set_goal","params":["x"]}"#, false),
        (r#"{"id":9,"method":"mining.set_extranonce","params":["zz"]}"#, false),
    ] {
        let message = stratum::Protocol::default().read_pool(line.as_bytes());
        let mut out = Vec::new();
        bench.exchange.on_pool(bench.now, id, connection, message, &mut out);
        let replies: Vec<bool> = out
            .iter()
            .filter_map(|output| match output {
                Output::ToPool(_, ToPool::Reply { known, .. }) => Some(*known),
                _ => None,
            })
            .collect();
        assert_eq!(replies, [known], "{line}");
    }
}

#[test]
fn miners_are_granted_what_pools_grant() {
    for (masks, expected) in [
        ([None, None, None, None], None),
        ([None, Some(0x00c0_0000), None, None], Some(0x00c0_0000)),
        ([Some(0x1fff_e000), None, None, None], Some(0x1fff_e000)),
    ] {
        let mut bench = Bench::new();
        for (pool, mask) in ["home", "one", "two", "three"].into_iter().zip(masks) {
            bench.pools.get_mut(pool).unwrap().mask = mask;
        }
        with_house_and_one(&mut bench);
        bench.run(2.0);
        let rig = bench.connect(1, "a-1", "10.0.0.1:1");
        let granted = bench.miners[&rig].said.iter().find_map(|said| match said {
            ToMiner::Configured { version_mask, .. } => Some(*version_mask),
            _ => None,
        });
        assert_eq!(granted, Some(expected));
    }
}

#[test]
fn a_mask_that_changes_is_told_at_once_with_the_present_job() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners[&rig].job.clone().unwrap();
    bench.pools.get_mut("three").unwrap().mask = Some(0x00c0_0000);
    bench.pool_says("three", FromPool::SetVersionMask(0x00c0_0000));
    assert_eq!(bench.miners[&rig].mask, 0x00c0_0000);
    let after = bench.miners[&rig].job.clone().unwrap();
    assert_ne!((&after.filler, after.time), (&before.filler, before.time), "another piece of it");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert!(bench.pools["three"].refused.is_empty());
}

#[test]
fn a_thousand_strangers_are_one_worker() {
    let mut bench = Bench::new();
    let mut with = orders();
    with.accounts[0].pools = vec![entry("home", "ridge.$rig")];
    bench.order(with);
    bench.run(2.0);
    for n in 1..100 {
        bench.connect(n, &format!("who.{n}"), &format!("10.0.1.{n}:1"));
        assert_eq!(bench.share(SessionId(n), &format!("who.{n}")), Ok(()));
    }
    let workers: HashSet<&str> = bench.authorized.iter().map(|(_, user)| user.as_str()).collect();
    assert!(workers.len() <= 6, "{workers:?}");
    assert!(workers.contains("ridge.quarantine"));
}

#[test]
fn a_strangers_odd_name_or_one_refused_rig_teaches_nothing_about_a_pool() {
    let mut bench = Bench::new();
    let mut with = orders();
    with.accounts[0].pools = vec![entry("home", "ridge.$rig")];
    bench.order(with);
    bench.pools.get_mut("home").unwrap().refuses =
        ["ridge.quarantine", "ridge.a-2"].map(String::from).into_iter().collect();
    bench.run(2.0);
    bench.connect(1, "a-1", "10.0.0.1:1");
    bench.connect(2, "bad!", "10.0.0.2:1");
    bench.run(2.0);
    assert_eq!(bench.links.values().filter(|(name, _)| name == "home").count(), 1);
    // A rig that the pool does not know is tried alone, and refused there as well.
    bench.connect(3, "a-2", "10.0.0.3:1");
    bench.connect(4, "a-3", "10.0.0.4:1");
    for _ in 0..120 {
        let _ = bench.share(SessionId(1), "a-1");
        let _ = bench.share(SessionId(3), "a-2");
        bench.run(1.0);
    }
    assert_eq!(bench.happened(EventKind::PoolSingleWorker), 0);
    assert_eq!(bench.links.values().filter(|(name, _)| name == "home").count(), 1);
    let told: Vec<&str> = bench
        .events
        .iter()
        .filter(|event| event.kind == EventKind::PoolWorkerRefused)
        .map(|event| event.fields["worker"].as_str())
        .collect();
    assert_eq!(told, ["ridge.quarantine", "ridge.a-2"]);
}

#[test]
fn what_was_learnt_of_a_pool_is_forgotten_with_its_last_connection() {
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
    let key = (Arc::from("alice"), Arc::from("one"));
    assert!(bench.exchange.groups[&key].own_connections);
    bench.pool_dies("one");
    assert!(!bench.exchange.groups[&key].own_connections);
}

#[test]
fn while_a_pool_is_gone_one_connection_asks_for_all() {
    let mut bench = Bench::new();
    let mut with = orders();
    let mut alone = PoolEntry::clone(&with.accounts[1].pools[0]);
    alone.own_connections = true;
    with.accounts[1].pools[0] = Arc::new(alone);
    for n in 1..10 {
        with.rigs.get_mut(format!("a-{n}").as_str()).unwrap().route = 2;
    }
    bench.order(with);
    bench.run(2.0);
    (1..10).for_each(|n| {
        bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"));
    });
    bench.run(3.0);
    assert!(bench.links.values().filter(|(name, _)| name == "one").count() >= 9);
    bench.tries = 0;
    bench.pool_dies("one");
    bench.run(30.0);
    assert!(bench.tries < 9 * 2 + 8, "{} attempts in half a minute", bench.tries);
}

#[test]
fn a_pools_words_are_shown_and_told_now_and_then() {
    let mut bench = Bench::started();
    for _ in 0..100 {
        bench.pool_says("one", FromPool::Message("maintenance at noon".into()));
        bench.run(1.0);
    }
    assert_eq!(bench.happened(EventKind::PoolMessage), 1);
    assert_eq!(bench.told(EventKind::PoolMessage).fields["words"], "maintenance at noon");
    let (_, words) = bench.pool_facts("one").message.expect("it is kept");
    assert_eq!(&*words, "maintenance at noon");
}

#[test]
fn why_a_pool_closes_is_what_it_said_before() {
    for (said, reason) in [
        (FromPool::Nonsense("pool server is full".into()), "full"),
        (FromPool::Message("Too many connections".into()), "full"),
        (FromPool::Nonsense("HTTP/1.1 400 Bad Request".into()), "not-stratum"),
        (FromPool::Unknown { method: "x".into() }, "closed"),
    ] {
        let mut bench = Bench::new();
        bench.pools.get_mut("one").unwrap().answers = false;
        with_house_and_one(&mut bench);
        for _ in 0..50 {
            bench.pool_says("one", said.clone());
            let links: Vec<_> = bench.links.iter().filter(|(_, link)| link.0 == "one").collect();
            let links: Vec<_> = links.into_iter().map(|(id, link)| (*id, link.1)).collect();
            for (id, connection) in links {
                let mut out = Vec::new();
                bench.exchange.on_pool_closed(bench.now, id, connection, "closed by the peer", &mut out);
                bench.carry_out(out);
            }
            bench.run(0.1);
        }
        let ill = bench.told(EventKind::PoolUnhealthy);
        assert_eq!(ill.fields["reason"], reason, "{}", ill.message);
    }
}

#[test]
fn a_pool_that_answers_nothing_is_told_by_what_it_does_not_answer() {
    for (answers, reason) in [(0, "no-subscribe-answer"), (2, "no-authorize-answer"), (3, "no-job")] {
        let mut bench = Bench::new();
        bench.pools.get_mut("one").unwrap().answers = false;
        with_house_and_one(&mut bench);
        let mut answered = HashSet::new();
        for _ in 0..900 {
            bench.run(0.1);
            let links: Vec<_> = bench.links.iter().filter(|(_, link)| link.0 == "one").collect();
            let links: Vec<_> = links.into_iter().map(|(id, link)| (*id, link.1)).collect();
            for (id, connection) in links {
                if !answered.insert((id, connection)) {
                    continue;
                }
                let given = [
                    Answer::Configured { version_mask: None },
                    Answer::Subscribed { extranonce_1: vec![1], extranonce_2_size: 8 },
                    Answer::Yes,
                ];
                for answer in given.into_iter().take(answers) {
                    let asked = bench.asked.get(&(id, connection)).copied().unwrap_or(0);
                    let mut out = Vec::new();
                    let message = FromPool::Answer { id: asked, answer: Ok(answer) };
                    bench.exchange.on_pool(bench.now, id, connection, message, &mut out);
                    bench.carry_out(out);
                }
            }
        }
        assert_eq!(
            bench.told(EventKind::PoolUnhealthy).fields["reason"],
            reason,
            "{}",
            bench.told(EventKind::PoolUnhealthy).message
        );
    }
}

#[test]
fn miners_whose_work_nobody_takes_are_let_go_in_time_and_not_all_at_once() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    for n in 1..10 {
        bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"));
    }
    bench.pool_dies("three");
    bench.run(600.0);
    assert_eq!(bench.happened(EventKind::MinersLetGo), 0, "the house takes its work");
    bench.pool_dies("home");
    bench.run(170.0);
    assert!(bench.miners.values().all(|miner| !miner.closed), "not so soon");
    bench.run(60.0);
    assert!(bench.miners.values().all(|miner| miner.closed));
    let told: Vec<&Event> =
        bench.events.iter().filter(|event| event.kind == EventKind::MinersLetGo).collect();
    let counts: Vec<(&str, &str)> =
        told.iter().map(|event| (event.subject.as_str(), event.fields["count"].as_str())).collect();
    assert_eq!(counts, [("customer/bob", "1"), ("customer/house", "8")]);
    assert!(told[0].message.contains("three cannot be reached"), "{}", told[0].message);
    assert_eq!(bench.happened(EventKind::RigDisconnected), 0, "no rig is blamed");
    // Who comes back meanwhile is sent on soon.
    bench.connect(20, "a-1", "10.0.0.1:2");
    bench.run(3.0);
    assert!(bench.miners[&SessionId(20)].closed);
    assert_eq!(bench.happened(EventKind::MinersLetGo), 2);
    // And is welcome again when a pool is back.
    bench.down.clear();
    bench.run(60.0);
    assert_eq!(bench.happened(EventKind::MinersReadmitted), 2, "bob and the house");
    bench.connect(21, "a-1", "10.0.0.1:3");
    bench.run(3.0);
    assert!(!bench.miners[&SessionId(21)].closed);
    assert_eq!(bench.share(SessionId(21), "a-1"), Ok(()));
}

#[test]
fn rigs_that_know_no_other_pool_are_let_go_ever_more_rarely_and_blamed_for_nothing() {
    let mut bench = Bench::started();
    let mut ids: Vec<u64> =
        (1..=6).map(|n| bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1")).0).collect();
    bench.run(5.0);
    let before = bench.events.len();
    for pool in ["one", "two", "three", "home"] {
        bench.pool_dies(pool);
    }
    // They come back a second after they were let go, as firmware does.
    let (mut next, mut connects) = (100, Vec::new());
    for second in 0..1_200 {
        bench.run(1.0);
        for n in 1..=6 {
            if bench.miners[&SessionId(ids[n - 1])].closed {
                ids[n - 1] = bench.connect(next, &format!("a-{n}"), &format!("10.0.0.{n}:1")).0;
                next += 1;
                connects.push(second);
            }
        }
    }
    let last = connects.iter().filter(|second| **second >= 900).count();
    assert!(
        connects.len() >= 12 && last <= 6 * 4,
        "{} reconnects, {last} in the last five minutes",
        connects.len()
    );
    let told = |kinds: &[EventKind]| {
        bench.events[before..].iter().filter(|event| kinds.contains(&event.kind)).count()
    };
    let of_rigs = [
        EventKind::RigConnected,
        EventKind::RigDisconnected,
        EventKind::RigOffline,
        EventKind::RigDead,
        EventKind::RigSuspect,
        EventKind::RigDegraded,
        EventKind::RigReturning,
    ];
    assert_eq!(told(&of_rigs), 0, "{:?}", bench.events[before..].iter().map(|e| &e.kind).collect::<Vec<_>>());
    assert_eq!(bench.exchange.snapshot(bench.now).idle.len(), bench.exchange.orders().rigs.len());
    // All is as it was when there is a pool again.
    bench.down.clear();
    bench.run(240.0);
    assert!(bench.exchange.snapshot(bench.now).idle.is_empty());
    let rig = bench.connect(next, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
}

#[test]
fn a_lost_connection_says_why_and_never_the_password() {
    let mut bench = Bench::new();
    let mut with = orders();
    let mut secret = PoolEntry::clone(&with.accounts[1].pools[0]);
    secret.password = "hunter2".into();
    with.accounts[1].pools[0] = Arc::new(secret);
    bench.pools.get_mut("one").unwrap().refuses.insert("alice.hub".into());
    bench.pools.get_mut("one").unwrap().refusal = "wrong password hunter2 for alice.hub".into();
    bench.order(with);
    bench.run(40.0);
    let told = bench.told(EventKind::PoolUnhealthy);
    assert_eq!(told.fields["reason"], "unauthorized");
    assert_eq!(told.fields["words"], "wrong password *** for alice.hub");
    assert!(bench.events.iter().all(|event| !format!("{event:?}").contains("hunter2")));
}

/// Five rigs of alice, whose pools are `one` and `two`.
fn five(bench: &mut Bench) -> Vec<(SessionId, String)> {
    let connect = |n: u64| {
        let name = format!("a-{n}");
        bench.route(&name, 2);
        (bench.connect(n, &name, &format!("10.0.0.{n}:1")), name)
    };
    (1..6).map(connect).collect()
}

fn mine(bench: &mut Bench, rigs: &[(SessionId, String)], seconds: u32) {
    for _ in 0..seconds {
        for (rig, name) in rigs {
            assert_eq!(bench.share(*rig, name), Ok(()));
        }
        bench.run(1.0);
    }
}

#[test]
fn a_pool_that_calls_the_shares_of_its_newest_job_stale_is_rejecting() {
    let mut bench = Bench::started();
    let rigs = five(&mut bench);
    bench.pools.get_mut("one").unwrap().refuses_all = Some(Reason::Stale);
    mine(&mut bench, &rigs, 40);
    assert_eq!(bench.happened(EventKind::PoolFailover), 1);
    assert!(bench.happened(EventKind::SharesRefused) > 0);
    // Those that were on their way while the job changed are another matter.
    let mut bench = Bench::started();
    let rigs = five(&mut bench);
    mine(&mut bench, &rigs, 5);
    for _ in 0..40 {
        bench.pools.get_mut("one").unwrap().answers = false;
        let (rig, name) = &rigs[0];
        assert_eq!(bench.share(*rig, name), Ok(()));
        let job = bench.pools.get_mut("one").unwrap().job(true);
        bench.pool_says("one", job);
        let link = bench.links.iter().find(|(_, link)| link.0 == "one").map(|(id, link)| (*id, link.1));
        let id = bench.asked[&link.expect("it is connected")];
        let answer = Err(Refusal { code: Some(21), text: "Job not found".into() });
        bench.pool_says("one", FromPool::Answer { id, answer });
        bench.pools.get_mut("one").unwrap().answers = true;
        bench.run(1.0);
    }
    assert_eq!((bench.happened(EventKind::PoolFailover), bench.happened(EventKind::PoolUnhealthy)), (0, 0));
}

#[test]
fn a_pool_is_healthy_again_once_it_has_taken_work_and_until_then_its_fault_is_told() {
    for silent in [false, true] {
        let mut bench = Bench::started();
        let rigs = five(&mut bench);
        mine(&mut bench, &rigs, 5);
        let one = bench.pools.get_mut("one").unwrap();
        one.refuses_all = (!silent).then_some(Reason::Other);
        one.answers_shares = !silent;
        mine(&mut bench, &rigs, 120);
        let reason = if silent { "silent" } else { "rejecting" };
        let mut seen = std::collections::BTreeSet::new();
        // Several trials, each of which fails.
        for _ in 0..400 {
            mine(&mut bench, &rigs, 4);
            let facts = bench.pool_facts("one");
            let fault = match facts.health {
                Health::Healthy(_) => facts.unproven,
                Health::Unhealthy(_, fault) => Some(fault),
            };
            seen.insert(fault.filter(|fault| fault.is_known()).map(|fault| fault.name()));
            assert!(silent || !facts.words.is_empty(), "its words are told: {facts:?}");
        }
        assert!(bench.happened(EventKind::PoolTrialFailed) >= 2);
        assert_eq!(bench.happened(EventKind::PoolHealthy), 0, "it was never well");
        assert!(seen.contains(&Some(reason)), "{seen:?}");
        let other = if silent { "rejecting" } else { "silent" };
        assert!(!seen.contains(&Some(other)), "it is told as what it is: {seen:?}");
        assert!(!seen.contains(&None) || silent, "something is told at all times: {seen:?}");
        let one = bench.pools.get_mut("one").unwrap();
        (one.refuses_all, one.answers_shares) = (None, true);
        for _ in 0..150 {
            mine(&mut bench, &rigs, 1);
            bench.run(19.0);
        }
        assert_eq!(bench.happened(EventKind::PoolHealthy), 1);
        let facts = bench.pool_facts("one");
        assert_eq!((facts.unproven, &*facts.words, facts.in_use), (None, "", true));
    }
}

#[test]
fn a_pool_that_has_forgotten_a_connection_gets_another_one() {
    let mut bench = Bench::started();
    let rigs = five(&mut bench);
    mine(&mut bench, &rigs, 40);
    let (before, accepted) = (bench.connects, bench.pools["one"].accepted);
    let last = bench.links.values().filter(|link| link.0 == "one").map(|link| link.1).max().unwrap();
    bench.pools.get_mut("one").unwrap().forgot = last;
    mine(&mut bench, &rigs, 15);
    assert_eq!(bench.connects, before + 1, "one more connection, and not another one");
    assert!(bench.pools["one"].accepted > accepted + 20, "{} after {accepted}", bench.pools["one"].accepted);
    assert_eq!(bench.happened(EventKind::PoolFailover), 0);
    // One that refuses whatever the connection costs one more each five minutes at the most.
    bench.pools.get_mut("one").unwrap().forgot = u32::MAX;
    let before = bench.connects;
    mine(&mut bench, &rigs, 1200);
    assert!(bench.connects <= before + 1200 / 300 + 1, "{} connections", bench.connects - before);
    assert_eq!(bench.happened(EventKind::PoolFailover), 1);
}

#[test]
fn a_pool_that_knows_no_configure_is_mined_at() {
    for (manner, first) in [(AtConfigure::Ignores, 2.5), (AtConfigure::Closes, 8.0)] {
        let mut bench = Bench::new();
        bench.pools.get_mut("one").unwrap().at_configure = manner;
        with_house_and_one(&mut bench);
        bench.run(first);
        assert!(bench.pool_facts("one").health.is_healthy(), "{:?}", bench.pool_facts("one").health);
        if manner == AtConfigure::Ignores {
            // It is not asked again soon.
            bench.run(40.0);
            bench.pool_dies("one");
            bench.down.remove("one");
            bench.run(1.5);
            assert!(bench.pool_facts("one").health.is_healthy(), "at once the next time");
        }
    }
}

#[test]
fn a_pool_that_asks_us_to_come_back_later_is_not_waited_for() {
    let mut bench = Bench::started();
    let rigs = five(&mut bench);
    mine(&mut bench, &rigs, 40);
    bench.pool_says("one", FromPool::Reconnect { host: None, port: None, wait: 60 });
    bench.run(0.2);
    assert_eq!(bench.happened(EventKind::PoolFailover), 1, "{:?}", bench.pool_facts("one").health);
    let lost = bench.told(EventKind::PoolLost);
    assert!(lost.message.contains("asked us to reconnect later"), "{}", lost.message);
    mine(&mut bench, &rigs, 5);
    // One that wants us back at once is gone for a moment only.
    let mut bench = Bench::started();
    let rigs = five(&mut bench);
    mine(&mut bench, &rigs, 40);
    bench.pool_says("one", FromPool::Reconnect { host: None, port: None, wait: 0 });
    bench.run(0.5);
    assert_eq!(bench.happened(EventKind::PoolFailover), 0);
}

/// What is told of a pool of alice's: whether it has her work, its reason and its words.
fn told(bench: &Bench, pool: &str) -> (bool, Option<&'static str>, String) {
    let snapshot = bench.exchange.snapshot(bench.now);
    let facts = snapshot.pools.iter().find(|facts| &*facts.account == "alice" && &*facts.pool == pool);
    let facts = facts.expect("it is hers");
    let reason = match facts.health {
        Health::Unhealthy(_, fault) => Some(fault.name()),
        Health::Healthy(_) => None,
    };
    (facts.in_use, reason, facts.words.to_string())
}

#[test]
fn what_is_told_of_an_override_is_what_is_done() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let wished = |bench: &mut Bench, pools: &[&str], pinned| {
        let mut orders = Orders::clone(bench.exchange.orders());
        orders.epoch += 1;
        orders.accounts[1].pools = pools.iter().map(|pool| entry(pool, "alice.$rig")).collect();
        orders.routes[2].pinned = pinned;
        bench.order(orders);
        bench.run(3.0);
    };
    let mines_at = |bench: &mut Bench, pool: &str| {
        let before = bench.pools[pool].accepted;
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        assert_eq!(bench.pools[pool].accepted, before + 1, "it mines at {pool}");
        let snapshot = bench.exchange.snapshot(bench.now);
        let route = snapshot.routes.iter().find(|route| &*route.label == "alice/gold").unwrap();
        assert_eq!(route.pool.as_deref(), Some(pool));
        let used = snapshot.pools.iter().filter(|facts| &*facts.account == "alice" && facts.in_use);
        assert_eq!(used.map(|facts| &*facts.pool).collect::<Vec<_>>(), [pool]);
    };
    mines_at(&mut bench, "one");
    wished(&mut bench, &["one", "two"], Some(1));
    mines_at(&mut bench, "two");
    // One behind the standby is connected to for its sake.
    wished(&mut bench, &["one", "two", "three"], Some(2));
    mines_at(&mut bench, "three");
    // While it is dead the customer's own choice holds, and is what is told.
    bench.pool_dies("three");
    bench.run(3.0);
    mines_at(&mut bench, "one");
    bench.down.clear();
    bench.run(60.0);
    mines_at(&mut bench, "three");
    wished(&mut bench, &["one", "two", "three"], None);
    mines_at(&mut bench, "one");
}

#[test]
fn a_pool_that_comes_back_and_refuses_the_worker_says_so_and_is_left_at_once() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(5.0);
    assert_eq!(told(&bench, "one"), (true, None, String::new()));
    for worker in ["alice.a-1", "alice.hub"] {
        bench.pools.get_mut("one").unwrap().refuses.insert(worker.into());
    }
    bench.pool_closes("one");
    bench.run(1.0);
    assert_eq!(told(&bench, "one"), (false, Some("unauthorized"), "unknown worker".into()));
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.pools["two"].accepted, 1);
    // It goes on being said, whatever becomes of the connections.
    for _ in 0..20 {
        bench.run(3.0);
        let job = bench.pools.get_mut("one").unwrap().job(false);
        bench.pool_says("one", job);
        bench.run(0.1);
        assert_eq!(told(&bench, "one"), (false, Some("unauthorized"), "unknown worker".into()));
    }
}

#[test]
fn an_extranonce_that_cannot_be_is_a_fact() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(31.0);
    bench.pools.get_mut("one").unwrap().answers = false;
    bench.pool_says("one", FromPool::BadExtranonce("extranonce 2 has a length of -4".into()));
    bench.run(1.0);
    assert_eq!(
        told(&bench, "one"),
        (false, Some("extranonce-unusable"), "extranonce 2 has a length of -4".into())
    );
    // So it is in the answer to the subscription.
    bench.run(2.0);
    let (id, connection) =
        bench.links.iter().find(|(_, link)| link.0 == "one").map(|(id, link)| (*id, link.1)).unwrap();
    let mut out = Vec::new();
    for _ in 0..2 {
        let request = bench.asked[&(id, connection)];
        let answer = FromPool::Answer {
            id: request,
            answer: Ok(Answer::BadExtranonce("extranonce 2 has a length of -1".into())),
        };
        bench.exchange.on_pool(bench.now, id, connection, answer, &mut out);
        bench.carry_out(std::mem::take(&mut out));
    }
    bench.run(0.2);
    assert_eq!(told(&bench, "one").1, Some("extranonce-unusable"));
    assert_eq!(told(&bench, "one").2, "extranonce 2 has a length of -1");
}
