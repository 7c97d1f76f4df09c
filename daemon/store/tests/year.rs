//! What the benchmark of a year books is what a farm leaves behind that booked every minute of it.

#[allow(dead_code, reason = "the benchmark uses the rest")]
#[path = "../../../tests/bench/year/rows.rs"]
mod rows;

use exchange::time::Timestamp;
use rows::{DAY, Shape};
use sqlx::{ConnectOptions as _, Row as _};
use store::{Keep, Store};

const SHAPE: Shape = Shape { rigs: 12, rentals: 3, pools: 2 };
const NOW: i64 = 20_000 * DAY;

fn keep() -> Keep {
    Keep {
        minute_days: 1,
        hour_days: 3,
        day_days: 1_830,
        event_days: 90,
        accounts_max: u64::MAX,
        events_max: u64::MAX,
        placements_max: u64::MAX,
        texts_max: u64::MAX,
    }
}

async fn tidied(spans: &[(std::ops::Range<i64>, i64)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    let store = Store::open(&path).await.unwrap();
    for (minutes, span) in spans {
        // A day in one go: each booking waits for the disk.
        for day in minutes.clone().step_by(DAY as usize) {
            let (mut rows, mut pools) = (Vec::new(), Vec::new());
            for minute in (day..day + DAY).step_by(*span as usize) {
                let (more, of_pools) = SHAPE.counted(minute, *span);
                rows.extend(more);
                pools.extend(of_pools);
            }
            store.book(&[], &rows, &pools).await.unwrap();
        }
    }
    while store.tidy(&keep(), Timestamp::from_seconds(NOW * 60)).await.unwrap() {}
    store.close().await;
    let mut file = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let mut all = Vec::new();
    for (table, who, what) in [("account", "rig", "reason"), ("pool_account", "pool", "verdict")] {
        for part in ["", "_hour", "_day"] {
            let name = |column: &str| format!("(select name from name where id = {column})");
            let query = format!(
                "select concat_ws(' ', '{table}{part}', minute, {}, {}, {}, count, high, low) from {table}{part}",
                name("account"),
                name(who),
                name(what)
            );
            let found = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&mut file).await.unwrap();
            assert!(!found.is_empty(), "{table}{part}");
            all.extend(found.iter().map(|row| row.get::<String, _>(0)));
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn a_year_booked_in_sums_is_the_year_that_was_booked_by_the_minute() {
    let start = NOW - 6 * DAY;
    let by_the_minute = tidied(&[(start..NOW, 1)]).await;
    let (days, hours) = (start..NOW - 3 * DAY, NOW - 3 * DAY..NOW - DAY);
    let in_sums = tidied(&[(days, DAY), (hours, 60), (NOW - DAY..NOW, 1)]).await;
    assert!(by_the_minute.len() > 12 * 1_440, "{}", by_the_minute.len());
    assert!(by_the_minute == in_sums, "{} and {} rows", by_the_minute.len(), in_sums.len());
}
