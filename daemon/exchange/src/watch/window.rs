//! A rig's shares over the last so many minutes, beside what was expected: the plain rule that people know.
//! It slides by a sixtieth of its length; `odds.rs` says how often chance alone empties it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Timestamp;

/// Slices of a window.
pub const SLICES: usize = 60;

/// One rig's window.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    period: Duration,
    /// How far it has looked; ahead of the clock while nothing counts yet.
    at: Timestamp,
    /// When the open slice is full.
    until: Timestamp,
    rate: f64,
    open: Slice,
    full: VecDeque<Slice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Slice {
    count: u32,
    expected: f32,
}

impl Window {
    /// Empty; nothing counts before `from`.
    pub fn new(from: Timestamp, period: Duration) -> Self {
        let until = from + slice(period);
        Self { period, at: from, until, rate: 0.0, open: Slice::default(), full: VecDeque::new() }
    }

    /// From now on the whole hashrate would send this many shares a second.
    pub fn expect(&mut self, now: Timestamp, per_second: f64) {
        self.on_time(now);
        self.rate = per_second;
    }

    /// A share came.
    pub fn on_share(&mut self, now: Timestamp) {
        self.on_time(now);
        if now >= self.at {
            self.open.count += 1;
        }
    }

    /// Time passed.
    pub fn on_time(&mut self, now: Timestamp) {
        if now <= self.at {
            return;
        }
        if now.since(self.until) > self.period {
            // Nothing of what was seen before is within the window any more.
            let from = Timestamp(now.0 - self.period.as_micros() as i64);
            *self = Self { rate: self.rate, ..Self::new(from, self.period) };
        }
        while self.until <= now {
            self.pass(self.until);
            if self.full.len() == SLICES {
                self.full.pop_front();
            }
            self.full.push_back(std::mem::take(&mut self.open));
            self.until = self.until + slice(self.period);
        }
        self.pass(now);
    }

    fn pass(&mut self, to: Timestamp) {
        self.open.expected += (self.rate * to.since(self.at).as_secs_f64()) as f32;
        self.at = to;
    }

    /// Shares of the last whole window as a part of those expected; unknown until it is full.
    pub fn part(&self) -> Option<f64> {
        let expected: f64 = self.full.iter().map(|slice| f64::from(slice.expected)).sum();
        let count: u32 = self.full.iter().map(|slice| slice.count).sum();
        (self.full.len() == SLICES && expected > 0.0).then(|| f64::from(count) / expected)
    }
}

fn slice(period: Duration) -> Duration {
    (period / SLICES as u32).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slides_and_a_change_of_difficulty_is_no_loss() {
        let at = Timestamp::from_seconds;
        let mut window = Window::new(at(0), Duration::from_secs(600));
        window.expect(at(0), 1.0);
        (0..599).for_each(|second| window.on_share(at(second)));
        assert_eq!(window.part(), None);
        window.on_time(at(600));
        assert_eq!(window.part(), Some(599.0 / 600.0));
        // Four times as hard: a quarter of the shares.
        window.expect(at(600), 0.25);
        (0..75).for_each(|n| window.on_share(at(600 + 4 * n)));
        window.on_time(at(900));
        let part = window.part().unwrap();
        assert!((part - 1.0).abs() < 0.01, "{part}");
        // Half a window of silence.
        window.on_time(at(1200));
        let part = window.part().unwrap();
        assert!((part - 0.5).abs() < 0.01, "{part}");
        window.on_time(at(100_000));
        assert_eq!(window.part(), Some(0.0));
    }
}
