//! What a rig has done and what it was told about it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Latencies kept; later ones take the place of the oldest.
const LATENCIES_MAX: usize = 100_000;
/// Refusals kept with their words.
const REFUSALS_MAX: usize = 200;

/// One rig's counters, or several rigs' added up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RigCounters {
    /// Hashes really done.
    pub hashes: u64,
    /// Hashes that were due but not done, because the processor was not fast enough.
    pub hashes_short: u64,
    /// Shares found.
    pub found: u64,
    /// Shares found and not sent: the connection was gone, or the queue full.
    pub unsent: u64,
    /// Shares found and kept back, to be sent together with others.
    pub collected: u64,
    /// Shares sent.
    pub submitted: u64,
    /// Shares that were accepted.
    pub accepted: u64,
    /// Shares that were refused, by error code (0 where none was given).
    pub rejected: BTreeMap<i64, u64>,
    /// Shares whose connection ended before the answer came.
    pub unanswered: u64,
    /// Shares that wait for their answer.
    pub waiting: u64,
    /// Sum of the accepted shares' difficulties, each that of its job.
    pub difficulty: f64,
    /// Connections that were made; one is the normal number.
    pub connections: u64,
    /// Attempts to connect that failed.
    pub connections_failed: u64,
    /// Whether it is connected and authorized.
    pub ready: bool,
    /// Jobs received.
    pub jobs: u64,
    /// Jobs received that were clean.
    pub clean_jobs: u64,
    /// Jobs not taken up, because of a repeated id.
    pub jobs_ignored: u64,
    /// Jobs that could not be read.
    pub jobs_bad: u64,
    /// Times the extranonce was changed while connected.
    pub extranonces: u64,
    /// Difficulty of the job it works on.
    pub share_difficulty: f64,
    /// Refusals with their words, the first of them.
    pub refusals: Vec<Refusal>,
    latencies: Vec<u32>,
    latencies_at: usize,
}

/// What became of a share that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was accepted.
    Accepted,
    /// It was refused, with this error code (0 where none was given).
    Refused(i64),
    /// Its connection ended before the answer came.
    Unanswered,
}

/// A share as its rig remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RigShare {
    /// Hash of its header, in hashing order: no two shares for different work have the same.
    pub hash: [u8; 32],
    /// When it was sent.
    pub at: Instant,
    /// What became of it.
    pub fate: Fate,
}

/// A share that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The job it named.
    pub job: String,
    /// The answer.
    pub answer: String,
}

impl RigCounters {
    /// Shares refused for whatever reason.
    pub fn rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Times it had to connect again.
    pub fn reconnects(&self) -> u64 {
        self.connections.saturating_sub(1)
    }

    /// The time within which this part of the answers came; 0.5 gives the median. `None` when there were none.
    pub fn latency(&self, part: f64) -> Option<Duration> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = ((sorted.len() as f64 * part) as usize).min(sorted.len().checked_sub(1)?);
        Some(Duration::from_micros(sorted[at].into()))
    }

    /// Adds another rig's counters.
    pub fn add(&mut self, other: &RigCounters) {
        self.hashes += other.hashes;
        self.hashes_short += other.hashes_short;
        self.found += other.found;
        self.unsent += other.unsent;
        self.collected += other.collected;
        self.submitted += other.submitted;
        self.accepted += other.accepted;
        for (code, count) in &other.rejected {
            *self.rejected.entry(*code).or_default() += count;
        }
        self.unanswered += other.unanswered;
        self.waiting += other.waiting;
        self.difficulty += other.difficulty;
        self.connections += other.connections;
        self.connections_failed += other.connections_failed;
        self.ready |= other.ready;
        self.jobs += other.jobs;
        self.clean_jobs += other.clean_jobs;
        self.jobs_ignored += other.jobs_ignored;
        self.jobs_bad += other.jobs_bad;
        self.extranonces += other.extranonces;
        self.share_difficulty = other.share_difficulty;
        let room = REFUSALS_MAX.saturating_sub(self.refusals.len());
        self.refusals.extend(other.refusals.iter().take(room).cloned());
        other.latencies.iter().for_each(|micros| self.keep_latency(*micros));
    }

    /// Every share that was found has been sent, and answered.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting == 0 && self.found == self.unsent + self.collected + self.submitted
    }

    pub(super) fn answered(&mut self, after: Duration) {
        self.keep_latency(u32::try_from(after.as_micros()).unwrap_or(u32::MAX));
    }

    pub(super) fn refused(&mut self, code: i64, job: &str, answer: String) {
        *self.rejected.entry(code).or_default() += 1;
        if self.refusals.len() < REFUSALS_MAX {
            self.refusals.push(Refusal { job: job.to_owned(), answer });
        }
    }

    fn keep_latency(&mut self, micros: u32) {
        if self.latencies.len() < LATENCIES_MAX {
            self.latencies.push(micros);
        } else {
            self.latencies[self.latencies_at] = micros;
            self.latencies_at = (self.latencies_at + 1) % LATENCIES_MAX;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_answers_came_within_its_latency() {
        let mut counters = RigCounters::default();
        assert_eq!(counters.latency(0.5), None);
        (1..=100).for_each(|n| counters.answered(Duration::from_micros(n)));
        assert_eq!(counters.latency(0.5), Some(Duration::from_micros(51)));
        assert_eq!(counters.latency(0.95), Some(Duration::from_micros(96)));
        assert_eq!(counters.latency(1.0), Some(Duration::from_micros(100)));
    }

    #[test]
    fn counters_of_several_rigs_add_up() {
        let mut sum = RigCounters::default();
        for code in [21, 22, 22] {
            let mut one = RigCounters { accepted: 2, connections: 1, ..RigCounters::default() };
            one.refused(code, "7", "no".into());
            sum.add(&one);
        }
        assert_eq!((sum.accepted, sum.rejected(), sum.refusals.len()), (6, 3, 3));
        assert_eq!(sum.rejected, BTreeMap::from([(21, 1), (22, 2)]));
    }
}
