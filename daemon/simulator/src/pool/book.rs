//! What a pool knows at the end of the day: who sent how much, and what became of it.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Instant;

use stratum::work::Reason;

/// Blocks of which the shares are remembered; those of earlier ones are stale anyway.
const BLOCKS_MAX: usize = 4;
/// Shares kept in the log; later ones are counted only.
const LOG_MAX: usize = 1_000_000;

/// What a pool has seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PoolCounts {
    /// By user name, as sent with the share.
    pub users: BTreeMap<String, UserCounts>,
    /// Connections that are up.
    pub connections: usize,
    /// Connections that were ever accepted.
    pub connections_total: u64,
    /// Authorizations that were refused or ignored, because the connection had a worker already.
    pub workers_refused: u64,
    /// Lines that came while the pool was stalled; they were dropped.
    pub unheard: u64,
    /// Of these, shares.
    pub unheard_shares: u64,
    /// Shares that were judged but not answered.
    pub unanswered: u64,
    /// Lines that were no requests, or longer than the pool takes.
    pub bad_lines: u64,
    /// Jobs made.
    pub jobs: u64,
}

/// What became of one user's shares.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserCounts {
    /// Accepted shares.
    pub accepted: u64,
    /// Refused shares by reason.
    pub rejected: BTreeMap<Reason, u64>,
    /// Sum of the accepted shares' difficulties, each that of its job.
    pub difficulty: f64,
}

impl PoolCounts {
    /// Accepted shares of all users.
    pub fn accepted(&self) -> u64 {
        self.users.values().map(|user| user.accepted).sum()
    }

    /// Refused shares of all users.
    pub fn rejected(&self) -> u64 {
        self.users.values().flat_map(|user| user.rejected.values()).sum()
    }

    /// Shares of all users that were refused for this reason.
    pub fn rejected_for(&self, reason: Reason) -> u64 {
        self.users.values().filter_map(|user| user.rejected.get(&reason)).sum()
    }

    /// Sum of the difficulties of all accepted shares.
    pub fn difficulty(&self) -> f64 {
        self.users.values().map(|user| user.difficulty).sum()
    }

    /// Accepted shares of one user.
    pub fn accepted_of(&self, user: &str) -> u64 {
        self.users.get(user).map_or(0, |user| user.accepted)
    }
}

/// A share as the pool saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolShare {
    /// Hash of its header, in hashing order: no two shares for different work have the same. Zero when there was
    /// no header to hash.
    pub hash: [u8; 32],
    /// When it came.
    pub at: Instant,
    /// The user name sent with it.
    pub user: String,
    /// The connection it came over, counted from 1 in order of arrival.
    pub connection: u64,
    /// The job it names.
    pub job: String,
    /// The difficulty of that job for that connection.
    pub difficulty: f64,
    /// What became of it.
    pub verdict: Result<(), Reason>,
}

/// Keeps counts, the log, and what was accepted before.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) counts: PoolCounts,
    pub(super) log: Vec<PoolShare>,
    keeps_log: bool,
    accepted: VecDeque<(u64, HashSet<[u8; 32]>)>,
}

impl Book {
    pub(super) fn new(keeps_log: bool) -> Book {
        Book { keeps_log, ..Book::default() }
    }

    /// Whether a share was accepted before, over whatever connection.
    pub(super) fn knows(&self, hash: &[u8; 32]) -> bool {
        self.accepted.iter().any(|(_, hashes)| hashes.contains(hash))
    }

    /// Writes down a share for a job on this block.
    pub(super) fn enter(&mut self, share: PoolShare, block: u64) {
        let user = self.counts.users.entry(share.user.clone()).or_default();
        match share.verdict {
            Ok(()) => {
                user.accepted += 1;
                user.difficulty += share.difficulty;
                self.remember(share.hash, block);
            }
            Err(reason) => *user.rejected.entry(reason).or_default() += 1,
        }
        if self.keeps_log && self.log.len() < LOG_MAX {
            self.log.push(share);
        }
    }

    fn remember(&mut self, hash: [u8; 32], block: u64) {
        if self.accepted.back().is_none_or(|(last, _)| *last != block) {
            self.accepted.push_back((block, HashSet::new()));
            if self.accepted.len() > BLOCKS_MAX {
                self.accepted.pop_front();
            }
        }
        if let Some((_, hashes)) = self.accepted.back_mut() {
            hashes.insert(hash);
        }
    }
}
