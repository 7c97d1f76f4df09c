//! Where accounts stand: two books (of rigs, of pools), each by the minute, the hour and the day, with names kept once.
//!
//! Rows are in order of time, since that is how they come and go: a booking touches the last pages only, however
//! many rigs there are. One rig's, pool's or account's rows are found by going from minute to minute.
//!
//! Work has more digits than a number of SQLite, which ends at 2^63: it stands in two columns, `high` times 2^36 and
//! `low` below that. Sums of them are exact and need no function of ours: those of `low` for 134 million rows, and
//! those of `high`, which are taken in halves, for more than there can be. A row, a total and a sum of them end at 2^98
//! hashes, which is what 1,000 EH/s do in ten years.

use exchange::tally::Counted;
use exchange::work::Work;
use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::StoreError;

/// Tables that hold the same, and what their columns are called.
#[derive(Debug)]
pub(crate) struct Book {
    /// By the minute, the hour and the day.
    pub tables: [&'static str; 3],
    /// Whose verdicts are counted beside the account: `rig` or `pool`.
    pub who: &'static str,
    /// The verdict: `reason` or `verdict`.
    pub what: &'static str,
}

pub(crate) const RIGS: Book =
    Book { tables: ["account", "account_hour", "account_day"], who: "rig", what: "reason" };
pub(crate) const POOLS: Book =
    Book { tables: ["pool_account", "pool_account_hour", "pool_account_day"], who: "pool", what: "verdict" };
pub(crate) const BOOKS: [&Book; 2] = [&RIGS, &POOLS];

impl Book {
    /// The columns that make a row one of its own.
    pub(crate) fn key(&self) -> String {
        format!("minute, account, {}, {}", self.who, self.what)
    }
}

/// A row to be added.
pub(crate) struct Line<'a> {
    pub minute: i64,
    /// The account, who, and the verdict.
    pub names: [&'a str; 3],
    pub counted: Counted,
}

/// Bits of `low`, and the most that `high` is.
const LOW: u32 = 36;
const HIGH_MAX: i64 = 1 << 62;
/// Bits of the lower half of `high`, where that is added up.
const HALF: u32 = 31;

/// Adds the work of a row that is there already. A sum over the limit ends there.
pub(crate) const ADD_WORK: &str = "high = min(high, 4611686018427387904 - excluded.high) + excluded.high
                 + ((low + excluded.low) >> 36), low = (low + excluded.low) & 68719476735";

/// The work of several rows as `high` and `low`. A sum over the limit ends there.
pub(crate) const SUM_WORK: &str =
    "min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
     4611686018427387904), sum(low) & 68719476735";

/// The two columns.
pub(crate) fn parts(work: Work) -> (i64, i64) {
    let high = i64::try_from(work.0 >> LOW).unwrap_or(HIGH_MAX).min(HIGH_MAX);
    (high, (work.0 & ((1 << LOW) - 1)) as i64)
}

/// What the two columns say.
pub(crate) fn work(high: i64, low: i64) -> Work {
    sum(0, high, low)
}

/// What sums of the halves of `high` and of `low` say.
pub(crate) fn sum(upper: i64, lower: i64, low: i64) -> Work {
    let part = |number: i64, shift: u32| Work(u128::from(number.unsigned_abs()) << shift);
    part(upper, LOW + HALF) + part(lower, LOW) + part(low, 0)
}

/// Minutes of a day.
pub(crate) const DAY: i64 = 1_440;

/// Adds lines to the book by the minute.
pub(crate) async fn insert(
    write: &mut SqliteConnection,
    book: &Book,
    lines: &[Line<'_>],
) -> Result<(), StoreError> {
    let mut names = std::collections::BTreeMap::<&str, i64>::new();
    for line in lines {
        let day = line.minute.div_euclid(DAY);
        for name in line.names {
            let used = names.entry(name).or_insert(day);
            *used = day.max(*used);
        }
    }
    let statement =
        "insert into name (name, used) select value ->> 0, value ->> 1 from json_each($1) where true
         on conflict (name) do update set used = excluded.used where used < excluded.used";
    run(write, statement.to_owned(), &names.into_iter().collect::<Vec<_>>()).await?;
    let Book { tables: [table, ..], who, what } = book;
    let id = |column: u32| format!("(select id from name where name = value ->> {column})");
    // In the order of the table: its pages are filled one after the other.
    let statement = format!(
        "insert into {table} (minute, account, {who}, {what}, count, high, low)
         select value ->> 0, {}, {}, {}, value ->> 4, value ->> 5, value ->> 6 from json_each($1) where true order by 1, 2, 3, 4
         on conflict do update set count = count + excluded.count, {ADD_WORK}",
        id(1),
        id(2),
        id(3)
    );
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let [account, who, what] = line.names;
            let (high, low) = parts(line.counted.work);
            let count = i64::try_from(line.counted.count).unwrap_or(i64::MAX);
            (line.minute, account, who, what, count, high, low)
        })
        .collect();
    run(write, statement, &rows).await
}

/// Runs a statement over rows in one go: one parameter, a JSON list of lists.
pub(crate) async fn run(
    write: &mut SqliteConnection,
    statement: String,
    rows: &[impl Serialize],
) -> Result<(), StoreError> {
    let rows = serde_json::to_string(rows).expect("numbers and strings are JSON");
    sqlx::query(sqlx::AssertSqlSafe(statement)).bind(rows).execute(write).await?;
    Ok(())
}

/// Which lines of a book.
pub(crate) struct Wanted<'a> {
    pub account: &'a Option<String>,
    /// The rig, or the pool.
    pub who: &'a Option<String>,
    /// Not before this minute.
    pub from: Option<i64>,
    /// Before this minute.
    pub until: Option<i64>,
}

/// Some columns, and sums of the counts and of the parts of the work by them, over a book's three tables.
pub(crate) fn question(book: &Book, columns: &[&str], wanted: &Wanted<'_>) -> QueryBuilder<Sqlite> {
    let (from, until) = (wanted.from.unwrap_or(i64::MIN), wanted.until.unwrap_or(i64::MAX));
    let names: Vec<_> = [("account", wanted.account), (book.who, wanted.who)]
        .into_iter()
        .filter_map(|(column, name)| Some((column, name.as_ref()?)))
        .collect();
    let mut query = QueryBuilder::new("");
    if !names.is_empty() {
        for (n, table) in book.tables.iter().enumerate() {
            query.push(if n == 0 { "with recursive " } else { ", " });
            // Minutes that there are, not those of the calendar: a clock may have been decades away.
            query.push(format_args!("m{n} (minute) as (select min(minute) from {table} where minute >= "));
            query.push_bind(from).push(" and minute < ").push_bind(until);
            query.push(format_args!(
                " union all select (select min(t.minute) from {table} as t where t.minute > m{n}.minute and t.minute < "
            ));
            query.push_bind(until).push(format_args!(") from m{n} where m{n}.minute is not null)"));
        }
    }
    let shown: Vec<_> = columns
        .iter()
        .map(|column| match *column {
            "minute" => "minute".to_owned(),
            name => format!("(select name from name where id = {name})"),
        })
        .collect();
    query.push(format_args!(" select {}, count, upper, lower, low from (", shown.join(", ")));
    let columns = columns.join(", ");
    for (n, table) in book.tables.iter().enumerate() {
        let inner = columns.replace("minute", "t.minute");
        query.push(if n > 0 { " union all " } else { "" });
        query.push(format_args!("select {inner}, sum(count) as count, sum(high >> 31) as upper, sum(high & 2147483647) as lower, sum(low) as low from "));
        if names.is_empty() {
            query.push(format_args!("{table} as t where minute >= ")).push_bind(from);
            query.push(" and minute < ").push_bind(until);
        } else {
            query.push(format_args!("m{n} cross join {table} as t on t.minute = m{n}.minute"));
            for (column, name) in &names {
                query.push(format_args!(" and t.{column} = (select id from name where name = "));
                query.push_bind((*name).clone()).push(")");
            }
        }
        query.push(format_args!(" group by {inner}"));
    }
    query.push(")");
    query
}
