//! A rig is moved between two customers a thousand times while it submits, and nobody notices.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use exchange::event::EventKind;
use exchange::tally::{Outcome, PoolOutcome, Tally};
use farm_tests::{Customer, HubAlone, SOON, fleet, pool_like, wait_until};
use simulator::pool::{PoolHandle, PoolOptions};
use simulator::rig::{Habits, RigOptions};
use stratum::work::Reason;

/// How often it is moved.
const MOVES: usize = 1_000;
/// What it really does, hashes per second.
const HASHRATE: f64 = 150_000.0;

/// A pool that wants every share: its difficulty is below what the hub would ask for.
async fn greedy(name: &str, extranonce_2_size: usize, difficulty: f64) -> PoolHandle {
    let job_interval = Duration::from_millis(700);
    pool_like(name, PoolOptions { extranonce_2_size, difficulty, job_interval, ..PoolOptions::default() })
        .await
}

fn accepted(tally: &Tally, account: &str) -> u64 {
    let mine = tally.shares.iter().filter(|(key, _)| *key.account == *account);
    mine.filter(|(key, _)| key.outcome == Outcome::Accepted).map(|(_, counted)| counted.count).sum()
}

fn at_pool(tally: &Tally, account: &str, wanted: impl Fn(PoolOutcome) -> bool) -> u64 {
    let mine = tally.pools.iter().filter(|(key, _)| *key.account == *account && wanted(key.outcome));
    mine.map(|(_, counted)| counted.count).sum()
}

#[tokio::test]
async fn a_thousand_moves_cost_no_connection_and_no_share() {
    let pools =
        [greedy("house", 4, 2.4e-7).await, greedy("alice", 6, 2.0e-7).await, greedy("bob", 8, 2.8e-7).await];
    let names = ["house", "alice", "bob"];
    let customers = names.iter().zip(&pools).map(|(name, pool)| Customer::at(name, pool)).collect();
    let mut hub = HubAlone::start(customers, 20.0).await;
    hub.order(&[("mover", HASHRATE, 1), ("stayer", 20_000.0, 0)]);
    // Chips have a queue: for a while after each move, shares of the customer before still come.
    let habits = Habits { keeps_old_work: Duration::from_millis(20), ..Habits::cgminer() };
    let mover = RigOptions { habits, ..RigOptions::new("farm.mover", HASHRATE) };
    let rigs = fleet(hub.address, vec![mover, RigOptions::new("farm.stayer", 20_000.0)]);
    wait_until("both rigs mine", SOON, async || rigs.rigs().iter().all(|rig| rig.counters().accepted > 5))
        .await;

    let begun = Instant::now();
    let mover = rigs.rig("farm.mover").expect("it is in the fleet");
    for n in 0..MOVES {
        // Bob, Alice, Bob, Alice, and now and then nobody: then it is a spare of the house.
        let customer = if n % 10 == 9 { 0 } else { 2 - n % 2 };
        hub.order(&[("mover", HASHRATE, customer), ("stayer", 20_000.0, 0)]);
        // Rigs that are given work faster than their queue empties would stay on the old: each pool must hear.
        let worker = format!("{}.mover", names[customer]);
        let before = pools[customer].counts().accepted_of(&worker);
        wait_until("a share at the pool of whom it works for now", SOON, async || {
            pools[customer].counts().accepted_of(&worker) > before
        })
        .await;
    }
    let took = begun.elapsed();

    let mover = mover.counters();
    let total = rigs.stop(SOON).await;
    wait_until("the pools have answered everything", SOON, async || {
        hub.hub.snapshot().await.is_ok_and(|seen| seen.pools.iter().all(|pool| pool.pending == 0))
    })
    .await;
    let taken = hub.hub.take().await.expect("the hub answers");
    let tally = taken.tally;
    report(took, total.accepted, mover.latency(0.5), mover.latency(0.99));

    assert_eq!(total.connections, 2, "nobody had to connect again");
    assert_eq!(total.rejected(), 0, "no share was refused: {:?}", total.refusals);
    assert_eq!((total.unanswered, total.unsent), (0, 0), "no share was lost on the way");
    let moved = taken.events.iter().filter(|event| event.kind == EventKind::RigMoved).count();
    assert!(moved >= MOVES, "{moved} of {MOVES} moves were told");
    let mut sum = 0;
    for (name, pool) in names.iter().zip(&pools) {
        let account = if *name == "house" { "house".to_owned() } else { format!("{name}/main") };
        let counted = pool.counts();
        let ours = accepted(&tally, &account);
        // Each customer's pool wants every share and knows the customer's workers alone: what it counted is
        // what that customer must be credited with.
        assert!(ours > 100, "{account} got its part: {ours}");
        assert_eq!(ours, counted.accepted(), "{account}: our accounts and the pool's own count");
        assert_eq!(
            ours,
            at_pool(&tally, &account, |o| o == PoolOutcome::Forwarded),
            "{account}: all forwarded"
        );
        let answered = |outcome| {
            matches!(outcome, PoolOutcome::Accepted | PoolOutcome::Rejected(_) | PoolOutcome::Unanswered)
        };
        assert_eq!(ours, at_pool(&tally, &account, answered), "{account}: each has its verdict");
        assert_eq!(at_pool(&tally, &account, |o| o == PoolOutcome::Undeliverable), 0);
        assert!(
            counted.users.keys().all(|user| user.starts_with(&format!("{name}."))),
            "{:?}",
            counted.users
        );
        assert_eq!(counted.rejected_for(Reason::Duplicate), 0, "no work was handed out twice");
        let hashes: HashSet<_> = pool.shares().iter().map(|share| share.hash).collect();
        assert_eq!(hashes.len(), pool.shares().len(), "no work was done twice");
        sum += ours;
    }
    assert_eq!(sum, total.accepted, "what the rigs saw accepted is what the accounts say");
    let difficulty: f64 = pools.iter().map(|pool| pool.counts().difficulty()).sum();
    assert!((difficulty / total.difficulty - 1.0).abs() < 1e-9, "every share counts what its job asked for");
}

#[expect(clippy::print_stdout, reason = "figures for docs/measurements.md, shown with --nocapture")]
fn report(took: Duration, shares: u64, median: Option<Duration>, late: Option<Duration>) {
    println!(
        "{MOVES} moves in {took:.1?}, {shares} shares; answer after {median:?} (median), {late:?} (99 %)"
    );
}
