//! When a rig counts as failing, and when it is trusted again: what a farm file's policy says.

use std::time::Duration;

/// When a rig counts as failing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Detect {
    /// By the odds of a false alarm.
    Likelihood {
        /// Part of its hashrate above which it is healthy.
        healthy_min: f64,
        /// Mean time between false alarms of one rig, until it is suspect.
        suspect: Duration,
        /// The same until it is degraded or dead.
        degraded: Duration,
    },
    /// By the mean over the last so many minutes: the plain rule.
    Window {
        /// The time.
        period: Duration,
        /// Part of its hashrate above which it is healthy.
        degraded_below: f64,
        /// Time without a share after which it is dead.
        silent_after: Duration,
    },
}

/// When a rig counts as failing, and when it is trusted again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Failing.
    pub detect: Detect,
    /// It must be healthy this long,
    pub healthy_for: Duration,
    /// doubled at each relapse within a day, up to this.
    pub relapse_max: Duration,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            detect: Detect::Likelihood {
                healthy_min: 0.95,
                suspect: Duration::from_secs(30 * 86_400),
                degraded: Duration::from_secs(10_000 * 86_400),
            },
            healthy_for: Duration::from_secs(600),
            relapse_max: Duration::from_secs(8 * 3600),
        }
    }
}
