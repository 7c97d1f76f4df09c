//! What was last seen: meters of recent work, and the facts that a hub reports about rigs, pools and
//! routes. A fact says what is, never what should be.

use std::sync::Arc;
use std::time::Duration;

use crate::failover::Health;
use crate::rig::Service;
use crate::statistics::{Interval, fay_feuer};
use crate::tally::{Passage, Refusals};
use crate::time::Timestamp;

/// Work of one slice of the clock. Sums are exact; what only intervals are made of need not be.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slice {
    /// Of the clock, counted from the epoch: 32 bits of ten seconds are 1,300 years.
    index: u32,
    count: u32,
    sum: f64,
    squares: f32,
    weight_max: f32,
}

/// Room is made for so many slices at a time: ten thousand rigs' meters should not double.
const ROOM: usize = 4;

/// Recent shares, in slices of the clock: the window moves by whole slices, so share times never bend it.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    since: Timestamp,
    /// Of a slice, seconds.
    width: u32,
    slices_max: u32,
    slices: Vec<Slice>,
}

/// What a meter shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Shares in the window.
    pub count: u64,
    /// Difficulty of these, summed.
    pub sum: f64,
    /// Length of the window, seconds.
    pub seconds: f64,
    squares: f64,
    weight_max: f64,
}

impl Reading {
    /// Nothing seen in no time.
    pub const NONE: Reading = Reading { count: 0, sum: 0.0, seconds: 0.0, squares: 0.0, weight_max: 0.0 };

    /// 95 % interval of the expected sum. Takes some microseconds: for who looks, not for every rig at all times.
    pub fn interval(&self) -> Interval {
        fay_feuer(self.sum, self.squares, self.weight_max)
    }
}

impl Meter {
    /// A window of `slices` times `width`, which is in whole seconds; empty from `since` on.
    pub fn new(since: Timestamp, width: Duration, slices: u32) -> Self {
        Self { since, width: width.as_secs() as u32, slices_max: slices, slices: Vec::new() }
    }

    /// Counts a share.
    pub fn add(&mut self, now: Timestamp, difficulty: f64) {
        let index = self.index(now);
        if self.slices.last().is_none_or(|slice| slice.index < index) {
            let young = self.slices.iter().position(|slice| index - slice.index < self.slices_max);
            self.slices.drain(..young.unwrap_or(self.slices.len()));
            if self.slices.len() == self.slices.capacity() {
                self.slices.reserve_exact(ROOM);
            }
            self.slices.push(Slice { index, count: 0, sum: 0.0, squares: 0.0, weight_max: 0.0 });
        }
        let slice = self.slices.last_mut().expect("one was pushed if there was none");
        slice.count += 1;
        slice.sum += difficulty;
        slice.squares += (difficulty * difficulty) as f32;
        slice.weight_max = slice.weight_max.max(difficulty as f32);
    }

    /// The window as of `now`. `weight_next` is the difficulty of the share that would come next; it
    /// bounds what zero shares may mean.
    pub fn read(&self, now: Timestamp, weight_next: f64) -> Reading {
        let first = (self.index(now) + 1).saturating_sub(self.slices_max);
        let start = Timestamp::from_seconds(i64::from(first) * i64::from(self.width)).max(self.since);
        let mut reading =
            Reading { seconds: now.since(start).as_secs_f64(), weight_max: weight_next, ..Reading::NONE };
        for slice in self.slices.iter().filter(|slice| slice.index >= first) {
            reading.count += u64::from(slice.count);
            reading.sum += slice.sum;
            reading.squares += f64::from(slice.squares);
            reading.weight_max = reading.weight_max.max(f64::from(slice.weight_max));
        }
        reading
    }

    /// Forgets everything before `now`.
    pub fn restart(&mut self, now: Timestamp) {
        self.since = now;
        self.slices = Vec::new();
    }

    fn index(&self, at: Timestamp) -> u32 {
        u32::try_from(at.0 / 1_000_000 / i64::from(self.width)).unwrap_or_default()
    }
}

/// One miner's connection, as seen now.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    /// The rig it was taken for, if any.
    pub rig: Option<Arc<str>>,
    /// It sends a name that another connection has already.
    pub clone: bool,
    /// As it introduced itself.
    pub user: Arc<str>,
    /// The program it runs.
    pub agent: Arc<str>,
    /// Where it connects from.
    pub address: std::net::SocketAddr,
    /// Since when.
    pub since: Timestamp,
    /// For whom its present job is, `None` without one.
    pub serving: Option<Arc<str>>,
    /// For whom it should be.
    pub wanted: Arc<str>,
    /// The pool of its present job.
    pub pool: Option<Arc<str>>,
    /// Of its present job.
    pub difficulty: f64,
    /// Its recent work.
    pub reading: Reading,
    /// When it last sent an accepted share.
    pub last_share: Option<Timestamp>,
    /// How it serves, by its shares.
    pub service: Service,
    /// Since when.
    pub service_since: Timestamp,
    /// Difficulty of the shares accepted on this connection, summed.
    pub work: f64,
    /// Shares accepted on this connection.
    pub accepted: u64,
    /// Shares rejected on this connection.
    pub rejected: u64,
    /// Shares of this rig rejected since the hub started, by reason; empty where it is none.
    pub refusals: Refusals,
    /// The same for those that pools refused.
    pub pool_refusals: Refusals,
}

/// One pool of one account, as seen now.
#[derive(Debug, Clone)]
pub struct PoolFacts {
    /// Whose.
    pub account: Arc<str>,
    /// Its name in the farm file.
    pub pool: Arc<str>,
    /// The door in use, or tried last.
    pub url: String,
    /// Well or ill, since when and why.
    pub health: Health,
    /// The pool's or the system's own words about it; empty where there are none.
    pub words: Arc<str>,
    /// What the pool last said to us, unasked, and when.
    pub message: Option<(Timestamp, Arc<str>)>,
    /// When it is next connected to, while it is not.
    pub retry_at: Option<Timestamp>,
    /// How far it is trusted with work.
    pub trust: TrustFacts,
    /// The account's present choice.
    pub in_use: bool,
    /// Kept connected.
    pub wanted: bool,
    /// Live connections.
    pub connections: usize,
    /// Rigs that work for it.
    pub rigs: usize,
    /// Of its present job; zero without one.
    pub difficulty: f64,
    /// When its last job came.
    pub last_job: Option<Timestamp>,
    /// Shares on their way.
    pub pending: usize,
    /// How far work for it has come.
    pub passage: Passage,
    /// Mean time it took to answer the last shares, milliseconds.
    pub latency_ms: f64,
}

/// How far a pool that failed with work is trusted with it again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustFacts {
    /// Nothing is held against it.
    #[default]
    Trusted,
    /// It must stay well until then before one rig tries it.
    Waits {
        /// Until when.
        until: Timestamp,
        /// How often it failed again soon after the work came back.
        relapses: u32,
    },
    /// One rig tries it.
    OnTrial {
        /// Since when.
        since: Timestamp,
        /// Which one; none while no rig of the account can.
        rig: Option<Arc<str>>,
    },
}

/// One route, as seen now.
#[derive(Debug, Clone)]
pub struct RouteFacts {
    /// As in the accounts.
    pub label: Arc<str>,
    /// Recent accepted work.
    pub reading: Reading,
    /// The pool that gets it, if any.
    pub pool: Option<Arc<str>>,
    /// How far its work has come.
    pub passage: Passage,
    /// Shares of its rigs that were rejected here, since the hub started.
    pub rejected: Refusals,
}

/// Everything that a hub sees.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// The farm file followed.
    pub generation: u64,
    /// The assignment followed.
    pub epoch: u64,
    /// Miners' connections that have introduced themselves.
    pub sessions: Vec<SessionFacts>,
    /// Connections in all.
    pub connections: usize,
    /// Pools by account.
    pub pools: Vec<PoolFacts>,
    /// Routes.
    pub routes: Vec<RouteFacts>,
    /// Sessions that are not yet where they should be.
    pub unplaced: usize,
    /// How far the system's clock was set ahead since the hub started, microseconds, all steps together.
    pub clock_set: i64,
    /// Rigs of the farm file that have had no work for a while because no pool takes any, connected or not.
    pub idle: Vec<Arc<str>>,
    /// Miners' connections that were turned away or shown the door since the hub started, by reason.
    pub turned_away: std::collections::BTreeMap<&'static str, u64>,
}

impl Snapshot {
    /// The same by a clock that is ahead by so many microseconds.
    pub fn shift(&mut self, by: i64) {
        self.at = self.at.shifted(by);
        for session in &mut self.sessions {
            for at in [&mut session.since, &mut session.service_since] {
                *at = at.shifted(by);
            }
            session.last_share = session.last_share.map(|at| at.shifted(by));
        }
        for pool in &mut self.pools {
            pool.health = match pool.health {
                Health::Well(since) => Health::Well(since.shifted(by)),
                Health::Ill(since, illness) => Health::Ill(since.shifted(by), illness),
            };
            if let Some((at, _)) = &mut pool.message {
                *at = at.shifted(by);
            }
            for at in [&mut pool.retry_at, &mut pool.last_job].into_iter().flatten() {
                *at = at.shifted(by);
            }
            match &mut pool.trust {
                TrustFacts::Waits { until: at, .. } | TrustFacts::OnTrial { since: at, .. } => {
                    *at = at.shifted(by);
                }
                TrustFacts::Trusted => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_by_the_clock() {
        let t = |seconds| Timestamp::from_seconds(seconds);
        let mut meter = Meter::new(t(0), Duration::from_secs(10), 6);
        assert!((meter.read(t(30), 1.0).interval().high - 3.69).abs() < 0.01);
        for second in 0..100 {
            meter.add(t(second), 2.0);
        }
        // The slices of 40..100 count: nothing older, and all of the present one.
        let reading = meter.read(t(99), 2.0);
        assert_eq!((reading.count, reading.sum, reading.seconds), (60, 120.0, 59.0));
        let interval = reading.interval();
        assert!(interval.low < 120.0 && interval.high > 120.0);
        assert!(meter.slices.capacity() <= 8, "{}", meter.slices.capacity());
        // After a minute of silence the shares of 90..100 have gone, too.
        assert_eq!(meter.read(t(155), 2.0).count, 0);
    }
}
