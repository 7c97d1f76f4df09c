//! Handing a pool's new job out to everybody who sits there: a slice at a time, so that thousands of rigs do not
//! keep anybody waiting, and no more often than makes sense. The newest job wins: whoever's turn comes is given
//! that, however many the pool sent meanwhile.

use std::ops::Bound;
use std::time::Duration;

use super::{Exchange, Output};
use crate::id::{SessionId, UpstreamId};
use crate::time::Timestamp;

/// Rigs that are given a job in one go.
const SLICE: usize = 16;
/// A pool's jobs are handed out this often in the long run,
const PACE: Duration = Duration::from_millis(200);
/// less often by this for each rig, so that a pool never has more than about a tenth of the hub's time,
const PACE_EACH: Duration = Duration::from_micros(80);
/// and a few in a row are nothing unusual.
const BURST: f64 = 4.0;

/// The course of one pool connection's jobs to its rigs.
#[derive(Debug)]
pub struct FanOut {
    /// A job is being handed out; these had it last.
    running: Option<Option<SessionId>>,
    /// It says that earlier work is over.
    clean: bool,
    /// A newer one waits, and whether that says so.
    waiting: Option<bool>,
    /// Jobs that may go out at once: others, and those that end earlier work, which nobody should wait for.
    allowed: [f64; 2],
    counted: Timestamp,
}

impl Default for FanOut {
    fn default() -> Self {
        Self {
            running: None,
            clean: false,
            waiting: None,
            allowed: [BURST; 2],
            counted: Timestamp::default(),
        }
    }
}

impl FanOut {
    /// A job came. True when handing it out begins now.
    fn offer(&mut self, now: Timestamp, clean: bool, members: usize) -> bool {
        self.earn(now, members);
        let clean = clean || self.waiting.unwrap_or(false);
        let allowed = &mut self.allowed[usize::from(clean)];
        // What is on its way is not begun again for less than a new block: the last would never get any.
        if *allowed < 1.0 || (self.running.is_some() && !clean) {
            self.waiting = Some(clean);
            return false;
        }
        *allowed -= 1.0;
        self.waiting = None;
        self.clean = clean || (self.running.is_some() && self.clean);
        self.running = Some(None);
        true
    }

    /// What waits may have its turn now. True when handing it out begins.
    fn again(&mut self, now: Timestamp, members: usize) -> bool {
        match self.waiting {
            Some(clean) => self.offer(now, clean, members),
            None => false,
        }
    }

    fn earn(&mut self, now: Timestamp, members: usize) {
        let pace = PACE + PACE_EACH * u32::try_from(members).unwrap_or(u32::MAX);
        let earned = now.since(self.counted).as_secs_f64() / pace.as_secs_f64();
        self.counted = now;
        self.allowed.iter_mut().for_each(|allowed| *allowed = (*allowed + earned).min(BURST));
    }
}

impl Exchange {
    /// A pool connection has a new job. Its rigs get it, the first of them at once.
    pub(super) fn spread(&mut self, now: Timestamp, id: UpstreamId, clean: bool, out: &mut Vec<Output>) {
        let Some(upstream) = self.upstreams.get_mut(&id) else { return };
        let members = upstream.members.len();
        if upstream.fan_out.offer(now, clean, members) {
            self.begin_spreading(now, id, out);
        }
    }

    /// Jobs that were held back may have their turn.
    pub(super) fn spread_held_back(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let ids: Vec<UpstreamId> = self
            .upstreams
            .iter_mut()
            .filter(|(_, upstream)| upstream.fan_out.waiting.is_some())
            .filter_map(|(id, upstream)| upstream.fan_out.again(now, upstream.members.len()).then_some(*id))
            .collect();
        for id in ids {
            self.begin_spreading(now, id, out);
        }
    }

    fn begin_spreading(&mut self, now: Timestamp, id: UpstreamId, out: &mut Vec<Output>) {
        if self.spread_slice(now, id, out) && !self.spreading.contains(&id) {
            self.spreading.push_back(id);
        }
    }

    /// Goes on with what was too much for one go. True while there is more: the shell calls again once
    /// everybody else has had a turn.
    pub fn go_on(&mut self, now: Timestamp, out: &mut Vec<Output>) -> bool {
        if let Some(id) = self.spreading.pop_front()
            && self.spread_slice(now, id, out)
        {
            self.spreading.push_back(id);
        }
        if self.is_session_due(now) {
            self.sessions_on_time(now, out);
        }
        self.has_more(now)
    }

    /// Something was too much for one go.
    pub fn has_more(&self, now: Timestamp) -> bool {
        !self.spreading.is_empty() || self.is_session_due(now)
    }

    /// Hands a job out to the next few. True while there are more.
    fn spread_slice(&mut self, now: Timestamp, id: UpstreamId, out: &mut Vec<Output>) -> bool {
        let Some(upstream) = self.upstreams.get_mut(&id) else { return false };
        let Some(after) = upstream.fan_out.running else { return false };
        let clean = upstream.fan_out.clean;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut next = [SessionId(0); SLICE];
        let mut len = 0;
        for (place, (id, _)) in next.iter_mut().zip(upstream.members.range((from, Bound::Unbounded))) {
            *place = *id;
            len += 1;
        }
        upstream.fan_out.running = (len == SLICE).then(|| Some(next[SLICE - 1]));
        for member in &next[..len] {
            self.hand_out(now, *member, clean, out);
        }
        len == SLICE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed_out(clean: bool, members: usize) -> usize {
        let mut fan_out = FanOut::default();
        // Ten seconds of a job every 2 ms; the shell looks every tenth of a second.
        (0..5_000i64)
            .filter(|n| {
                let now = Timestamp(n * 2_000 + 1_000_000);
                let begun = fan_out.offer(now, clean, members);
                fan_out.running = None;
                begun
            })
            .count()
    }

    #[test]
    fn a_flood_of_jobs_is_handed_out_now_and_then() {
        for clean in [false, true] {
            assert!((50..=55).contains(&handed_out(clean, 0)), "{}", handed_out(clean, 0));
            assert!((10..=17).contains(&handed_out(clean, 10_000)), "{}", handed_out(clean, 10_000));
        }
    }

    #[test]
    fn a_new_block_passes_what_is_on_its_way_and_others_wait_for_it() {
        let mut fan_out = FanOut::default();
        let now = Timestamp::from_seconds(1);
        assert!(fan_out.offer(now, false, 5_000));
        fan_out.running = Some(Some(SessionId(7)));
        assert!(!fan_out.offer(now, false, 5_000));
        assert!(fan_out.offer(now, true, 5_000), "at once, and from the front");
        assert_eq!((fan_out.running, fan_out.clean, fan_out.waiting), (Some(None), true, None));
        // The newest waits until all have the block, and a block that had to wait is not forgotten over it.
        assert!(!fan_out.offer(now, false, 5_000));
        fan_out.allowed[1] = 0.0;
        assert!(!fan_out.offer(now, true, 5_000));
        assert!(!fan_out.offer(now, false, 5_000));
        fan_out.running = None;
        assert!(fan_out.again(now + Duration::from_secs(2), 5_000));
        assert!(fan_out.clean);
    }
}
