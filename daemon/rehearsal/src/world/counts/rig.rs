//! A rig by counts: what it sent in each of the last minutes, and whether that begins to look odd.

use std::time::Duration;

use exchange::time::Timestamp;
use exchange::watch::{Rule, Watch};

/// Minutes that are kept.
const KEPT: usize = 32;
/// A sum above this has a rig looked at closely. A detector needs some ten for its first alarm.
const ODD: f32 = 5.0;
/// A detector is trusted to know the worst of a healthy rig.
const HEALTHY_MIN: f32 = 0.95;
const LN_FOUR_FIFTHS: f32 = 0.223_143_55;
const LN_HALF: f32 = std::f32::consts::LN_2;
const MINUTE: i64 = 60_000_000;

/// How closely a rig is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Not there.
    Idle,
    /// One count a minute.
    Calm,
    /// Its detector is fed minute by minute.
    Warm,
    /// Its detector is fed second by second.
    Hot,
}

/// One rig.
#[derive(Debug)]
pub(super) struct Rig {
    /// Its shares are drawn up to then.
    pub(super) since: Timestamp,
    pub(super) mode: Mode,
    pub(super) table: u8,
    /// Index of the rental it serves.
    pub(super) serves: usize,
    /// Hashes that one of its shares stands for.
    pub(super) hashes: f64,
    /// Accepted on this connection, hashes.
    pub(super) work: f64,
    /// Page's sums of the logarithm of likelihoods, for four fifths and for half of its hashrate.
    sums: [f32; 2],
    expected: f32,
    /// Minutes since both sums were nothing.
    odd_for: u8,
    /// Minutes that are known since it was last forgotten.
    known_for: u8,
    at: u8,
    counts: [u8; KEPT],
    /// Shares of this minute, while it is not calm.
    pub(super) count: u32,
    /// Shares a minute of its whole hashrate.
    pub(super) per_minute: f64,
    pub(super) connected: bool,
    /// It is given no work.
    pub(super) parked: bool,
    /// It runs, and has booted.
    pub(super) up: bool,
    /// It was connected before.
    pub(super) known: bool,
    pub(super) last_share: Option<Timestamp>,
    /// Anything planned under an older number is off.
    pub(super) turn: u32,
    pub(super) watch: Watch,
}

impl Rig {
    pub(super) fn new(now: Timestamp, nominal: f64, per_minute: f64) -> Self {
        Self {
            since: now,
            mode: Mode::Idle,
            table: 0,
            serves: super::HOUSE,
            hashes: nominal * 60.0 / per_minute,
            work: 0.0,
            sums: [0.0; 2],
            expected: per_minute as f32 * HEALTHY_MIN,
            odd_for: 0,
            known_for: 0,
            at: 0,
            counts: [0; KEPT],
            count: 0,
            per_minute,
            connected: false,
            parked: false,
            up: false,
            known: false,
            last_share: None,
            turn: 0,
            watch: Watch::new(now, Rule::default()),
        }
    }

    /// Its work is taken away.
    pub(super) fn park(&mut self, now: Timestamp) {
        (self.parked, self.mode) = (true, Mode::Idle);
        self.watch.set_aside(now);
    }

    /// It is given work again.
    pub(super) fn let_go(&mut self, now: Timestamp) {
        (self.parked, self.since, self.count) = (false, now, 0);
        if self.mode == Mode::Idle {
            self.mode = Mode::Warm;
        }
        self.watch.resume(now, self.connected);
    }

    /// Keeps a minute's count. True when its counts are odd.
    #[inline]
    pub(super) fn keep(&mut self, shares: u8) -> bool {
        self.at = (self.at + 1) % KEPT as u8;
        self.counts[usize::from(self.at)] = shares;
        self.known_for = self.known_for.saturating_add(1).min(KEPT as u8);
        let k = f32::from(shares);
        self.sums[0] = (self.sums[0] + 0.2 * self.expected - LN_FOUR_FIFTHS * k).max(0.0);
        self.sums[1] = (self.sums[1] + 0.5 * self.expected - LN_HALF * k).max(0.0);
        self.odd_for = if self.sums == [0.0; 2] { 0 } else { self.odd_for.saturating_add(1) };
        self.sums[0] >= ODD || self.sums[1] >= ODD
    }

    /// Nothing in its counts asks for attention.
    pub(super) fn looks_calm(&self) -> bool {
        self.sums[0] < 1.0 && self.sums[1] < 1.0
    }

    /// What it did says nothing about what comes.
    pub(super) fn forget(&mut self) {
        self.sums = [0.0; 2];
        (self.odd_for, self.known_for) = (0, 0);
    }

    /// The detector of a rig that was calm is fed with what it missed: all since its counts were last ordinary.
    pub(super) fn catch_up(&mut self, now: Timestamp, rule: Rule) {
        let minutes = i64::from(self.odd_for.saturating_add(4).min(self.known_for));
        let this = Timestamp(now.0.div_euclid(MINUTE) * MINUTE);
        self.watch.restart(Timestamp(this.0 - minutes * MINUTE), rule);
        for back in (0..minutes).rev() {
            let start = Timestamp(this.0 - (back + 1) * MINUTE);
            let shares = self.counts[(usize::from(self.at) + KEPT - back as usize) % KEPT];
            for n in 0..shares {
                let part = (f64::from(n) + 0.5) / f64::from(shares);
                self.watch.on_share(start + Duration::from_secs_f64(60.0 * part));
            }
            self.watch.on_time(start + Duration::from_secs(60));
        }
        self.last_share = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Poisson, Rng};

    #[test]
    fn healthy_rigs_are_seldom_odd_and_failing_ones_soon() {
        let mut rng = Rng::seeded(3);
        let mut minutes = |mean: f64, most: u32| {
            let mut rig = Rig::new(Timestamp::from_seconds(0), 1e14, 20.0);
            let table = Poisson::of(mean);
            (1..=most)
                .filter(|_| {
                    let odd = rig.keep(table.draw(&mut rng));
                    if odd {
                        rig.forget();
                    }
                    odd
                })
                .count()
        };
        let odd = minutes(20.0, 200_000);
        assert!(odd < 400, "a healthy rig was odd {odd} times in 200,000 minutes");
        assert!(minutes(10.0, 600) > 100, "half a rig is odd within some minutes");
        assert!(minutes(16.0, 6000) > 100, "four fifths of one within the hour");
        assert!(minutes(0.0, 2) >= 1, "nothing at once");
    }
}
