//! The one place of this crate that asks what time it is.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use farm::time::Timestamp;

/// Now, by the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Now, by the clock that is never set: for how long something takes.
pub(crate) fn instant() -> Instant {
    Instant::now()
}
