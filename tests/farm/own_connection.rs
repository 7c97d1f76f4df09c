//! A pool that takes one worker a connection: every rig gets its own, whether the farm file said so or the
//! hub had to find out.

use farm_tests::{Farm, FarmText, SOON, pool_like, wait_until};
use simulator::pool::{PoolOptions, Workers};

#[tokio::test]
async fn every_rig_gets_a_connection_of_its_own_once_the_pool_refuses_a_second_worker() {
    mine(Workers::RefusesSecond, "").await.event("pool-single-worker").await;
}

#[tokio::test]
async fn where_the_file_says_so_nobody_is_ever_refused() {
    let farm = mine(Workers::IgnoresSecond, ", workers: own-connection").await;
    assert!(farm.events("pool-worker-refused").await.is_empty());
    assert!(farm.events("shares-refused").await.is_empty());
}

async fn mine(workers: Workers, said: &str) -> Farm {
    let like = PoolOptions { workers, difficulty: 1e-6, ..PoolOptions::default() };
    let pool = pool_like("narrow", like).await;
    let farm = Farm::start().await;
    let text = FarmText::new("a-1..3").pool_at("narrow", &pool.url(), said);
    farm.apply(text.house("narrow").customer("alice", 300, &["narrow"])).await;
    let names = ["a-1", "a-2", "a-3"];
    let rigs = farm.rigs(&names);
    wait_until("each rig's shares are accepted", SOON, async || {
        let counts = pool.counts();
        names.iter().all(|name| counts.accepted_of(&format!("alice.{name}")) > 2)
    })
    .await;
    assert_eq!(rigs.total().connections, 3, "the rigs kept their connections");
    let users: Vec<_> = names
        .iter()
        .map(|name| {
            let shares = pool.shares().into_iter();
            let mine = shares.filter(|share| share.user == format!("alice.{name}") && share.verdict.is_ok());
            mine.map(|share| share.connection).collect::<std::collections::BTreeSet<_>>()
        })
        .collect();
    assert!(users.iter().all(|connections| connections.len() == 1), "each on one connection: {users:?}");
    let all: std::collections::BTreeSet<_> = users.iter().flatten().collect();
    assert_eq!(all.len(), 3, "and each on another: {users:?}");
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
    farm
}
