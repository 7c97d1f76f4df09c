//! Shares against expectation: has a rig lost hash? A mixture of Shiryaev-Roberts statistics, whose rate of
//! false alarms is a theorem rather than a tuned number.
//!
//! Shares of a healthy rig are a Poisson process of rate `λ`. For each suspected rest `r` of its hashrate
//! (nothing, half, four fifths) the statistic grows by `dR = (1 + (1 - r)·λ·R)·dt` between shares and falls to `r·R` at a
//! share. While the rig is healthy `R(t) - t` is a martingale, so the mean time until `R` first reaches `A`
//! is `A` itself: for any `r`, for their mean, and for any predictable sequence of difficulties (A. N. Shiryaev,
//! Theory of Probability and Its Applications 8, 1963; M. Pollak and A. G. Tartakovsky, Statistica Sinica 19, 2009).
//! Statistics are in seconds.

use std::time::Duration;

use crate::time::Timestamp;

/// Parts of its hashrate that a failing rig may be left with.
const RESTS: [f64; 3] = [0.0, 0.5, 0.8];
/// No threshold lies near this, and arithmetic stays finite.
const CEILING: f64 = 1e18;
/// Minutes of counts that the dispersion looks back on: a day. The odds of a false alarm move with the
/// dispersion's error many times over, so an hour of counts would not do.
const MEMORY: f64 = 1440.0;
/// Fewer minutes say nothing about dispersion.
const MINUTES_MIN: f64 = 8.0;

/// One rig's statistic.
#[derive(Debug, Clone, PartialEq)]
pub struct Detector {
    statistics: [f64; 3],
    at: Timestamp,
    /// Shares a second while healthy; zero while nothing is expected.
    rate: f64,
    dispersion: Dispersion,
}

impl Detector {
    /// Expects nothing yet.
    pub fn new(now: Timestamp) -> Self {
        Self { statistics: [0.0; 3], at: now, rate: 0.0, dispersion: Dispersion::new(now) }
    }

    /// From now on this many shares a second are expected of a healthy rig.
    pub fn expect(&mut self, now: Timestamp, per_second: f64) {
        self.on_time(now);
        self.rate = per_second;
    }

    /// Shares a second expected now.
    pub fn expected(&self) -> f64 {
        self.rate
    }

    /// How far it has looked; ahead of the clock while nothing counts yet.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Forgets what was seen; nothing counts before `from`, which may lie ahead.
    pub fn restart(&mut self, from: Timestamp) {
        self.statistics = [0.0; 3];
        self.at = from;
        self.dispersion.skip(from);
    }

    /// A share came.
    pub fn on_share(&mut self, now: Timestamp) {
        self.on_held_share(now);
        if now >= self.at {
            self.dispersion.on_share();
        }
    }

    /// A share came that the hub itself held back: how such shares are spread says nothing about how the rig sends.
    pub fn on_held_share(&mut self, now: Timestamp) {
        self.on_time(now);
        if now < self.at {
            return;
        }
        let excess = self.dispersion.excess();
        for (statistic, rest) in self.statistics.iter_mut().zip(RESTS) {
            // Shares that come in batches of φ say 1/φ as much each.
            *statistic *= rest.powf(1.0 / excess);
        }
    }

    /// Time passed.
    pub fn on_time(&mut self, now: Timestamp) {
        let seconds = now.since(self.at).as_secs_f64();
        if now <= self.at {
            return;
        }
        self.at = now;
        if self.rate <= 0.0 {
            return;
        }
        self.dispersion.on_time(now, self.rate * seconds);
        let rate = self.rate / self.dispersion.excess();
        for (statistic, rest) in self.statistics.iter_mut().zip(RESTS) {
            let growth = (1.0 - rest) * rate;
            let factor = (growth * seconds).min(700.0).exp();
            *statistic = ((*statistic + 1.0 / growth) * factor - 1.0 / growth).min(CEILING);
        }
    }

    /// The statistic: an alarm at `A` seconds has a mean time between false alarms of `A` seconds.
    pub fn statistic(&self) -> f64 {
        self.statistics.iter().sum::<f64>() / 3.0
    }

    /// Silence alone would explain the alarm.
    pub fn is_silent(&self) -> bool {
        self.statistics[0] >= self.statistics[1] && self.statistics[0] >= self.statistics[2]
    }

    /// Variance over mean of the counts a minute, at least one.
    pub fn dispersion(&self) -> f64 {
        self.dispersion.excess()
    }
}

/// Variance over mean of counts a minute, of the last day or so. Firmware that sends shares in batches has
/// more than the Poisson process's one. The variance is that of the steps from one minute to the next
/// (J. von Neumann et al., Annals of Mathematical Statistics 12, 1941): a rig that fails and comes back makes
/// two steps, where the distance from a mean would stay large for as long as the memory is.
#[derive(Debug, Clone, PartialEq)]
struct Dispersion {
    until: Timestamp,
    count: f64,
    expected: f64,
    /// The minute before; nothing expected where there is none.
    count_before: f64,
    expected_before: f64,
    /// Minutes counted, up to twice the memory.
    minutes: f64,
    mean: f64,
    variance: f64,
}

impl Dispersion {
    fn new(now: Timestamp) -> Self {
        Self {
            until: now + MINUTE,
            count: 0.0,
            expected: 0.0,
            count_before: 0.0,
            expected_before: 0.0,
            minutes: 0.0,
            mean: 0.0,
            variance: 0.0,
        }
    }

    /// What comes next has nothing to do with the minute before.
    fn skip(&mut self, from: Timestamp) {
        self.until = from + MINUTE;
        (self.count, self.expected, self.expected_before) = (0.0, 0.0, 0.0);
    }

    fn on_share(&mut self) {
        self.count += 1.0;
    }

    fn on_time(&mut self, now: Timestamp, expected: f64) {
        self.expected += expected;
        if now < self.until {
            return;
        }
        let (count, expected) = (self.count, self.expected);
        if expected > 1.0 && self.expected_before > 1.0 {
            // Parts of what was expected, so that a change of difficulty is no dispersion.
            let part = count / expected;
            let step = part - self.count_before / self.expected_before;
            let variance = step * step / (1.0 / expected + 1.0 / self.expected_before);
            self.minutes = (self.minutes + 1.0).min(2.0 * MEMORY);
            let weight = 1.0 / self.minutes.min(MEMORY);
            self.mean += weight * (part - self.mean);
            self.variance += weight * (variance - self.variance);
        }
        self.skip(now);
        (self.count_before, self.expected_before) = (count, expected);
    }

    /// One, unless the counts say clearly more.
    fn excess(&self) -> f64 {
        if self.minutes < MINUTES_MIN || self.mean <= 0.0 {
            return 1.0;
        }
        let found = self.variance / self.mean;
        // Three standard deviations of such a variance: chance alone does not blunt the detector.
        if found > 1.0 + 3.0 * (3.0 / self.minutes).sqrt() { found } else { 1.0 }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    /// A seeded source of exponential waits.
    struct Rng(u64);

    impl Rng {
        fn seeded(seed: u64) -> Self {
            // Small seeds would begin with small numbers.
            Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
        }

        fn uniform(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        fn wait(&mut self, per_second: f64) -> Duration {
            Duration::from_secs_f64(-self.uniform().ln() / per_second)
        }
    }

    /// Seconds until the statistic reaches `level` with shares of `per_second`, in batches.
    fn run_until(
        detector: &mut Detector,
        start: Timestamp,
        level: f64,
        per_second: f64,
        batch: u32,
        rng: &mut Rng,
    ) -> f64 {
        let mut now = start;
        loop {
            let next = if per_second > 0.0 {
                now + rng.wait(per_second / f64::from(batch))
            } else {
                now + Duration::from_secs(3600)
            };
            // Between shares the statistic grows smoothly: look every half second.
            while now < next {
                now = (now + Duration::from_millis(500)).min(next);
                detector.on_time(now);
                if detector.statistic() >= level {
                    return now.since(start).as_secs_f64();
                }
            }
            (0..batch).for_each(|_| detector.on_share(now));
        }
    }

    fn fresh(per_second: f64) -> Detector {
        let mut detector = Detector::new(Timestamp::from_seconds(0));
        detector.expect(Timestamp::from_seconds(0), per_second);
        detector
    }

    const RATE: f64 = 20.0 / 60.0;
    const DAY: f64 = 86_400.0;

    #[test]
    fn false_alarms_come_as_rarely_as_promised() {
        let mut rng = Rng::seeded(7);
        let level = 3600.0;
        let runs = 300;
        let sum: f64 = (0..runs)
            .map(|_| run_until(&mut fresh(RATE), Timestamp::from_seconds(0), level, RATE, 1, &mut rng))
            .sum();
        let mean = sum / f64::from(runs);
        // Its standard deviation is about the mean: 300 runs know it to 6 %.
        assert!((mean / level - 1.0).abs() < 0.18, "{mean}");
    }

    /// Mean minutes to an alarm after a drop to `rest`, from a detector that has long been running.
    fn delay(rest: f64, level: f64, runs: u32) -> f64 {
        let mut rng = Rng::seeded(11);
        let mut sum = 0.0;
        for _ in 0..runs {
            let mut detector = fresh(RATE);
            let mut now = Timestamp::from_seconds(0);
            let end = Timestamp::from_seconds(3600);
            while now < end {
                now = now + rng.wait(RATE);
                detector.on_share(now);
            }
            sum += run_until(&mut detector, now, level, RATE * rest, 1, &mut rng);
        }
        sum / f64::from(runs) / 60.0
    }

    #[test]
    fn a_dead_rig_is_noticed_in_less_than_a_minute_and_a_half_one_in_four() {
        // Published means for 20 shares a minute: 0.69 and 3.67 min at one false alarm in 30 days.
        let dead = delay(0.0, 30.0 * DAY, 60);
        assert!((0.6..0.8).contains(&dead), "{dead}");
        let half = delay(0.5, 30.0 * DAY, 150);
        assert!((3.2..4.2).contains(&half), "{half}");
    }

    #[test]
    fn the_other_level_takes_only_little_longer() {
        let dead = delay(0.0, 1e4 * DAY, 60);
        assert!((0.9..1.1).contains(&dead), "{dead}");
    }

    #[test]
    fn changes_of_difficulty_are_no_alarm() {
        let mut rng = Rng::seeded(3);
        let mut detector = fresh(RATE);
        let mut now = Timestamp::from_seconds(0);
        let mut worst: f64 = 0.0;
        for n in 0..20_000 {
            let factor = if (n / 50) % 2 == 0 { 1.0 } else { 4.0 };
            detector.expect(now, RATE / factor);
            now = now + rng.wait(RATE / factor);
            detector.on_time(now);
            worst = worst.max(detector.statistic());
            detector.on_share(now);
        }
        assert!(worst < 30.0 * DAY, "{worst}");
    }

    #[test]
    fn batches_are_recognised_and_judged_for_what_they_say() {
        let mut rng = Rng::seeded(5);
        let mut detector = fresh(RATE);
        let mut now = Timestamp::from_seconds(0);
        for _ in 0..600 {
            now = now + rng.wait(RATE / 4.0);
            detector.on_time(now);
            (0..4).for_each(|_| detector.on_share(now));
        }
        assert!((2.0..7.0).contains(&detector.dispersion()), "{}", detector.dispersion());
        let mut poisson = fresh(RATE);
        let mut now = Timestamp::from_seconds(0);
        for _ in 0..2400 {
            now = now + rng.wait(RATE);
            poisson.on_share(now);
        }
        assert!(poisson.dispersion() < 1.8, "{}", poisson.dispersion());
    }

    #[test]
    fn a_failure_that_is_over_does_not_blunt_the_detector() {
        let mut rng = Rng::seeded(13);
        let mut detector = fresh(RATE);
        let mut now = Timestamp::from_seconds(0);
        for (minutes, per_second) in [(240, RATE), (180, 0.0), (120, RATE / 2.0), (240, RATE)] {
            let end = now + MINUTE * minutes;
            while now < end {
                let next = if per_second > 0.0 { now + rng.wait(per_second) } else { end };
                while now < next.min(end) {
                    now = (now + Duration::from_secs(1)).min(next);
                    detector.on_time(now);
                }
                if per_second > 0.0 {
                    detector.on_share(now);
                }
            }
        }
        assert_eq!(detector.dispersion(), 1.0);
    }

    #[test]
    fn a_restart_forgets_and_waits() {
        let mut detector = fresh(RATE);
        detector.on_time(Timestamp::from_seconds(100));
        assert!(detector.statistic() > DAY && detector.is_silent());
        detector.restart(Timestamp::from_seconds(130));
        detector.on_time(Timestamp::from_seconds(129));
        assert_eq!(detector.statistic(), 0.0);
    }
}
