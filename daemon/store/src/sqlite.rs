//! The file: how it is opened, checked, and brought up to this program's edition.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Row, SqlSafeStr};

use crate::error::{OpenError, SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_NOTADB, primary_code};
use crate::write::Writer;

/// Readers at the same time; more wait for one of them.
const READERS_MAX: u32 = 4;
/// How long a write waits for another process to finish its own.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Up to this size a file is read through when it is opened, to find damage early. Larger ones would delay the
/// start; there SQLite reports damage when it meets it.
const CHECK_SIZE_MAX: u64 = 64 << 20;
/// The write-ahead log is cut back to this size.
const LOG_SIZE_MAX: &str = "67108864";
/// `pragma application_id` of our files, as in the first migration.
const APPLICATION_ID: i64 = 1_398_035_026;

/// The numbered steps from an empty file to the present edition.
fn migrator() -> Migrator {
    let step = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        step(1, "first", include_str!("../migrations/sqlite/0001_first.sql")),
        step(2, "promises", include_str!("../migrations/sqlite/0002_promises.sql")),
        step(3, "growth", include_str!("../migrations/sqlite/0003_growth.sql")),
        step(4, "names", include_str!("../migrations/sqlite/0004_names.sql")),
        step(5, "work", include_str!("../migrations/sqlite/0005_work.sql")),
    ])
}

/// An open file.
pub(crate) struct Opened {
    pub writer: Writer,
    pub reader: SqlitePool,
    /// How readers open a file that could not be opened for writing. They see it as it was found, and nothing that is
    /// written later.
    pub frozen: Option<SqliteConnectOptions>,
}

/// Opens the file: the one writing connection, and the readers.
pub(crate) async fn open(path: &Path) -> Result<Opened, OpenError> {
    // Full: a commit that was answered must survive a power cut, because journals are trimmed behind it.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_WAIT)
        .pragma("journal_size_limit", LOG_SIZE_MAX);
    match open_to_write(path, &options).await {
        // Perhaps it can be read: a full disk, or one that the kernel made read-only.
        Err(error @ OpenError::Unusable { .. }) => open_to_read(path, options, error).await,
        other => other,
    }
}

async fn open_to_write(path: &Path, options: &SqliteConnectOptions) -> Result<Opened, OpenError> {
    let explain = |error| explain(path, error);
    let size = std::fs::metadata(path).map(|file| file.len()).unwrap_or(0);
    if size > 0 {
        // Looked at before anything is changed, the journal mode of somebody else's database included.
        inspect(path, size <= CHECK_SIZE_MAX).await?;
    }
    let mut writer = options.clone().create_if_missing(true).connect().await.map_err(explain)?;
    let migrator = migrator();
    migrator
        .run_direct(None, &mut writer, false)
        .await
        .map_err(|error| migration_failed(path, &migrator, error))?;
    let reader = readers().connect_with(reading(options)).await.map_err(explain)?;
    Ok(Opened { writer: Writer::new(path, options.clone(), Some(writer)), reader, frozen: None })
}

/// Opens a file that cannot be written, if it is one of this edition. Otherwise gives back the error of before.
async fn open_to_read(
    path: &Path,
    options: SqliteConnectOptions,
    error: OpenError,
) -> Result<Opened, OpenError> {
    let plain = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_WAIT);
    let log = path.with_extension("db-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    // What is in the log is not in the file: without the log it would be an older state.
    let whole = plain.clone().immutable(true);
    for (options_to_read, is_usable) in [(plain, true), (whole, !has_log)] {
        if !is_usable {
            continue;
        }
        let Ok(reader) = readers().connect_with(options_to_read.clone()).await else { continue };
        let edition = sqlx::query("select max(version) from _sqlx_migrations").fetch_one(&reader).await;
        let id = sqlx::query("pragma application_id").fetch_one(&reader).await;
        let (Ok(edition), Ok(id)) = (edition, id) else { continue };
        let is_ours = i64::from(id.get::<i32, _>(0)) == APPLICATION_ID;
        let known = migrator().iter().map(|step| step.version).max();
        if is_ours && edition.get::<Option<i64>, _>(0) == known {
            let writer = Writer::unwell(path, options, error.to_string());
            return Ok(Opened { writer, reader, frozen: Some(options_to_read) });
        }
    }
    Err(error)
}

pub(crate) fn readers() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(READERS_MAX)
}

pub(crate) fn reading(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options.clone().pragma("query_only", "on")
}

/// Finds out whether the file is ours and whole, without changing it.
async fn inspect(path: &Path, thoroughly: bool) -> Result<(), OpenError> {
    let explain = |error| explain(path, error);
    let look = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_WAIT))
        .await
        .map_err(explain)?;
    let checked = async {
        let tables: i64 =
            sqlx::query("select count(*) from sqlite_schema").fetch_one(&look).await.map_err(explain)?.get(0);
        let id: i64 = sqlx::query("pragma application_id")
            .fetch_one(&look)
            .await
            .map_err(explain)?
            .get::<i32, _>(0)
            .into();
        // A process that died before the first migration was through leaves only the list of migrations.
        let begun: i64 =
            sqlx::query("select count(*) from sqlite_schema where name not in ('_sqlx_migrations', 'sqlite_autoindex__sqlx_migrations_1')")
                .fetch_one(&look)
                .await
                .map_err(explain)?
                .get(0);
        if tables > 0 && begun > 0 && id != APPLICATION_ID {
            return Err(OpenError::Foreign { path: path.to_owned() });
        }
        if thoroughly {
            let verdict: String =
                sqlx::query("pragma quick_check(1)").fetch_one(&look).await.map_err(explain)?.get(0);
            if verdict != "ok" {
                return Err(OpenError::Damaged { path: path.to_owned(), detail: verdict });
            }
        }
        Ok(())
    };
    let checked = checked.await;
    look.close().await;
    checked
}

fn explain(path: &Path, error: sqlx::Error) -> OpenError {
    let (path, detail) = (path.to_owned(), error.to_string());
    match primary_code(&error) {
        Some(SQLITE_CORRUPT | SQLITE_NOTADB) => OpenError::Damaged { path, detail },
        Some(SQLITE_BUSY) => OpenError::Busy { path, detail },
        _ => OpenError::Unusable { path, detail },
    }
}

fn migration_failed(path: &Path, migrator: &Migrator, error: MigrateError) -> OpenError {
    let path = path.to_owned();
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => explain(&path, error),
        MigrateError::VersionMissing(found) => {
            let known = migrator.iter().map(|step| step.version).max().unwrap_or(0);
            OpenError::Newer { path, found, known }
        }
        other => OpenError::Damaged { path, detail: other.to_string() },
    }
}

#[cfg(test)]
mod tests;
