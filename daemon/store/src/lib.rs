//! What outlives a process: generations, overrides, events, accounts, promises, who served whom, and the last
//! assignment.
//!
//! Questions and writes are in farm words; nothing is decided here. Every write is one transaction that is
//! on disk when it returns, so whatever moment a process dies at, the file holds the old state or the new.

mod account;
mod assignment;
mod book;
mod error;
mod event;
mod generation;
mod kv;
mod old;
mod overrides;
mod placement;
#[cfg(test)]
mod plans;
mod promise;
mod sqlite;
mod tidy;
mod unbooked;
mod write;

pub use account::{
    AccountFilter, AccountRow, AccountSum, AccountTotal, MinuteWork, PoolFilter, PoolRow, PoolSum,
};
pub use assignment::{Assignment, AssignmentRows};
pub use error::{OpenError, StoreError};
pub use event::{EventFilter, StoredEvent};
pub use generation::{AcceptError, Accepted, Generation, NewGeneration};
pub use old::GENERATIONS;
pub use overrides::{NewOverride, Override, OverrideError};
pub use placement::{Placement, PlacementFilter};
pub use promise::SettlementFilter;
pub use tidy::{Keep, Sizes};
pub use unbooked::Which;
pub use write::Trouble;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use unbooked::Waiting;
use write::{Write, Writer};

/// What outlives a process. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: SQLite has one writer at a time, and waiting for it here is fairer than in its lock.
    writer: Arc<Writer>,
    /// Several connections that can only read; each sees the last commit and waits for nobody.
    reader: Arc<RwLock<SqlitePool>>,
    /// How the readers open a file that could not be opened for writing: they see it as it was found.
    frozen: Arc<Mutex<Option<SqliteConnectOptions>>>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Store {
    /// Opens the store in this file, makes it if there is none, and brings it up to this program's edition. A file
    /// of this edition that can be read, but not written, is opened all the same: [`trouble`](Self::trouble) says
    /// why, and each write tries anew.
    pub async fn open(path: &Path) -> Result<Store, OpenError> {
        let sqlite::Opened { writer, reader, frozen } = sqlite::open(path).await?;
        Ok(Store {
            writer: Arc::new(writer),
            reader: Arc::new(RwLock::new(reader)),
            frozen: Arc::new(Mutex::new(frozen)),
            waiting: Arc::default(),
        })
    }

    /// Waits for what is under way and closes the file. Not needed for safety.
    pub async fn close(self) {
        let reader = self.reader();
        reader.close().await;
        self.writer.close().await;
    }

    /// Since when nothing can be written, and why; `None` while the last write lasted.
    pub fn trouble(&self) -> Option<Trouble> {
        self.writer.trouble()
    }

    /// Looks whether the file is still where it was opened. One that was removed or replaced is trouble as a failed
    /// write is: nothing more is written to it. False when it is gone.
    pub fn look(&self) -> bool {
        self.writer.note(self.writer.check()).is_ok()
    }

    fn reader(&self) -> SqlitePool {
        self.reader.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a write: takes SQLite's write lock at once, so what is read in it stays true until it is committed.
    async fn write(&self) -> Result<Write, StoreError> {
        let write = self.writer.begin().await;
        let mut frozen = self.frozen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_read_only = write.as_ref().is_err_and(StoreError::is_read_only);
        if is_read_only || (write.is_ok() && frozen.take().is_some()) {
            // All connections of a process share what SQLite found when the first of them opened the log. Those that
            // found it read-only would keep it so for writers to come, on a disk that is writable again.
            let readers = self.writer.readers(frozen.clone());
            let old =
                std::mem::replace(&mut *self.reader.write().unwrap_or_else(PoisonError::into_inner), readers);
            *self.frozen.lock().unwrap_or_else(PoisonError::into_inner) = frozen;
            old.close().await;
        }
        write
    }
}
