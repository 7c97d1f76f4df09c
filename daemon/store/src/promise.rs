//! Promises: what is owed in the periods that run, and what was made of those that ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::time::Timestamp;
use farm::promise::{Promise, Settlement};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::{Store, StoreError};

/// Which settlements; all when left at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettlementFilter {
    /// Only this rental, `customer/rental`.
    pub rental: Option<String>,
    /// Only periods that ended after this time.
    pub from: Option<Timestamp>,
}

impl Store {
    /// Keeps the promises that run in place of those before, and adds what was made of periods that ended.
    /// `counted` says in the caller's words what the credited work of each rests on.
    /// A period that was settled before stays as it was settled first.
    pub async fn keep_promises(
        &self,
        promises: &BTreeMap<Arc<str>, Promise>,
        counted: &BTreeMap<Arc<str>, String>,
        settled: &[Settlement],
    ) -> Result<(), StoreError> {
        let done = async {
            let json = |text: Result<String, _>| text.expect("strings and numbers are JSON");
            let states: Vec<(&str, String, Option<&str>)> = promises
                .iter()
                .map(|(label, promise)| {
                    let counted = counted.get(label).map(String::as_str);
                    (&**label, json(serde_json::to_string(promise)), counted)
                })
                .collect();
            let rows: Vec<_> = settled
                .iter()
                .map(|s| {
                    // As texts: more digits than SQLite's numbers have, and nothing adds them up there.
                    let work = [s.owed.to_string(), s.credited.to_string(), s.excused.to_string()];
                    (&s.rental, s.from.0, s.until.0, work, s.delivered_min, u8::from(s.met), s.credit)
                })
                .collect();
            let mut write = self.write().await?;
            sqlx::query("delete from promise").execute(&mut *write).await?;
            sqlx::query(
                "insert into promise (rental, state, counted)
                 select value ->> 0, value ->> 1, value ->> 2 from json_each($1)",
            )
            .bind(json(serde_json::to_string(&states)))
            .execute(&mut *write)
            .await?;
            sqlx::query(
                "insert into settlement (rental, from_at, until_at, owed, credited, excused, delivered_min, met, credit)
                 select value ->> 0, value ->> 1, value ->> 2, value ->> '$[3][0]', value ->> '$[3][1]',
                        value ->> '$[3][2]', value ->> 4, value ->> 5, value ->> 6
                 from json_each($1) where true on conflict do nothing",
            )
            .bind(json(serde_json::to_string(&rows)))
            .execute(&mut *write)
            .await?;
            Ok(write.commit().await?)
        };
        self.writer.note(done.await)
    }

    /// The promises that ran when they were last kept, each with what its credited work rests on, if that was said.
    pub async fn promises(&self) -> Result<BTreeMap<Arc<str>, (Promise, Option<String>)>, StoreError> {
        let rows =
            sqlx::query("select rental, state, counted from promise").fetch_all(&self.reader()).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let (rental, state): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let promise = serde_json::from_str(&state)
                .map_err(|_| StoreError::Unexpected { place: "promise", detail: state })?;
            Ok((rental.into(), (promise, row.try_get(2)?)))
        };
        rows.iter().map(read).collect()
    }

    /// What was made of periods that ended, the latest first, at most so many.
    pub async fn settlements(
        &self,
        filter: &SettlementFilter,
        limit: usize,
    ) -> Result<Vec<Settlement>, StoreError> {
        let mut query = question(filter, limit);
        let rows = query.build().fetch_all(&self.reader()).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Settlement {
                rental: row.try_get(0)?,
                from: Timestamp(row.try_get(1)?),
                until: Timestamp(row.try_get(2)?),
                owed: digits(row, 3)?,
                credited: digits(row, 4)?,
                excused: digits(row, 5)?,
                delivered_min: row.try_get(6)?,
                met: row.try_get::<i64, _>(7)? != 0,
                credit: row.try_get(8)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// A number of hashes that is kept as a text.
fn digits<N: std::str::FromStr>(row: &sqlx::sqlite::SqliteRow, column: usize) -> Result<N, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Unexpected { place: "settlement", detail: text })
}

/// The latest first.
pub(crate) fn question(filter: &SettlementFilter, limit: usize) -> QueryBuilder<Sqlite> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "select rental, from_at, until_at, owed, credited, excused, delivered_min, met, credit
         from settlement where until_at > ",
    );
    query.push_bind(filter.from.map_or(i64::MIN, |from| from.0));
    if let Some(rental) = &filter.rental {
        query.push(" and rental = ").push_bind(rental.clone());
    }
    query.push(" order by until_at desc, rental limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    query
}
