//! Growth is bounded and loses nothing that is kept: minutes become hours, hours become days, and what waits in
//! memory counts as if it were in the file. Starts read sums, not rows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use exchange::event::{Event, EventKind};
use exchange::tally::{Counted, Outcome, PoolKey, PoolOutcome, ShareKey, Tally};
use exchange::time::Timestamp;
use exchange::work::{Balance, Work};
use farm::promise::{Aim, Promise, Settlement};
use farm::reconcile::Movement;
use schema::api::{ChangeKind, OverrideAction, Provenance};
use sqlx::{ConnectOptions as _, Row as _};
use store::{
    AccountFilter, AccountRow, Assignment, EventFilter, Keep, NewGeneration, NewOverride, PlacementFilter,
    PoolFilter, PoolRow, Store, Which,
};

const DAY: i64 = 1_440;

async fn open() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    let store = Store::open(&path).await.unwrap();
    store.resume_counts(0).await.unwrap();
    (folder, path, store)
}

fn counted(each: u128, count: u64) -> Counted {
    Counted { count, work: Work(each).times(count) }
}

fn keep() -> Keep {
    Keep {
        minute_days: 2,
        hour_days: 5,
        day_days: 30,
        event_days: 10,
        accounts_max: u64::MAX,
        events_max: u64::MAX,
        placements_max: u64::MAX,
        texts_max: u64::MAX,
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
                counted: counted((1 << 60) + (rig << 40) + minute as u128, 1 + (minute as u64 % 3)),
            });
        }
        pools.push(PoolRow {
            minute,
            account: "house".into(),
            pool: "pool".into(),
            verdict: "accepted".into(),
            counted: counted(33, 2),
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
                .with("suppressed", "x".repeat(50))
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
    let key = ShareKey { minute, rig: "a-1".into(), account: "house".into(), outcome: Outcome::Accepted };
    tally.share(key, Work(2));
    let key =
        PoolKey { minute, account: "house".into(), pool: "pool".into(), outcome: PoolOutcome::Accepted };
    tally.pool(key, Work(2));
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

async fn raw(path: &std::path::Path, statements: String) -> i64 {
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut raw = file.connect().await.unwrap();
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).fetch_all(&mut raw).await.unwrap();
    rows.last().map_or(0, |row| row.try_get(0).unwrap_or(0))
}

async fn count(path: &std::path::Path, table: &str) -> i64 {
    raw(path, format!("select count(*) from {table}")).await
}

#[tokio::test]
async fn rows_of_pools_are_rolled_up_also_where_they_are_more_than_those_of_rigs() {
    let (_folder, path, store) = open().await;
    let now = 20_000 * DAY;
    let pools: Vec<PoolRow> = (0..12_000)
        .map(|n| PoolRow {
            minute: now - 10 * DAY + n / 100,
            account: format!("alice/r-{}", n % 100),
            pool: "pool".into(),
            verdict: "accepted".into(),
            counted: counted(1, 1),
        })
        .collect();
    store.book(&[], &[], &pools).await.unwrap();
    tidy(&store, &keep(), now).await;
    assert_eq!(count(&path, "pool_account").await, 0);
    assert_eq!(count(&path, "pool_account_day").await, 100);
    assert_eq!(store.sizes().await.unwrap().days_from, Some(now - 10 * DAY));
    tidy(&store, &keep(), now + 40 * DAY).await;
    assert_eq!(count(&path, "pool_account_day").await, 0);
}

#[tokio::test]
async fn an_event_with_a_time_to_come_keeps_no_other() {
    let (_folder, path, store) = open().await;
    let now = 20_000 * DAY;
    let event = |day: i64| {
        Event::new(Timestamp::from_seconds((now + day * DAY) * 60), EventKind::FarmAccepted, "farm", "yes")
    };
    store.append_events(&[event(900), event(-20), event(-1)]).await.unwrap();
    tidy(&store, &keep(), now).await;
    assert_eq!(count(&path, "event").await, 2);
    assert_eq!(store.sizes().await.unwrap().events_from, Some(event(-1).at));
}

#[tokio::test]
async fn placements_settlements_and_overrides_go_by_age_and_placements_by_number() {
    let (_folder, path, store) = open().await;
    let now = 20_000 * DAY;
    let at = |day: i64| Timestamp::from_seconds((now + day * DAY) * 60);
    // One that lasts since the beginning, and one that moves every day of 60.
    for day in -60..0i64 {
        let movement = |rig: &str, to: &str| Movement {
            at: at(day),
            rig: rig.into(),
            from: "house".into(),
            to: to.into(),
            why: "replaces",
            words: "it stands in".into(),
            cost: 0.0,
        };
        let mut movements = vec![movement("a-2", if day % 2 == 0 { "house" } else { "alice/gold" })];
        if day == -60 {
            movements.push(movement("a-1", "house"));
        }
        let kept = Assignment { epoch: (day + 100) as u64, ..Assignment::default() };
        store.keep_assignment(&kept, &movements).await.unwrap();
        let settled = Settlement {
            rental: "alice/gold".into(),
            from: at(day),
            until: at(day + 1),
            owed: Work(1),
            credited: Balance(1),
            excused: Work(0),
            delivered_min: None,
            met: true,
            credit: 0.0,
        };
        store.keep_promises(&BTreeMap::new(), &BTreeMap::new(), &[settled]).await.unwrap();
        let new = NewOverride {
            action: OverrideAction::OutOfService { rig: "a-1".into() },
            reason: "fan".into(),
            by: "ann".into(),
            from: at(day),
            until: at(day + 1),
            idempotency_key: None,
        };
        store.add_override(new).await.unwrap();
    }
    tidy(&store, &keep(), now).await;
    // Those that ended 30 days ago and later, those that last, and no others.
    assert_eq!(count(&path, "placement").await, 31 + 1);
    assert_eq!(count(&path, "settlement").await, 31);
    assert_eq!(count(&path, "override").await, 31);
    let sizes = store.sizes().await.unwrap();
    assert_eq!(sizes.placements_from, Some(at(-30)));
    assert!(sizes.history > 32 * 100 && sizes.history < 60_000, "{sizes:?}");
    tidy(&store, &Keep { placements_max: 10, ..keep() }, now).await;
    let left = store.placements(&PlacementFilter::default(), 99).await.unwrap();
    assert_eq!(left.len(), 10 + 1, "the one that lasts stays");
    assert_eq!(left.iter().filter(|one| one.until.is_none()).count(), 2);
}

#[tokio::test]
async fn the_texts_of_old_farms_go_and_at_last_their_records() {
    let (_folder, path, store) = open().await;
    let record = |n: u64, digest: &str| NewGeneration {
        at: Timestamp::from_seconds(n as i64),
        kind: ChangeKind::Apply,
        rolled_back_to: None,
        digest: digest.into(),
        provenance: Provenance::default(),
        reason: None,
        peer: "test".into(),
        idempotency_key: None,
    };
    let text = |n: u64| format!("{n} {}", "x".repeat(1_000));
    for n in 0..40 {
        store.accept(n, record(n, &format!("d{n}")), &text(n)).await.unwrap();
    }
    let keep = Keep { texts_max: 20_000, ..keep() };
    tidy(&store, &keep, 20_000 * DAY).await;
    let has = async |number| store.bundle(number).await.unwrap().is_some();
    assert!(!has(1).await && !has(21).await && has(22).await && has(40).await);
    assert_eq!(store.history(99).await.unwrap().len(), 40, "who applied what stays");
    store.accept(40, record(41, "d0"), &text(0)).await.unwrap();
    assert!(has(41).await && has(1).await, "the same farm again brings its text back");
    tidy(&store, &Keep { texts_max: 0, ..keep }, 20_000 * DAY).await;
    assert!(has(41).await && has(32).await && !has(31).await, "the latest ten stay however large they are");
    // So many applies that the first are forgotten; but not what a later one came back to.
    let more = "with recursive n (n) as (select (select max(number) from generation) + 1 union all
                  select n + 1 from n where n < 10031)
         insert into generation (number, parent, at, kind, rolled_back_to, digest, dirty, peer, outcome)
         select n, n - 1, 0, 'apply', case when n = 10000 then 7 end, 'd39', 0, 'test', 'superseded' from n";
    raw(&path, more.to_owned()).await;
    tidy(&store, &keep, 20_000 * DAY).await;
    let first = store.history(20_000).await.unwrap().into_iter().rev().map(|one| one.number).take(2);
    assert_eq!(first.collect::<Vec<_>>(), [7, 32]);
    assert!(has(10_031).await);
    assert_eq!(
        raw(&path, "select count(*) from bundle where digest not in (select digest from generation)".into())
            .await,
        0
    );
    let head = store.head().await.unwrap().unwrap().number;
    assert_eq!(head, 10_031);
    store.accept(head, record(head, "new"), "new").await.unwrap();
}

#[tokio::test]
async fn a_name_goes_with_its_last_row_and_its_sums_with_it() {
    let (_folder, path, store) = open().await;
    let now = 20_000 * DAY;
    let row = |day: i64, rig: &str, account: &str| AccountRow {
        minute: now + day * DAY,
        rig: rig.into(),
        account: account.into(),
        reason: "accepted".into(),
        counted: counted(1, 1),
    };
    let rows = [row(-29, "a-1", "alice/old"), row(-29, "a-1", "alice/owed"), row(-1, "a-2", "alice/new")];
    store.book(&[], &rows, &[]).await.unwrap();
    let promise = Promise {
        from: Timestamp(10),
        until: Timestamp(20),
        at: Timestamp(15),
        owed: Work(1),
        credited: Balance(0),
        excused: Work(0),
        aim: Aim { part: 1.0, catching_up: false, relaxing: false },
        aimed: Timestamp(14),
    };
    let promises = BTreeMap::from([("alice/owed".into(), promise)]);
    store.keep_promises(&promises, &BTreeMap::new(), &[]).await.unwrap();
    tidy(&store, &keep(), now).await;
    assert_eq!(count(&path, "name").await, 6);
    assert_eq!(store.account_totals().await.unwrap().len(), 3);
    tidy(&store, &keep(), now + 5 * DAY).await;
    assert_eq!(count(&path, "name").await, 4, "a-2, alice/new, accepted, and the one that is owed something");
    let accounts: Vec<_> = store.account_totals().await.unwrap().into_iter().map(|sum| sum.account).collect();
    assert_eq!(accounts, ["alice/new", "alice/owed"]);
    store.book(&[], &[row(6, "a-1", "alice/old")], &[]).await.unwrap();
    let sums = store.account_sums(&AccountFilter::default()).await.unwrap();
    assert_eq!(sums.iter().map(|sum| sum.rig.as_str()).collect::<Vec<_>>(), ["a-2", "a-1"]);
}
