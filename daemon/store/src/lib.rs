//! What outlives a process: generations, overrides, events, accounts, promises, who served whom, and the last
//! assignment.
//!
//! Questions and writes are in farm words; nothing is decided here. Every write is one transaction that is
//! on disk when it returns, so whatever moment a process dies at, the file holds the old state or the new.

mod account;
mod assignment;
mod error;
mod event;
mod generation;
mod kv;
mod overrides;
mod placement;
mod promise;
mod sqlite;

pub use account::{AccountFilter, AccountRow, AccountSum, MinuteWork, PoolFilter, PoolRow, PoolSum, Tallied};
pub use assignment::Assignment;
pub use error::{OpenError, StoreError};
pub use event::{EventFilter, StoredEvent};
pub use generation::{AcceptError, Accepted, Generation, NewGeneration};
pub use overrides::{NewOverride, Override, OverrideError};
pub use placement::{Placement, PlacementFilter};
pub use promise::SettlementFilter;

use std::path::Path;

use sqlx::sqlite::SqlitePool;

/// What outlives a process. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: SQLite has one writer at a time, and waiting for it here is fairer than in its lock.
    writer: SqlitePool,
    /// Several connections that can only read; each sees the last commit and waits for nobody.
    reader: SqlitePool,
}

impl Store {
    /// Opens the store in this file, makes it if there is none, and brings it up to this program's edition.
    pub async fn open(path: &Path) -> Result<Store, OpenError> {
        let (writer, reader) = sqlite::open(path).await?;
        Ok(Store { writer, reader })
    }

    /// Waits for what is under way and closes the file. Not needed for safety.
    pub async fn close(self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Begins a write: takes SQLite's write lock at once, so what is read in it stays true until it is committed.
    async fn write(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }
}
