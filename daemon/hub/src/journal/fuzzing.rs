//! A folder of journals and the daemon's lives over it: shares, disks that fail, kills, damage, and what each start
//! makes of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use exchange::duplicates::Fingerprint;
use exchange::journal::HEADER_LEN;
use exchange::tally::{Counted, Outcome, ShareKey, Tally};
use exchange::work::Work;

use super::*;

/// Long after any file was written.
const LATER: Timestamp = Timestamp(i64::MAX / 2);
/// A frame's length and checksum.
const FRAME_LEN: usize = 6;
const BASE_LEN: usize = 17;
/// What is done in one run, at most.
const ACTS_MAX: usize = 40;

/// Plays the lives of a daemon on a folder of its own, or puts any bytes there as segments, and starts from it.
/// Whatever is there, a start does not panic, books no share twice and none that was not written, and says how many
/// are missing; of what was damaged each record is booked that is whole, with its names; without damage all are; and
/// no damaged file is removed or changed.
///
/// # Panics
///
/// Where any of this does not hold.
pub fn journal(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for the journal");
    let mut source = bytes.iter().copied();
    match source.next() {
        Some(0..128) => foreign(folder.path(), &mut source),
        _ => World::new(folder.path()).play(&mut source),
    }
}

type Source<'a> = std::iter::Copied<std::slice::Iter<'a, u8>>;

fn byte(source: &mut Source<'_>) -> u8 {
    source.next().unwrap_or(0)
}

fn number(source: &mut Source<'_>) -> usize {
    usize::from(byte(source)) << 8 | usize::from(byte(source))
}

fn second(n: i64) -> Timestamp {
    Timestamp::from_seconds(n)
}

fn read_all(segments: &[(u64, PathBuf)]) -> BTreeMap<PathBuf, Vec<u8>> {
    segments.iter().filter_map(|(_, path)| Some((path.clone(), std::fs::read(path).ok()?))).collect()
}

/// Segments that nobody of ours wrote, or that are ours only in part.
fn foreign(folder: &Path, source: &mut Source<'_>) {
    let mark = u64::from(byte(source) % 32);
    for n in 0..byte(source) % 4 {
        let named = u64::from(byte(source) % 32);
        let said = if byte(source) & 7 == 7 { u64::MAX - u64::from(byte(source) & 1) } else { named };
        let mut content = Vec::new();
        let mut salt = 0;
        match byte(source) % 4 {
            0 => {}
            1 => {
                content.extend(b"stratumJ\x01\0");
                content.extend(said.to_le_bytes());
            }
            _ => {
                Writer::start(said, second(1), &mut content);
                salt = crc32fast::hash(&content[HEADER_LEN + FRAME_LEN..]);
            }
        }
        for _ in 0..byte(source) % 16 {
            let len = usize::from(byte(source) % 48);
            let payload: Vec<u8> = source.take(len).collect();
            if byte(source) & 3 > 0 {
                let mut proof = crc32fast::Hasher::new_with_initial(salt);
                proof.update(&payload);
                content.extend((payload.len() as u16).to_le_bytes());
                content.extend(proof.finalize().to_le_bytes());
            }
            content.extend(payload);
        }
        std::fs::write(folder.join(format!("shares-{named:020}-{n}.journal")), content).expect("a file");
    }
    let listed = segments(folder).expect("a folder");
    let before = read_all(&listed);
    let Ok(next) = next_number(&listed, mark) else {
        assert_eq!(read_all(&listed), before, "a start that is refused touches nothing");
        return;
    };
    let mut journal = Journal::open(folder, next, Durability::Kernel, second(9));
    let found = recover(&listed, mark, next).expect("it was looked at before");
    assert_sums(&found, mark, next);
    for damaged in &found.damaged {
        assert_eq!(std::fs::read(&damaged.path).ok().as_ref(), before.get(&damaged.path), "{damaged:?}");
    }
    // Killed before anything was booked, another start finds as much.
    let listed = segments(folder).expect("a folder");
    let again_next = next_number(&listed, mark).expect("as before");
    assert_eq!(again_next, next);
    let again = recover(&listed, mark, again_next).expect("as before");
    assert_eq!((&again.tally, again.shares, again.missing), (&found.tally, found.shares, found.missing));
    // Booked, nothing is left.
    let rest = recover(&listed, next, next).expect("as before");
    assert_eq!((rest.shares, rest.missing), (0, 0), "all was booked");
    set_all_aside(&found, &before);
    journal.trim(next, LATER);
}

/// The numbers of what was found agree with each other.
fn assert_sums(found: &Recovered, mark: u64, next: u64) {
    assert_eq!(found.next, next, "the next number is known before");
    assert!(next >= mark);
    assert_eq!(found.tally.count(Outcome::Accepted), found.shares);
    assert_eq!(found.shares + found.missing, next - mark, "each share is booked or missing");
}

fn set_all_aside(found: &Recovered, before: &BTreeMap<PathBuf, Vec<u8>>) {
    for damaged in &found.damaged {
        let to = set_aside(&damaged.path).unwrap_or_else(|error| panic!("{damaged:?}: {error}"));
        assert_eq!(std::fs::read(&to).ok().as_ref(), before.get(&damaged.path), "{damaged:?} is kept");
    }
}

/// A daemon that is running.
struct Life {
    journal: Journal,
    /// What it accepted and has not booked.
    live: Tally,
    /// Numbers that were pushed and may not have been written.
    waiting: BTreeMap<u64, Record>,
}

/// A folder, the books, and what should be in them.
struct World<'a> {
    folder: &'a Path,
    clock: i64,
    /// Shares by number that stood in a file at some time.
    written: BTreeMap<u64, Record>,
    /// Every share that ever was.
    all: BTreeSet<i64>,
    books: HashMap<ShareKey, Counted>,
    mark: u64,
    /// Files as they were written, of those that lives before left.
    pristine: BTreeMap<PathBuf, Vec<u8>>,
    is_damaged: bool,
}

impl<'a> World<'a> {
    fn new(folder: &'a Path) -> Self {
        World {
            folder,
            clock: 1,
            written: BTreeMap::new(),
            all: BTreeSet::new(),
            books: HashMap::new(),
            mark: 0,
            pristine: BTreeMap::new(),
            is_damaged: false,
        }
    }

    fn play(mut self, source: &mut Source<'_>) {
        let mut life = self.start(0);
        for _ in 0..ACTS_MAX {
            let Some(act) = source.next() else { break };
            match act % 10 {
                0..=3 => self.accept(&mut life, act >> 4),
                4 => {
                    if let Some(sync) = life.journal.sync() {
                        life.journal.synced(&sync);
                    }
                }
                5 => {
                    if let Some(sync) = life.journal.sync() {
                        life.journal.sync_failed(&sync, &io::Error::other("EIO"), second(self.clock));
                    }
                }
                6 => {
                    self.clock += 2;
                    life.journal.retry(second(self.clock));
                    self.note_written(&mut life);
                }
                7 => {
                    self.book(&mut life);
                    life.journal.trim(self.mark, if act & 0x80 == 0 { LATER } else { second(0) });
                }
                8 => life = self.kill(life, act >> 4),
                _ => {
                    self.end(life);
                    for _ in 0..1 + act % 3 {
                        self.damage(source);
                    }
                    life = self.start(act >> 4);
                }
            }
        }
        self.kill(life, 0);
        for (key, count) in &self.books {
            assert_eq!(count.count, 1, "{key:?} is booked more than once: {count:?}");
            assert!(self.all.contains(&key.minute), "{key:?} was never there");
        }
    }

    /// Shares, each in a minute of its own, so that the books tell them apart.
    fn accept(&mut self, life: &mut Life, count: u8) {
        for _ in 0..count {
            self.clock += 60;
            let serial = self.all.len();
            let record = Record {
                at: second(self.clock),
                rig: format!("rig-{}", serial % 3).into(),
                account: ["alice/gold", "house"][serial % 2].into(),
                work: Work([1, 1 << 40, u128::MAX][serial % 3]),
                print: Fingerprint(self.clock as u64),
            };
            self.all.insert(record.at.minute());
            life.live.share(record.key(), record.work);
            life.waiting.insert(life.journal.next(), record.clone());
            life.journal.push(&record);
        }
        life.journal.write(second(self.clock));
        self.note_written(life);
    }

    /// With a file open, all that was pushed is in it or in one before.
    fn note_written(&mut self, life: &mut Life) {
        if life.journal.open.is_some() {
            self.written.append(&mut life.waiting);
        }
    }

    /// The accounts take what was counted.
    fn book(&mut self, life: &mut Life) {
        for (key, count) in std::mem::take(&mut life.live).shares {
            *self.books.entry(key).or_default() += count;
        }
        self.mark = life.journal.next();
    }

    /// The process is gone; what it left is looked at.
    fn end(&mut self, life: Life) {
        drop(life);
        for (path, content) in read_all(&segments(self.folder).expect("a folder")) {
            self.pristine.entry(path).or_insert(content);
        }
    }

    fn kill(&mut self, life: Life, accepts: u8) -> Life {
        self.end(life);
        self.start(accepts)
    }

    /// Bits turn, ends go, parts are written over with nothing or with other parts of the folder.
    fn damage(&mut self, source: &mut Source<'_>) {
        let listed = segments(self.folder).expect("a folder");
        if listed.is_empty() {
            return;
        }
        let path = &listed[usize::from(byte(source)) % listed.len()].1;
        let mut content = std::fs::read(path).expect("it is listed");
        let (kind, at) = (byte(source), number(source) % content.len().max(1));
        let len = usize::from(byte(source) % 64);
        let end = content.len().min(at + len);
        match kind % 6 {
            _ if content.is_empty() => {}
            0 | 1 => content[at] ^= byte(source).max(1),
            2 => content.truncate(at),
            3 => content[at..end].fill(0),
            4 => {
                let other =
                    std::fs::read(&listed[usize::from(byte(source)) % listed.len()].1).expect("listed");
                let from = number(source) % other.len().max(1);
                let piece = &other[from..other.len().min(from + len)];
                content.splice(at..end, piece.iter().copied());
            }
            _ => drop(content.drain(at..end)),
        }
        // Numbers that nobody could read are given away again: a file that heals by itself is not looked at here.
        let is_healed = self.pristine.get(path).is_some_and(|pristine| {
            let before: BTreeSet<u64> =
                whole_shares(pristine, &std::fs::read(path).expect("it is listed")).into_iter().collect();
            whole_shares(pristine, &content).iter().any(|share| !before.contains(share))
        });
        if !is_healed {
            std::fs::write(path, content).expect("a file");
            self.is_damaged = true;
        }
    }

    /// A start, in the daemon's order: where the numbers go on, the journal, shares of the first miners, and only then
    /// what was left.
    fn start(&mut self, accepts: u8) -> Life {
        let listed = segments(self.folder).expect("a folder");
        let before = read_all(&listed);
        let next = next_number(&listed, self.mark).expect("nothing here is of a later release");
        let known = before.iter().filter(|(path, _)| self.pristine.contains_key(*path));
        let whole: BTreeSet<u64> =
            known.flat_map(|(path, now)| whole_shares(&self.pristine[path], now)).collect();
        let last = whole.last().copied();
        assert!(last.is_none_or(|last| last < next), "{next} is the next, and {last:?} is there");
        if !self.is_damaged {
            let end = self.written.last_key_value().map_or(0, |(last, _)| last + 1);
            assert_eq!(next, end.max(self.mark), "the numbers go on where they ended");
        }

        let journal = Journal::open(self.folder, next, Durability::Kernel, second(self.clock));
        // What holds nothing went, and its name may be taken again.
        self.pristine.retain(|path, _| before.get(path).is_some_and(|bytes| bytes.len() > 48));
        let mut life = Life { journal, live: Tally::default(), waiting: BTreeMap::new() };
        // Numbers from here on are new ones; what was lost with the memory of the last life is no share any more.
        let left: BTreeMap<u64, Record> =
            self.written.range(self.mark..next).map(|(n, r)| (*n, r.clone())).collect();
        self.written.split_off(&next);
        self.accept(&mut life, accepts);

        let found = recover(&listed, self.mark, next).expect("it was looked at before");
        assert_sums(&found, self.mark, next);
        let ours: HashMap<ShareKey, u64> = left.iter().map(|(n, record)| (record.key(), *n)).collect();
        let mut booked = BTreeSet::new();
        for (key, counted) in &found.tally.shares {
            let number = ours.get(key).unwrap_or_else(|| panic!("{key:?} was not written, or is booked"));
            let once = Counted::one(left[number].work);
            assert_eq!(*counted, once, "share {number} counts once, and what it stands for");
            booked.insert(*number);
        }
        let lost: Vec<u64> = whole.range(self.mark..).filter(|n| !booked.contains(n)).copied().collect();
        assert!(lost.is_empty(), "{lost:?} are whole and not booked");
        if !self.is_damaged {
            assert_eq!(booked.len(), left.len(), "all are there");
            assert_eq!((found.missing, &found.damaged[..]), (0, &[][..]), "nothing is wrong");
        }
        for damaged in &found.damaged {
            assert_eq!(std::fs::read(&damaged.path).ok().as_ref(), before.get(&damaged.path), "{damaged:?}");
        }
        life.live.merge(found.tally.clone());
        // Half of the lives end before they book what they found.
        if accepts & 1 == 0 {
            self.book(&mut life);
            set_all_aside(&found, &before);
            life.journal.trim(self.mark, LATER);
        }
        life
    }
}

/// The shares of a segment of ours that are still whole: their own record, and one of each name and amount of work that
/// they need. Found by their bytes, wherever these stand now.
fn whole_shares(pristine: &[u8], now: &[u8]) -> Vec<u64> {
    let frames = HEADER_LEN + FRAME_LEN + BASE_LEN;
    let (Some(base), Some(there)) = (pristine.get(HEADER_LEN..frames), now.get(HEADER_LEN..frames)) else {
        return Vec::new();
    };
    if base != there {
        return Vec::new();
    }
    let first = u64::from_le_bytes(base[FRAME_LEN + 1..FRAME_LEN + 9].try_into().expect("eight bytes"));
    let (mut said, mut shares) = (BTreeSet::new(), Vec::new());
    let mut at = frames;
    // What a failing disk wrote in half is the last, and no frame.
    while let Some(len) = pristine.get(at..at + 2) {
        let len = usize::from(u16::from_le_bytes([len[0], len[1]]));
        let Some(frame) = pristine.get(at..at + FRAME_LEN + len) else { break };
        at += frame.len();
        if !now[frames..].windows(frame.len()).any(|part| part == frame) {
            continue;
        }
        let mut fields = frame[FRAME_LEN + 1..].iter().copied();
        let mut field = || {
            let mut value = 0u64;
            for shift in (0..).step_by(7) {
                let byte = fields.next().expect("a field has an end");
                value |= u64::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    break;
                }
            }
            value
        };
        match frame[FRAME_LEN] {
            kind @ (1 | 4) => drop(said.insert((kind, field()))),
            _ => {
                let (number, _) = (first + field(), field());
                shares.push((number, [(1, field()), (1, field()), (4, field())]));
            }
        }
    }
    shares.retain(|(_, needs)| needs.iter().all(|need| said.contains(need)));
    shares.into_iter().map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn whatever_a_start_finds_it_books_once_what_is_whole() {
        fuzz_slice::run("journal", 800, super::journal);
    }
}
