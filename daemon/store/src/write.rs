//! The one writing connection. It is put back only after a whole transaction: whatever fails, is cut off or
//! abandoned closes it, which rolls back, and the next write opens a new one. So nothing stays stuck.

use std::ops::{Deref, DerefMut};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use exchange::time::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::OwnedMutexGuard;

use crate::{AcceptError, OverrideError, StoreError, sqlite};

/// Since when nothing can be written, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Of the first write that failed.
    pub since: Timestamp,
    /// What the last one that failed was told.
    pub why: String,
}

/// Opens, keeps and gives up the writing connection.
#[derive(Debug)]
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    connection: Arc<tokio::sync::Mutex<Option<SqliteConnection>>>,
    trouble: Arc<Mutex<Option<Trouble>>>,
    places: Mutex<Places>,
}

/// Where the open files were when they were opened.
#[derive(Debug)]
struct Places {
    database: Place,
    /// SQLite's write-ahead log: what was committed last is only there.
    log: Place,
}

#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Device and number of the file; none while it is not open.
    file: Option<(u64, u64)>,
}

impl Place {
    fn found(&self) -> std::io::Result<(u64, u64)> {
        std::fs::metadata(&self.path).map(|about| (about.dev(), about.ino()))
    }

    fn remember(&mut self) {
        if self.file.is_none() {
            self.file = self.found().ok();
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        let Some(known) = self.file else { return Ok(()) };
        let how = match self.found() {
            Ok(found) if found == known => return Ok(()),
            Ok(_) => "replaced",
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "removed",
            // Whoever writes will hear of it.
            Err(_) => return Ok(()),
        };
        Err(StoreError::Gone { path: self.path.clone(), how })
    }
}

impl Writer {
    /// `connection` is open already, if it could be opened.
    pub(crate) fn new(
        path: &Path,
        options: SqliteConnectOptions,
        connection: Option<SqliteConnection>,
    ) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let mut database = Place { path: path.to_owned(), file: None };
        database.remember();
        let log = Place { path: log.into(), file: None };
        Self {
            options,
            connection: Arc::new(tokio::sync::Mutex::new(connection)),
            trouble: Arc::default(),
            places: Mutex::new(Places { database, log }),
        }
    }

    /// Nothing can be written from the start.
    pub(crate) fn unwell(path: &Path, options: SqliteConnectOptions, why: String) -> Self {
        let writer = Self::new(path, options, None);
        let trouble = Some(Trouble { since: now(), why: writer.explain(why) });
        *writer.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        writer
    }

    /// Connections to the same file that can only read, opened in this way or as usual.
    pub(crate) fn readers(&self, options: Option<SqliteConnectOptions>) -> SqlitePool {
        sqlite::readers().connect_lazy_with(options.unwrap_or_else(|| sqlite::reading(&self.options)))
    }

    /// Takes SQLite's write lock at once, so what is read in the write stays true until it is committed.
    pub(crate) async fn begin(&self) -> Result<Write, StoreError> {
        let slot = self.connection.clone().lock_owned().await;
        let mut write = Write { slot, connection: None, trouble: self.trouble.clone() };
        if write.slot.is_none() {
            // Whoever closes the last connection removes the log.
            self.places().log.file = None;
        }
        self.check()?;
        // Taken out first: a caller who stops waiting takes the connection with it.
        let mut connection = match write.slot.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        sqlx::query("begin immediate").execute(&mut connection).await?;
        {
            let mut places = self.places();
            places.database.remember();
            places.log.remember();
        }
        write.connection = Some(connection);
        Ok(write)
    }

    /// Waits for what is under way and closes the connection.
    pub(crate) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            let _ = connection.close().await;
        }
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the open files are still where they were opened.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let places = self.places();
        places.database.check()?;
        places.log.check()
    }

    /// Why nothing can be written at present.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What SQLite says of a file system that cannot be written is seldom that.
    fn explain(&self, why: String) -> String {
        let places = self.places();
        let folder = places.database.path.parent().unwrap_or(Path::new("."));
        let about = rustix::fs::statvfs(folder);
        if about.is_ok_and(|about| about.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY)) {
            return format!("the file system of {} is read-only: {why}", folder.display());
        }
        why
    }

    /// Takes note of a write that failed. An answer such as "there is a newer head" is no trouble of the disk.
    pub(crate) fn note<T, E: Failure>(&self, result: Result<T, E>) -> Result<T, E> {
        if let Some(why) = result.as_ref().err().and_then(Failure::of_the_file) {
            let why = self.explain(why);
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            let since = trouble.as_ref().map_or_else(now, |trouble| trouble.since);
            *trouble = Some(Trouble { since, why });
        }
        result
    }
}

/// An error of which part may be the file's.
pub(crate) trait Failure {
    /// What the database said, if it is to blame.
    fn of_the_file(&self) -> Option<String>;
}

impl Failure for StoreError {
    fn of_the_file(&self) -> Option<String> {
        match self {
            StoreError::Sql(error) => Some(error.to_string()),
            StoreError::Gone { .. } => Some(self.to_string()),
            StoreError::Unexpected { .. } | StoreError::BookedAlready { .. } => None,
        }
    }
}

impl Failure for AcceptError {
    fn of_the_file(&self) -> Option<String> {
        match self {
            AcceptError::Store(error) => error.of_the_file(),
            _ => None,
        }
    }
}

impl Failure for OverrideError {
    fn of_the_file(&self) -> Option<String> {
        match self {
            OverrideError::Store(error) => error.of_the_file(),
            _ => None,
        }
    }
}

/// A transaction. Dropped, it never was.
pub(crate) struct Write {
    slot: OwnedMutexGuard<Option<SqliteConnection>>,
    connection: Option<SqliteConnection>,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

impl Write {
    /// Makes it last. After an error nobody knows whether it did: whoever tries again has to ask the file.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        let trouble = self.trouble.clone();
        self.end("commit").await?;
        *trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    /// Nothing was changed, which says nothing about whether it could be.
    pub(crate) async fn give_up(self) -> Result<(), sqlx::Error> {
        self.end("rollback").await
    }

    async fn end(mut self, how: &'static str) -> Result<(), sqlx::Error> {
        let mut connection = self.connection.take().expect("it is there until the end");
        sqlx::query(how).execute(&mut connection).await?;
        *self.slot = Some(connection);
        Ok(())
    }
}

impl Deref for Write {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("it is there until the end")
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("it is there until the end")
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
