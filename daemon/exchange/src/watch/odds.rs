//! What a rule of detection costs before anybody tries it: how often chance alone blames a healthy rig, and how
//! long a failing one goes unnoticed. Rates are shares a second.

use std::time::Duration;

use crate::statistics::ln_gamma;
use crate::watch::window::SLICES;

/// A random walk that is looked at in steps reaches a level as one that is always looked at reaches a level
/// farther by this part of a step's deviation: -ζ(1/2)/√2π (D. Siegmund, Advances in Applied Probability 11, 1979).
const OVERSHOOT: f64 = 0.582_6;
const DAY: f64 = 86_400.0;

/// The plain rule: a mean over a fixed time, and a silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plain {
    /// Shares a second while healthy.
    pub rate: f64,
    /// Time the mean is taken over.
    pub period: Duration,
    /// Part of the shares expected at which a rig is degraded.
    pub degraded_below: f64,
    /// Time without a share after which it is dead.
    pub silent_after: Duration,
}

impl Plain {
    /// Times a day that chance alone lets a healthy rig's mean fall to the threshold. Near the truth where that
    /// is rare; a third too few where it happens many times a day.
    pub fn degraded_a_day(&self) -> f64 {
        DAY / self.seconds_to_degraded(self.rate)
    }

    /// Times a day that chance alone keeps a healthy rig silent so long: gaps of a Poisson process are
    /// exponential, and the first of a length `g` ends after (e^λg - 1)/λ seconds in the mean.
    pub fn silent_a_day(&self) -> f64 {
        DAY * self.rate / (self.rate * self.silent_after.as_secs_f64()).exp_m1()
    }

    /// Both.
    pub fn alarms_a_day(&self) -> f64 {
        self.degraded_a_day() + self.silent_a_day()
    }

    /// Mean time from a drop to this part of the hashrate until either is noticed; `None` when that takes
    /// over a year. Before the window has forgotten the time before the drop, its count is a Poisson variable
    /// whose mean falls evenly; after that, the rule waits for chance.
    pub fn delay(&self, rest: f64) -> Option<Duration> {
        let (period, rate) = (self.period.as_secs_f64(), self.rate * rest);
        let mean = self.rate * period;
        let level = self.level(mean);
        let steps = 200;
        let missed = |n: f64| -> f64 {
            let left = mean * (1.0 - (1.0 - rest) * n / f64::from(steps));
            let whole = level.floor();
            let part = level - whole;
            // Between two whole levels as much as the level is.
            (1.0 - part) * above(left, whole) + part * above(left, whole + 1.0)
        };
        let within: f64 =
            (0..steps).map(|n| missed(f64::from(n) + 0.5)).sum::<f64>() * period / f64::from(steps);
        let after = missed(f64::from(steps));
        let wait = self.seconds_to_degraded(rate) - period;
        let by_mean = if after < 1e-12 { within } else { within + after * wait };
        let gap = self.silent_after.as_secs_f64();
        let by_silence = if rate > 0.0 { (rate * gap).exp_m1() / rate } else { gap };
        let seconds = by_mean.min(by_silence);
        (seconds < 365.0 * DAY).then(|| Duration::from_secs_f64(seconds))
    }

    /// Shares at which the rule fires, as if it looked all the time and not once a slice.
    fn level(&self, mean: f64) -> f64 {
        let level = (self.degraded_below * mean + 1e-9).floor();
        // Counts are whole, so a walk in steps that is at or below a level is below the middle to the next.
        let missed = OVERSHOOT * (2.0 * mean / SLICES as f64).sqrt() - 0.5;
        (level - missed.max(0.0)).max(0.0)
    }

    /// Mean seconds until the window, new at first, has fallen to the level at this rate of shares.
    fn seconds_to_degraded(&self, rate: f64) -> f64 {
        let period = self.period.as_secs_f64();
        let level = self.level(self.rate * period);
        let (low, part) = (level.floor(), level.fract());
        let (now, next) = (first_passage(rate, period, low), first_passage(rate, period, low + 1.0));
        // Times grow by a factor from one whole level to the next.
        period + if next > 0.0 { now.powf(1.0 - part) * next.powf(part) } else { now * (1.0 - part) }
    }
}

/// Mean seconds until the shares of the last `period` seconds have fallen to `level`, from their usual number.
/// For the birth and death process with the same counts and the same steps, exactly:
/// Σ P(N ≥ m)² / (λ·P(N = m - 1)) over m > level, N being Poisson. Where alarms are rare that is
/// 1 / (λ·P(N = level)·(1 - level/λW)).
fn first_passage(rate: f64, period: f64, level: f64) -> f64 {
    let mean = rate * period;
    if mean <= 0.0 {
        return 0.0;
    }
    let top = (mean.max(level) + 12.0 * mean.sqrt() + 30.0) as u64;
    let mut tail = 0.0;
    let mut sum = 0.0;
    let mut m = top as f64;
    while m > level {
        tail += chance(mean, m);
        let before = chance(mean, m - 1.0);
        if before > 0.0 {
            sum += tail * tail / (rate * before);
        }
        m -= 1.0;
    }
    sum
}

/// P(N = n) of a Poisson variable.
fn chance(mean: f64, n: f64) -> f64 {
    if mean <= 0.0 {
        return if n == 0.0 { 1.0 } else { 0.0 };
    }
    (n * mean.ln() - mean - ln_gamma(n + 1.0)).exp()
}

/// P(N > n) of a Poisson variable.
fn above(mean: f64, n: f64) -> f64 {
    let low = (mean - 12.0 * mean.sqrt() - 30.0).max(0.0).floor();
    let mut sum = 0.0;
    let mut m = low;
    while m <= n {
        sum += chance(mean, m);
        m += 1.0;
    }
    (1.0 - sum).clamp(0.0, 1.0)
}

/// Mean time from a drop to this part of the hashrate until a test by likelihood alarms that allows one false
/// alarm in `between` for a rig at `healthy_min`: Lorden's bound ln(A·D)/D (Annals of Mathematical Statistics
/// 42, 1971). Measured delays of rests up to four fifths lie within 10 % of it, mostly below; closer to
/// `healthy_min` they are longer than it says. `None` when the rest counts as healthy.
pub fn delay(rate: f64, healthy_min: f64, between: Duration, rest: f64) -> Option<Duration> {
    let (expected, rest) = (rate * healthy_min, rest / healthy_min);
    if rest >= 1.0 || expected <= 0.0 {
        return None;
    }
    let information = expected * (if rest > 0.0 { rest * rest.ln() } else { 0.0 } + 1.0 - rest);
    let seconds = (between.as_secs_f64() * information).ln().max(1.0) / information;
    (seconds < 365.0 * DAY).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Service;
    use crate::time::Timestamp;
    use crate::watch::{Detect, Rule, Watch};

    fn plain(per_minute: f64, minutes: u64, degraded_below: f64, silent_minutes: u64) -> Plain {
        Plain {
            rate: per_minute / 60.0,
            period: Duration::from_secs(60 * minutes),
            degraded_below,
            silent_after: Duration::from_secs(60 * silent_minutes),
        }
    }

    /// Seconds until a rig with this part of its hashrate is blamed; looked at each second and at each share.
    fn blamed(rule: Plain, warm: bool, rest: f64, rng: &mut u64) -> f64 {
        let detect = Detect::Window {
            period: rule.period,
            degraded_below: rule.degraded_below,
            silent_after: rule.silent_after,
        };
        let mut wait = |rate: f64| {
            *rng = rng.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *rng;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let uniform = (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            Duration::from_secs_f64((-uniform.ln() / rate).min(1e9))
        };
        'rig: loop {
            let mut now = Timestamp(0);
            let mut watch = Watch::new(now, Rule { detect, ..Rule::default() });
            watch.expect(now, rule.rate);
            let drop = if warm { now + rule.period + Duration::from_secs(60) } else { now };
            let rate_at = |now: Timestamp| if now < drop { rule.rate } else { (rule.rate * rest).max(1e-12) };
            let (mut next, mut tick) = (now + wait(rate_at(now)), now);
            let mut is_down = false;
            loop {
                if tick >= drop && !is_down {
                    (next, is_down) = (drop + wait(rate_at(drop)), true);
                }
                now = next.min(tick);
                if next <= tick {
                    watch.on_share(now);
                    next = now + wait(rate_at(now));
                } else {
                    watch.on_time(now);
                    tick = now + Duration::from_secs(1);
                }
                if matches!(watch.service(), Service::Degraded | Service::Dead) {
                    if now < drop {
                        continue 'rig;
                    }
                    return now.since(drop).as_secs_f64();
                }
            }
        }
    }

    fn mean(rule: Plain, warm: bool, rest: f64, runs: u32) -> f64 {
        let mut rng = 7;
        (0..runs).map(|_| blamed(rule, warm, rest, &mut rng)).sum::<f64>() / f64::from(runs)
    }

    /// Published false alarms of a rig in a day (window of 10 minutes that slides without steps).
    #[test]
    fn the_printed_odds_are_near_the_published_ones() {
        for (below, published) in
            [(0.9, [70.0, 52.0, 36.0, 24.0]), (0.8, [28.0, 9.0, 2.0, 0.3]), (0.7, [6.0, 0.4, 0.009, 7e-5])]
        {
            for (per_minute, published) in [6.0, 12.0, 20.0, 30.0].into_iter().zip(published) {
                let found = plain(per_minute, 10, below, 60).degraded_a_day();
                // Sixty steps see a little less than a window without steps does.
                assert!((0.4..1.3).contains(&(found / published)), "{below} {per_minute}: {found}");
            }
        }
    }

    #[test]
    fn the_printed_odds_are_those_of_the_rule_as_it_runs() {
        for (per_minute, below, runs) in [
            (6.0, 0.9, 800),
            (20.0, 0.9, 800),
            (6.0, 0.8, 500),
            (20.0, 0.8, 250),
            (6.0, 0.7, 250),
            (12.0, 0.8, 300),
        ] {
            let rule = plain(per_minute, 10, below, 60);
            let found = DAY / mean(rule, false, 1.0, runs);
            let ratio = found / rule.degraded_a_day();
            assert!(
                (0.8..1.35).contains(&ratio),
                "{per_minute} {below}: {found} a day, {ratio} of what is printed"
            );
        }
        let rule = plain(6.0, 600, 0.1, 1);
        let ratio = DAY / mean(rule, false, 1.0, 400) / rule.silent_a_day();
        assert!((0.8..1.2).contains(&ratio), "silence: {ratio}");
    }

    /// Published delays in minutes of a window of 10 minutes at 20 a minute with its threshold at 72 %: 2.82,
    /// 5.48, 31.7.
    #[test]
    fn the_printed_delays_are_those_of_the_rule_as_it_runs() {
        let rule = plain(20.0, 10, 0.72, 60);
        for (rest, published, runs) in [(0.0, 2.82, 60), (0.5, 5.48, 200), (0.8, 31.7, 200)] {
            let said = rule.delay(rest).unwrap().as_secs_f64() / 60.0;
            let found = mean(rule, true, rest, runs) / 60.0;
            assert!((0.85..1.18).contains(&(said / found)), "{rest}: {said} beside {found}");
            assert!((0.7..1.3).contains(&(said / published)), "{rest}: {said}, published {published}");
        }
        let silent = plain(20.0, 10, 0.3, 3).delay(0.0).unwrap();
        assert_eq!(silent, Duration::from_secs(180), "silence is noticed first");
        assert_eq!(plain(20.0, 10, 0.3, 3).delay(0.8), None, "four fifths are never noticed");
    }

    #[test]
    fn a_likelihood_test_costs_what_is_published() {
        let days = |n: u64| Duration::from_secs(86_400 * n);
        for (rest, published) in [(0.0, 0.72), (0.5, 4.3), (0.8, 37.0)] {
            let minutes = delay(20.0 / 60.0, 0.95, days(30), rest).unwrap().as_secs_f64() / 60.0;
            assert!((minutes / published - 1.0).abs() < 0.1, "{rest}: {minutes}");
        }
        assert_eq!(delay(20.0 / 60.0, 0.95, days(30), 0.96), None);
    }
}
