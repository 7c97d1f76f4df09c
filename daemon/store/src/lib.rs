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
mod tidy;
mod unbooked;
mod write;

pub use account::{
    AccountFilter, AccountRow, AccountSum, AccountTotal, MinuteWork, PoolFilter, PoolRow, PoolSum, Tallied,
};
pub use assignment::Assignment;
pub use error::{OpenError, StoreError};
pub use event::{EventFilter, StoredEvent};
pub use generation::{AcceptError, Accepted, Generation, NewGeneration};
pub use overrides::{NewOverride, Override, OverrideError};
pub use placement::{Placement, PlacementFilter};
pub use promise::SettlementFilter;
pub use tidy::{Keep, Sizes};
pub use unbooked::Which;
pub use write::Trouble;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sqlx::sqlite::SqlitePool;

use unbooked::Waiting;
use write::{Write, Writer};

/// What outlives a process. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: SQLite has one writer at a time, and waiting for it here is fairer than in its lock.
    writer: Arc<Writer>,
    /// Several connections that can only read; each sees the last commit and waits for nobody.
    reader: Arc<RwLock<SqlitePool>>,
    /// The readers see the file as it was found: it could not be opened for writing.
    is_frozen: Arc<AtomicBool>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Store {
    /// Opens the store in this file, makes it if there is none, and brings it up to this program's edition. A file
    /// of this edition that can be read, but not written, is opened all the same: [`trouble`](Self::trouble) says
    /// why, and each write tries anew.
    pub async fn open(path: &Path) -> Result<Store, OpenError> {
        let sqlite::Opened { writer, reader, is_frozen } = sqlite::open(path).await?;
        Ok(Store {
            writer: Arc::new(writer),
            reader: Arc::new(RwLock::new(reader)),
            is_frozen: Arc::new(AtomicBool::new(is_frozen)),
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
        let write = self.writer.begin().await?;
        if self.is_frozen.swap(false, Ordering::Relaxed) {
            *self.reader.write().unwrap_or_else(PoisonError::into_inner) = self.writer.readers();
        }
        Ok(write)
    }
}
