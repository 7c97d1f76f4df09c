//! Every share is in a column, every refusal has a reason, and strangers cost little.

use super::*;

/// Work for alice at a pool whose target is a hundred times harder than what is asked of rigs.
fn at_a_hard_pool() -> (Bench, SessionId) {
    let mut bench = Bench::new();
    bench.pools.get_mut("one").unwrap().difficulty = 100.0 * EASY;
    bench.order(orders());
    bench.run(2.0);
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(1.0);
    (bench, rig)
}

fn credited(bench: &Bench, label: &str) -> [i128; 3] {
    use schema::farm::policy::Judge;
    let mut credits = crate::credit::Credits::default();
    credits.add(&bench.tally);
    let credit = credits.0.get(label).copied().unwrap_or_default();
    [Judge::Submitted, Judge::Credited, Judge::Pool].map(|judge| credit.by(judge).0)
}

#[test]
fn work_for_a_pool_that_is_gone_is_in_a_column_and_credited_to_nobody() {
    let (mut bench, rig) = at_a_hard_pool();
    // They were on their way when the pool died.
    let shares: Vec<_> = (0..100).map(|_| bench.miners.get_mut(&rig).unwrap().mine("a-1")).collect();
    bench.pool_dies("one");
    for share in shares {
        assert_eq!(bench.answer(rig, share), Ok(()));
    }
    let snapshot = bench.exchange.snapshot(bench.now);
    let pool = snapshot.pools.iter().find(|pool| &*pool.pool == "one").unwrap();
    assert_eq!((pool.passage.taken, pool.passage.undeliverable, pool.passage.forwarded), (100, 100, 0));
    let route = snapshot.routes.iter().find(|route| &*route.label == "alice/gold").unwrap();
    assert_eq!((route.passage.taken, route.passage.undeliverable), (100, 100));
    let [submitted, credited, pool] = credited(&bench, "alice/gold");
    assert!(submitted > 0 && credited == 0 && pool == 0, "{submitted} {credited} {pool}");
}

#[test]
fn work_that_a_pool_refuses_or_never_answers_is_credited_to_nobody() {
    for silent in [true, false] {
        let mut bench = Bench::started();
        bench.route("a-1", 2);
        let rig = bench.connect(1, "a-1", "10.0.0.1:1");
        let pool = bench.pools.get_mut("one").unwrap();
        pool.answers = !silent;
        pool.size = if silent { pool.size } else { 3 };
        for _ in 0..12 {
            assert_eq!(bench.share(rig, "a-1"), Ok(()));
        }
        bench.pool_dies("one");
        let [submitted, credited, pool] = credited(&bench, "alice/gold");
        assert!(submitted > 0 && credited == 0 && pool == 0, "{submitted} {credited} {pool}");
        let snapshot = bench.exchange.snapshot(bench.now);
        let passage = &snapshot.pools.iter().find(|pool| &*pool.pool == "one").unwrap().passage;
        assert_eq!(passage.forwarded, passage.unanswered + passage.refused_len(), "{passage:?}");
        assert!(passage.forwarded > 0);
    }
}

#[test]
fn what_was_counted_since_the_start_is_not_forgotten_by_an_edit_or_a_reconnect() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    (0..5).for_each(|_| assert_eq!(bench.share(rig, "a-1"), Ok(())));
    let doubled = bench.miners.get_mut(&rig).unwrap().mine("a-1");
    assert_eq!(bench.answer(rig, doubled.clone()), Ok(()));
    assert_eq!(bench.answer(rig, doubled), Err(Reason::Duplicate));
    let counted = |bench: &Bench| {
        let snapshot = bench.exchange.snapshot(bench.now);
        let pool = snapshot.pools.iter().find(|pool| &*pool.pool == "one").map(|pool| pool.passage.taken);
        let route = snapshot.routes.iter().find(|route| &*route.label == "alice/gold");
        let of_rig = snapshot.sessions.iter().find(|session| session.rig.as_deref() == Some("a-1"));
        let shares = of_rig.map(|session| &session.shares).unwrap_or_else(|| &snapshot.absent[0].1);
        (pool, route.map(|route| route.passage.taken), shares.accepted, shares.rejected)
    };
    assert_eq!(counted(&bench), (Some(6), Some(6), 6, 1));
    bench.leave(rig);
    assert_eq!(counted(&bench), (Some(6), Some(6), 6, 1), "it is not connected");
    let rig = bench.connect(2, "a-1", "10.0.0.1:2");
    assert_eq!(counted(&bench), (Some(6), Some(6), 6, 1), "it is connected again");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    // The rental and the pool are taken out of the farm file, and put back.
    let (mut whole, mut less) = (orders(), orders());
    (less.epoch, whole.epoch) = (10, 11);
    less.accounts[1].pools.remove(0);
    less.routes.remove(2);
    bench.order(less);
    bench.run(1.0);
    assert_eq!((counted(&bench).0, counted(&bench).1), (None, None));
    let moved = (bench.happened(EventKind::PoolFailover), bench.happened(EventKind::PoolReturned));
    assert_eq!(moved, (1, 0), "{:?}", bench.events);
    bench.order(whole);
    bench.run(1.0);
    assert_eq!(counted(&bench), (Some(7), Some(7), 7, 1));
}

#[test]
fn what_a_pool_refuses_of_one_rig_stands_at_that_rig() {
    let mut bench = Bench::started();
    for rig in ["a-1", "a-2"] {
        bench.route(rig, 2);
    }
    let (one, two) = (bench.connect(1, "a-1", "10.0.0.1:1"), bench.connect(2, "a-2", "10.0.0.2:1"));
    assert_eq!(bench.share(one, "a-1"), Ok(()));
    bench.pools.get_mut("one").unwrap().size = 3;
    for _ in 0..4 {
        assert_eq!(bench.share(two, "a-2"), Ok(()));
    }
    let snapshot = bench.exchange.snapshot(bench.now);
    let of = |rig: &str| {
        let facts = snapshot.sessions.iter().find(|facts| facts.rig.as_deref() == Some(rig)).unwrap();
        facts.shares.pool_refusals.values().sum::<u64>()
    };
    assert_eq!((of("a-1"), of("a-2")), (0, 4));
}

#[test]
fn refused_shares_are_told_once_for_each_rig_and_reason() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let stranger = bench.connect(2, "bad!", "10.0.0.9:1");
    for _ in 0..20 {
        for reason in [Reason::Malformed, Reason::ExtranonceSize] {
            for (id, user) in [(rig, "a-1"), (stranger, "bad!")] {
                let job = format!("{:x}", bench.miners[&id].job.as_ref().unwrap().id);
                bench.ask(id, FromMiner::Submit { user: user.into(), job, share: Err(reason) });
            }
        }
    }
    let told: Vec<&Event> =
        bench.events.iter().filter(|event| event.kind == EventKind::SharesRejected).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|event| event.subject == "rig/a-1"));
    let snapshot = bench.exchange.snapshot(bench.now);
    let facts = snapshot.sessions.iter().find(|facts| facts.rig.as_deref() == Some("a-1")).unwrap();
    assert_eq!(facts.shares.refusals[&Reason::ExtranonceSize], 20);
    // What strangers do is counted, and under one name.
    let unknown = |key: &&crate::tally::ShareKey| &*key.rig == crate::session::UNKNOWN;
    assert_eq!(
        bench
            .tally
            .shares
            .iter()
            .filter(|(key, _)| unknown(key))
            .map(|(_, counted)| counted.count)
            .sum::<u64>(),
        40
    );
    assert!(bench.tally.shares.keys().all(|key| &*key.rig != "bad!"));
}

#[test]
fn a_stranger_that_asks_for_next_to_no_difficulty_costs_next_to_nothing() {
    let mut bench = Bench::started();
    let id = SessionId(1);
    bench.miners.insert(id, MinerMock::default());
    bench.exchange.on_miner_connected(bench.now, id, "10.0.0.9:1".parse().unwrap());
    bench.ask(id, FromMiner::Subscribe { agent: Some("x".into()), session: None });
    bench.ask(id, FromMiner::Authorize { user: "who".into(), password: "d=1e-59".into() });
    bench.ask(id, FromMiner::SuggestDifficulty(Difficulty::new(1e-59).unwrap()));
    bench.run(1.0);
    let job = bench.exchange.sessions[&id].jobs.newest().expect("it has work");
    assert!(job.difficulty.get() >= 0.9 * EASY.min(strangers::DIFFICULTY_MIN), "{:?}", job.difficulty);
    // The pool of this test asks for less than anybody may: what comes too fast is not looked at.
    let taken = (0..100).filter(|_| bench.share(id, "who").is_ok()).count();
    assert_eq!(taken, 60);
    bench.run(700.0);
    assert!(bench.miners[&id].closed, "without a good share it is let go");
}
