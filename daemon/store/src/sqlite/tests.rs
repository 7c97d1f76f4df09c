//! Files of earlier editions, brought up to this one.

use std::collections::BTreeMap;

use exchange::credit::Credit;
use exchange::tally::Counted;
use exchange::work::{Balance, Work};

use sqlx::Connection as _;

use super::*;
use crate::book;
use crate::{AccountFilter, PoolFilter, SettlementFilter, Store};

/// A file as the fourth edition left it, which counted in difficulties.
async fn fourth(path: &Path, fill: &str) {
    let mut file =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    let steps = migrator().iter().filter(|step| step.version <= 4).cloned().collect::<Vec<_>>();
    Migrator::with_migrations(steps).run_direct(None, &mut file, false).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill.to_owned())).execute(&mut file).await.unwrap();
    file.close().await.unwrap();
}

/// Hashes of a share of difficulty 1 of SHA-256d: 2^256 / (0xffff << 208).
const EACH: f64 = (1u64 << 48) as f64 / 65_535.0;

fn share(difficulty: f64) -> Work {
    Work::rounded(difficulty * EACH).max(Work(1))
}

/// Difficulties from the easiest to the hardest that a pool may ask for, and some that are odd.
fn difficulties() -> Vec<f64> {
    let mut all = vec![1e-9, 0.1 + 0.2, 1.0, 65_536.0, 1.5e14, 1e15, f64::from_bits(1.0f64.to_bits() + 1)];
    let mut bits = 1u64;
    all.extend((0..200).map(|_| {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from_bits(((983 + (bits >> 32) % 87) << 52) | (bits & ((1 << 52) - 1)))
    }));
    all
}

#[tokio::test]
async fn a_file_that_counted_in_difficulties_is_read_to_the_last_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    let names = "insert into name (id, name, used) values (1, 'house', 20000), (2, 'a-1', 20000), (3, 'accepted', 20000),
                 (4, 'pool', 20000), (5, 'stale', 20000);";
    let (mut fill, mut ours, mut theirs) = (names.to_owned(), Counted::default(), Counted::default());
    for (n, difficulty) in difficulties().into_iter().enumerate() {
        let count = 1 + (n as u64 * 977) % 5_000;
        // Several difficulties in one minute become one row.
        let (suffix, minute) = (["", "_hour", "_day"][n % 3], 100 + n / 9);
        let bits = difficulty.to_bits() as i64;
        fill += &format!(
            "insert into account{suffix} (minute, account, rig, reason, difficulty, count) values ({minute}, 1, 2, 3, {bits}, {count});
             insert into pool_account{suffix} (minute, account, pool, verdict, difficulty, count)
             values ({minute}, 1, 4, 3, {bits}, {});",
            2 * count
        );
        ours += Counted { count, work: share(difficulty).times(count) };
        theirs += Counted { count: 2 * count, work: share(difficulty).times(2 * count) };
    }
    // Shares without a job stand for nothing.
    fill +=
        "insert into account (minute, account, rig, reason, difficulty, count) values (100, 1, 2, 5, 0, 9);";
    fourth(&path, &fill).await;
    let store = Store::open(&path).await.unwrap();
    let sums = store.account_sum(&AccountFilter::default()).await.unwrap();
    let stale = Counted { count: 9, work: Work::NONE };
    assert_eq!(sums, BTreeMap::from([("accepted".to_owned(), ours), ("stale".to_owned(), stale)]));
    assert_eq!(store.pool_sums(&PoolFilter::default()).await.unwrap()[0].total, theirs);
}

#[tokio::test]
async fn promises_and_settlements_of_the_fourth_edition_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    fourth(
        &path,
        r#"insert into account_total values ('alice/gold', 'ours', 'accepted', 1234.5), ('alice/gold', 'pool', 'accepted', 1e300);
           insert into promise values
             ('alice/gold', '{"from":10,"until":20,"at":15,"owed":1e21,"credited":-2.6,"excused":7,"part":1.02,"catching_up":true,"relaxing":false,"aimed":14}',
              '{"accepted":1234.5,"lost":0.0}'),
             ('bob/new', '{"from":10,"until":20,"at":15,"owed":0.0,"credited":0.0,"excused":0.0,"part":1.0,"catching_up":false,"relaxing":false}', null);
           insert into settlement values ('alice/gold', 0, 10, 1e21, -9.5e20, 0.4, 0.9999, 0, 0.1);"#,
    )
    .await;
    let store = Store::open(&path).await.unwrap();
    let totals = store.account_totals().await.unwrap();
    let whole = Work::rounded(1234.5 * EACH);
    assert_eq!(totals.iter().find(|total| total.book == "ours").map(|total| total.work), Some(whole));
    let most = book::work(1 << 62, 0);
    assert_eq!(totals.iter().find(|total| total.book == "pool").map(|total| total.work), Some(most));
    let promises = store.promises().await.unwrap();
    let (gold, counted) = &promises["alice/gold"];
    assert_eq!(
        (gold.owed, gold.credited, gold.excused),
        (Work(1_000_000_000_000_000_000_000), Balance(-3), Work(7))
    );
    assert!(gold.aim.catching_up && promises["bob/new"].1.is_none());
    let counted: Credit = serde_json::from_str(counted.as_deref().unwrap()).unwrap();
    assert_eq!(
        counted,
        Credit { accepted: whole, ..Credit::default() },
        "the same as the total, so nothing counts twice"
    );
    let settled = &store.settlements(&SettlementFilter::default(), 9).await.unwrap()[0];
    let work = (settled.owed.0, settled.credited.0, settled.excused.0);
    assert_eq!(work, (1_000_000_000_000_000_000_000, -950_000_000_000_000_000_000, 0));
}

/// Sums that no number of SQLite holds end at the limit, and none fails.
#[tokio::test]
async fn sums_over_the_limit_end_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("farm.db")).await.unwrap();
    let row = |minute: i64, work: Work| crate::AccountRow {
        minute,
        rig: "a-1".into(),
        account: "house".into(),
        reason: "accepted".into(),
        counted: Counted::one(work),
    };
    let most = book::work(1 << 62, 0);
    for (minute, work) in [(0, Work(u128::MAX)), (0, Work(u128::MAX)), (1, most), (2, Work(1)), (3, most)] {
        store.book(&[], &[row(minute, work)], &[]).await.unwrap();
    }
    let sum = async || store.account_sum(&AccountFilter::default()).await.unwrap()["accepted"].work;
    assert!(sum().await >= most.times(3), "{}", sum().await);
    let total = store.account_totals().await.unwrap()[0].work;
    assert!(total >= most && total < most.times(2), "{total}");
    let keep = crate::Keep {
        minute_days: 1,
        hour_days: 2,
        day_days: 90,
        event_days: 1,
        accounts_max: u64::MAX,
        events_max: u64::MAX,
        placements_max: u64::MAX,
        texts_max: u64::MAX,
    };
    while store.tidy(&keep, exchange::time::Timestamp::from_seconds(30 * 86_400)).await.unwrap() {}
    assert!(sum().await >= most && sum().await < most.times(2), "one row of a day: {}", sum().await);
}
