//! The database cannot be written for a while: mining goes on, and the accounts are complete afterwards.

use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use simulator::rig::Fleet;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

/// How long nobody else may write: longer than the daemon waits for one write.
const LOCKED: Duration = Duration::from_secs(12);

async fn story() -> (Farm, Fleet, simulator::pool::PoolHandle) {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    farm.apply(FarmText::new("a-1..2").pool("pool", &pool).house("pool").customer("alice", 100, &["pool"]))
        .await;
    let rigs = farm.rigs(&["a-1", "a-2"]);
    wait_until("the rigs mine", SOON, async || rigs.total().accepted > 20).await;
    (farm, rigs, pool)
}

/// Shares go on, without a pause that a miner would notice.
async fn mines_on(rigs: &Fleet, time: Duration) {
    let end = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() < end {
        let before = rigs.total().accepted;
        wait_until("more shares", Duration::from_secs(3), async || rigs.total().accepted > before + 5).await;
    }
}

#[tokio::test]
async fn mining_goes_on_while_another_process_locks_the_database() {
    let (mut farm, rigs, _pool) = story().await;
    let file = SqliteConnectOptions::new().filename(farm.folder().join("stratumd.db"));
    let mut other = file.connect().await.expect("the database is a file");
    sqlx::raw_sql("begin immediate").execute(&mut other).await.expect("the lock");
    mines_on(&rigs, LOCKED).await;
    wait_until("status says that nothing can be booked", SOON, async || {
        let trouble = farm.status().await.storage.database_trouble;
        trouble.is_some_and(|trouble| trouble.why.contains("locked"))
    })
    .await;
    // What waits counts all the same.
    assert!(farm.accounts().await.accepted() + 20 >= rigs.total().accepted);
    let latency = rigs.total().latency(0.99).expect("shares were answered");
    assert!(latency < Duration::from_millis(500), "answers did not wait for the database: {latency:?}");
    sqlx::raw_sql("rollback").execute(&mut other).await.expect("the lock is given back");
    wait_until("it is written again", SOON, async || farm.status().await.storage.database_trouble.is_none())
        .await;
    farm.event("database-failed").await;
    farm.event("database-recovered").await;

    // Locked again, and killed: the journal still has what the database never got.
    sqlx::raw_sql("begin immediate").execute(&mut other).await.expect("the lock");
    mines_on(&rigs, Duration::from_secs(2)).await;
    farm.kill_9();
    let seen = rigs.total().accepted;
    sqlx::raw_sql("rollback").execute(&mut other).await.expect("the lock is given back");
    farm.launch().await;
    let booked = farm.accounts().await.accepted();
    assert!(booked >= seen, "{booked} booked of {seen}");
    assert!(booked <= rigs.total().submitted, "and none twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mining_goes_on_while_the_api_is_flooded() {
    let (farm, rigs, _pool) = story().await;
    let floods: Vec<_> = (0..8)
        .map(|n| {
            let api = farm.api.clone();
            tokio::spawn(async move {
                loop {
                    let _ = match n % 3 {
                        0 => api.status().await.is_ok(),
                        1 => api.accounts().await.is_ok(),
                        _ => api.events("rig-connected").await.is_ok(),
                    };
                }
            })
        })
        .collect();
    mines_on(&rigs, Duration::from_secs(4)).await;
    floods.iter().for_each(|flood| flood.abort());
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}

#[tokio::test]
async fn a_start_on_a_locked_database_serves_miners_at_once_and_ends_when_asked() {
    let (mut farm, rigs, _pool) = story().await;
    assert!(farm.stop().await.success());
    let file = SqliteConnectOptions::new().filename(farm.folder().join("stratumd.db"));
    let mut other = file.connect().await.expect("the database is a file");
    sqlx::raw_sql("begin immediate").execute(&mut other).await.expect("the lock");
    let before = rigs.total().accepted;
    let began = std::time::Instant::now();
    farm.launch().await;
    wait_until("the rigs mine", SOON, async || rigs.total().accepted > before).await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(4), "miners were served after {took:?}");
    mines_on(&rigs, Duration::from_secs(2)).await;
    let seen = farm_tests::settled(&rigs).await.accepted;
    let began = std::time::Instant::now();
    let ended = farm.stop().await;
    let took = began.elapsed();
    assert!(!ended.success() && took < Duration::from_secs(8), "{ended} after {took:?}");
    let log = farm.log();
    let last = log.lines().next_back().unwrap_or_default();
    assert!(last.contains("ERROR") && last.contains("are in the share journal"), "{last}");
    sqlx::raw_sql("rollback").execute(&mut other).await.expect("the lock is given back");
    farm.launch().await;
    assert_eq!(farm.accounts().await.accepted(), seen, "each share once");
}

#[tokio::test]
async fn signals_are_answered_from_the_first_moment_on() {
    let (mut farm, rigs, _pool) = story().await;
    drop(rigs);
    assert!(farm.stop().await.success());
    // A database that another process keeps for itself, so that the start takes as long as we like.
    let file = SqliteConnectOptions::new()
        .filename(farm.folder().join("stratumd.db"))
        .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive);
    for signal in ["-TERM", "-INT"] {
        let mut other = file.connect().await.expect("the database is a file");
        sqlx::raw_sql("begin exclusive").execute(&mut other).await.expect("the lock");
        farm.spawn("");
        farm.takes_signals().await;
        farm.hang_up();
        farm.signal(signal);
        let began = std::time::Instant::now();
        let ended = farm.ended().await;
        assert_eq!(ended.code(), Some(0), "{signal}: {ended}: nothing was begun, so nothing is lost");
        assert!(began.elapsed() < Duration::from_secs(4), "{signal}: {:?}", began.elapsed());
        drop(other);
    }
    let other = file.connect().await.expect("the database is a file");
    let mut other = other;
    sqlx::raw_sql("begin exclusive").execute(&mut other).await.expect("the lock");
    farm.spawn("");
    farm.event_in_the_log("the farm file cannot be read and no miner is served").await;
    sqlx::raw_sql("rollback").execute(&mut other).await.expect("the lock is given back");
    use sqlx::Connection as _;
    other.close().await.expect("it lets go");
    farm.answers().await;
}
