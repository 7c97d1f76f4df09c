//! Points in time as values. There is no way here to ask what time it is: callers say so.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From seconds since the Unix epoch.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Time passed since `earlier`; zero when it lies ahead.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    /// The same moment by a clock that is ahead by so many microseconds. The beginning of time, which stands for
    /// never, stays where it is.
    pub fn shifted(self, by: i64) -> Self {
        if self == Self::default() { self } else { Self(self.0.saturating_add(by)) }
    }

    /// The minute it falls in, counted from the epoch.
    pub fn minute(self) -> i64 {
        self.0.div_euclid(60_000_000)
    }

    /// As RFC 3339 in UTC, to the second.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0)
            .map(|at| at.round(jiff::Unit::Second).unwrap_or(at).to_string())
            .unwrap_or_else(|_| format!("{} µs", self.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_never_run_backwards() {
        let (a, b) = (Timestamp::from_seconds(10), Timestamp::from_seconds(12));
        assert_eq!(b.since(a), Duration::from_secs(2));
        assert_eq!(a.since(b), Duration::ZERO);
        assert_eq!(a + Duration::from_secs(2), b);
        assert_eq!(Timestamp(-1).minute(), -1);
        assert_eq!(Timestamp::from_seconds(0).rfc3339(), "1970-01-01T00:00:00Z");
    }
}
