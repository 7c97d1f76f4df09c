//! Pools that take some of the rigs only, lose an answer, or blink: nobody is left without work for it.

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
