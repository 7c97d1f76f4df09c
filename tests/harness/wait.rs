//! Waiting for what should come, and no longer than it may take.

use std::time::{Duration, Instant};

/// Long enough for anything that should come soon, on a busy machine as well.
pub const SOON: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until a condition holds, and says how long that took. Panics after `limit`.
#[track_caller]
pub fn wait_until(
    what: &str,
    limit: Duration,
    mut condition: impl AsyncFnMut() -> bool,
) -> impl Future<Output = Duration> {
    let place = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            if condition().await {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < limit, "{place}: not within {limit:?}: {what}");
        }
    }
}
