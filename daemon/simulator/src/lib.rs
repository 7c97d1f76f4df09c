//! Rigs and pools that really speak stratum and really hash, at a tiny difficulty.
//!
//! A [`pool::Pool`] recomputes every share in full and believes nobody; a [`rig::Fleet`] hashes as fast as each of
//! its rigs is told to, and no faster. Both have switches for what goes wrong. The arithmetic from job to hash is
//! written here a second time, from the protocol alone, so that a mistake in the product does not confirm itself.

pub mod pool;
mod random;
pub mod rig;
mod work;

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// Something that was waited for did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not within {limit:?}: {what}")]
pub struct TimedOut {
    /// What was waited for.
    pub what: String,
    /// How long.
    pub limit: Duration,
}

/// Waits until a condition holds, and says how long that took.
pub async fn until(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> bool,
) -> Result<Duration, TimedOut> {
    let begun = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        look.tick().await;
        if condition() {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > limit {
            return Err(TimedOut { what: what.to_owned(), limit });
        }
    }
}

/// Locks, whether or not another thread died while it held the lock: its test has failed already.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
