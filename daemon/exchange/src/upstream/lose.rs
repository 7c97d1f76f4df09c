//! A connection is lost, exactly once: what it says about the pool, which endpoint is next, and when.

use std::time::Duration;

use super::{Pending, PendingShare, Phase, STEADY, Upstream};
use crate::failover::{Loss, PoolFault};
use crate::time::Timestamp;

/// First wait before another attempt, doubled each time.
const RETRY_MIN: Duration = Duration::from_millis(500);
/// Longest wait before another attempt.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// So many redirects one after another, and we stay away for a while.
const REDIRECTS_MAX: u32 = 3;
/// So many short connections one after another, and a pool is not trusted because it answers.
const FLAPS: u32 = 2;
/// A pool that asks us to stay away for less is on its way back.
const AWAY_MIN: Duration = Duration::from_secs(1);

/// Which endpoint of the pool is knocked at, and how the last attempts went.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    /// The present one.
    pub(super) at: usize,
    /// Endpoints that failed one after another since one worked, or since all had failed.
    tried: Vec<Loss>,
    /// Attempts that failed since a connection was steady; decides how long to wait.
    failures: u32,
    /// Short connections since one was steady.
    flaps: u32,
    redirects: u32,
    /// What is wrong, until a connection works.
    fault: Option<Loss>,
}

impl Endpoints {
    /// What is wrong, as far as connecting goes.
    pub(super) fn fault(&self) -> Option<&Loss> {
        self.fault.as_ref()
    }

    /// A connection can be mined on.
    pub(super) fn on_ready(&mut self) {
        self.tried.clear();
        // One that has ended soon again and again must last first.
        if self.flaps < FLAPS {
            self.fault = None;
        }
    }

    /// A connection has lasted.
    pub(super) fn on_steady(&mut self) {
        (self.failures, self.flaps, self.redirects, self.fault) = (0, 0, 0, None);
    }

    /// This endpoint has failed: the next, at once, or all after a while. Returns how long to wait.
    fn failed(&mut self, endpoints: usize, loss: Loss) -> Duration {
        self.at = (self.at + 1) % endpoints;
        self.tried.push(loss);
        if self.tried.len() < endpoints {
            return Duration::ZERO;
        }
        let tried = std::mem::take(&mut self.tried);
        // While one of them may yet answer, it is not certain that none does.
        let worst = tried.iter().find(|loss| !loss.cause.is_fact()).or(tried.last()).cloned();
        self.fault = worst;
        self.back_off()
    }

    fn back_off(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        RETRY_MIN.saturating_mul(1 << (self.failures - 1).min(6)).min(RETRY_MAX)
    }
}

impl Upstream {
    /// No attempt is under way and no connection is up.
    pub fn is_down(&self) -> bool {
        matches!(self.phase, Phase::Waiting(_) | Phase::Closed)
    }

    /// It has failed since a connection was steady.
    pub fn is_failing(&self) -> bool {
        self.endpoints.failures > 0
    }

    /// The socket is closed, or never opened. To be called once for each connection. Returns the shares that
    /// nobody answered.
    pub fn on_closed(&mut self, now: Timestamp, loss: Loss) -> Vec<PendingShare> {
        if self.phase != Phase::Closed {
            let is_unanswered = self.pending.values().any(|pending| matches!(pending, Pending::Configure));
            self.configure.on_closed(now, self.phase, is_unanswered);
            let wait = self.after(now, loss);
            // Connections that fail together do not come back together: a tenth of the wait goes by number.
            let spread = wait.mul_f64((self.id.0 % 8) as f64 / 80.0);
            self.phase = Phase::Waiting(now + wait + spread);
        }
        self.forget_connection()
    }

    fn after(&mut self, now: Timestamp, loss: Loss) -> Duration {
        let lived = self.ready_since.map(|at| now.since(at));
        let steady = lived.is_some_and(|lived| lived >= STEADY);
        if steady {
            self.endpoints.on_steady();
        } else if lived.is_some() || self.redirect_wait.is_some() {
            self.endpoints.flaps += 1;
        }
        let lost = Loss { cause: PoolFault::Lost, ..loss.clone() };
        let mut loss = loss;
        if let Some(asked) = self.redirect_wait.take() {
            self.endpoints.redirects += 1;
            if self.endpoints.redirects > REDIRECTS_MAX {
                loss.cause = PoolFault::Redirecting;
            } else {
                // Nobody can mine there while we wait, so there is nothing to sit out.
                self.endpoints.fault.get_or_insert(if asked >= AWAY_MIN { loss } else { lost });
                // The first is taken at its word.
                let more = self.endpoints.failures > 0;
                let wait = self.endpoints.back_off();
                return if more { asked.max(wait) } else { asked };
            }
        } else if lived.is_some() && loss.cause == PoolFault::Closed && self.endpoints.failures == 0 {
            // An endpoint that worked: it is retried once more, immediately.
            self.endpoints.failures = u32::from(!steady);
            self.endpoints.fault = Some(lost);
            return Duration::ZERO;
        }
        if self.redirect.take().is_some() {
            // Where we were sent does not answer; our own endpoints are not to blame.
            self.endpoints.fault = Some(loss);
            return self.endpoints.back_off();
        }
        self.endpoints.fault.get_or_insert_with(|| Loss { cause: PoolFault::Connecting, ..loss.clone() });
        let endpoints = self.entry.endpoints.len();
        self.endpoints.failed(endpoints, loss)
    }

    /// Everything that belongs to one connection ends with it.
    fn forget_connection(&mut self) -> Vec<PendingShare> {
        self.extranonce = None;
        self.difficulty = None;
        self.job = None;
        self.job_waiting = None;
        self.mask = 0;
        self.ready_since = None;
        self.asked_at = None;
        self.early.clear();
        self.complaint = None;
        (self.nonsense, self.made_sense) = (0, false);
        self.workers.clear();
        self.doubted = false;
        // What was refused is held against the pool until another connection has shown that it takes shares.
        if !self.is_rejecting() {
            self.verdicts.clear();
        }
        self.sent.clear();
        let mut lost: Vec<(u64, PendingShare)> = self
            .pending
            .drain()
            .filter_map(|(id, pending)| match pending {
                Pending::Share(share) => Some((id, share)),
                _ => None,
            })
            .collect();
        lost.sort_unstable_by_key(|(id, _)| *id);
        lost.into_iter().map(|(_, share)| share).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::endpoint::Endpoint;
    use crate::id::UpstreamId;
    use crate::orders::{PoolEntry, UserTemplate};

    fn upstream(endpoints: usize) -> Upstream {
        let endpoint = |n| Endpoint::parse(&format!("stratum+tcp://endpoint-{n}.example:3333")).unwrap();
        let entry = PoolEntry {
            pool: "p".into(),
            endpoints: (0..endpoints).map(endpoint).collect(),
            user: UserTemplate("u".into()),
            password: "x".into(),
            own_connections: false,
            reconnect_to: Vec::new(),
        };
        let algorithm = stratum::work::Algorithm::Sha256d;
        let now = Timestamp::default();
        Upstream::new(UpstreamId(0), "a".into(), Arc::new(entry), None, "u".into(), algorithm, now)
    }

    /// Runs attempts that all fail until `seconds` have passed: when each was, and at which endpoint.
    fn attempts(upstream: &mut Upstream, seconds: i64, cause: PoolFault) -> Vec<(i64, String)> {
        let mut seen = Vec::new();
        for tick in 0..seconds * 10 {
            let now = Timestamp(tick * 100_000);
            while let Phase::Waiting(until) = upstream.phase
                && now >= until
            {
                seen.push((tick, upstream.connect(now).host.split('.').next().unwrap().to_owned()));
                upstream.on_closed(now, Loss::new(cause, "words"));
            }
        }
        seen
    }

    #[test]
    fn every_door_is_tried_in_turn_and_none_is_skipped() {
        let mut upstream = upstream(3);
        let seen = attempts(&mut upstream, 10, PoolFault::ConnectionRefused);
        let endpoints: Vec<&str> = seen.iter().map(|(_, endpoint)| endpoint.as_str()).collect();
        assert_eq!(
            endpoints[..6],
            ["endpoint-0", "endpoint-1", "endpoint-2", "endpoint-0", "endpoint-1", "endpoint-2"]
        );
        // One round at a time, and every round later than the one before.
        let rounds: Vec<i64> = seen.chunks(3).map(|round| round[0].0).collect();
        assert!(seen.chunks_exact(3).all(|round| round[0].0 == round[2].0), "{seen:?}");
        assert_eq!(rounds, [0, 5, 15, 35, 75]);
    }

    #[test]
    fn attempts_become_ever_rarer() {
        let seen = attempts(&mut upstream(1), 3600, PoolFault::Closed);
        assert!((120..135).contains(&seen.len()), "{} in an hour", seen.len());
    }

    #[test]
    fn that_all_doors_are_gone_is_known_when_all_were_tried() {
        let mut upstream = upstream(2);
        let now = Timestamp::default();
        upstream.connect(now);
        upstream.on_closed(now, Loss::new(PoolFault::ConnectionRefused, "refused"));
        assert_eq!(upstream.endpoints.fault().unwrap().cause, PoolFault::Connecting);
        upstream.connect(now);
        upstream.on_closed(now, Loss::new(PoolFault::ConnectionTimeout, "no answer"));
        // One may be there after all.
        assert_eq!(upstream.endpoints.fault().unwrap().cause, PoolFault::ConnectionTimeout);
        for _ in 0..2 {
            upstream.connect(now);
            upstream.on_closed(now, Loss::new(PoolFault::Tls, "expired"));
        }
        assert_eq!(upstream.endpoints.fault().unwrap().cause, PoolFault::Tls);
    }

    #[test]
    fn a_door_that_worked_is_knocked_at_again_at_once_and_one_that_flaps_is_not_trusted() {
        let mut upstream = upstream(1);
        let mut now = Timestamp::from_seconds(1_000);
        let mut waits = Vec::new();
        for _ in 0..6 {
            upstream.connect(now);
            upstream.ready_since = Some(now);
            upstream.endpoints.on_ready();
            waits.push(upstream.endpoints.fault().is_none());
            now = now + Duration::from_secs(1);
            upstream.on_closed(now, Loss::new(PoolFault::Closed, "closed"));
            let Phase::Waiting(until) = upstream.phase else { unreachable!() };
            if waits.len() == 1 {
                assert_eq!(until, now, "the first time at once");
            }
            now = until;
        }
        assert_eq!(waits, [true, true, false, false, false, false]);
        assert!(now > Timestamp::from_seconds(1_012), "and ever later");
        upstream.connect(now);
        upstream.ready_since = Some(now);
        upstream.on_closed(now + STEADY, Loss::new(PoolFault::Closed, "closed"));
        assert_eq!(upstream.phase, Phase::Waiting(now + STEADY));
        assert!(!upstream.is_failing());
    }
}
