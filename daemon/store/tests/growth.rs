//! Growth is bounded and loses nothing that is kept: minutes become hours, hours become days, and what waits in
//! memory counts as if it were in the file. Starts read sums, not rows.

use std::path::PathBuf;
use std::sync::Arc;

use exchange::event::{Event, EventKind};
use exchange::tally::{Outcome, PoolKey, PoolOutcome, ShareKey, Tally};
use exchange::time::Timestamp;
use sqlx::ConnectOptions as _;
use store::{AccountFilter, AccountRow, EventFilter, Keep, PoolFilter, PoolRow, Store, Which};

const DAY: i64 = 1_440;

async fn open() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    let store = Store::open(&path).await.unwrap();
    store.resume_counts(0).await.unwrap();
    (folder, path, store)
}

fn keep() -> Keep {
    Keep {
        minute_days: 2,
        hour_days: 5,
        day_days: 30,
        event_days: 10,
        accounts_max: u64::MAX,
        events_max: u64::MAX,
    }
}

/// Rows of 12 days, every ten minutes, so that sums depend on all of them.
async fn fill(store: &Store) -> i64 {
    let now = 20_000 * DAY;
    let rigs = 7;
    let mut rows = Vec::new();
    let mut pools = Vec::new();
    for minute in (now - 12 * DAY..now).step_by(10) {
        for rig in 0..rigs {
            rows.push(AccountRow {
                minute,
                rig: format!("rig-{rig}"),
                account: if rig % 2 == 0 { "house".into() } else { "alice/gold".into() },
                reason: if minute % 70 == 0 { "stale".into() } else { "accepted".into() },
                difficulty: 0.1 + rig as f64,
                count: 1 + (minute as u64 % 3),
            });
        }
        pools.push(PoolRow {
            minute,
            account: "house".into(),
            pool: "pool".into(),
            verdict: "accepted".into(),
            difficulty: 3.3,
            count: 2,
        });
    }
    store.book(&[(0, 1)], &rows, &pools).await.unwrap();
    now
}

async fn tidy(store: &Store, keep: &Keep, now: i64) -> u32 {
    let mut steps = 0;
    while store.tidy(keep, Timestamp::from_seconds(now * 60)).await.unwrap() {
        steps += 1;
        assert!(steps < 1_000, "it comes to an end");
    }
    steps
}

#[tokio::test]
async fn minutes_become_hours_and_days_and_no_sum_changes() {
    let (_folder, _path, store) = open().await;
    let now = fill(&store).await;
    let before = store.account_sums(&AccountFilter::default()).await.unwrap();
    let pools = store.pool_sums(&PoolFilter::default()).await.unwrap();
    let steps = tidy(&store, &keep(), now).await;
    assert!(steps > 2, "in steps: {steps}");
    assert_eq!(store.account_sums(&AccountFilter::default()).await.unwrap(), before);
    assert_eq!(store.pool_sums(&PoolFilter::default()).await.unwrap(), pools);
    let sizes = store.sizes().await.unwrap();
    assert_eq!(sizes.minutes_from, Some(now - 2 * DAY));
    assert_eq!(sizes.hours_from, Some(now - 5 * DAY));
    assert_eq!(sizes.days_from, Some(now - 12 * DAY));
    // The last days are as fine as before.
    let late = AccountFilter { from: Some(now - DAY), ..AccountFilter::default() };
    assert!(store.account_minutes(&late).await.unwrap().len() > 100);
    assert_eq!(tidy(&store, &keep(), now).await, 0, "nothing is left to do");
}

#[tokio::test]
async fn what_is_too_old_or_too_much_goes_the_oldest_first() {
    let (_folder, _path, store) = open().await;
    let now = fill(&store).await;
    tidy(&store, &Keep { day_days: 8, ..keep() }, now).await;
    assert_eq!(store.sizes().await.unwrap().days_from, Some(now - 8 * DAY));
    let size = store.sizes().await.unwrap().accounts;
    tidy(&store, &Keep { accounts_max: size - 60_000, ..keep() }, now).await;
    let sizes = store.sizes().await.unwrap();
    assert!(sizes.accounts <= size - 60_000, "{sizes:?}");
    assert!(sizes.minutes_from.is_some_and(|from| from >= now - 2 * DAY), "the latest stay: {sizes:?}");
    assert!(sizes.days_from.is_none(), "{sizes:?}");
}

#[tokio::test]
async fn events_go_by_age_and_by_size() {
    let (_folder, _path, store) = open().await;
    let now = 20_000 * DAY;
    let events: Vec<Event> = (0..10_000i64)
        .map(|n| {
            let at = Timestamp::from_seconds((now - 20 * DAY) * 60 + n * 172);
            Event::new(at, EventKind::FarmAccepted, "subject", format!("number {n}"))
                .with("not_told", "x".repeat(50))
        })
        .collect();
    store.append_events(&events).await.unwrap();
    tidy(&store, &keep(), now).await;
    let left = store.events(0, u32::MAX, &EventFilter::default()).await.unwrap();
    assert!(left.iter().all(|kept| kept.at.minute() >= now - 10 * DAY));
    assert!((4_000..6_000).contains(&left.len()), "{}", left.len());
    let sizes = store.sizes().await.unwrap();
    assert_eq!(sizes.events_count, left.len() as u64);
    tidy(&store, &Keep { events_max: sizes.events / 3, ..keep() }, now).await;
    let fewer = store.events(0, u32::MAX, &EventFilter::default()).await.unwrap();
    assert!(fewer.len() < left.len() / 2 && fewer.last() == left.last(), "{}", fewer.len());
    assert!(fewer[0].seq > left[0].seq);
}

fn tally(minute: i64) -> Tally {
    let mut tally = Tally::default();
    tally.share(ShareKey {
        minute,
        rig: "a-1".into(),
        account: "house".into(),
        outcome: Outcome::Accepted,
        difficulty: 2.0f64.to_bits(),
    });
    tally.pool(PoolKey {
        minute,
        account: "house".into(),
        pool: "pool".into(),
        outcome: PoolOutcome::Accepted,
        difficulty: 2.0f64.to_bits(),
    });
    tally
}

#[tokio::test]
async fn what_waits_counts_once_before_while_and_after_it_is_booked() {
    let (_folder, path, store) = open().await;
    let look = async |store: &Store, count: u64| {
        let sums = store.account_sum(&AccountFilter::default()).await.unwrap();
        assert_eq!(sums["accepted"].count, count);
        assert_eq!(store.pool_sums(&PoolFilter::default()).await.unwrap()[0].total.count, count);
        assert_eq!(store.account_minutes(&AccountFilter::default()).await.unwrap().len() as u64, count);
    };
    store.count(tally(1), 1);
    look(&store, 1).await;
    store.write_counts(0, Which::Pools).await.unwrap();
    look(&store, 1).await;
    assert_eq!((store.booked_mark(), store.unbooked_shares()), (0, 1), "shares wait, and so does the mark");
    store.write_counts(0, Which::All).await.unwrap();
    assert_eq!((store.booked_mark(), store.unbooked_shares()), (1, 0));
    look(&store, 1).await;
    // Readers and the writer at once: no look sees less than before, or more than there is.
    let store = Arc::new(store);
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 2..=300i64 {
                store.count(tally(n), n as u64);
                store.write_counts(0, if n % 3 == 0 { Which::Pools } else { Which::All }).await.unwrap();
            }
        })
    };
    let mut last = 0;
    while !writer.is_finished() {
        let sums = store.account_sum(&AccountFilter::default()).await.unwrap();
        let count = sums["accepted"].count;
        assert!(count >= last && count <= 300, "{count} after {last}");
        last = count;
    }
    writer.await.unwrap();
    store.write_counts(0, Which::All).await.unwrap();
    let other = Store::open(&path).await.unwrap();
    assert_eq!(other.account_sum(&AccountFilter::default()).await.unwrap()["accepted"].count, 300);
    assert_eq!(other.resume_counts(0).await.unwrap(), 300);
}

#[tokio::test]
async fn a_start_asks_for_no_row_of_the_accounts() {
    let (_folder, path, store) = open().await;
    fill(&store).await;
    store.close().await;
    // Without the tables a question that reads them fails.
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    for table in
        ["account", "account_hour", "account_day", "pool_account", "pool_account_hour", "pool_account_day"]
    {
        sqlx::query(sqlx::AssertSqlSafe(format!("drop table {table}"))).execute(&mut raw).await.unwrap();
    }
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.resume_counts(0).await.unwrap(), 1);
    assert_eq!(store.account_totals().await.unwrap().len(), 5);
    store.promises().await.unwrap();
    store.assignment().await.unwrap();
    store.head().await.unwrap();
    store.overrides(Timestamp::default()).await.unwrap();
    store.value("daemon-id").await.unwrap();
    assert!(store.account_sum(&AccountFilter::default()).await.is_err(), "the test would notice");
}
