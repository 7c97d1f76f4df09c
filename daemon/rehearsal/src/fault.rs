//! What can go wrong, and when: a timetable of faults and repairs, some of them drawn as time goes by.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use exchange::time::Timestamp;
use farm::desired::Desired;
use schema::api::OverrideAction;

/// Rigs, by their place in the inventory.
pub type Rigs = Arc<[usize]>;

/// How a pool misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultMode {
    /// Not at all.
    None,
    /// It is gone: connections break and none opens.
    Down,
    /// It refuses every share.
    Rejecting,
    /// It takes this long to answer a share.
    Slow(Duration),
    /// It sends no new work, and refuses what is found for the old as stale.
    Stale,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Fault {
    /// These lose power: they fall silent without a goodbye.
    PowerOff(Rigs),
    /// These get power back, and boot.
    PowerOn(Rigs),
    /// These stay connected and find nothing.
    Silence(Rigs),
    /// These work as new: whatever they were losing, they lose no more.
    Repair(Rigs),
    /// These lose hash, evenly over a time, until this part of it is left.
    Decline {
        /// Who.
        rigs: Rigs,
        /// What is left, of one.
        to: f64,
        /// Over how long.
        within: Duration,
    },
    /// From now on these die and are repaired again and again, each on its own; what was said of them before
    /// holds no more.
    Failures {
        /// Who.
        rigs: Rigs,
        /// Mean time that one works.
        mtbf: Duration,
        /// Mean time until it works again.
        mttr: Duration,
    },
    /// These cannot reach the hub.
    NetworkCut(Rigs),
    /// These can again.
    NetworkBack(Rigs),
    /// A pool, by its name, behaves so from now on.
    Pool(Arc<str>, FaultMode),
    /// The hub's process is killed and started again.
    HubRestart,
    /// An operator makes an override, for this long or until it is ended.
    Override(OverrideAction, Option<Duration>),
    /// A new farm file is in force.
    Farm(Arc<Desired>),
}

/// What the timetable holds: faults, and what follows from them.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Fault(Fault),
    /// One rig of [`Fault::Failures`] dies, by what was said of it at this turn,
    Dies(usize, u32),
    /// or is repaired after that.
    Recovers(usize, u32),
    /// A rig of [`Fault::Decline`] is at this part now, unless it was repaired since that turn.
    Part(usize, u32, f64),
    /// An override has expired.
    OverrideExpired(u64),
}

#[derive(Debug)]
struct Entry(Timestamp, u64, Happening);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// What happens, in order of time; at the same time in the order it was entered.
#[derive(Debug, Default)]
pub(crate) struct Timetable {
    entries: BinaryHeap<Reverse<Entry>>,
    next: u64,
}

impl Timetable {
    pub(crate) fn enter(&mut self, at: Timestamp, what: Happening) {
        self.next += 1;
        self.entries.push(Reverse(Entry(at, self.next, what)));
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.entries.peek().map(|Reverse(entry)| entry.0)
    }

    /// What happens at `now`, one at a time.
    pub(crate) fn due(&mut self, now: Timestamp) -> Option<Happening> {
        self.next_at().filter(|at| *at <= now)?;
        self.entries.pop().map(|Reverse(Entry(_, _, what))| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_in_order() {
        let mut table = Timetable::default();
        let t = Timestamp::from_seconds;
        table.enter(t(5), Happening::Dies(1, 0));
        table.enter(t(3), Happening::Dies(2, 0));
        table.enter(t(5), Happening::Dies(3, 0));
        let mut order = Vec::new();
        while let Some(at) = table.next_at() {
            assert!(table.due(Timestamp(at.0 - 1)).is_none());
            let Some(Happening::Dies(rig, _)) = table.due(at) else { panic!("nothing is due") };
            order.push(rig);
        }
        assert_eq!(order, [2, 1, 3]);
    }
}
