//! Events: what happened, numbered in the order in which it was written down.

use std::collections::BTreeMap;

use exchange::event::{Event, Severity};
use exchange::time::Timestamp;
use schema::api::EventDoc;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::{Store, StoreError};

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the order, counted from 1. Numbers of forgotten events are not used again.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The name of its kind. Another release may have written it, so this one need not know it.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: String,
    /// For a person.
    pub message: String,
    /// For a program.
    pub fields: BTreeMap<String, String>,
}

impl From<StoredEvent> for EventDoc {
    fn from(event: StoredEvent) -> EventDoc {
        let StoredEvent { seq, at, kind, severity, subject, message, fields } = event;
        EventDoc { seq, at: at.rfc3339(), kind, severity, subject, message, fields }
    }
}

/// Which events; all when left at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events of this kind.
    pub kind: Option<String>,
    /// Only this subject, and what is below it: `pool/alice` takes in `pool/alice/braiins`.
    pub subject: Option<String>,
    /// Only those that matter at least so much.
    pub severity_min: Option<Severity>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Store {
    /// Writes events down in this order and returns the number of the last; `None` for an empty list.
    pub async fn append_events(&self, events: &[Event]) -> Result<Option<u64>, StoreError> {
        let done = async {
            if events.is_empty() {
                return Ok(None);
            }
            let rows: Vec<_> = events
                .iter()
                .map(|e| {
                    let fields = serde_json::to_string(&e.fields).expect("a map of strings is JSON");
                    (e.at.0, e.kind.name(), rank(e.severity), &e.subject, &e.message, fields)
                })
                .collect();
            let rows = serde_json::to_string(&rows).expect("numbers and strings are JSON");
            let mut write = self.write().await?;
            sqlx::query(
                "insert into event (at, kind, severity, subject, message, fields)
                 select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
                 from json_each($1) order by key",
            )
            .bind(rows)
            .execute(&mut *write)
            .await?;
            let last: i64 =
                sqlx::query("select max(seq) from event").fetch_one(&mut *write).await?.try_get(0)?;
            write.commit().await?;
            Ok(Some(last as u64))
        };
        self.writer.note(done.await)
    }

    /// The first events after this number, oldest first.
    pub async fn events(
        &self,
        after: u64,
        limit: u32,
        filter: &EventFilter,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let mut query = question(filter, Some(after), limit);
        query.build().fetch_all(&self.reader()).await?.iter().map(read).collect()
    }

    /// The latest events, oldest first.
    pub async fn last_events(
        &self,
        limit: u32,
        filter: &EventFilter,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let mut query = question(filter, None, limit);
        query.build().fetch_all(&self.reader()).await?.iter().rev().map(read).collect()
    }

    /// Removes events of before this time and says how many.
    pub async fn forget_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = async {
            let mut write = self.write().await?;
            let gone =
                sqlx::query("delete from event where at < $1").bind(before.0).execute(&mut *write).await?;
            write.commit().await?;
            Ok(gone.rows_affected())
        };
        self.writer.note(done.await)
    }
}

/// The first events after this number, or the last ones, latest first.
pub(crate) fn question(filter: &EventFilter, after: Option<i64>, limit: u32) -> QueryBuilder<Sqlite> {
    let EventFilter { kind, subject, severity_min, from, until } = filter;
    let order = if after.is_some() { "seq" } else { "seq desc" };
    let mut query =
        QueryBuilder::new("select seq, at, kind, severity, subject, message, fields from event where seq > ");
    query.push_bind(after.unwrap_or(0));
    if let Some(subject) = subject {
        // `0` is the character after `/`: everything between the two begins with the subject and a slash.
        let part = " select seq from event indexed by event_subject where subject";
        query.push(" and seq in (select seq from (").push(part).push(" = ").push_bind(subject.clone());
        query.push(" union all ").push(part).push(" >= ").push_bind(format!("{subject}/"));
        query.push(" and subject < ").push_bind(format!("{subject}0"));
        query.push(") where seq > ").push_bind(after.unwrap_or(0));
        if kind.is_none() && severity_min.is_none() && from.is_none() && until.is_none() {
            query.push(format_args!(" order by {order} limit ")).push_bind(i64::from(limit));
        }
        query.push(")");
    }
    if from.is_some() || until.is_some() {
        // Events are nearly in the order of their times, so those of a day are neighbours.
        let times = [from.map_or(i64::MIN, |from| from.0), until.map_or(i64::MAX, |until| until.0)];
        for (sign, bound) in [(">=", "min"), ("<=", "max")] {
            query.push(format_args!(
                " and seq {sign} (select {bound}(seq) from event indexed by event_at where at >= "
            ));
            query.push_bind(times[0]).push(" and at < ").push_bind(times[1]).push(")");
        }
        query.push(" and +at >= ").push_bind(times[0]).push(" and +at < ").push_bind(times[1]);
    }
    if let Some(kind) = kind {
        query.push(" and kind = ").push_bind(kind.clone());
    }
    if let Some(severity) = severity_min {
        query.push(" and severity >= ").push_bind(rank(*severity));
    }
    query.push(format_args!(" order by {order} limit ")).push_bind(i64::from(limit));
    query
}

fn read(row: &SqliteRow) -> Result<StoredEvent, StoreError> {
    let (severity, fields): (i64, String) = (row.try_get(3)?, row.try_get(6)?);
    let unexpected = |place, detail| StoreError::Unexpected { place, detail };
    Ok(StoredEvent {
        seq: row.try_get::<i64, _>(0)? as u64,
        at: Timestamp(row.try_get(1)?),
        kind: row.try_get(2)?,
        severity: Severity::ALL
            .into_iter()
            .find(|known| rank(*known) == severity)
            .ok_or_else(|| unexpected("event.severity", severity.to_string()))?,
        subject: row.try_get(4)?,
        message: row.try_get(5)?,
        fields: serde_json::from_str(&fields)
            .map_err(|error| unexpected("event.fields", error.to_string()))?,
    })
}

/// Numbers with room between them, for kinds yet to come.
fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 10,
        Severity::Warning => 20,
        Severity::Error => 30,
        Severity::Critical => 40,
    }
}
