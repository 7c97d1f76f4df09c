//! Generations: accepted farms in order. Each names the one it was made from, and of two made from the same one
//! only the first is accepted.

use exchange::time::Timestamp;
use schema::api::{ChangeKind, Conflict, GenerationDoc, Outcome, Provenance};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::{Store, StoreError};

/// The columns of a generation, in the order in which `read` takes them.
macro_rules! columns {
    () => {
        "number, parent, at, kind, rolled_back_to, digest, author, commit_id, branch, message, remote, dirty, \
         reason, peer, tool_version, idempotency_key, outcome, outcome_at"
    };
}

/// What is known of a farm when it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGeneration {
    /// When.
    pub at: Timestamp,
    /// How it came to be.
    pub kind: ChangeKind,
    /// The generation whose farm comes back, for a rollback.
    pub rolled_back_to: Option<u64>,
    /// SHA-256 of the bundle, hex.
    pub digest: String,
    /// Where the files came from.
    pub provenance: Provenance,
    /// Why, in the user's words.
    pub reason: Option<String>,
    /// Who sent it, as the daemon saw the connection.
    pub peer: String,
    /// Handed in again with the same key, a farm is not accepted twice.
    pub idempotency_key: Option<String>,
}

/// An accepted farm, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number, counted from 1.
    pub number: u64,
    /// The one before; 0 for the first.
    pub parent: u64,
    /// What was known when it was handed in.
    pub record: NewGeneration,
    /// What became of it.
    pub outcome: Outcome,
    /// When that was written down.
    pub outcome_at: Option<Timestamp>,
}

impl From<&Generation> for GenerationDoc {
    fn from(from: &Generation) -> GenerationDoc {
        let record = &from.record;
        let provenance = record.provenance.clone();
        GenerationDoc {
            generation: from.number,
            parent: from.parent,
            at: record.at.rfc3339(),
            author: provenance.author,
            commit: provenance.commit,
            branch: provenance.branch,
            message: provenance.message,
            remote: provenance.remote,
            dirty: provenance.dirty,
            reason: record.reason.clone(),
            kind: record.kind,
            rolled_back_to: record.rolled_back_to,
            digest: record.digest.clone(),
            outcome: from.outcome,
            outcome_at: from.outcome_at.map(Timestamp::rfc3339),
            peer: record.peer.clone(),
            tool_version: Some(provenance.tool_version).filter(|version| !version.is_empty()),
        }
    }
}

/// A farm was accepted, now or by an earlier request with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The generation.
    pub generation: Generation,
    /// Whether this request made it.
    pub created: bool,
}

/// Why a farm was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Another one was first.
    #[error("generation {} is the head now, not {}", .0.head, .0.base)]
    Conflict(Box<Conflict>),
    /// The key was used before, for another farm.
    #[error("the idempotency key belongs to generation {generation}, which is another farm; use a new key")]
    KeyTaken {
        /// The generation that was made with it.
        generation: u64,
    },
    /// The digest is known, and it belongs to another text.
    #[error("digest {digest} belongs to another text")]
    DigestTaken {
        /// The digest.
        digest: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AcceptError {
    fn from(error: sqlx::Error) -> AcceptError {
        AcceptError::Store(error.into())
    }
}

impl Store {
    /// The head generation now.
    pub async fn head(&self) -> Result<Option<Generation>, StoreError> {
        let mut connection = self.reader().acquire().await?;
        head(&mut connection).await
    }

    /// One generation.
    pub async fn generation(&self, number: u64) -> Result<Option<Generation>, StoreError> {
        let Ok(number) = i64::try_from(number) else { return Ok(None) };
        let row = sqlx::query(concat!("select ", columns!(), " from generation where number = $1"))
            .bind(number)
            .fetch_optional(&self.reader())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The latest generations, newest first.
    pub async fn history(&self, limit: u32) -> Result<Vec<Generation>, StoreError> {
        let rows =
            sqlx::query(concat!("select ", columns!(), " from generation order by number desc limit $1"))
                .bind(i64::from(limit))
                .fetch_all(&self.reader())
                .await?;
        rows.iter().map(read).collect()
    }

    /// The text of a generation; `None` also where it was too old to be kept.
    pub async fn bundle(&self, number: u64) -> Result<Option<String>, StoreError> {
        let Ok(number) = i64::try_from(number) else { return Ok(None) };
        let row = sqlx::query(
            "select text from bundle join generation using (digest) where number = $1 and text <> ''",
        )
        .bind(number)
        .fetch_optional(&self.reader())
        .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Accepts a farm as the next generation if `base` is still the head (0: there is none yet). The head before
    /// it, if still pending, becomes superseded.
    pub async fn accept(
        &self,
        base: u64,
        record: NewGeneration,
        bundle_text: &str,
    ) -> Result<Accepted, AcceptError> {
        let done = async {
            let mut write = self.write().await?;
            if let Some(key) = &record.idempotency_key
                && let Some(generation) = by_key(&mut write, key).await?
            {
                // The head may have moved since: the answer is still the one of the first time.
                if generation.record.digest != record.digest || generation.parent != base {
                    return Err(AcceptError::KeyTaken { generation: generation.number });
                }
                return Ok(Accepted { generation, created: false });
            }
            let head = head(&mut write).await?;
            let head_number = head.as_ref().map_or(0, |head| head.number);
            if head_number != base {
                return Err(AcceptError::Conflict(Box::new(conflict(base, head))));
            }
            keep_bundle(&mut write, &record.digest, bundle_text).await?;
            sqlx::query(
                "update generation set outcome = 'superseded', outcome_at = $2 where number = $1 and outcome = 'pending'",
            )
            .bind(head_number as i64)
            .bind(record.at.0)
            .execute(&mut *write)
            .await?;
            let generation = Generation {
                number: base + 1,
                parent: base,
                record,
                outcome: Outcome::Pending,
                outcome_at: None,
            };
            insert(&mut write, &generation).await?;
            write.commit().await?;
            Ok(Accepted { generation, created: true })
        };
        self.writer.note(done.await)
    }

    /// Writes down what became of a generation. False, and nothing changed, if that is known already or there
    /// is no such generation.
    pub async fn set_outcome(
        &self,
        number: u64,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = async {
            let mut write = self.write().await?;
            let done = sqlx::query(
                "update generation set outcome = $2, outcome_at = $3 where number = $1 and outcome = 'pending'",
            )
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .bind(outcome_name(outcome))
            .bind(at.0)
            .execute(&mut *write)
            .await?;
            if done.rows_affected() == 0 {
                write.give_up().await?;
                return Ok(false);
            }
            write.commit().await?;
            Ok(true)
        };
        self.writer.note(done.await)
    }
}

async fn head(connection: &mut SqliteConnection) -> Result<Option<Generation>, StoreError> {
    let row = sqlx::query(concat!("select ", columns!(), " from generation order by number desc limit 1"))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

async fn by_key(connection: &mut SqliteConnection, key: &str) -> Result<Option<Generation>, StoreError> {
    let row = sqlx::query(concat!("select ", columns!(), " from generation where idempotency_key = $1"))
        .bind(key)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

async fn keep_bundle(connection: &mut SqliteConnection, digest: &str, text: &str) -> Result<(), AcceptError> {
    // The text may have been too old to be kept, and is wanted again.
    let known = sqlx::query("select text in ($2, '') from bundle where digest = $1")
        .bind(digest)
        .bind(text)
        .fetch_optional(&mut *connection)
        .await?;
    match known.map(|row| row.try_get::<bool, _>(0)).transpose()? {
        Some(true) => {
            sqlx::query("update bundle set text = $2 where digest = $1 and text = ''")
                .bind(digest)
                .bind(text)
                .execute(connection)
                .await?;
            Ok(())
        }
        Some(false) => Err(AcceptError::DigestTaken { digest: digest.to_owned() }),
        None => {
            sqlx::query("insert into bundle (digest, text) values ($1, $2)")
                .bind(digest)
                .bind(text)
                .execute(connection)
                .await?;
            Ok(())
        }
    }
}

async fn insert(connection: &mut SqliteConnection, generation: &Generation) -> Result<(), StoreError> {
    let record = &generation.record;
    let provenance = &record.provenance;
    sqlx::query(concat!(
        "insert into generation (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
    ))
    .bind(generation.number as i64)
    .bind(generation.parent as i64)
    .bind(record.at.0)
    .bind(match record.kind {
        ChangeKind::Apply => "apply",
        ChangeKind::Rollback => "rollback",
    })
    .bind(record.rolled_back_to.map(|number| number as i64))
    .bind(&record.digest)
    .bind(&provenance.author)
    .bind(&provenance.commit)
    .bind(&provenance.branch)
    .bind(&provenance.message)
    .bind(&provenance.remote)
    .bind(provenance.dirty)
    .bind(&record.reason)
    .bind(&record.peer)
    .bind(&provenance.tool_version)
    .bind(&record.idempotency_key)
    .bind(outcome_name(generation.outcome))
    .bind(generation.outcome_at.map(|at| at.0))
    .execute(connection)
    .await?;
    Ok(())
}

fn conflict(base: u64, head: Option<Generation>) -> Conflict {
    let Some(Generation { number, record, .. }) = head else {
        return Conflict { head: 0, base, author: None, commit: None, at: None, peer: None };
    };
    Conflict {
        head: number,
        base,
        author: record.provenance.author,
        commit: record.provenance.commit,
        at: Some(record.at.rfc3339()),
        peer: Some(record.peer),
    }
}

fn read(row: &SqliteRow) -> Result<Generation, StoreError> {
    let (kind, outcome): (String, String) = (row.try_get(3)?, row.try_get(16)?);
    Ok(Generation {
        number: row.try_get::<i64, _>(0)? as u64,
        parent: row.try_get::<i64, _>(1)? as u64,
        record: NewGeneration {
            at: Timestamp(row.try_get(2)?),
            kind: match kind.as_str() {
                "apply" => ChangeKind::Apply,
                "rollback" => ChangeKind::Rollback,
                _ => return Err(StoreError::Unexpected { place: "generation.kind", detail: kind }),
            },
            rolled_back_to: row.try_get::<Option<i64>, _>(4)?.map(|number| number as u64),
            digest: row.try_get(5)?,
            provenance: Provenance {
                author: row.try_get(6)?,
                commit: row.try_get(7)?,
                branch: row.try_get(8)?,
                message: row.try_get(9)?,
                remote: row.try_get(10)?,
                dirty: row.try_get(11)?,
                tool_version: row.try_get::<Option<String>, _>(14)?.unwrap_or_default(),
            },
            reason: row.try_get(12)?,
            peer: row.try_get(13)?,
            idempotency_key: row.try_get(15)?,
        },
        outcome: OUTCOMES
            .into_iter()
            .find(|known| outcome_name(*known) == outcome)
            .ok_or(StoreError::Unexpected { place: "generation.outcome", detail: outcome })?,
        outcome_at: row.try_get::<Option<i64>, _>(17)?.map(Timestamp),
    })
}

const OUTCOMES: [Outcome; 3] = [Outcome::Pending, Outcome::Converged, Outcome::Superseded];

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pending => "pending",
        Outcome::Converged => "converged",
        Outcome::Superseded => "superseded",
    }
}
