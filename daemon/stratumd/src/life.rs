//! What the next start should know of this life: one small file, `last-life.json`, that is written over in place.
//! That takes no room, so it can be done on a full disk.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use exchange::event::{Event, EventKind, Severity};
use exchange::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Length of the file, within one sector of any disk: it is written whole or not at all.
const LEN: usize = 512;

/// A life of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Life {
    version: String,
    started: Timestamp,
    /// Shares that neither the journal nor the accounts could take.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unwritten: Option<Unwritten>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ended: Option<Timestamp>,
}

/// Since when shares are only in memory, and the number of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unwritten {
    pub(crate) since: Timestamp,
    pub(crate) next: u64,
}

/// Keeps the file true.
pub(crate) struct Keeper {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: Option<File>,
    life: Life,
    written: Option<Life>,
    /// What the last life left behind was not told yet: until then its words stay in the file.
    untold: Option<Unwritten>,
}

impl Keeper {
    /// Begins a life; gives back the one before, if the folder had one.
    pub(crate) fn begin(data: &Path, now: Timestamp) -> (Self, Option<Life>) {
        let path = data.join("last-life.json");
        let before: Option<Life> =
            std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let life =
            Life { version: env!("CARGO_PKG_VERSION").into(), started: now, unwritten: None, ended: None };
        let untold = before.as_ref().and_then(|life| life.unwritten);
        let keeper =
            Self { path, inner: Mutex::new(Inner { file: None, life, written: before.clone(), untold }) };
        keeper.write();
        (keeper, before)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when shares are only in memory; `None` while they are written down.
    pub(crate) fn unwritten(&self, unwritten: Option<Unwritten>) {
        self.lock().life.unwritten = unwritten;
        self.write();
    }

    /// What the last life left behind stands in the events.
    pub(crate) fn told(&self) {
        self.lock().untold = None;
        self.write();
    }

    /// It ends because it was asked to.
    pub(crate) fn end(&self, now: Timestamp) {
        self.lock().life.ended = Some(now);
        self.write();
    }

    /// Writes if there is something new. A disk that does not take it is told of elsewhere.
    fn write(&self) {
        let mut inner = self.lock();
        let mut life = inner.life.clone();
        if let Some(untold) = inner.untold {
            life.unwritten = Some(life.unwritten.map_or(untold, |own| Unwritten {
                since: own.since.min(untold.since),
                next: own.next.max(untold.next),
            }));
        }
        if inner.written.as_ref() == Some(&life) {
            return;
        }
        let done = inner.file.take().map_or_else(|| open(&self.path), Ok).and_then(|file| {
            let mut text = serde_json::to_vec(&life).map_err(std::io::Error::other)?;
            text.resize(LEN - 1, b' ');
            text.push(b'\n');
            file.write_all_at(&text, 0)?;
            file.sync_data()?;
            Ok(file)
        });
        match done {
            Ok(file) => (inner.file, inner.written) = (Some(file), Some(life)),
            Err(error) => tracing::debug!(path = %self.path.display(), %error, "not written"),
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}

/// The event that a life begins, and how the one before ended.
pub(crate) fn begins(before: Option<&Life>, at: Timestamp, generation: u64) -> Event {
    let version = env!("CARGO_PKG_VERSION");
    let (how, words) = match before {
        None => ("none", "there is no record of a previous process".to_owned()),
        Some(Life { ended: Some(ended), .. }) => {
            ("orderly", format!("the previous process was stopped at {}", ended.rfc3339()))
        }
        Some(life) => (
            "cut-off",
            format!(
                "the previous process, which started at {}, was killed, crashed, or the machine went down",
                life.started.rfc3339()
            ),
        ),
    };
    let severity = if how == "cut-off" { Severity::Warning } else { Severity::Info };
    let words = format!("stratumd {version} started; {words}");
    let event = Event::new(at, EventKind::DaemonStarted, "daemon", words).told_as(severity);
    let event = event.with("version", version).with("generation", generation).with("before", how);
    match before {
        Some(life) => event.with("before_version", &life.version),
        None => event,
    }
}

impl Life {
    /// Since when its last shares were in memory only, and the number behind the last of them.
    pub(crate) fn left_unwritten(&self) -> Option<Unwritten> {
        self.unwritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn the_next_life_learns_how_this_one_ended() {
        let folder = tempfile::tempdir().unwrap();
        let (keeper, before) = Keeper::begin(folder.path(), at(1));
        assert_eq!(before, None);
        let event = begins(None, at(1), 0);
        assert_eq!(event.severity, Severity::Info);
        drop(keeper);
        let (keeper, before) = Keeper::begin(folder.path(), at(5));
        let event = begins(before.as_ref(), at(5), 7);
        assert!(event.message.contains("was killed, crashed, or the machine went down"), "{}", event.message);
        keeper.end(at(9));
        let (_, before) = Keeper::begin(folder.path(), at(10));
        let event = begins(before.as_ref(), at(10), 7);
        assert!(event.message.contains("was stopped at 1970-01-01T00:00:09Z"), "{}", event.message);
    }

    #[test]
    fn what_was_left_behind_stays_in_the_file_until_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (keeper, _) = Keeper::begin(folder.path(), at(1));
        let left = Unwritten { since: at(2), next: 40 };
        keeper.unwritten(Some(left));
        let (_, before) = Keeper::begin(folder.path(), at(5));
        assert_eq!(before.unwrap().left_unwritten(), Some(left));
        let (keeper, before) = Keeper::begin(folder.path(), at(6));
        assert_eq!(before.unwrap().left_unwritten(), Some(left), "it was not told");
        keeper.unwritten(Some(Unwritten { since: at(7), next: 50 }));
        let (_, before) = Keeper::begin(folder.path(), at(8));
        assert_eq!(before.unwrap().left_unwritten(), Some(Unwritten { since: at(2), next: 50 }));
        keeper.unwritten(None);
        keeper.told();
        let (_, before) = Keeper::begin(folder.path(), at(9));
        assert_eq!(before.unwrap().left_unwritten(), None);
    }

    #[test]
    fn the_file_keeps_its_place_and_length() {
        use std::os::unix::fs::MetadataExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (keeper, _) = Keeper::begin(folder.path(), at(1));
        let about = || std::fs::metadata(folder.path().join("last-life.json")).unwrap();
        let before = about();
        keeper.unwritten(Some(Unwritten { since: at(i64::from(u32::MAX)), next: u64::MAX }));
        keeper.end(at(i64::from(u32::MAX)));
        assert_eq!((before.ino(), before.len()), (about().ino(), LEN as u64));
        assert_eq!(before.len(), about().len());
        // Junk is no life, and no reason to fail.
        std::fs::write(folder.path().join("last-life.json"), "{").unwrap();
        assert_eq!(Keeper::begin(folder.path(), at(1)).1, None);
    }
}
