//! The jobs that a miner was given and may still answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Piece;
use stratum::work::{Difficulty, Target};

use crate::time::Timestamp;
use crate::upstream::PoolJob;

/// Most jobs remembered; older ones are unknown.
const JOBS_MAX: usize = 64;
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
    /// What a share for it counts.
    pub difficulty: Difficulty,
    /// The same as a target.
    pub target: Target,
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
        let target = difficulty.target(job.algorithm);
        Self { id, job, piece, fixed, geometry, difficulty, target, mask, label, at }
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
    list: VecDeque<MinerJob>,
    last: u32,
}

impl Jobs {
    /// A name that was never used on this connection.
    pub fn next_id(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Remembers a job; forgets what is too old.
    pub fn push(&mut self, job: MinerJob) {
        let now = job.at;
        self.list.push_back(job);
        while self.list.len() > JOBS_MAX || self.list.front().is_some_and(|job| now.since(job.at) > AGE_MAX) {
            self.list.pop_front();
        }
    }

    /// The present job.
    pub fn newest(&self) -> Option<&MinerJob> {
        self.list.back()
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
