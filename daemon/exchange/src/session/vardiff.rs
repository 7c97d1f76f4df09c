//! Vardiff: how hard a share should be so that a miner sends about as many a minute as asked for.
//! Decides only; the exchange tells the miner.

use std::time::Duration;

use stratum::work::Difficulty;

use crate::time::Timestamp;

/// Largest change in one step.
const STEP_MAX: f64 = 4.0;
/// Two-sided 99 % of the normal distribution.
const Z: f64 = 2.576;
/// A window in which more shares than this are expected is begun anew.
const EXPECTED_MAX: f64 = 400.0;
/// A change below this factor is not worth telling.
const CHANGE_MIN: f64 = 1.25;
/// Nobody means shares easier than this: four hashes each.
const FLOOR: f64 = 1e-9;

/// Counts shares at one difficulty and says when another fits better.
#[derive(Debug, Clone)]
pub struct Vardiff {
    per_minute: f64,
    difficulty: f64,
    floor: f64,
    since: Timestamp,
    count: u32,
}

impl Vardiff {
    /// Starts at `difficulty`, aiming at `per_minute` shares a minute.
    pub fn new(now: Timestamp, difficulty: Difficulty, per_minute: f64) -> Self {
        Self { per_minute, difficulty: difficulty.get(), floor: FLOOR, since: now, count: 0 }
    }

    /// What fits best as far as is known.
    pub fn difficulty(&self) -> Difficulty {
        Difficulty::new(self.difficulty.max(self.floor)).expect("steps are bounded and the floor is positive")
    }

    /// The miner asked for shares no easier than this.
    pub fn at_least(&mut self, difficulty: Difficulty) {
        self.floor = difficulty.get();
    }

    /// Starts over at `difficulty`.
    pub fn restart(&mut self, now: Timestamp, difficulty: Difficulty) {
        self.difficulty = difficulty.get();
        self.since = now;
        self.count = 0;
    }

    /// A share came whose job had `in_force`; shares of other difficulties say nothing new.
    pub fn on_share(&mut self, now: Timestamp, in_force: Difficulty) -> Option<Difficulty> {
        self.count += 1;
        self.retarget(now, in_force)
    }

    /// Time passed. `in_force` is the difficulty of the present job, which a pool may hold below ours.
    pub fn on_time(&mut self, now: Timestamp, in_force: Difficulty) -> Option<Difficulty> {
        self.retarget(now, in_force)
    }

    /// What was counted so far says nothing about how hard shares should be.
    pub fn hold(&mut self, now: Timestamp) {
        (self.since, self.count) = (now, 0);
    }

    /// The first moment at which time alone may change something, should no share come before. A little early,
    /// so that no rounding makes it late.
    pub fn wake_at(&self) -> Timestamp {
        // Too few shares where `expected - count > Z * sqrt(expected) + 1`: a quadratic in the root.
        let root = (Z + (Z * Z + 4.0 * (f64::from(self.count) + 1.0)).sqrt()) / 2.0;
        let expected = (root * root).min(EXPECTED_MAX);
        let seconds = (expected * 60.0 / self.per_minute - 0.001).clamp(0.0, 1e9);
        self.since + Duration::from_secs_f64(seconds)
    }

    fn retarget(&mut self, now: Timestamp, in_force: Difficulty) -> Option<Difficulty> {
        let minutes = now.since(self.since).as_secs_f64() / 60.0;
        let expected = self.per_minute * minutes;
        let count = f64::from(self.count);
        // The count's own interval must exclude what is expected (a normal approximation to Poisson's with
        // a continuity of one), else noise would move the target.
        let spread = Z * expected.max(1.0).sqrt() + 1.0;
        if (count - expected).abs() <= spread {
            // A long quiet stretch keeps its window short enough to notice a change.
            if expected > EXPECTED_MAX {
                self.since = now;
                self.count = 0;
            }
            return None;
        }
        let ratio = ((count + 0.5) / (expected + 0.5)).clamp(1.0 / STEP_MAX, STEP_MAX);
        let next = (in_force.get() * ratio).max(self.floor);
        self.since = now;
        self.count = 0;
        if (next / self.difficulty).max(self.difficulty / next) < CHANGE_MIN {
            return None;
        }
        self.difficulty = next;
        Difficulty::new(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares that arrive like clockwork at `rate` a minute for difficulty one.
    fn settle(rate_at_1: f64, start: f64, minutes: f64) -> f64 {
        let mut now = Timestamp::from_seconds(0);
        let mut vardiff = Vardiff::new(now, Difficulty::new(start).unwrap(), 20.0);
        let end = now + Duration::from_secs_f64(minutes * 60.0);
        let mut work = 0.0;
        while now < end {
            now = now + Duration::from_millis(50);
            work += rate_at_1 / 60.0 * 0.05;
            let difficulty = vardiff.difficulty();
            if work >= difficulty.get() {
                work -= difficulty.get();
                vardiff.on_share(now, difficulty);
            } else {
                vardiff.on_time(now, difficulty);
            }
        }
        vardiff.difficulty().get()
    }

    #[test]
    fn it_finds_the_difficulty_from_both_sides() {
        // 20 shares a minute at difficulty 1 are meant when the rate at difficulty 1 is 20.
        for start in [0.01, 1.0, 50.0] {
            let found = settle(20.0, start, 20.0);
            assert!((0.6..1.7).contains(&found), "from {start}: {found}");
        }
    }

    #[test]
    fn a_silent_miner_gets_easier_shares_step_by_step() {
        let start = Timestamp::from_seconds(0);
        let mut vardiff = Vardiff::new(start, Difficulty::new(64.0).unwrap(), 20.0);
        let soon = start + Duration::from_secs(5);
        assert_eq!(vardiff.on_time(soon, vardiff.difficulty()), None);
        let later = start + Duration::from_secs(40);
        assert_eq!(vardiff.on_time(later, vardiff.difficulty()).map(Difficulty::get), Some(16.0));
    }

    proptest::proptest! {
        #[test]
        fn nothing_changes_before_it_is_worth_a_look(count in 0u32..500, per_minute in 0.5f64..200.0, ahead in 0.0f64..1.0) {
            let start = Timestamp::from_seconds(1_000);
            let difficulty = Difficulty::new(64.0).unwrap();
            let vardiff = Vardiff { per_minute, difficulty: 64.0, floor: FLOOR, since: start, count };
            let wake = vardiff.wake_at();
            let looked = |at| { let mut one = vardiff.clone(); let told = one.on_time(at, difficulty); (told, one.since != start) };
            let before = start + wake.since(start).mul_f64(ahead);
            // More shares than expected are found when they come.
            let minutes = before.since(start).as_secs_f64() / 60.0;
            let expected = per_minute * minutes;
            proptest::prop_assume!(f64::from(count) - expected <= Z * expected.max(1.0).sqrt() + 1.0);
            proptest::prop_assert_eq!(looked(before), (None, false));
            proptest::prop_assert!(looked(wake + Duration::from_millis(5)).1, "{:?} is not too early", wake);
        }
    }

    #[test]
    fn a_minimum_that_was_asked_for_holds() {
        let start = Timestamp::from_seconds(0);
        let mut vardiff = Vardiff::new(start, Difficulty::new(64.0).unwrap(), 20.0);
        vardiff.at_least(Difficulty::new(32.0).unwrap());
        for minute in 1..20 {
            vardiff.on_time(start + Duration::from_secs(60 * minute), vardiff.difficulty());
        }
        assert_eq!(vardiff.difficulty().get(), 32.0);
    }
}
