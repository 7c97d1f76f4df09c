//! What a folder of segments holds after a restart.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use exchange::duplicates::Fingerprint;
use exchange::journal::{Damage, HEADER_LEN, Numbers};
use exchange::tally::Tally;

use super::segment;

/// What was found after a restart.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Shares at or above the mark.
    pub tally: Tally,
    /// How many those are.
    pub shares: u64,
    /// Number behind the last share that was to be looked for, at least the mark.
    pub next: u64,
    /// Shares with a number from the mark on that are nowhere.
    pub missing: u64,
    /// What tells the shares of these segments from all other work, booked or not.
    pub prints: Vec<Fingerprint>,
    /// Bytes that a crash cut off.
    pub torn: usize,
    /// Segments that are damaged; what is whole in them is counted.
    pub damaged: Vec<Found>,
    /// The last segment ends before what was booked from it: nobody knows what it had behind that.
    pub ends_early: bool,
}

/// A segment that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// The number for the next share, by the last segments' names and content; at least `mark`. Fails where a segment
/// was written by a later release, whose shares would be lost.
///
/// What a disk did not confirm is written again, so a segment may hold the numbers of the one before it once more, and
/// a crash or damage may leave fewer of them. Two that are whole and not empty are enough to tell.
pub fn next_number(segments: &[(u64, PathBuf)], mark: u64) -> io::Result<u64> {
    for (_, path) in segments {
        let mut head = Vec::new();
        std::fs::File::open(path)?.take(HEADER_LEN as u64).read_to_end(&mut head)?;
        exchange::journal::check(&head).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
        })?;
    }
    let (mut next, mut whole) = (mark, 0);
    // A name with nothing behind it counts only where the file before it was cut or damaged.
    let (mut named, mut before_named) = (mark, None);
    for (first, path) in segments.iter().rev() {
        let found = exchange::journal::recover(&segment::content(path)?, *first, &mut Numbers::default())
            .map_err(io::Error::other)?;
        // A file with our name and nothing of ours in it proves nothing by its name.
        let is_empty = found.next <= *first;
        if !is_empty {
            next = next.max(found.next);
        }
        if !is_empty && before_named.is_none() && named > mark {
            before_named = Some(found.torn > 0 || found.damage.is_some());
        }
        if is_empty && found.damage.is_none() {
            named = named.max(*first);
        }
        whole += u32::from(found.shares > 0 && found.torn == 0 && found.damage.is_none());
        if whole == 2 {
            break;
        }
    }
    Ok(if before_named == Some(true) { next.max(named) } else { next })
}

/// Reads segments; shares below `mark` have been booked before. Those from `next` on were found since the start: they
/// are counted elsewhere, and stand here where a segment that held nothing was replaced by a new one of its name.
pub fn recover(segments: &[(u64, PathBuf)], mark: u64, next: u64) -> io::Result<Recovered> {
    let next = next.max(mark);
    let mut numbers = Numbers::below(mark).up_to(next);
    let mut found = Recovered { next, ..Recovered::default() };
    let mut known = 0;
    for (n, (first, path)) in segments.iter().enumerate() {
        let bytes = match segment::content(path) {
            Ok(bytes) => bytes,
            // It held nothing, and went when the new one was begun.
            Err(error) if error.kind() == io::ErrorKind::NotFound && *first >= next => continue,
            Err(error) => {
                // One file that the disk does not give back is no reason to lose the others.
                found.damaged.push(Found { path: path.clone(), why: error.to_string() });
                continue;
            }
        };
        let segment = exchange::journal::recover(&bytes, *first, &mut numbers).map_err(io::Error::other)?;
        known = known.max(segment.next);
        found.tally.merge(segment.tally);
        found.prints.extend(segment.prints);
        found.shares += segment.shares;
        found.torn += segment.torn;
        // A crash cuts off only what was written last; where it seems to have cut before other segments and their
        // numbers go on, nothing is wrong.
        let end = segments.get(n + 1).map_or(next, |(first, _)| (*first).min(next));
        let is_short = segment.torn > 0 && segment.next < end && end > mark;
        match segment.damage {
            Some(damage) => found.damaged.push(Found { path: path.clone(), why: words(&damage) }),
            None if is_short => found.damaged.push(Found {
                path: path.clone(),
                why: format!("it ends {} shares early", end - segment.next),
            }),
            None => {}
        }
    }
    found.missing = numbers.missing(next);
    found.ends_early = known < mark && !segments.is_empty();
    Ok(found)
}

/// Gives a damaged segment a name under which nothing reads or removes it, and returns that.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("segment");
    for n in 0..1_000 {
        let to = path.with_file_name(match n {
            0 => format!("{name}.damaged"),
            n => format!("{name}.damaged-{n}"),
        });
        if !to.exists() {
            std::fs::rename(path, &to)?;
            return Ok(to);
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many damaged segments of that name"))
}

fn words(damage: &Damage) -> String {
    let Damage { at, bytes, nameless } = damage;
    match (bytes, nameless) {
        (1, 0) => format!("byte {at} is broken"),
        (bytes, 0) => format!("{bytes} bytes from byte {at} on are broken"),
        (0, nameless) => format!("the names of {nameless} shares are broken"),
        (bytes, nameless) => {
            format!("{bytes} bytes from byte {at} on are broken, and the names of {nameless} shares")
        }
    }
}
