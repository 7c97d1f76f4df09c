//! What can go wrong with the file, in words for the person who has to mend it.

use std::path::PathBuf;

/// Why a store could not be opened. Nothing was changed in the file.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is there, but it is no database, or a damaged one.
    #[error(
        "{path} is damaged or not a database: {detail}; put back a copy of it, or move it away to begin with an empty store"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// A later version of this program wrote to the file.
    #[error(
        "{path} was written by a later version of stratumd (database version {found}, this one reads up to {known}); use that version"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Edition of the file.
        found: i64,
        /// Latest edition this program knows.
        known: i64,
    },
    /// It is a database of another program.
    #[error("{path} is a database, but not one of stratumd; choose another place for the data")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be used.
    #[error("{path} cannot be opened: {detail}; the folder must be there and writable")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// Another process holds the file and does not let go.
    #[error("{path} is in use by another process: {detail}")]
    Busy {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
}

/// Why a question or a write failed. A failed write left nothing behind.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite could not do it.
    #[error("the store failed: {0}")]
    Sql(#[from] sqlx::Error),
    /// The file is not where it was opened: whatever is written to it would be gone with this process.
    #[error(
        "{path} was {how} while it was in use; end stratumd, put back the file or a copy of it, and start again"
    )]
    Gone {
        /// The file.
        path: PathBuf,
        /// Removed, or replaced.
        how: &'static str,
    },
    /// A value in the file is not one this program writes.
    #[error("the store holds something unexpected in {place}: {detail}")]
    Unexpected {
        /// Table and column.
        place: &'static str,
        /// The value, or what is wrong with it.
        detail: String,
    },
    /// A journal mark would move backwards: the shares before it are in the accounts already.
    #[error("worker {worker} submits shares up to {given}, but those up to {booked} are recorded already")]
    BookedAlready {
        /// The worker.
        worker: u32,
        /// The mark that was handed in.
        given: u64,
        /// The mark in the store.
        booked: u64,
    },
}

impl StoreError {
    /// Whether the disk is full: waiting for room is useful, all else is not.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, StoreError::Sql(error) if primary_code(error) == Some(SQLITE_FULL))
    }

    /// Whether the file was opened where it could only be read.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, StoreError::Sql(error) if primary_code(error) == Some(SQLITE_READONLY))
    }
}

pub(crate) const SQLITE_BUSY: u32 = 5;
pub(crate) const SQLITE_READONLY: u32 = 8;
pub(crate) const SQLITE_CORRUPT: u32 = 11;
pub(crate) const SQLITE_FULL: u32 = 13;
pub(crate) const SQLITE_NOTADB: u32 = 26;

/// SQLite's primary result code, without the details in its upper bits.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
