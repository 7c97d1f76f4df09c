//! The one place of this crate that asks what time it is.
//!
//! Two clocks: the system's, which is set and jumps, says when something happened; a steady one says how long
//! something takes. The steady one stands still while this process does: what a paused machine, or a loop that came too
//! late, did not hear was not missing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use exchange::time::Timestamp;

/// Longest time between two looks at the clock that is nobody's fault; the hub looks ten times a second.
const LATE: Duration = Duration::from_secs(2);
/// A smaller difference between the two clocks is drift, which is followed without a word.
const STEP: i64 = 2_000_000;

/// Now, by the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Now, by the clock that is never set: for how long something takes.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// What is worth telling of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Nobody looked at the clock for this long.
    Late(Duration),
    /// The system's clock was set ahead by so many microseconds.
    Set(i64),
}

/// The steady clock, beside the system's.
#[derive(Debug)]
pub(crate) struct Clock {
    anchor: Instant,
    /// The system's clock at the anchor.
    wall: Timestamp,
    /// The last look, as time since the anchor.
    last: Duration,
    /// Time during which this process stood still.
    lost: Duration,
    /// Of that, what was told,
    told: Duration,
    /// and what was allowed for.
    allowed: Duration,
    /// How far the system's clock is ahead of the steady one, microseconds.
    ahead: i64,
    /// All steps of the system's clock together, microseconds.
    set: i64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self::at(Instant::now(), now())
    }

    fn at(anchor: Instant, wall: Timestamp) -> Self {
        let zero = Duration::ZERO;
        Self { anchor, wall, last: zero, lost: zero, told: zero, allowed: zero, ahead: 0, set: 0 }
    }

    /// Now, by the steady clock.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.read(self.anchor.elapsed())
    }

    /// How long this process has stood still since this was last asked, as of the last look.
    pub(crate) fn take_stall(&mut self) -> Option<Duration> {
        let by = self.lost - std::mem::replace(&mut self.allowed, self.lost);
        (!by.is_zero()).then_some(by)
    }

    /// How far the system's clock is ahead, and all steps of it together, microseconds.
    pub(crate) fn ahead(&self) -> (i64, i64) {
        (self.ahead, self.set)
    }

    /// Compares the clocks.
    pub(crate) fn compare(&mut self) -> [Option<News>; 2] {
        self.compare_at(self.anchor.elapsed(), now())
    }

    fn read(&mut self, elapsed: Duration) -> Timestamp {
        let gap = elapsed.saturating_sub(self.last);
        if gap > LATE {
            self.lost += gap;
        }
        self.last = self.last.max(elapsed);
        self.wall + self.last.saturating_sub(self.lost)
    }

    fn compare_at(&mut self, elapsed: Duration, wall: Timestamp) -> [Option<News>; 2] {
        let steady = self.read(elapsed);
        let late = self.lost - self.told;
        self.told = self.lost;
        let ahead = wall.0 - steady.0;
        let step = ahead - self.ahead - late.as_micros() as i64;
        self.ahead = ahead;
        let is_step = step.abs() >= STEP;
        if is_step {
            self.set += step;
        }
        [(!late.is_zero()).then_some(News::Late(late)), is_step.then_some(News::Set(step))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn the_steady_clock_is_not_set() {
        let start = Timestamp::from_seconds(1_000_000);
        for step in [HOUR, -HOUR, 3_000_000, -3_000_000] {
            let mut clock = Clock::at(Instant::now(), start);
            assert_eq!(clock.compare_at(millis(100), start + millis(100)), [None, None]);
            let wall = (start + millis(200)).shifted(step);
            assert_eq!(clock.compare_at(millis(200), wall), [None, Some(News::Set(step))]);
            assert_eq!(clock.read(millis(300)), start + millis(300));
            assert_eq!(clock.ahead(), (step, step));
            // Told once.
            assert_eq!(clock.compare_at(millis(400), wall + millis(200)), [None, None]);
        }
    }

    #[test]
    fn drift_is_followed_without_a_word() {
        let start = Timestamp::from_seconds(1_000_000);
        let mut clock = Clock::at(Instant::now(), start);
        for n in 1..1000 {
            let wall = (start + millis(100 * n)).shifted(1_000 * n as i64);
            assert_eq!(clock.compare_at(millis(100 * n), wall), [None, None]);
        }
        assert_eq!(clock.ahead(), (999_000, 0));
    }

    #[test]
    fn while_the_process_stands_still_so_does_the_steady_clock() {
        let start = Timestamp::from_seconds(1_000_000);
        let mut clock = Clock::at(Instant::now(), start);
        clock.compare_at(millis(100), start + millis(100));
        // Half a minute later a miner's line is what looks first.
        assert_eq!(clock.read(millis(30_100)), start + millis(100));
        assert_eq!(clock.read(millis(30_150)), start + millis(150));
        let late = News::Late(millis(30_000));
        assert_eq!(clock.compare_at(millis(30_200), start + millis(30_200)), [Some(late), None]);
        assert_eq!(clock.compare_at(millis(30_300), start + millis(30_300)), [None, None]);
        assert_eq!(clock.ahead(), (30_000_000, 0));
        // Both at once are told apart.
        let wall = (start + millis(40_300)).shifted(HOUR);
        let told = clock.compare_at(millis(40_300), wall);
        assert_eq!(told, [Some(News::Late(millis(10_000))), Some(News::Set(HOUR))]);
    }
}
