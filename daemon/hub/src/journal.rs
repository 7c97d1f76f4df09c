//! The files of [`farm::journal`]: append, recover, trim. One write a wake-up, before any answer goes out. What
//! the disk has not confirmed is kept in memory and written again, to a new file, after anything failed.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod recover;
mod segment;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use exchange::journal::{Record, Writer};
use exchange::time::Timestamp;

pub use recover::{Found, Recovered, next_number, recover, set_aside};
pub use segment::list as segments;

/// A segment that has grown to this is followed by another, bytes.
const SEGMENT_MAX: u64 = 16 * 1024 * 1024;
/// Shares kept in memory that the disk has not confirmed; older ones give way.
const KEPT_MAX: usize = 400_000;
/// What was seen is known for so long after it was written.
const SEEN_FOR: Duration = Duration::from_secs(3_600);
/// Time between two attempts at a disk that fails.
pub(crate) const RETRY: Duration = Duration::from_secs(1);
/// A disk that takes longer than this to confirm what it was given is told of.
pub(crate) const SLOW: Duration = Duration::from_secs(5);

/// When a share counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once the kernel has it: a killed process loses nothing, a power cut loses the last seconds.
    #[default]
    Kernel,
    /// The disk has it: answers wait for `fdatasync`, many at a time.
    Disk,
}

/// Since when shares cannot be written down, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Since the first failure.
    pub since: Timestamp,
    /// What the system said last.
    pub why: String,
}

/// A change for a person to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// It began to fail, for this reason.
    Failed(String),
    /// All is on the disk again; so many shares found no room in memory meanwhile.
    Recovered { since: Timestamp, missed: u64 },
}

/// The file that is being written.
#[derive(Debug)]
struct Open {
    file: Arc<File>,
    path: PathBuf,
    len: u64,
    /// Number of this file within the process.
    id: u64,
    /// The folder may not have its name yet.
    is_new: bool,
}

/// The segment that is being written.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    durability: Durability,
    open: Option<Open>,
    writer: Writer,
    buffer: Vec<u8>,
    next: u64,
    files: u64,
    /// Shares that the disk has not confirmed, with their numbers.
    kept: VecDeque<(u64, Record)>,
    /// All segments on disk by their first share, in order; the last is the present one.
    segments: Vec<(u64, PathBuf)>,
    /// Written while the disk fails, and not confirmed: replaced by the next attempt.
    attempt: Option<PathBuf>,
    trouble: Option<Trouble>,
    /// The disk takes long over what it was given.
    slow: Option<Trouble>,
    retry_at: Timestamp,
    /// Shares that found no room in memory while nothing could be written.
    missed: u64,
    news: Vec<News>,
    /// Shares below it are booked.
    booked: u64,
    looked: Timestamp,
    /// A file with shares that were not booked was removed.
    bereft: bool,
}

/// A look at whether the files are still there, to be done where waiting is allowed.
#[derive(Debug)]
pub struct Look {
    open: Option<(Arc<File>, PathBuf)>,
    others: Vec<PathBuf>,
}

impl Look {
    /// The files that are gone.
    pub fn run(&self) -> Vec<PathBuf> {
        let is_gone = |path: &&PathBuf| {
            std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        let others = self.others.iter().filter(is_gone).cloned();
        let open = self.open.iter().filter(|(file, path)| segment::is_elsewhere(file, path));
        others.chain(open.map(|(_, path)| path.clone())).collect()
    }
}

/// A wait for the disk, to be done where waiting is allowed.
#[derive(Debug)]
pub struct Sync {
    file: Arc<File>,
    folder: Option<PathBuf>,
    id: u64,
    /// Shares below it are on the disk afterwards.
    pub mark: u64,
}

impl Sync {
    /// Waits. To be done once: a second sync of the same file would say nothing of what the first lost.
    pub fn run(&self) -> io::Result<()> {
        self.file.sync_data()?;
        match &self.folder {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Journal {
    /// Starts a segment behind those that are there; its first share gets the number `next`. A folder that cannot
    /// be written is no reason not to start: it is tried again and again.
    pub fn open(folder: &Path, next: u64, durability: Durability, now: Timestamp) -> Self {
        let mut journal = Self {
            folder: folder.to_owned(),
            durability,
            open: None,
            writer: Writer::default(),
            buffer: Vec::new(),
            next,
            files: 0,
            kept: VecDeque::new(),
            segments: Vec::new(),
            attempt: None,
            trouble: None,
            slow: None,
            retry_at: now,
            missed: 0,
            news: Vec::new(),
            booked: 0,
            looked: now,
            bereft: false,
        };
        match segment::prepare(folder, next) {
            Ok(segments) => journal.segments = segments,
            Err(error) => journal.fail(&error, now),
        }
        if journal.trouble.is_none()
            && let Err(error) = journal.begin_file(now)
        {
            journal.fail(&error, now);
        }
        journal
    }

    /// Whether answers must wait for the disk.
    pub fn is_strict(&self) -> bool {
        self.durability == Durability::Disk
    }

    /// Number of the next share.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Why shares are not written down at present.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref().or(self.slow.as_ref())
    }

    /// What was asked of the disk has not come back for [`SLOW`].
    pub(crate) fn note_slow(&mut self, now: Timestamp) {
        if self.slow.is_none() && self.trouble.is_none() {
            let why = format!("the disk has not answered for {} s", SLOW.as_secs());
            self.news.push(News::Failed(why.clone()));
            self.slow = Some(Trouble { since: now, why });
        }
    }

    /// What a person should hear of.
    pub(crate) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Takes a share for the next [`write`](Self::write).
    pub fn push(&mut self, record: &Record) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
            self.missed += 1;
        }
        if self.open.is_some() {
            self.writer.share(self.next, record, &mut self.buffer);
        }
        self.kept.push_back((self.next, record.clone()));
        self.next += 1;
    }

    /// Hands what was pushed to the kernel. What fails stays in memory, and is tried again later.
    pub fn write(&mut self, now: Timestamp) {
        if self.buffer.is_empty() {
            return;
        }
        let Some(open) = &mut self.open else { return };
        let written = (&*open.file).write_all(&self.buffer);
        open.len += self.buffer.len() as u64;
        let is_full = open.len >= SEGMENT_MAX;
        self.buffer.clear();
        let done = written.and_then(|()| if is_full { self.begin_file(now) } else { Ok(()) });
        if let Err(error) = done {
            self.fail(&error, now);
        }
    }

    /// Tries a new file where the last one failed, at most once a second.
    pub fn retry(&mut self, now: Timestamp) {
        if self.open.is_some() || now < self.retry_at {
            return;
        }
        if let Err(error) = self.begin_file(now) {
            self.fail(&error, now);
        }
    }

    /// What is to be waited for; `None` when the disk has everything, or nothing can be written.
    pub fn sync(&self) -> Option<Sync> {
        let open = self.open.as_ref()?;
        let is_due = !self.kept.is_empty() || open.is_new || self.trouble.is_some();
        is_due.then(|| Sync {
            file: open.file.clone(),
            folder: open.is_new.then(|| self.folder.clone()),
            id: open.id,
            mark: self.next,
        })
    }

    /// The disk confirmed it.
    pub fn synced(&mut self, sync: &Sync) {
        self.forget_below(sync.mark);
        let Some(open) = self.open.as_mut().filter(|open| open.id == sync.id) else { return };
        open.is_new = false;
        self.attempt = None;
        let slow = self.slow.take();
        if let Some(trouble) = self.trouble.take().or(slow) {
            let missed = std::mem::take(&mut self.missed);
            self.news.push(News::Recovered { since: trouble.since, missed });
        }
    }

    /// The disk did not take it. The kernel says so once and may have dropped what it held, so the same file is
    /// never asked again: what was not confirmed goes to a new one.
    pub fn sync_failed(&mut self, sync: &Sync, error: &io::Error, now: Timestamp) {
        if self.open.as_ref().is_some_and(|open| open.id == sync.id) {
            self.fail(error, now);
        }
    }

    /// A look that is due, once a second.
    pub fn look(&mut self, now: Timestamp) -> Option<Look> {
        if now.since(self.looked) < RETRY {
            return None;
        }
        self.looked = now;
        let open = self.open.as_ref().map(|open| (open.file.clone(), open.path.clone()));
        let written = open.as_ref().map(|(_, path)| path);
        let others = self.segments.iter().map(|(_, path)| path).filter(|path| Some(*path) != written);
        Some(Look { others: others.cloned().collect(), open })
    }

    /// These files are gone. What was in them and is not booked is only in memory now: that is trouble until a new
    /// file is written, and to be booked at once.
    pub fn gone(&mut self, paths: &[PathBuf], now: Timestamp) {
        for path in paths {
            let Some(at) = self.segments.iter().position(|(_, other)| other == path) else { continue };
            let end = self.segments.get(at + 1).map_or(self.next, |(first, _)| *first);
            self.segments.remove(at);
            let is_open = self.open.as_ref().is_some_and(|open| open.path == *path);
            if is_open || end > self.booked {
                self.bereft |= end > self.booked;
                self.fail(&io::Error::other(format!("{} was removed", path.display())), now);
                // It was no attempt of ours that would have to go.
                self.attempt.take_if(|attempt| attempt == path);
            } else {
                tracing::warn!(path = %path.display(), "a recorded journal segment was removed by something else");
            }
        }
    }

    /// Shares that the journal had are only in memory, since this was last asked.
    pub fn take_bereft(&mut self) -> bool {
        std::mem::take(&mut self.bereft)
    }

    /// Forgets segments whose shares all have numbers below `mark`: they are booked. They stay for an hour for what
    /// was seen of pools' jobs, where there is room.
    pub fn trim(&mut self, mark: u64, now: Timestamp) {
        self.forget_below(mark);
        self.booked = self.booked.max(mark);
        while self.segments.len() >= 2 && self.segments[1].0 <= mark {
            if self.trouble.is_none() && segment::is_younger(&self.segments[0].1, SEEN_FOR, now) {
                return;
            }
            let (_, path) = self.segments.remove(0);
            match std::fs::remove_file(&path) {
                // Damaged ones were set aside.
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "an old journal segment stays");
                }
                _ => {}
            }
        }
    }

    fn forget_below(&mut self, mark: u64) {
        while self.kept.front().is_some_and(|(number, _)| *number < mark) {
            self.kept.pop_front();
        }
    }

    /// Nothing may follow in this file: perhaps half a frame was written.
    fn fail(&mut self, error: &io::Error, now: Timestamp) {
        self.buffer.clear();
        self.retry_at = now + RETRY;
        if let Some(open) = self.open.take()
            && self.trouble.is_some()
        {
            self.attempt = Some(open.path);
        }
        self.slow = None;
        let why = error.to_string();
        match &mut self.trouble {
            Some(trouble) => trouble.why = why,
            None => {
                self.news.push(News::Failed(why.clone()));
                self.trouble = Some(Trouble { since: now, why });
            }
        }
    }

    /// A new file with all that the disk has not confirmed. The one before, if it was an attempt, goes.
    fn begin_file(&mut self, now: Timestamp) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let first = self.kept.front().map_or(self.next, |(number, _)| *number);
        let mut bytes = Vec::new();
        let mut writer = Writer::start(first, now, &mut bytes);
        for (number, record) in &self.kept {
            writer.share(*number, record, &mut bytes);
        }
        let (path, file) = segment::create(&self.folder, first)?;
        if let Err(error) = (&file).write_all(&bytes) {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        if let Some(last) = self.attempt.take() {
            self.segments.retain(|(_, path)| *path != last);
            let _ = std::fs::remove_file(last);
        }
        self.files += 1;
        self.writer = writer;
        self.segments.push((first, path.clone()));
        let len = bytes.len() as u64;
        self.open = Some(Open { file: Arc::new(file), path, len, id: self.files, is_new: true });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
