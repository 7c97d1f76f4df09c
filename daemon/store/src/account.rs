//! Accounts: shares and their work per minute, rig, account and reason, and the journal marks they rest on.
//!
//! Both are whole numbers, so sums come out the same in whatever order and portions they were
//! booked. Rows and marks go in together: what a journal still holds is what the accounts do not. Where the rows
//! stand and how they are found is in `book.rs`.

use std::collections::BTreeMap;

use exchange::tally::{Counted, PoolKey, ShareKey};
use exchange::work::Work;
use serde::Serialize;
use sqlx::{Row, SqliteConnection};

use crate::book::{self, Line, Wanted};
use crate::{Store, StoreError};

/// Rows in one statement; its text stays around a megabyte.
const BATCH_MAX: usize = 10_000;

/// Shares of one rig in one minute, by our verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountRow {
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// Who found them.
    pub rig: String,
    /// For whom: `customer/rental`, `house`, ...
    pub account: String,
    /// `accepted`, or why not.
    pub reason: String,
    /// How many to add, and the work of all these together.
    pub counted: Counted,
}

impl AccountRow {
    /// A counter of a tally as it is booked.
    pub fn of(key: &ShareKey, counted: Counted) -> AccountRow {
        AccountRow {
            minute: key.minute,
            rig: key.rig.to_string(),
            account: key.account.to_string(),
            reason: key.outcome.name().to_owned(),
            counted,
        }
    }
}

/// Shares of one account in one minute, by a pool's verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolRow {
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// For whom.
    pub account: String,
    /// The pool, by its name in the farm.
    pub pool: String,
    /// `forwarded`, `accepted`, `rejected:<reason>`, `unanswered`, `undeliverable`.
    pub verdict: String,
    /// How many to add, and the work of all these together, as the pool counts it.
    pub counted: Counted,
}

impl PoolRow {
    /// A counter of a tally as it is booked.
    pub fn of(key: &PoolKey, counted: Counted) -> PoolRow {
        PoolRow {
            minute: key.minute,
            account: key.account.to_string(),
            pool: key.pool.to_string(),
            verdict: key.outcome.name(),
            counted,
        }
    }
}

/// Which accounts; all when left at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Only this rig.
    pub rig: Option<String>,
    /// Only this account, `customer/rental` or `house`.
    pub account: Option<String>,
    /// Not before this minute.
    pub from: Option<i64>,
    /// Before this minute.
    pub until: Option<i64>,
}

/// Which pool accounts; all when left at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolFilter {
    /// Only this account.
    pub account: Option<String>,
    /// Only this pool.
    pub pool: Option<String>,
    /// Not before this minute.
    pub from: Option<i64>,
    /// Before this minute.
    pub until: Option<i64>,
}

/// Shares of one rig for one account with one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountSum {
    /// For whom.
    pub account: String,
    /// Who found them.
    pub rig: String,
    /// `accepted`, or why not.
    pub reason: String,
    /// How many, and their work.
    pub total: Counted,
}

/// Shares of one account with one verdict of one pool.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSum {
    /// For whom.
    pub account: String,
    /// The pool.
    pub pool: String,
    /// What it said.
    pub verdict: String,
    /// How many, and their work.
    pub total: Counted,
}

/// Accepted work of one minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MinuteWork {
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// How many, and their work.
    pub total: Counted,
}

impl Store {
    /// Adds counters and moves the journal marks, all or nothing. A mark that would move backwards is refused:
    /// its shares would be counted twice.
    pub async fn book(
        &self,
        marks: &[(u32, u64)],
        rows: &[AccountRow],
        pool_rows: &[PoolRow],
    ) -> Result<(), StoreError> {
        if marks.is_empty() && rows.is_empty() && pool_rows.is_empty() {
            return Ok(());
        }
        let done = async {
            let mut write = self.write().await?;
            add(&mut write, marks, rows, pool_rows).await?;
            Ok(write.commit().await?)
        };
        self.writer.note(done.await)
    }

    /// The latest minute that anything was booked for, since the Unix epoch; `None` without any.
    pub async fn last_minute(&self) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query("select max(minute) from account").fetch_one(&self.reader()).await?;
        Ok(row.try_get(0)?)
    }

    /// How far the journal of each worker is booked.
    pub async fn marks(&self) -> Result<BTreeMap<u32, u64>, StoreError> {
        let rows = sqlx::query("select worker, seq from mark").fetch_all(&self.reader()).await?;
        rows.iter()
            .map(|row| Ok((row.try_get::<i64, _>(0)? as u32, row.try_get::<i64, _>(1)? as u64)))
            .collect()
    }

    /// Forgets the mark of a worker whose journal is gone, so that a new one may count from 1.
    pub async fn forget_mark(&self, worker: u32) -> Result<(), StoreError> {
        let done = async {
            let mut write = self.write().await?;
            sqlx::query("delete from mark where worker = $1").bind(worker).execute(&mut *write).await?;
            Ok(write.commit().await?)
        };
        self.writer.note(done.await)
    }

    /// Sums by reason, over everything the filter lets through.
    pub async fn account_sum(&self, filter: &AccountFilter) -> Result<BTreeMap<String, Counted>, StoreError> {
        let (rows, unbooked) = self.lines(&["reason"], filter).await?;
        let mut lines = Vec::new();
        for row in &rows {
            lines.push((row.try_get(0)?, line(row, 1)?));
        }
        lines.extend(unbooked.into_iter().map(|row| (row.reason, row.counted)));
        Ok(add_up(lines))
    }

    /// Sums by account, rig and reason, in this order.
    pub async fn account_sums(&self, filter: &AccountFilter) -> Result<Vec<AccountSum>, StoreError> {
        let (rows, unbooked) = self.lines(&["account", "rig", "reason"], filter).await?;
        let mut lines = Vec::new();
        for row in &rows {
            lines.push(((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?), line(row, 3)?));
        }
        let of = |row: AccountRow| ((row.account, row.rig, row.reason), row.counted);
        lines.extend(unbooked.into_iter().map(of));
        Ok(add_up(lines)
            .into_iter()
            .map(|((account, rig, reason), total)| AccountSum { account, rig, reason, total })
            .collect())
    }

    /// Accepted work minute by minute, in order; minutes without any are left out.
    pub async fn account_minutes(&self, filter: &AccountFilter) -> Result<Vec<MinuteWork>, StoreError> {
        let (rows, unbooked) = self.lines(&["minute", "reason"], filter).await?;
        let mut lines = Vec::new();
        for row in &rows {
            if row.try_get::<&str, _>(1)? == "accepted" {
                lines.push((row.try_get(0)?, line(row, 2)?));
            }
        }
        let accepted = unbooked.into_iter().filter(|row| row.reason == "accepted");
        lines.extend(accepted.map(|row| (row.minute, row.counted)));
        Ok(add_up(lines).into_iter().map(|(minute, total)| MinuteWork { minute, total }).collect())
    }

    /// What pools said, by account, pool and verdict, in this order.
    pub async fn pool_sums(&self, filter: &PoolFilter) -> Result<Vec<PoolSum>, StoreError> {
        let unbooked = self.unbooked();
        let wanted =
            Wanted { account: &filter.account, who: &filter.pool, from: filter.from, until: filter.until };
        let mut query = book::question(&book::POOLS, &["account", "pool", "verdict"], &wanted);
        let mut read = self.reader().begin().await?;
        let booked = booking(&mut read).await?;
        let rows = query.build().fetch_all(&mut *read).await?;
        let mut lines = Vec::new();
        for row in &rows {
            lines.push(((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?), line(row, 3)?));
        }
        let wanted = |key: &PoolKey| {
            filter.account.as_ref().is_none_or(|name| **name == *key.account)
                && filter.pool.as_ref().is_none_or(|name| **name == *key.pool)
                && filter.from.is_none_or(|from| key.minute >= from)
                && filter.until.is_none_or(|until| key.minute < until)
        };
        for row in unbooked.pools(booked, wanted) {
            lines.push(((row.account, row.pool, row.verdict), row.counted));
        }
        Ok(add_up(lines)
            .into_iter()
            .map(|((account, pool, verdict), total)| PoolSum { account, pool, verdict, total })
            .collect())
    }

    /// Sums by some columns, and what is not in the file yet, of the same moment.
    async fn lines(
        &self,
        columns: &[&str],
        filter: &AccountFilter,
    ) -> Result<(Vec<sqlx::sqlite::SqliteRow>, Vec<AccountRow>), StoreError> {
        // First what waits, then the file: what is written down in between is in both, and its number says so.
        let unbooked = self.unbooked();
        let wanted =
            Wanted { account: &filter.account, who: &filter.rig, from: filter.from, until: filter.until };
        let mut query = book::question(&book::RIGS, columns, &wanted);
        let mut read = self.reader().begin().await?;
        let booked = booking(&mut read).await?;
        let rows = query.build().fetch_all(&mut *read).await?;
        let wanted = |key: &ShareKey| {
            filter.rig.as_ref().is_none_or(|name| **name == *key.rig)
                && filter.account.as_ref().is_none_or(|name| **name == *key.account)
                && filter.from.is_none_or(|from| key.minute >= from)
                && filter.until.is_none_or(|until| key.minute < until)
        };
        Ok((rows, unbooked.shares(booked, wanted)))
    }

    /// Work of everything that was ever booked, by account, book (`ours` or `pool`) and verdict;
    /// all refusals of a pool are `rejected`.
    pub async fn account_totals(&self) -> Result<Vec<AccountTotal>, StoreError> {
        let rows = sqlx::query("select account, book, verdict, high, low from account_total")
            .fetch_all(&self.reader())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(AccountTotal {
                    account: row.try_get(0)?,
                    book: row.try_get(1)?,
                    verdict: row.try_get(2)?,
                    work: book::work(row.try_get(3)?, row.try_get(4)?),
                })
            })
            .collect()
    }
}

/// A sum that only goes up.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountTotal {
    /// For whom.
    pub account: String,
    /// `ours` or `pool`: whose verdict.
    pub book: String,
    /// The verdict.
    pub verdict: String,
    /// All of it.
    pub work: Work,
}

/// The number of the last booking; 0 before the first.
pub(crate) async fn booking(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("select number from booking").fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get::<i64, _>(0)).transpose()?.unwrap_or(0) as u64)
}

/// Adds counters within a write.
pub(crate) async fn add(
    write: &mut SqliteConnection,
    marks: &[(u32, u64)],
    rows: &[AccountRow],
    pool_rows: &[PoolRow],
) -> Result<(), StoreError> {
    move_marks(write, marks).await?;
    for batch in rows.chunks(BATCH_MAX) {
        let lines: Vec<_> = batch
            .iter()
            .map(|r| Line { minute: r.minute, names: [&r.account, &r.rig, &r.reason], counted: r.counted })
            .collect();
        book::insert(write, &book::RIGS, &lines).await?;
    }
    for batch in pool_rows.chunks(BATCH_MAX) {
        let lines: Vec<_> = batch
            .iter()
            .map(|r| Line { minute: r.minute, names: [&r.account, &r.pool, &r.verdict], counted: r.counted })
            .collect();
        book::insert(write, &book::POOLS, &lines).await?;
    }
    let mut totals: BTreeMap<(&str, &str, &str), Work> = BTreeMap::new();
    for row in rows {
        let key = (row.account.as_str(), "ours", row.reason.as_str());
        *totals.entry(key).or_default() += row.counted.work;
    }
    for row in pool_rows {
        let verdict = row.verdict.split(':').next().unwrap_or_default();
        let key = (row.account.as_str(), "pool", verdict);
        *totals.entry(key).or_default() += row.counted.work;
    }
    let statement = format!(
        "insert into account_total (account, book, verdict, high, low)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each($1) where true
         on conflict do update set {}",
        book::ADD_WORK
    );
    let totals = totals.into_iter().map(|((account, book, verdict), work)| {
        let (high, low) = book::parts(work);
        (account, book, verdict, high, low)
    });
    book::run(write, statement, &totals.collect::<Vec<_>>()).await
}

async fn move_marks(connection: &mut SqliteConnection, marks: &[(u32, u64)]) -> Result<(), StoreError> {
    for (worker, given) in marks.iter().copied() {
        let kept = sqlx::query("select seq from mark where worker = $1")
            .bind(worker)
            .fetch_optional(&mut *connection);
        let booked = kept.await?.map(|row| row.try_get::<i64, _>(0)).transpose()?.unwrap_or(0) as u64;
        if given < booked {
            return Err(StoreError::BookedAlready { worker, given, booked });
        }
    }
    let statement =
        "insert into mark (worker, seq) select value ->> 0, value ->> 1 from json_each($1) where true
         on conflict do update set seq = excluded.seq";
    insert(connection, statement, marks.iter().map(|(worker, seq)| (worker, whole(*seq)))).await
}

/// Runs a statement over rows in one go: one parameter, a JSON list of lists.
async fn insert<Rows>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: Rows,
) -> Result<(), StoreError>
where
    Rows: Iterator<Item: Serialize>,
{
    let rows = serde_json::to_string(&rows.collect::<Vec<_>>()).expect("numbers and strings are JSON");
    sqlx::query(statement).bind(rows).execute(connection).await?;
    Ok(())
}

/// Count and work, from this column on, as [`book::question`] has them.
fn line(row: &sqlx::sqlite::SqliteRow, column: usize) -> Result<Counted, StoreError> {
    let part = |n: usize| row.try_get::<i64, _>(column + n);
    Ok(Counted { count: part(0)? as u64, work: book::sum(part(1)?, part(2)?, part(3)?) })
}

/// Adds lines up under their keys.
fn add_up<Key: Ord>(lines: Vec<(Key, Counted)>) -> BTreeMap<Key, Counted> {
    let mut sums = BTreeMap::<Key, Counted>::new();
    for (key, counted) in lines {
        *sums.entry(key).or_default() += counted;
    }
    sums
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
