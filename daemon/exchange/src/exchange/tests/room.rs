//! Pools that take some of the rigs only, leave little room in their extranonce, lose an answer, or blink: nobody is
//! left without work for it.

use super::*;

fn has_work(bench: &Bench, id: SessionId) -> bool {
    bench.miners[&id].job.is_some()
}

#[test]
fn rigs_that_a_pool_has_no_connection_for_mine_at_the_next_one() {
    let mut bench = Bench::new();
    bench.limits.insert("one".into(), 2);
    let mut orders = orders();
    let mut entry = PoolEntry::clone(&orders.accounts[1].pools[0]);
    entry.own_connections = true;
    orders.accounts[1].pools[0] = Arc::new(entry);
    for rig in orders.rigs.values_mut() {
        rig.route = 2;
    }
    bench.order(orders);
    bench.run(2.0);
    let rigs: Vec<SessionId> =
        (1..6).map(|n| bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"))).collect();
    bench.run(30.0);
    assert!(rigs.iter().all(|id| has_work(&bench, *id)), "everybody has work");
    for (n, id) in rigs.iter().enumerate() {
        assert_eq!(bench.share(*id, &format!("a-{}", n + 1)), Ok(()));
    }
    assert_eq!(bench.accepted("alice/gold"), 5, "it is the customer's work wherever it is done");
    assert!(bench.pools["two"].accepted >= 3, "{}", bench.pools["two"].accepted);
    assert!(bench.happened(EventKind::PoolNoRoom) >= 3);
    // When there is room they go where they belong.
    bench.limits.clear();
    bench.run(120.0);
    let snapshot = bench.exchange.snapshot(bench.now);
    let at = |pool: &str| snapshot.pools.iter().find(|facts| &*facts.pool == pool).unwrap().rigs;
    assert_eq!((at("one"), at("two")), (5, 0));
    bench.exchange.check().unwrap();
}

#[test]
fn an_answer_that_is_lost_among_many_costs_a_share_and_nothing_else() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.pools.get_mut("one").unwrap().answers = false;
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    bench.pools.get_mut("one").unwrap().answers = true;
    for _ in 0..120 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        bench.run(1.0);
    }
    assert_eq!(bench.happened(EventKind::PoolUnhealthy) + bench.happened(EventKind::PoolFailover), 0);
    let snapshot = bench.exchange.snapshot(bench.now);
    let passage = &snapshot.pools.iter().find(|pool| &*pool.pool == "one").unwrap().passage;
    assert_eq!(passage.unanswered, 1, "{passage:?}");
}

#[test]
fn a_pool_that_blinks_twice_has_its_work_back_at_once_where_its_customer_has_no_other() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(60.0);
    for _ in 0..4 {
        bench.pool_dies("three");
        bench.run(1.0);
        bench.down.clear();
        bench.run(40.0);
        let booked = bench.accepted("bob/silver");
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        assert_eq!(bench.accepted("bob/silver"), booked + 1);
    }
}

/// Alice's first pool leaves three bytes, her second and the house have more.
fn small() -> Bench {
    let mut bench = Bench::new();
    bench.pools.get_mut("one").unwrap().size = 3;
    let mut orders = orders();
    orders.rigs.values_mut().for_each(|rig| rig.route = 2);
    bench.order(orders);
    bench.run(2.0);
    bench
}

#[test]
fn a_rig_that_names_any_session_gets_work_from_a_pool_that_leaves_three_bytes() {
    for (session, obeys, has_neighbour) in [
        (None, true, false),
        (Some("own"), true, false),
        (Some("own"), false, false),
        (Some("own"), true, true),
        (Some("i"), true, false),
        (Some("i"), false, false),
        (Some("deadbeef"), true, true),
        (Some("00aabb"), false, true),
        (None, true, true),
    ] {
        let case = format!("{session:?}, obeys {obeys}, a neighbour {has_neighbour}");
        let mut bench = small();
        let foreign = session.filter(|name| *name != "own").map(str::to_owned);
        let mut rig = bench.connect_with(1, "a-1", "10.0.0.1:1", ("cgminer/4.12", foreign.clone()), true);
        for turn in 2..6 {
            bench.run(1.0);
            if !bench.miners[&rig].is_asked_back() {
                break;
            }
            if has_neighbour {
                // Another machine behind the same address, which was asked nothing.
                bench.connect(10 + turn, "a-2", &format!("10.0.0.1:{turn}2"));
            }
            if obeys {
                bench.leave(rig);
            } else {
                bench.run(4.0);
                assert!(bench.miners[&rig].closed, "{case}");
            }
            let name = session.and_then(|_| foreign.clone().or(bench.miners[&rig].session().cloned()));
            rig = bench.connect_with(turn, "a-1", &format!("10.0.0.1:{turn}"), ("cgminer/4.12", name), true);
            bench.exchange.check().unwrap();
        }
        bench.run(1.0);
        assert_eq!((bench.miners[&rig].own.len(), bench.miners[&rig].rolled), (0, 3), "{case}");
        assert_eq!(bench.share(rig, "a-1"), Ok(()), "{case}");
        assert_eq!(bench.pools["one"].accepted, 1, "{case}");
    }
}

#[test]
fn a_rig_that_cannot_have_the_shape_of_its_pool_mines_at_the_next_one_meanwhile() {
    let label = |bench: &Bench| bench.exchange.snapshot(bench.now).sessions[0].serving.clone();
    // One that is not known again, and one whose program can do without no constant part.
    for agent in ["cgminer/4.12", "NerdMinerV2/1.8.3"] {
        let mut bench = small();
        let mut rig = bench.connect_as(1, "a-1", "10.0.0.1:1", agent, true);
        bench.run(1.0);
        if bench.miners[&rig].is_asked_back() {
            bench.leave(rig);
            rig = bench.connect_as(2, "a-1", "10.0.0.2:1", agent, true);
            bench.run(1.0);
        }
        assert!(has_work(&bench, rig), "{agent}");
        assert_eq!(bench.share(rig, "a-1"), Ok(()), "{agent}");
        assert_eq!((bench.pools["two"].accepted, bench.accepted("alice/gold")), (1, 1), "{agent}");
        assert_eq!(bench.happened(EventKind::PoolNoRoom), 1, "{agent}");
        // With that one gone it is the house's, and its customer's again as soon as may be.
        bench.pool_dies("two");
        bench.run(2.0);
        assert_eq!(label(&bench).as_deref(), Some("house"), "{agent}");
        bench.down.clear();
        bench.run(40.0);
        assert_eq!(label(&bench).as_deref(), Some("alice/gold"), "{agent}");
        let asks = bench.happened(EventKind::RigReconnected);
        assert!(asks <= usize::from(agent.starts_with('c')), "{agent} was asked {asks} times");
        bench.exchange.check().unwrap();
    }
}

#[test]
fn a_rig_whose_work_belongs_to_another_now_does_not_go_on_for_the_one_before() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().size = 3;
    bench.order(orders());
    bench.run(2.0);
    bench.route("a-1", 2);
    let rig = bench.connect_as(1, "a-1", "10.0.0.1:1", "NerdMinerV2/1.8.3", true);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    bench.route("a-1", 3);
    bench.run(1.0);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!((bench.accepted("alice/gold"), bench.accepted("house")), (1, 1));
}

#[test]
fn nothing_is_expected_of_a_rig_that_was_asked_to_connect_again() {
    let mut bench = small();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.run(1.0);
    let idle = |bench: &Bench| bench.exchange.idle().map(|rig| rig.to_string()).collect::<Vec<_>>();
    assert_eq!(idle(&bench), ["a-1"]);
    bench.leave(rig);
    bench.run(1.0);
    assert_eq!(idle(&bench), ["a-1"]);
    bench.connect(2, "a-1", "10.0.0.1:2");
    assert!(idle(&bench).is_empty());
}
