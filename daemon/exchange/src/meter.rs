//! A meter of recent work: shares in slices of the clock.

use std::time::Duration;

use crate::statistics::{Interval, fay_feuer};
use crate::time::Timestamp;
use crate::work::Work;

/// Squares are kept as multiples of so many hashes, squared: those of small shares and of large ones fit an f32.
const UNIT: f64 = 4_294_967_296.0;

/// Work of one slice of the clock. Sums are exact; what only intervals are made of need not be.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slice {
    /// Of the clock, counted from the epoch: 32 bits of ten seconds are 1,300 years.
    index: u32,
    count: u32,
    squares: f32,
    weight_max: f32,
    sum: Work,
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
    /// What these stand for.
    pub sum: Work,
    /// Length of the window, seconds.
    pub seconds: f64,
    squares: f64,
    weight_max: f64,
}

impl Reading {
    /// Nothing seen in no time.
    pub const NONE: Reading =
        Reading { count: 0, sum: Work::NONE, seconds: 0.0, squares: 0.0, weight_max: 0.0 };

    /// 95 % interval of the expected sum, hashes. Takes some microseconds: for who looks, not for every rig at all times.
    pub fn interval(&self) -> Interval {
        fay_feuer(self.sum.hashes(), self.squares, self.weight_max)
    }
}

impl Meter {
    /// A window of `slices` times `width`, which is in whole seconds; empty from `since` on.
    pub fn new(since: Timestamp, width: Duration, slices: u32) -> Self {
        Self { since, width: width.as_secs() as u32, slices_max: slices, slices: Vec::new() }
    }

    /// Counts a share.
    pub fn add(&mut self, now: Timestamp, work: Work) {
        let index = self.index(now);
        if self.slices.last().is_none_or(|slice| slice.index < index) {
            let young = self.slices.iter().position(|slice| index - slice.index < self.slices_max);
            self.slices.drain(..young.unwrap_or(self.slices.len()));
            if self.slices.len() == self.slices.capacity() {
                self.slices.reserve_exact(ROOM);
            }
            self.slices.push(Slice { index, count: 0, squares: 0.0, weight_max: 0.0, sum: Work::NONE });
        }
        let slice = self.slices.last_mut().expect("one was pushed if there was none");
        slice.count += 1;
        slice.sum += work;
        let weight = (work.hashes() / UNIT) as f32;
        slice.squares += weight * weight;
        slice.weight_max = slice.weight_max.max(weight);
    }

    /// The window as of `now`. `next` is what the share that would come next stands for; it bounds what zero
    /// shares may mean.
    pub fn read(&self, now: Timestamp, next: Work) -> Reading {
        let first = (self.index(now) + 1).saturating_sub(self.slices_max);
        let start = Timestamp::from_seconds(i64::from(first) * i64::from(self.width)).max(self.since);
        let mut reading =
            Reading { seconds: now.since(start).as_secs_f64(), weight_max: next.hashes(), ..Reading::NONE };
        for slice in self.slices.iter().filter(|slice| slice.index >= first) {
            reading.count += u64::from(slice.count);
            reading.sum += slice.sum;
            reading.squares += f64::from(slice.squares) * UNIT * UNIT;
            reading.weight_max = reading.weight_max.max(f64::from(slice.weight_max) * UNIT);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_by_the_clock() {
        let t = |seconds| Timestamp::from_seconds(seconds);
        let mut meter = Meter::new(t(0), Duration::from_secs(10), 6);
        assert!((meter.read(t(30), Work(1)).interval().high - 3.69).abs() < 0.01);
        for second in 0..100 {
            meter.add(t(second), Work(2));
        }
        // The slices of 40..100 count: nothing older, and all of the present one.
        let reading = meter.read(t(99), Work(2));
        assert_eq!((reading.count, reading.sum, reading.seconds), (60, Work(120), 59.0));
        let interval = reading.interval();
        assert!(interval.low < 120.0 && interval.high > 120.0);
        assert!(meter.slices.capacity() <= 8, "{}", meter.slices.capacity());
        // After a minute of silence the shares of 90..100 have gone, too.
        assert_eq!(meter.read(t(155), Work(2)).count, 0);
    }
}
