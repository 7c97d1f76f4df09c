//! Work that was already sent. What was seen belongs to the work and not to a connection, a job's name or a
//! rig: two shares are the same if they are the same block header, whoever sends them and under whatever
//! name. Also draws the pieces of a pool's job, so that the same job that comes twice is not handed out twice.

use std::collections::hash_map::Entry;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use foldhash::HashMap;
use stratum::extranonce::{Allocator, Geometry, Piece};
use stratum::peer::Folded;
use stratum::work::Target;

use crate::time::Timestamp;

/// What was seen of a search space is kept this long after the last pool worked in it. Longer than any miner's
/// job is remembered, so a share whose job is known is always compared with all that came before it.
pub const KEPT: Duration = Duration::from_secs(660);
/// Shares kept for one search space; beyond that it counts as used up.
const PRINTS_MAX: usize = 1 << 24;
/// Search spaces kept; the oldest give way, and are known to have been forgotten.
const SPACES_MAX: usize = 1 << 16;
/// Names of forgotten search spaces kept.
const FORGOTTEN_MAX: usize = 1 << 17;
/// What the last process accepted is kept this long after a start: by then its pools have found other work.
const RECOVERED_KEPT: Duration = Duration::from_secs(3600);

/// A share's fingerprint: eight bytes of its header's hash, the ones that no miner aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Of the header that hashes to this.
    pub fn of(hash: &Target) -> Self {
        Self(u64::from_be_bytes(hash.0[24..].try_into().expect("eight bytes")))
    }
}

/// A search space: all headers that one previous block, one list of merkle siblings and one length of the
/// coinbase allow. Jobs that can lead to the same header always share it, whatever their pools call them and
/// wherever they cut coinbase, extranonce 1 and extranonce 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Space([u8; 16]);

/// Which work a pool's job is, told from the work alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkId {
    space: Space,
    /// Tells jobs of one search space apart: the bytes around the part that is cut up.
    around: [u8; 16],
}

impl WorkId {
    /// Of a pool's job whose extranonce 2 has `extranonce_2_size` bytes.
    pub fn of(work: &Folded, extranonce_2_size: usize) -> Self {
        let job = &work.job;
        let parts = [&job.coinbase_1, &work.prefix, &job.coinbase_2];
        let coinbase_len = extranonce_2_size + parts.iter().map(|part| part.len()).sum::<usize>();
        let mut bytes = Vec::with_capacity(40 + 32 * job.branch.len());
        bytes.extend(job.previous);
        bytes.extend((coinbase_len as u64).to_le_bytes());
        job.branch.iter().for_each(|sibling| bytes.extend(sibling));
        let space = Space(digest(&bytes));
        bytes.clear();
        for part in parts {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part.iter());
        }
        Self { space, around: digest(&bytes) }
    }
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    stratum::digest(bytes)[..16].try_into().expect("sixteen bytes")
}

/// What a share turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// Nobody sent it before.
    New,
    /// It was sent before.
    Seen,
    /// Nobody can say: what was seen of its search space is forgotten, or more than can be kept.
    Forgotten,
}

/// What is kept of one search space.
#[derive(Debug, Default)]
struct Seen {
    prints: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// How far each job's pieces have been handed out, and in which shape: pieces of two would overlap.
    allocators: HashMap<[u8; 16], (Geometry, Allocator)>,
    used: Timestamp,
}

/// All work that may still be answered, and what was seen of it.
#[derive(Debug, Default)]
pub struct Duplicates {
    spaces: HashMap<Space, Seen>,
    forgotten: HashSet<Space>,
    forgotten_order: VecDeque<Space>,
    recovered: HashSet<u64, BuildHasherDefault<AsItIs>>,
    recovered_until: Timestamp,
}

impl Duplicates {
    /// Shares that an earlier process accepted: its pools may still hand out the same work.
    pub fn recover(&mut self, now: Timestamp, prints: impl IntoIterator<Item = Fingerprint>) {
        self.recovered.extend(prints.into_iter().map(|print| print.0));
        self.recovered_until = now + RECOVERED_KEPT;
    }

    /// A piece of a job that nobody was given, for a miner of this shape with this part of its own. `None` when
    /// the job has none left, was handed out in another shape, or was seen so long ago that it is forgotten.
    pub fn cut(
        &mut self,
        now: Timestamp,
        (work, extranonce_2_size): (WorkId, usize),
        (geometry, own): (Geometry, u64),
        time_ahead_max: u32,
    ) -> Option<Piece> {
        if self.forgotten.contains(&work.space) {
            return None;
        }
        let seen = self.touch(now, work.space);
        let (shape, allocator) =
            seen.allocators.entry(work.around).or_insert_with(|| (geometry, Allocator::default()));
        if *shape != geometry {
            return None;
        }
        allocator.next(own, geometry, extranonce_2_size, time_ahead_max)
    }

    /// Notes a share.
    pub fn note(&mut self, work: WorkId, print: Fingerprint) -> Novelty {
        if self.recovered.contains(&print.0) {
            return Novelty::Seen;
        }
        match self.spaces.get_mut(&work.space) {
            None => Novelty::Forgotten,
            Some(seen) if seen.prints.contains(&print.0) => Novelty::Seen,
            Some(seen) if seen.prints.len() >= PRINTS_MAX => Novelty::Forgotten,
            Some(seen) => {
                seen.prints.insert(print.0);
                Novelty::New
            }
        }
    }

    /// A pool works in these search spaces now; what none has worked in for [`KEPT`] is forgotten.
    pub fn tidy(&mut self, now: Timestamp, in_use: impl Iterator<Item = WorkId>) {
        for work in in_use {
            if let Some(seen) = self.spaces.get_mut(&work.space) {
                seen.used = now;
            }
        }
        if now >= self.recovered_until {
            self.recovered = HashSet::default();
        }
        let old: Vec<Space> = self
            .spaces
            .iter()
            .filter(|(_, seen)| now.since(seen.used) > KEPT)
            .map(|(space, _)| *space)
            .collect();
        old.into_iter().for_each(|space| self.forget(space));
    }

    /// Shares that are kept, of all search spaces together.
    pub fn len(&self) -> usize {
        self.spaces.values().map(|seen| seen.prints.len()).sum()
    }

    /// Nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn touch(&mut self, now: Timestamp, space: Space) -> &mut Seen {
        if self.spaces.len() >= SPACES_MAX && !self.spaces.contains_key(&space) {
            let oldest = self.spaces.iter().min_by_key(|(_, seen)| seen.used).map(|(space, _)| *space);
            oldest.into_iter().for_each(|space| self.forget(space));
        }
        let seen = match self.spaces.entry(space) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Seen::default()),
        };
        seen.used = now;
        seen
    }

    /// Work of a space that nobody sent a share for can be handed out again without harm.
    fn forget(&mut self, space: Space) {
        let Some(seen) = self.spaces.remove(&space) else { return };
        if seen.prints.is_empty() || !self.forgotten.insert(space) {
            return;
        }
        self.forgotten_order.push_back(space);
        if self.forgotten_order.len() > FORGOTTEN_MAX
            && let Some(oldest) = self.forgotten_order.pop_front()
        {
            self.forgotten.remove(&oldest);
        }
    }
}

/// Fingerprints are evenly spread already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
