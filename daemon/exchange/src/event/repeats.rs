//! How often the same is told of the same: what peers cause comes as often as they like, and is told some times and
//! then counted.

use std::collections::HashMap;
use std::time::Duration;

use super::{Event, EventKind};
use crate::time::Timestamp;

/// So many of one kind and subject are told,
const BURST: u32 = 5;
/// within this; the next one after it says how many were not.
const WINDOW: Duration = Duration::from_secs(600);
/// Kinds and subjects that are counted; more are told without counting, which bounds them no longer, so the oldest are
/// forgotten first.
const COUNTED_MAX: usize = 100_000;

/// What a peer can bring about as often as it likes.
const BY_PEERS: [EventKind; 14] = [
    EventKind::MinerDismissed,
    EventKind::PoolConnected,
    EventKind::PoolLost,
    EventKind::PoolNoRoom,
    EventKind::PoolRedirectRefused,
    EventKind::PoolRedirected,
    EventKind::RigCloned,
    EventKind::RigConnected,
    EventKind::RigDisconnected,
    EventKind::RigExtranonceChanged,
    EventKind::RigQuarantined,
    EventKind::RigReconnected,
    EventKind::RigRefused,
    EventKind::RigSharesConnection,
];

/// All that concerns those who are no rigs of the farm file is about this.
const QUARANTINE: &str = "quarantine";

#[derive(Debug)]
struct Count {
    since: Timestamp,
    told: u32,
    untold: u64,
}

/// Counts what was told.
#[derive(Debug, Default)]
pub struct Repeats {
    counts: HashMap<(EventKind, String), Count>,
    tidied: Timestamp,
}

impl Repeats {
    /// The event, if it is to be told; with the field `suppressed`, if others before it were not.
    pub fn admit(&mut self, event: Event) -> Option<Event> {
        if !BY_PEERS.contains(&event.kind) && event.subject != QUARANTINE {
            return Some(event);
        }
        let now = event.at;
        if now.since(self.tidied) > WINDOW || self.counts.len() >= COUNTED_MAX {
            self.tidied = now;
            self.counts.retain(|_, count| count.untold > 0 || now.since(count.since) <= WINDOW);
            if self.counts.len() >= COUNTED_MAX {
                self.counts.clear();
            }
        }
        let key = (event.kind, event.subject.clone());
        let count = self.counts.entry(key).or_insert(Count { since: now, told: 0, untold: 0 });
        if now.since(count.since) > WINDOW {
            let untold = std::mem::take(&mut count.untold);
            (count.since, count.told) = (now, 1);
            return Some(if untold > 0 { event.with("suppressed", untold) } else { event });
        }
        if count.told >= BURST {
            count.untold += 1;
            return None;
        }
        count.told += 1;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(second: i64, kind: EventKind, subject: &str) -> Event {
        Event::new(Timestamp::from_seconds(second), kind, subject, "x")
    }

    #[test]
    fn what_peers_repeat_is_told_some_times_and_counted() {
        let mut repeats = Repeats::default();
        let told = |repeats: &mut Repeats, second, kind: EventKind, subject: &str| {
            repeats.admit(event(second, kind, subject)).map(|event| event.fields.get("suppressed").cloned())
        };
        let first = (0..1000)
            .filter(|n| told(&mut repeats, *n / 10, EventKind::RigConnected, "quarantine").is_some());
        assert_eq!(first.count(), 5);
        // Another subject, another kind, and what is our own doing are told all the same.
        assert!(told(&mut repeats, 100, EventKind::RigConnected, "rig/a-1").is_some());
        assert!(told(&mut repeats, 100, EventKind::RigDisconnected, "quarantine").is_some());
        assert_eq!(
            (0..1000).filter(|_| told(&mut repeats, 100, EventKind::RigMoved, "rig/a-1").is_some()).count(),
            1000
        );
        // The next one after a while says how many there were.
        assert_eq!(told(&mut repeats, 700, EventKind::RigConnected, "quarantine"), Some(Some("995".into())));
        assert_eq!(told(&mut repeats, 701, EventKind::RigConnected, "quarantine"), Some(None));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut repeats = Repeats::default();
        for n in 0..2 * COUNTED_MAX {
            repeats.admit(event(1, EventKind::RigConnected, &format!("rig/{n}")));
        }
        assert!(repeats.counts.len() <= COUNTED_MAX);
    }
}
