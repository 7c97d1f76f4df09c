//! The files of [`farm::journal`]: append, recover, trim. One write a wake-up, before any answer goes out.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use farm::journal::{Record, Writer};
use farm::tally::Tally;

/// A segment that has grown to this is followed by another, bytes.
const SEGMENT_MAX: u64 = 16 * 1024 * 1024;

/// When a share counts as written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The kernel has it: a killed process loses nothing, a power cut the last seconds.
    #[default]
    Kernel,
    /// The disk has it: answers wait for `fdatasync`, many at a time.
    Disk,
}

/// The segment that is being written.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    durability: Durability,
    file: Option<File>,
    writer: Writer,
    len: u64,
    buffer: Vec<u8>,
    /// Starts of all segments on disk, in order; the last is the present one.
    starts: Vec<u64>,
    /// Shares that could not be written down.
    pub missed: u64,
}

/// What was found after a restart.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Shares at or above the mark.
    pub tally: Tally,
    /// How many those are.
    pub shares: u64,
    /// Number of the next share.
    pub next: u64,
    /// Bytes that a crash cut off.
    pub torn: usize,
    /// Files that are no segments, and why; they are left alone.
    pub odd: Vec<(PathBuf, String)>,
}

/// Reads all segments of a folder; shares below `mark` have been booked before.
pub fn recover(folder: &Path, mark: u64) -> io::Result<Recovered> {
    let mut found = Recovered { next: mark, ..Recovered::default() };
    for (_, path) in segments(folder)? {
        let bytes = std::fs::read(&path)?;
        match farm::journal::recover(&bytes, mark) {
            Ok(segment) => {
                found.tally.merge(segment.tally);
                found.shares += segment.shares;
                found.next = found.next.max(segment.next);
                found.torn += segment.torn;
            }
            Err(error) => found.odd.push((path, error.to_string())),
        }
    }
    Ok(found)
}

fn segments(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut out = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(out),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let start = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix("shares-")?.strip_suffix(".journal")?.parse().ok());
        if let Some(start) = start {
            out.push((start, path));
        }
    }
    out.sort_unstable();
    Ok(out)
}

impl Journal {
    /// Starts a segment behind those that are there; its first share gets the number `next`.
    pub fn create(folder: &Path, next: u64, durability: Durability) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let starts = segments(folder)?.into_iter().map(|(start, _)| start).filter(|s| *s < next).collect();
        let mut journal = Self {
            folder: folder.to_owned(),
            durability,
            file: None,
            writer: Writer::default(),
            len: 0,
            buffer: Vec::new(),
            starts,
            missed: 0,
        };
        journal.next_segment(next)?;
        Ok(journal)
    }

    /// Whether answers must wait for [`sync`](Self::file).
    pub fn is_strict(&self) -> bool {
        self.durability == Durability::Disk
    }

    /// Number of the next share.
    pub fn next(&self) -> u64 {
        self.writer.next()
    }

    /// A second handle to the present segment, to wait for the disk with.
    pub fn file(&self) -> io::Result<Option<File>> {
        self.file.as_ref().map(File::try_clone).transpose()
    }

    /// Takes a share for the next [`write`](Self::write).
    pub fn push(&mut self, record: &Record) {
        self.writer.share(record, &mut self.buffer);
    }

    /// Writes what was pushed. After an error the shares are still counted, but would not survive a crash:
    /// the next write tries a new segment.
    pub fn write(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            // The names in the buffer belong to a segment that is not there; what it holds is missed.
            self.buffer.clear();
            self.missed += 1;
            return self.next_segment(self.writer.next());
        }
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(&self.buffer));
        self.len += self.buffer.len() as u64;
        self.buffer.clear();
        if written.is_err() {
            // Perhaps half a frame was written: nothing may follow it in this file.
            self.missed += 1;
            self.file = None;
            return written;
        }
        if self.len >= SEGMENT_MAX { self.next_segment(self.writer.next()) } else { Ok(()) }
    }

    /// Forgets segments whose shares all have numbers below `mark`.
    pub fn trim(&mut self, mark: u64) {
        while self.starts.len() >= 2 && self.starts[1] <= mark {
            let start = self.starts.remove(0);
            if let Err(error) = std::fs::remove_file(path(&self.folder, start)) {
                tracing::warn!(start, %error, "an old journal segment stays");
            }
        }
    }

    fn next_segment(&mut self, first: u64) -> io::Result<()> {
        // Whoever waits for the disk asks for the present segment only.
        if let Some(last) = self.file.take().filter(|_| self.is_strict()) {
            last.sync_data()?;
        }
        let path = path(&self.folder, first);
        // A segment of that number exists when the last one stayed empty: it holds no share.
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(&path)?;
        let mut header = Vec::new();
        let writer = Writer::start(first, &mut header);
        file.write_all(&header)?;
        if self.is_strict() {
            file.sync_all()?;
            File::open(&self.folder)?.sync_all()?;
        }
        self.writer = writer;
        self.len = header.len() as u64;
        self.file = Some(file);
        if self.starts.last() != Some(&first) {
            self.starts.push(first);
        }
        Ok(())
    }
}

fn path(folder: &Path, start: u64) -> PathBuf {
    folder.join(format!("shares-{start:020}.journal"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use farm::tally::Outcome;
    use farm::time::Timestamp;

    fn record(n: i64) -> Record {
        Record {
            at: Timestamp::from_seconds(n),
            rig: format!("rig-{}", n % 3).into(),
            account: "alice/gold".into(),
            difficulty: 2.0,
            print: farm::duplicates::Fingerprint(n as u64),
        }
    }

    #[test]
    fn shares_survive_and_are_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path(), 0, Durability::Kernel).unwrap();
        for n in 0..100 {
            journal.push(&record(n));
            journal.write().unwrap();
        }
        let found = recover(folder.path(), 40).unwrap();
        assert_eq!((found.shares, found.next, found.torn), (60, 100, 0));
        // A restart goes on behind.
        let mut journal = Journal::create(folder.path(), found.next, Durability::Disk).unwrap();
        journal.push(&record(100));
        journal.write().unwrap();
        let found = recover(folder.path(), 40).unwrap();
        assert_eq!((found.shares, found.next), (61, 101));
        assert_eq!(found.tally.count(Outcome::Accepted), 61);
        journal.trim(100);
        assert_eq!(segments(folder.path()).unwrap().len(), 1);
        assert_eq!(recover(folder.path(), 100).unwrap().shares, 1);
    }

    #[test]
    fn a_restart_without_shares_reuses_its_segment() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            Journal::create(folder.path(), 7, Durability::Kernel).unwrap();
        }
        assert_eq!(segments(folder.path()).unwrap().len(), 1);
        assert_eq!(recover(folder.path(), 7).unwrap().next, 7);
    }

    #[test]
    fn files_that_are_no_segments_are_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(path(folder.path(), 3), b"not a journal").unwrap();
        let found = recover(folder.path(), 0).unwrap();
        assert_eq!(found.odd.len(), 1);
        assert_eq!(found.next, 0);
    }
}
