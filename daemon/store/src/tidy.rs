//! Bounded growth: minutes become hours, hours become days, and what is too old or too much goes, in steps
//! that hold the write lock for some milliseconds each.

use exchange::time::Timestamp;
use sqlx::{Row, SqliteConnection};

use crate::book::{self, Book, DAY};
use crate::old::{self, Limits};
use crate::write::Write;
use crate::{Store, StoreError};

/// Rows that one step touches.
const STEP: i64 = 4_000;
/// Rows that go at least where accounts are too large, and about what one takes, bytes.
const STEP_MIN: i64 = 100;
const ROW_LEN: i64 = 64;
/// Events whose length is looked at to estimate that of all.
const SAMPLE: i64 = 200;
/// What an event takes with its indexes, beyond its texts, bytes.
const EVENT_OVERHEAD: f64 = 140.0;
/// The same of a placement, and of a farm file with the record of who applied it.
const PLACEMENT_OVERHEAD: f64 = 110.0;
const TEXT_OVERHEAD: u64 = 2_500;
/// About what a settlement and an override take, bytes.
const SETTLEMENT_LEN: u64 = 200;
const OVERRIDE_LEN: u64 = 250;
/// Minutes of an hour.
const HOUR: i64 = 60;

/// For how long what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days for which accounts are kept by the minute; after that by the hour.
    pub minute_days: u32,
    /// Days for which accounts are kept by the hour; after that by the day.
    pub hour_days: u32,
    /// Days after which accounts are deleted.
    pub day_days: u32,
    /// Days for which events are kept.
    pub event_days: u32,
    /// Most that accounts may take, bytes; the oldest go first.
    pub accounts_max: u64,
    /// Most that events may take, bytes; the oldest go first.
    pub events_max: u64,
    /// Most placements that are over; the oldest go first. By age they go with the accounts by the day.
    pub placements_max: u64,
    /// Most that the texts of farm files may take, bytes; the oldest go first, and of the latest ten none.
    pub texts_max: u64,
}

/// What the file holds. Sizes are estimates that cost nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Length of the file, bytes.
    pub file: u64,
    /// About what accounts take of it.
    pub accounts: u64,
    /// About what events take of it.
    pub events: u64,
    /// About what farm files, placements, settlements and overrides take of it.
    pub history: u64,
    /// When the oldest placement that is over ended.
    pub placements_from: Option<Timestamp>,
    /// How many events there are at most.
    pub events_count: u64,
    /// The oldest event.
    pub events_from: Option<Timestamp>,
    /// The oldest minute kept as such, in minutes since the Unix epoch.
    pub minutes_from: Option<i64>,
    /// The first minute of the oldest hour kept as such.
    pub hours_from: Option<i64>,
    /// The first minute of the oldest day.
    pub days_from: Option<i64>,
}

impl Store {
    /// What the file holds.
    pub async fn sizes(&self) -> Result<Sizes, StoreError> {
        let mut read = self.reader().acquire().await?;
        sizes(&mut read).await
    }

    /// Does one small step of what is to be done by these rules. False once nothing is left to do.
    pub async fn tidy(&self, keep: &Keep, at: Timestamp) -> Result<bool, StoreError> {
        let sizes = self.sizes().await?;
        let before = |days: u32| at.minute() - i64::from(days) * DAY;
        let minutes_before = before(keep.minute_days).div_euclid(HOUR) * HOUR;
        let hours_before = before(keep.hour_days).div_euclid(DAY) * DAY;
        let days_before = before(keep.day_days);
        let is_before = |oldest: Option<i64>, limit: i64| oldest.is_some_and(|oldest| oldest < limit);
        let events_before = before(keep.event_days);
        let events_old = is_before(sizes.events_from.map(Timestamp::minute), events_before);
        let much = sizes.accounts > keep.accounts_max;
        // Of what is too much the coarsest is the oldest.
        let oldest = [sizes.days_from, sizes.hours_from, sizes.minutes_from];
        let first = oldest.iter().position(Option::is_some).filter(|_| much);
        let limits =
            Limits { ended: days_before.saturating_mul(60_000_000), used: days_before.div_euclid(DAY) };
        let mut rules = Vec::new();
        {
            let mut read = self.reader().acquire().await?;
            for rule in &old::RULES {
                if rule.is_due(&mut read, keep, &limits).await? {
                    rules.push(rule);
                }
            }
        }
        let nothing_due = !is_before(sizes.minutes_from, minutes_before)
            && !is_before(sizes.hours_from, hours_before)
            && !is_before(sizes.days_from, days_before)
            && !events_old
            && sizes.events <= keep.events_max
            && first.is_none()
            && rules.is_empty();
        if nothing_due {
            return Ok(false);
        }
        let done = async {
            let mut write = self.write().await?;
            if is_before(sizes.minutes_from, minutes_before) {
                roll_up(&mut write, 0, HOUR, minutes_before).await?;
            }
            if is_before(sizes.hours_from, hours_before) {
                roll_up(&mut write, 1, DAY, hours_before).await?;
            }
            if is_before(sizes.days_from, days_before) {
                forget(&mut write, 2, days_before, STEP).await?;
            }
            if let Some(first) = first {
                // About what is too much, so that no more goes than has to.
                let rows = (sizes.accounts - keep.accounts_max) as i64 / ROW_LEN;
                forget(&mut write, 2 - first, i64::MAX, rows.clamp(STEP_MIN, STEP)).await?;
            }
            if events_old {
                sqlx::query(
                    "delete from event where seq in (select seq from event where at < $1 order by at limit $2)",
                )
                .bind(events_before.saturating_mul(60_000_000))
                .bind(STEP)
                .execute(&mut *write)
                .await?;
            }
            if sizes.events > keep.events_max {
                let share = (sizes.events - keep.events_max) as f64 / sizes.events as f64;
                let rows = (share * sizes.events_count as f64) as i64 + 1;
                sqlx::query("delete from event where seq in (select seq from event order by seq limit $1)")
                    .bind(rows.min(STEP))
                    .execute(&mut *write)
                    .await?;
            }
            for rule in rules {
                rule.go(&mut write, keep, &limits).await?;
            }
            commit(write).await
        };
        self.writer.note::<_, StoreError>(done.await)?;
        Ok(true)
    }
}

async fn commit(write: Write) -> Result<(), StoreError> {
    Ok(write.commit().await?)
}

/// Adds the first rows of one table of each book to the next, coarser one, and removes them.
async fn roll_up(
    write: &mut SqliteConnection,
    from: usize,
    span: i64,
    before: i64,
) -> Result<(), StoreError> {
    for book in book::BOOKS {
        let key = book.key();
        let (fine, coarse) = (book.tables[from], book.tables[from + 1]);
        let rest = key.strip_prefix("minute").expect("keys begin with the minute");
        let part = format!("from {fine} where minute < {before} order by {key} limit {STEP}");
        let add = format!(
            "insert into {coarse} ({key}, count, high, low)
             select minute - minute % {span}{rest}, sum(count), {} from (select * {part}) group by 1{rest}
             on conflict do update set count = count + excluded.count, {}",
            book::SUM_WORK,
            book::ADD_WORK
        );
        run(write, add).await?;
        run(write, format!("delete from {fine} where ({key}) in (select {key} {part})")).await?;
    }
    Ok(())
}

/// Removes the first rows of before this minute.
async fn forget(
    write: &mut SqliteConnection,
    table: usize,
    before: i64,
    rows: i64,
) -> Result<(), StoreError> {
    for book in book::BOOKS {
        let (key, table) = (book.key(), book.tables[table]);
        let part = format!("select {key} from {table} where minute < {before} order by {key} limit {rows}");
        run(write, format!("delete from {table} where ({key}) in ({part})")).await?;
    }
    Ok(())
}

/// Runs a statement made of our own names and numbers.
async fn run(write: &mut SqliteConnection, statement: String) -> Result<(), StoreError> {
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(write).await?;
    Ok(())
}

async fn sizes(read: &mut SqliteConnection) -> Result<Sizes, StoreError> {
    let oldest = |n: usize| {
        let of =
            |book: &Book| format!("coalesce((select min(minute) from {}), {})", book.tables[n], i64::MAX);
        format!("nullif(min({}, {}), {})", of(&book::RIGS), of(&book::POOLS), i64::MAX)
    };
    let question = format!(
        "select (select page_count from pragma_page_count), (select freelist_count from pragma_freelist_count),
                (select page_size from pragma_page_size),
                (select min(seq) from event), (select max(seq) from event), (select min(at) from event),
                {}, {}, {},
                (select min(until_at) from placement where until_at is not null),
                (select count(*) from placement), (select count(*) from settlement), (select count(*) from override),
                (select coalesce(sum(octet_length(text) + {TEXT_OVERHEAD}), 0) from bundle)",
        oldest(0),
        oldest(1),
        oldest(2),
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(question)).fetch_one(&mut *read).await?;
    let number = |column: usize| -> Result<u64, StoreError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.unwrap_or(0).max(0) as u64)
    };
    let page = number(2)?;
    let first = number(3)?;
    let events_count = if first == 0 { 0 } else { number(4)? + 1 - first };
    let event_len = mean(
        read,
        "select avg(2 * length(subject) + 2 * length(kind) + length(message) + length(fields))
         from (select subject, kind, message, fields from event order by seq desc limit $1)",
    )
    .await?;
    let placement_len = mean(
        read,
        "select avg(3 * length(rig) + 2 * length(account) + length(why) + length(words))
         from (select rig, account, why, words from placement order by seq desc limit $1)",
    )
    .await?;
    let placements = (number(10)? as f64 * (placement_len + PLACEMENT_OVERHEAD)) as u64;
    let history = placements + number(11)? * SETTLEMENT_LEN + number(12)? * OVERRIDE_LEN + number(13)?;
    let events = (events_count as f64 * (event_len + EVENT_OVERHEAD)) as u64;
    let used = (number(0)? - number(1)?.min(number(0)?)) * page;
    Ok(Sizes {
        file: number(0)? * page,
        accounts: used.saturating_sub(events).saturating_sub(history),
        events,
        history,
        placements_from: row.try_get::<Option<i64>, _>(9)?.map(Timestamp),
        events_count,
        events_from: row.try_get::<Option<i64>, _>(5)?.map(Timestamp),
        minutes_from: row.try_get(6)?,
        hours_from: row.try_get(7)?,
        days_from: row.try_get(8)?,
    })
}

/// The mean of the latest rows of a table, as the question has it; zero where there is none.
async fn mean(read: &mut sqlx::SqliteConnection, question: &'static str) -> Result<f64, StoreError> {
    let row = sqlx::query(question).bind(SAMPLE).fetch_one(read).await?;
    Ok(row.try_get::<Option<f64>, _>(0)?.unwrap_or(0.0))
}
