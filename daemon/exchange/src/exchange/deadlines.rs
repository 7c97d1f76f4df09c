//! When each session is next worth a look: a heap of times, so that a tick costs what is due and not what is
//! connected. An entry counts only while its session agrees; a deadline that moves back leaves its entry alone
//! and is found out when that comes up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use stratum::peer::ToMiner;

use super::{Exchange, Output};
use crate::id::SessionId;
use crate::session::Identity;
use crate::time::Timestamp;

/// A miner that has nothing new for this long gets its work again in another piece: cgminer gives a pool
/// up after 90 s of silence.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(45);
/// A connection must have subscribed within this: half a line, or none, is what slow attacks are made of.
pub const SUBSCRIBE_MAX: Duration = Duration::from_secs(10);
/// And must have said who it is within this.
pub const AUTHORIZE_MAX: Duration = Duration::from_secs(30);
/// Sessions looked at in one go; the others wait for the next.
const AT_ONCE_MAX: usize = 32;

/// Never, or not known to be due.
pub(crate) const NEVER: Timestamp = Timestamp(i64::MAX);

/// The heap.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(Timestamp, SessionId)>>,
}

impl Exchange {
    /// Makes sure that a session is looked at when something of it is next due.
    pub(super) fn arm(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let due = session.due(KEEPALIVE, SUBSCRIBE_MAX, AUTHORIZE_MAX);
        if due < session.wake_at {
            session.wake_at = due;
            self.deadlines.heap.push(Reverse((due, id)));
            if self.deadlines.heap.len() > 64 + 4 * self.sessions.len() {
                self.drop_stale();
            }
        }
    }

    /// Entries of sessions that are gone or were given an earlier one: newcomers that leave at once would
    /// otherwise pile them up.
    fn drop_stale(&mut self) {
        let sessions = &self.sessions;
        self.deadlines
            .heap
            .retain(|Reverse((at, id))| sessions.get(id).is_some_and(|session| session.wake_at == *at));
    }

    /// Some session is due by now.
    pub(super) fn is_session_due(&self, now: Timestamp) -> bool {
        self.deadlines.heap.peek().is_some_and(|Reverse((at, _))| *at <= now)
    }

    /// Does what is due, for so many sessions at most.
    pub(super) fn sessions_on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mut due = Vec::new();
        while due.len() < AT_ONCE_MAX
            && let Some(Reverse((at, id))) = self.deadlines.heap.peek().copied()
            && at <= now
        {
            self.deadlines.heap.pop();
            if let Some(session) = self.sessions.get_mut(&id)
                && session.wake_at == at
            {
                session.wake_at = NEVER;
                due.push(id);
            }
        }
        due.sort_unstable();
        for id in due {
            if self.session_on_time(now, id, out) {
                self.hand_out(now, id, false, out);
            }
            self.arm(id);
            if let Some(session) = self.sessions.get_mut(&id)
                && session.wake_at <= now
            {
                // It comes up again by the clock and not at once: a moment reckoned in floating point may lie
                // a little before the one at which something is done.
                let later = now + Duration::from_millis(1);
                session.wake_at = later;
                self.deadlines.heap.push(Reverse((later, id)));
            }
        }
    }

    /// What is due of one session; nothing, where nothing is. True when it should be given new work.
    fn session_on_time(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        if let Some(at) = session.close_at {
            if now >= at {
                session.dismiss(now);
                out.push(Output::CloseMiner(id, "asked to reconnect"));
            }
        } else if session.own.is_none() && now.since(session.since) >= SUBSCRIBE_MAX {
            session.dismiss(now);
            out.push(Output::CloseMiner(id, "did not subscribe in time"));
        } else if session.identity == Identity::Unknown {
            if now.since(session.since) >= AUTHORIZE_MAX {
                session.dismiss(now);
                out.push(Output::CloseMiner(id, "did not authorize in time"));
            }
        } else if session.parked {
            if session.is_open() && now.since(session.kept_at) >= KEEPALIVE {
                // A line that asks for nothing. The difficulty is the one that the next job has, because
                // cgminer keeps two that it was told before a job for two jobs.
                session.kept_at = now;
                session.vardiff.hold(now);
                let difficulty = *session.difficulty_told.get_or_insert_with(|| session.vardiff.difficulty());
                out.push(Output::ToMiner(id, ToMiner::SetDifficulty(difficulty)));
            }
        } else if let (Some(_), Some(job)) = (&session.attachment, session.jobs.newest()) {
            if now >= session.vardiff.wake_at() {
                // A silent rig says nothing about how hard its shares should be; back at work it would flood us.
                let watch = session.rig().and_then(|rig| self.watches.get(rig));
                match watch.and_then(|watch| watch.says_nothing_until(now)) {
                    Some(until) => session.vardiff.hold(until),
                    None if session.vardiff.on_time(now, job.difficulty).is_some() => return true,
                    None => {}
                }
            }
            return now.since(job.at) >= KEEPALIVE;
        }
        false
    }

    /// Whether every session's deadline is among those waited for.
    #[cfg(test)]
    pub(super) fn check_deadlines(&self, now: Timestamp) {
        for (id, session) in &self.sessions {
            let due = session.due(KEEPALIVE, SUBSCRIBE_MAX, AUTHORIZE_MAX);
            let due = due.max(now + Duration::from_millis(1));
            assert!(session.wake_at <= due, "{id:?} is due at {due:?}, and looked at {:?}", session.wake_at);
            assert!(
                session.wake_at == NEVER
                    || self.deadlines.heap.iter().any(|Reverse(entry)| *entry == (session.wake_at, *id)),
                "{id:?} waits for {:?}, which is not in the heap",
                session.wake_at
            );
        }
    }

    #[cfg(test)]
    pub(super) fn deadlines_len(&self) -> usize {
        self.deadlines.heap.len()
    }

    /// Everybody is looked at next, as if there were no deadlines.
    #[cfg(test)]
    pub(super) fn look_at_everybody(&mut self, now: Timestamp) {
        for (id, session) in &mut self.sessions {
            session.wake_at = now;
            self.deadlines.heap.push(Reverse((now, *id)));
        }
    }
}
