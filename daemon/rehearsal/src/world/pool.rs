//! A pool that is a value: hands out jobs, adapts its difficulty, judges what it is sent, and misbehaves
//! when told to.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use exchange::time::Timestamp;
use stratum::peer::{Answer, FromPool, Refusal, ToPool};
use stratum::work::check::solve;
use stratum::work::{Algorithm, Difficulty, Job, Reason, Share};

use crate::fault::FaultMode;

/// Shares a minute that a pool wants of one connection.
const PER_MINUTE: f64 = 20.0;
const MASK: u32 = 0x1fff_e000;

/// A pool.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) name: Arc<str>,
    /// One way.
    pub(super) latency: Duration,
    extranonce_1: Vec<u8>,
    extranonce_2_size: usize,
    jobs: u32,
    block: u64,
    next_link: u8,
}

/// One connection to it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) pool: usize,
    pub(super) connection: u32,
    extranonce_1: Vec<u8>,
    difficulty: f64,
    /// Pools stay above a difficulty at which one rig would flood them.
    floor: f64,
    told: Option<f64>,
    subscribed: bool,
    count: u32,
    since: Timestamp,
    seen: HashSet<u64>,
    /// The latest time at which one of its messages arrives: they keep their order.
    pub(super) last: Timestamp,
}

/// What a pool made of the shares it was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Verdicts {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    /// Of these, shares sent twice: what must never happen.
    pub(crate) duplicates: u64,
    /// Of these, shares that a pool without a fault had to refuse for another reason than staleness.
    pub(crate) faulty: u64,
}

impl Pool {
    pub(super) fn new(at: usize, name: Arc<str>, latency: Duration) -> Self {
        // Real pools differ in how much room they leave.
        let sizes = [8, 6, 4, 8];
        Self {
            name,
            latency,
            extranonce_1: vec![at as u8, 7],
            extranonce_2_size: sizes[at % sizes.len()],
            jobs: 0,
            block: 0,
            next_link: 0,
        }
    }

    /// Somebody connects. Begins at `difficulty`.
    pub(super) fn connect(&mut self, pool: usize, connection: u32, now: Timestamp, difficulty: f64) -> Link {
        self.next_link = self.next_link.wrapping_add(1);
        let mut extranonce_1 = self.extranonce_1.clone();
        extranonce_1.push(self.next_link);
        Link {
            pool,
            connection,
            extranonce_1,
            difficulty,
            floor: difficulty / 4.0,
            told: None,
            subscribed: false,
            count: 0,
            since: now,
            seen: HashSet::new(),
            last: now,
        }
    }

    /// A new job for everybody; after a block all work before is worth nothing.
    pub(super) fn next_job(&mut self, now: Timestamp, clean: bool) -> Job {
        self.jobs += 1;
        self.block += u64::from(clean);
        let mut previous = [0; 32];
        previous[..8].copy_from_slice(&self.block.to_le_bytes());
        Job {
            id: format!("{:x}", self.jobs).into(),
            previous,
            coinbase_1: self.jobs.to_be_bytes().to_vec(),
            coinbase_2: vec![4, 5, 6],
            branch: Vec::new(),
            version: 0x2000_0000,
            bits: 0x1703_4219,
            time: (now.0 / 1_000_000) as u32,
            clean,
        }
    }

    /// Tells a connection of a job, after the difficulty where that is new.
    pub(super) fn hand(&self, link: &mut Link, job: Job, out: &mut Vec<FromPool>) {
        if !link.subscribed {
            return;
        }
        if job.clean {
            link.seen.clear();
        }
        if link.told != Some(link.difficulty) {
            link.told = Some(link.difficulty);
            out.extend(Difficulty::new(link.difficulty).map(FromPool::SetDifficulty));
        }
        out.push(FromPool::Notify(job));
    }

    /// Takes a message, answers after the pool's own delay.
    pub(super) fn hear(
        &mut self,
        now: Timestamp,
        link: &mut Link,
        message: &ToPool,
        fault_mode: FaultMode,
        verdicts: &mut Verdicts,
        out: &mut Vec<FromPool>,
    ) -> Duration {
        match message {
            ToPool::Configure { id, .. } => {
                out.push(FromPool::Answer {
                    id: *id,
                    answer: Ok(Answer::Configured { version_mask: Some(MASK) }),
                });
            }
            ToPool::Subscribe { id, .. } => {
                let answer = Answer::Subscribed {
                    extranonce_1: link.extranonce_1.clone(),
                    extranonce_2_size: self.extranonce_2_size,
                };
                out.push(FromPool::Answer { id: *id, answer: Ok(answer) });
                link.subscribed = true;
                let job = self.next_job(now, false);
                self.hand(link, Job { clean: true, ..job }, out);
            }
            ToPool::Authorize { id, .. } => out.push(FromPool::Answer { id: *id, answer: Ok(Answer::Yes) }),
            ToPool::Submit { id, .. } => {
                let answer = match fault_mode {
                    FaultMode::Rejecting => Err(Refusal { code: Some(20), text: "Rejected".into() }),
                    FaultMode::Stale => Err(refusal(Reason::Stale)),
                    _ => self.judge(link, message).map_err(|reason| {
                        verdicts.duplicates += u64::from(reason == Reason::Duplicate);
                        verdicts.faulty += u64::from(reason != Reason::Stale);
                        refusal(reason)
                    }),
                };
                verdicts.accepted += u64::from(answer.is_ok());
                verdicts.refused += u64::from(answer.is_err());
                link.count += 1;
                out.push(FromPool::Answer { id: *id, answer });
                if let FaultMode::Slow(by) = fault_mode {
                    return by;
                }
            }
            ToPool::Pong { .. } | ToPool::Version { .. } | ToPool::Reply { .. } => {}
        }
        Duration::ZERO
    }

    /// Makes the share anew from what was sent alone, as a pool does.
    fn judge(&self, link: &mut Link, message: &ToPool) -> Result<Answer, Reason> {
        let ToPool::Submit { work, extranonce_2, time, nonce, version_bits, .. } = message else {
            return Err(Reason::Malformed);
        };
        if extranonce_2.len() != self.extranonce_2_size {
            return Err(Reason::ExtranonceSize);
        }
        if work.job.previous[..8] != self.block.to_le_bytes() {
            return Err(Reason::Stale);
        }
        let share = Share::new(extranonce_2, *time, *nonce, *version_bits).ok_or(Reason::ExtranonceSize)?;
        let easiest = link.told.unwrap_or(link.difficulty).min(link.difficulty);
        let target = Difficulty::new(easiest).ok_or(Reason::Other)?.target(Algorithm::Unit);
        let found = solve(Algorithm::Unit, &work.job, &link.extranonce_1, &share, MASK, target);
        // A share for the job before a change of difficulty may be as easy as that one was: twice is enough.
        if found.hash.to_f64() > target.to_f64() * 4.0 {
            return Err(Reason::LowDifficulty);
        }
        let mark = u64::from_be_bytes(found.hash.0[24..].try_into().expect("eight bytes"));
        if !link.seen.insert(mark) {
            return Err(Reason::Duplicate);
        }
        Ok(Answer::Yes)
    }

    /// A minute or so has passed: the next job is harder or easier where shares came too fast or too slow.
    pub(super) fn adapt(&self, link: &mut Link, now: Timestamp) {
        let minutes = now.since(link.since).as_secs_f64() / 60.0;
        if minutes < 1.0 {
            return;
        }
        let rate = f64::from(link.count) / minutes;
        if rate > 2.0 * PER_MINUTE {
            link.difficulty *= (rate / PER_MINUTE).min(4.0);
        } else if rate < 0.5 * PER_MINUTE {
            link.difficulty *= (rate / PER_MINUTE).max(0.25);
        }
        link.difficulty = link.difficulty.max(link.floor);
        (link.count, link.since) = (0, now);
    }
}

fn refusal(reason: Reason) -> Refusal {
    Refusal { code: Some(i64::from(reason.code())), text: reason.text().into() }
}
