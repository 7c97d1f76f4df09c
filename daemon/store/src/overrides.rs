//! Overrides: an operator's override on top of the farm, with a reason and an end. They outlive restarts; who heeds
//! them is decided elsewhere.

use exchange::time::Timestamp;
use schema::api::{OverrideAction, OverrideDoc, OverrideState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::{Store, StoreError};

/// An override to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOverride {
    /// What it overrides, and with what.
    pub action: OverrideAction,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub by: String,
    /// From when.
    pub from: Timestamp,
    /// Until when; not included, and later than `from`.
    pub until: Timestamp,
    /// Handed in again with the same key, it is not kept twice.
    pub idempotency_key: Option<String>,
}

/// A stored override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Its number, counted from 1.
    pub id: u64,
    /// What was asked for.
    pub asked: NewOverride,
    /// When somebody ended it, and who.
    pub ended: Option<(Timestamp, String)>,
}

impl Override {
    /// Where it is in its life at this time.
    pub fn state(&self, now: Timestamp) -> OverrideState {
        match &self.ended {
            Some((at, _)) if *at <= now => OverrideState::Ended,
            _ if now < self.asked.from => OverrideState::Waiting,
            _ if now < self.asked.until => OverrideState::Active,
            _ => OverrideState::Expired,
        }
    }

    /// As it is shown at this time.
    pub fn doc(&self, now: Timestamp) -> OverrideDoc {
        OverrideDoc {
            id: self.id,
            action: self.asked.action.clone(),
            reason: self.asked.reason.clone(),
            by: self.asked.by.clone(),
            from: self.asked.from.rfc3339(),
            until: self.asked.until.rfc3339(),
            state: self.state(now),
            ended_by: self.ended.as_ref().map(|(_, by)| by.clone()),
            ended_at: self.ended.as_ref().map(|(at, _)| at.rfc3339()),
            followed: None,
            why: None,
        }
    }
}

/// Why an override was not kept or not ended.
#[derive(Debug, thiserror::Error)]
pub enum OverrideError {
    /// It would end before it begins.
    #[error("the override would end before it begins")]
    EndsBeforeItBegins,
    /// The key was used before, for another override.
    #[error("the idempotency key belongs to override {id}, which asks for something else; use a new key")]
    KeyTaken {
        /// The override that was made with it.
        id: u64,
    },
    /// There is no such override.
    #[error("there is no override {id}")]
    Unknown {
        /// The number that was asked for.
        id: u64,
    },
    /// It is over already.
    #[error("override {id} is over already")]
    Over {
        /// Its number.
        id: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for OverrideError {
    fn from(error: sqlx::Error) -> OverrideError {
        OverrideError::Store(error.into())
    }
}

const COLUMNS_BY_ID: &str = "select id, wish, reason, by_whom, from_at, until_at, ended_at, ended_by, idempotency_key \
                             from override where id = $1";
const COLUMNS_BY_KEY: &str = "select id, wish, reason, by_whom, from_at, until_at, ended_at, ended_by, idempotency_key \
                              from override where idempotency_key = $1";
/// Nobody ends an override after its end.
pub(crate) const COLUMNS_SINCE: &str = "select id, wish, reason, by_whom, from_at, until_at, ended_at, ended_by, idempotency_key \
                             from override where coalesce(ended_at, until_at) > $1 order by +id";

impl Store {
    /// Stores an override. The same key gives back the override it made the first time.
    pub async fn add_override(&self, new: NewOverride) -> Result<Override, OverrideError> {
        let done = async {
            if new.until <= new.from {
                return Err(OverrideError::EndsBeforeItBegins);
            }
            let mut write = self.write().await?;
            if let Some(key) = &new.idempotency_key
                && let Some(row) = sqlx::query(COLUMNS_BY_KEY).bind(key).fetch_optional(&mut *write).await?
            {
                let kept = read(&row)?;
                // The times are those of the first request: a repeated one comes later and means the same.
                return if kept.asked.action == new.action && kept.asked.by == new.by {
                    Ok(kept)
                } else {
                    Err(OverrideError::KeyTaken { id: kept.id })
                };
            }
            let done = sqlx::query(
                "insert into override (wish, reason, by_whom, from_at, until_at, idempotency_key)
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(serde_json::to_string(&new.action).expect("an override is JSON"))
            .bind(&new.reason)
            .bind(&new.by)
            .bind(new.from.0)
            .bind(new.until.0)
            .bind(&new.idempotency_key)
            .execute(&mut *write)
            .await?;
            write.commit().await?;
            Ok(Override { id: done.last_insert_rowid() as u64, asked: new, ended: None })
        };
        self.writer.note(done.await)
    }

    /// Ends an override that is not over yet.
    pub async fn end_override(
        &self,
        id: u64,
        at: Timestamp,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Override, OverrideError> {
        let done = async {
            let mut write = self.write().await?;
            let mut kept = by_id(&mut write, id).await?.ok_or(OverrideError::Unknown { id })?;
            if kept.ended.is_some() || kept.state(at) == OverrideState::Expired {
                return Err(OverrideError::Over { id });
            }
            sqlx::query("update override set ended_at = $2, ended_by = $3, ended_reason = $4 where id = $1")
                .bind(id as i64)
                .bind(at.0)
                .bind(by)
                .bind(reason)
                .execute(&mut *write)
                .await?;
            write.commit().await?;
            kept.ended = Some((at, by.to_owned()));
            Ok(kept)
        };
        self.writer.note(done.await)
    }

    /// One override.
    pub async fn get_override(&self, id: u64) -> Result<Option<Override>, StoreError> {
        let mut connection = self.reader().acquire().await?;
        by_id(&mut connection, id).await
    }

    /// The overrides that hold at this time or later, oldest first; all there ever were with
    /// `Timestamp(i64::MIN)`.
    pub async fn overrides(&self, since: Timestamp) -> Result<Vec<Override>, StoreError> {
        let rows = sqlx::query(COLUMNS_SINCE).bind(since.0).fetch_all(&self.reader()).await?;
        rows.iter().map(read).collect()
    }
}

async fn by_id(connection: &mut SqliteConnection, id: u64) -> Result<Option<Override>, StoreError> {
    let Ok(id) = i64::try_from(id) else { return Ok(None) };
    let row = sqlx::query(COLUMNS_BY_ID).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Override, StoreError> {
    let action: String = row.try_get(1)?;
    let (ended_at, ended_by): (Option<i64>, Option<String>) = (row.try_get(6)?, row.try_get(7)?);
    Ok(Override {
        id: row.try_get::<i64, _>(0)? as u64,
        asked: NewOverride {
            action: serde_json::from_str(&action).map_err(|error| StoreError::Unexpected {
                place: "override.wish",
                detail: error.to_string(),
            })?,
            reason: row.try_get(2)?,
            by: row.try_get(3)?,
            from: Timestamp(row.try_get(4)?),
            until: Timestamp(row.try_get(5)?),
            idempotency_key: row.try_get(8)?,
        },
        ended: ended_at.map(|at| (Timestamp(at), ended_by.unwrap_or_default())),
    })
}
