//! Placements: who mined for whom, from when to when, and why it came. The history of every rig and rental.

use exchange::time::Timestamp;
use farm::reconcile::Movement;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::{Store, StoreError};

/// A rig's time with one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The rig.
    pub rig: String,
    /// `customer/rental` or `house`.
    pub account: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// Why it came, as a word that does not change.
    pub why: String,
    /// Why it came, as a sentence.
    pub words: String,
    /// About what the change cost, hashes.
    pub cost: f64,
}

/// Which placements; all when left at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlacementFilter {
    /// Only this rig.
    pub rig: Option<String>,
    /// Only this account.
    pub account: Option<String>,
    /// Only those that lasted beyond this time.
    pub from: Option<Timestamp>,
    /// Only those that began before this time.
    pub until: Option<Timestamp>,
}

impl Store {
    /// Placements, the latest first, at most so many.
    pub async fn placements(
        &self,
        filter: &PlacementFilter,
        limit: usize,
    ) -> Result<Vec<Placement>, StoreError> {
        let mut query = question(filter, limit);
        let rows = query.build().fetch_all(&self.reader()).await?;
        rows.iter().map(placement).collect()
    }
}

/// The latest first.
pub(crate) fn question(filter: &PlacementFilter, limit: usize) -> QueryBuilder<Sqlite> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "select rig, account, from_at, until_at, why, words, cost from placement where from_at < ",
    );
    query.push_bind(filter.until.map_or(i64::MAX, |until| until.0));
    for (column, name) in [("rig", &filter.rig), ("account", &filter.account)] {
        if let Some(name) = name {
            query.push(format_args!(" and {column} = ")).push_bind(name.clone());
        }
    }
    if let Some(from) = filter.from {
        query.push(" and (until_at is null or until_at > ").push_bind(from.0).push(")");
    }
    query.push(" order by from_at desc, seq desc limit ");
    query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    query
}

fn placement(row: &SqliteRow) -> Result<Placement, StoreError> {
    Ok(Placement {
        rig: row.try_get(0)?,
        account: row.try_get(1)?,
        from: Timestamp(row.try_get(2)?),
        until: row.try_get::<Option<i64>, _>(3)?.map(Timestamp),
        why: row.try_get(4)?,
        words: row.try_get(5)?,
        cost: row.try_get(6)?,
    })
}

/// Ends what these rigs did before, and begins what they do now.
pub(crate) async fn note(write: &mut SqliteConnection, movements: &[Movement]) -> Result<(), StoreError> {
    if movements.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = movements.iter().map(|m| (&*m.rig, &*m.to, m.at.0, m.why, &m.words, m.cost)).collect();
    let rows = serde_json::to_string(&rows).expect("strings and numbers are JSON");
    sqlx::query(
        "update placement set until_at = moved.at
         from (select value ->> 0 as rig, value ->> 2 as at from json_each($1)) as moved
         where placement.rig = moved.rig and placement.until_at is null",
    )
    .bind(&rows)
    .execute(&mut *write)
    .await?;
    sqlx::query(
        "insert into placement (rig, account, from_at, why, words, cost)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         from json_each($1) order by key",
    )
    .bind(&rows)
    .execute(&mut *write)
    .await?;
    Ok(())
}
