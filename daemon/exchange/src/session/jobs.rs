//! The jobs that a miner was given and may still answer.

use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Piece;
use stratum::work::{Difficulty, Target};

use crate::time::Timestamp;
use crate::upstream::PoolJob;
use crate::work::Work;

/// Most jobs remembered; older ones are unknown.
const JOBS_MAX: usize = 32;
/// Most that are remembered from before a clean job: their shares are late, and the last ones' are on their way.
const LATE_MAX: usize = 7;
/// Room is made for so many more at a time: ten thousand miners' lists should not double.
const ROOM: usize = 4;
/// Longest that a job is remembered. What was seen of its work is remembered for longer.
pub const AGE_MAX: Duration = Duration::from_secs(600);

/// Work given to one miner, and all that a share for it is judged by.
#[derive(Debug, Clone)]
pub struct MinerJob {
    /// Our name for it on this connection.
    pub id: u32,
    /// What it was made from.
    pub job: Arc<PoolJob>,
    /// The part of it that is this miner's.
    pub piece: Piece,
    /// The miner's constant part of the extranonce.
    pub fixed: [u8; 4],
    /// Length of that and of the rolled part.
    pub geometry: stratum::extranonce::Geometry,
    /// How hard a share for it is.
    pub difficulty: Difficulty,
    /// Version bits that may be rolled.
    pub mask: u32,
    /// For whom its shares count.
    pub label: Arc<str>,
    /// When it was handed out.
    pub at: Timestamp,
}

impl MinerJob {
    /// A job that no share has answered yet.
    #[expect(clippy::too_many_arguments, reason = "plain fields, each named at the one call")]
    pub fn new(
        id: u32,
        job: Arc<PoolJob>,
        piece: Piece,
        (geometry, fixed): (stratum::extranonce::Geometry, [u8; 4]),
        difficulty: Difficulty,
        mask: u32,
        label: Arc<str>,
        at: Timestamp,
    ) -> Self {
        Self { id, job, piece, fixed, geometry, difficulty, mask, label, at }
    }

    /// What a share must meet. Reckoned when one comes, since most jobs never see any.
    pub fn target(&self) -> Target {
        self.difficulty.target(self.job.algorithm)
    }

    /// What a share for it counts, rounded once here.
    pub fn share(&self) -> Work {
        Work::of_share(self.difficulty, self.job.algorithm)
    }

    /// The miner's constant part of the extranonce.
    pub fn fixed(&self) -> &[u8] {
        &self.fixed[..usize::from(self.geometry.fixed)]
    }

    /// The time it was given with.
    pub fn time(&self) -> u32 {
        self.job.work.job.time.saturating_add(self.piece.time_ahead)
    }
}

/// A connection's jobs, newest last.
#[derive(Debug, Default)]
pub struct Jobs {
    list: Vec<MinerJob>,
    last: u32,
}

impl Jobs {
    /// A name that was never used on this connection.
    pub fn next_id(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Remembers a job, which ends earlier work if it is `clean`; forgets what is too old.
    pub fn push(&mut self, job: MinerJob, clean: bool) {
        let most = if clean { LATE_MAX } else { JOBS_MAX - 1 };
        let young = self.list.iter().position(|old| job.at.since(old.at) <= AGE_MAX);
        let gone = young.unwrap_or(self.list.len()).max(self.list.len().saturating_sub(most));
        self.list.drain(..gone);
        if self.list.capacity() > self.list.len() + 2 * ROOM {
            self.list.shrink_to(self.list.len() + ROOM);
        } else if self.list.len() == self.list.capacity() {
            self.list.reserve_exact(ROOM);
        }
        self.list.push(job);
    }

    /// Whether this name was given to a job on this connection, however long ago.
    pub fn was_given(&self, name: &str) -> bool {
        stratum::hex::number(name).is_ok_and(|id| (1..=self.last).contains(&id))
    }

    /// The present job.
    pub fn newest(&self) -> Option<&MinerJob> {
        self.list.last()
    }

    /// The job that a miner names.
    pub fn find(&self, name: &str) -> Option<&MinerJob> {
        let id = stratum::hex::number(name).ok()?;
        let at = self.list.binary_search_by_key(&id, |job| job.id).ok()?;
        self.list.get(at)
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// None were given yet.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UpstreamId;
    use stratum::extranonce::{Allocator, Geometry};
    use stratum::peer::Folded;
    use stratum::work::{Algorithm, Job};

    fn job(jobs: &mut Jobs, at: Timestamp) -> MinerJob {
        let work = Job {
            id: "1".into(),
            previous: [0; 32],
            coinbase_1: Vec::new(),
            coinbase_2: Vec::new(),
            branch: Vec::new(),
            version: 0,
            bits: 0,
            time: 0,
            clean: false,
        };
        let difficulty = Difficulty::new(1.0).unwrap();
        let work = Arc::new(Folded::new(work, Vec::new()));
        let pool = PoolJob {
            id: crate::duplicates::WorkId::of(&work, 4),
            upstream: UpstreamId(1),
            connection: 1,
            number: 1,
            account: "a".into(),
            pool: "pool".into(),
            work,
            extranonce_2_size: 4,
            difficulty,
            target: difficulty.target(Algorithm::Sha256d),
            mask: 0,
            algorithm: Algorithm::Sha256d,
        };
        let piece = Allocator::default().next(0, Geometry::DEFAULT, 4, 10).unwrap();
        let own = (Geometry::DEFAULT, [0; 4]);
        MinerJob::new(jobs.next_id(), Arc::new(pool), piece, own, difficulty, 0, "house".into(), at)
    }

    #[test]
    fn a_list_is_no_longer_than_what_may_still_be_answered_and_never_doubles() {
        let mut jobs = Jobs::default();
        for n in 0..100 {
            let given = job(&mut jobs, Timestamp::from_seconds(n));
            jobs.push(given, false);
            assert!(jobs.list.capacity() <= jobs.len() + ROOM, "{} of {}", jobs.len(), jobs.list.capacity());
        }
        assert_eq!((jobs.len(), jobs.list.capacity()), (JOBS_MAX, JOBS_MAX));
        assert!(jobs.find("64").is_some() && jobs.find("44").is_none(), "100 is there, 68 is gone");
        // A new block leaves what may be on its way, and ten minutes leave nothing.
        for (at, len) in [(100, LATE_MAX + 1), (1_000, 1)] {
            let given = job(&mut jobs, Timestamp::from_seconds(at));
            jobs.push(given, true);
            assert_eq!(jobs.len(), len);
            assert!(jobs.list.capacity() <= len + 2 * ROOM, "{}", jobs.list.capacity());
        }
    }
}
