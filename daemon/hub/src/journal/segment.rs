//! Names of segments: `shares-<first share>.journal`, and `shares-<first share>-<n>.journal` where that was taken.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use exchange::time::Timestamp;

/// A file of at most this length holds no share, bytes.
const EMPTY_MAX: u64 = 48;
/// No number is larger: a million shares a second would take 146,000 years. A name that says so is none of ours.
const NUMBER_MAX: u64 = 1 << 62;
/// No segment is longer than this: one that is full, and what was kept in memory meanwhile.
const LEN_MAX: u64 = 256 * 1024 * 1024;

/// The segments of a folder, by first share and the order in which they were written. No folder has none.
pub fn list(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut out = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let Some((first, n)) = path.file_name().and_then(|name| read(name.to_str()?)) else { continue };
        // A pipe is waited for, and a device has no end.
        if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            tracing::error!(path = %path.display(), "it is not a regular file, so it is ignored as a journal segment");
            continue;
        }
        out.push((first, n, path));
    }
    out.sort_unstable();
    Ok(out.into_iter().map(|(first, _, path)| (first, path)).collect())
}

/// The segments of a folder that is about to be written, which is made if it is not there. Those that would stand
/// in the way of the share `next` and hold nothing go.
pub(super) fn prepare(folder: &Path, next: u64) -> io::Result<Vec<(u64, PathBuf)>> {
    std::fs::create_dir_all(folder)?;
    let mut segments = list(folder)?;
    segments.retain(|(first, path)| {
        let is_empty = std::fs::metadata(path).is_ok_and(|file| file.len() <= EMPTY_MAX);
        !(*first >= next && is_empty && std::fs::remove_file(path).is_ok())
    });
    Ok(segments)
}

/// Makes a new file for a segment.
pub(super) fn create(folder: &Path, first: u64) -> io::Result<(PathBuf, File)> {
    for n in 0..u32::MAX {
        let name = match n {
            0 => format!("shares-{first:020}.journal"),
            n => format!("shares-{first:020}-{n}.journal"),
        };
        let path = folder.join(name);
        match OpenOptions::new().create_new(true).append(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no segment name is left"))
}

/// What a segment holds.
pub(super) fn content(path: &Path) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() || found.len() > LEN_MAX {
        let why = format!(
            "{} is not a journal segment: it is not a regular file, or far too large",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    std::fs::read(path)
}

/// Whether a path no longer leads to the file that was opened there.
pub(super) fn is_elsewhere(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(opened) = file.metadata() else { return false };
    match std::fs::symlink_metadata(path) {
        Ok(found) => (found.dev(), found.ino()) != (opened.dev(), opened.ino()),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Whether a file was last written less than so long ago.
pub(super) fn is_younger(path: &Path, than: Duration, now: Timestamp) -> bool {
    let written = std::fs::metadata(path).and_then(|file| file.modified());
    let since = written.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.is_some_and(|since| now.since(Timestamp(since.as_micros() as i64)) < than)
}

fn read(name: &str) -> Option<(u64, u32)> {
    let name = name.strip_prefix("shares-")?.strip_suffix(".journal")?;
    let (first, n) = match name.split_once('-') {
        Some((first, n)) => (first.parse().ok()?, n.parse().ok()?),
        None => (name.parse().ok()?, 0),
    };
    (first <= NUMBER_MAX).then_some((first, n))
}
