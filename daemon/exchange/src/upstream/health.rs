//! What ails a connection, as far as its pool's health goes, and when it is given up.

use std::time::Duration;

use super::{Phase, REFUSED_FOR, STEADY, Upstream, VERDICTS};
use crate::failover::{Loss, PoolFault};
use crate::time::Timestamp;

/// Longest wait for a connection. The hub knows sooner, and why: this is for one that says nothing.
const CONNECT_MAX: Duration = Duration::from_secs(25);
/// Longest wait for an answer in the handshake before going on or giving up.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The first job should come within this.
const FIRST_JOB_MAX: Duration = Duration::from_secs(60);
/// A pool is expected to send a job at least this often;
const JOB_AGE_MAX: Duration = Duration::from_secs(150);
/// after this its connection is not worth keeping.
const JOB_AGE_END: Duration = Duration::from_secs(300);
/// A share should be answered within this;
const VERDICT_MAX: Duration = Duration::from_secs(10);
/// after this the connection is not worth keeping.
const VERDICT_END: Duration = Duration::from_secs(60);
/// Least time between two connections given up because the pool refuses what comes by them.
const REMADE_EVERY: Duration = Duration::from_secs(300);

impl Upstream {
    /// What ails this connection.
    pub fn fault(&self, now: Timestamp) -> Option<PoolFault> {
        let fault = self.endpoints.fault().map(|fault| fault.cause);
        let live = self.live_fault(now);
        if self.knows_more(fault, live) { live } else { fault.or(live) }
    }

    /// What the connection that is up shows now says more than how those before it ended: that it refuses us is
    /// certain, and that it was lost a moment ago explains nothing.
    fn knows_more(&self, fault: Option<PoolFault>, live: Option<PoolFault>) -> bool {
        live == Some(PoolFault::Unauthorized)
            || (fault.is_some_and(|fault| !fault.is_known()) && live.is_some_and(PoolFault::is_known))
    }

    /// What ails it by what it has shown since it is up.
    fn live_fault(&self, now: Timestamp) -> Option<PoolFault> {
        let Phase::Live(since) = self.phase else { return Some(PoolFault::Connecting) };
        if self.all_refused() {
            return Some(PoolFault::Unauthorized);
        }
        if !self.is_ready() {
            // A pool that says nothing more may yet; that it has not for a while is worth telling.
            let late = self.welcome() && now.since(since) > ANSWER_MAX;
            return Some(if late { PoolFault::NoJob } else { PoolFault::Connecting });
        }
        if self.job_at.is_none_or(|at| now.since(at) > JOB_AGE_MAX) {
            return Some(PoolFault::NoJob);
        }
        if self.waits_for_a_verdict(now, VERDICT_MAX) {
            return Some(PoolFault::Silent);
        }
        self.is_rejecting().then_some(PoolFault::Rejecting)
    }

    fn may_be_remade(&self, now: Timestamp) -> bool {
        self.remade.is_none_or(|at| now.since(at) >= REMADE_EVERY)
    }

    /// The pool refuses half of the shares or more.
    pub(super) fn is_rejecting(&self) -> bool {
        let refused = self.verdicts.iter().filter(|taken| !**taken).count();
        self.verdicts.len() >= VERDICTS / 2 && refused * 2 >= self.verdicts.len()
    }

    /// The pool's or the system's own words about what ails it.
    pub fn words(&self, now: Timestamp) -> &str {
        let fault = self.endpoints.fault();
        let more = self.knows_more(fault.map(|fault| fault.cause), self.live_fault(now));
        let fault = fault.filter(|_| !more).map(|fault| &*fault.words);
        fault.or(self.complaint.as_deref()).unwrap_or_default()
    }

    /// When the next attempt to connect is due.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Waiting(until) => Some(until),
            _ => None,
        }
    }

    /// Once the work is elsewhere no verdict can clear the pool's name, so time does.
    pub fn forgive(&mut self, now: Timestamp, after: Duration) {
        if !self.verdicts.is_empty() && now.since(self.verdict_at) >= after {
            self.verdicts.clear();
        }
    }

    /// A trial of its pool has failed: whoever forgot a connection refuses all that comes by it, so the next trial
    /// gets another one.
    pub fn doubt(&mut self) {
        self.doubted = matches!(self.phase, Phase::Live(_));
    }

    /// Why the connection should be given up, if it should. A connection that only looks like one is worth less
    /// than an attempt at another endpoint.
    pub(super) fn give_up(&mut self, now: Timestamp) -> Option<Loss> {
        let over = |since: Timestamp, limit: Duration| now.since(since) > limit;
        let loss = match self.phase {
            Phase::Connecting(since) if over(since, CONNECT_MAX) => {
                Loss::new(PoolFault::ConnectionTimeout, "the connection took too long")
            }
            Phase::Subscribing(since) if over(since, ANSWER_MAX) => {
                Loss::new(PoolFault::NoSubscribeAnswer, &self.said("no answer within 10 s"))
            }
            Phase::Live(since) if self.all_refused() && over(since, REFUSED_FOR) => {
                Loss::new(PoolFault::Unauthorized, &self.said(""))
            }
            Phase::Live(_)
                if self.nobody_is_answered() && self.asked_at.is_some_and(|at| over(at, ANSWER_MAX)) =>
            {
                Loss::new(PoolFault::NoAuthorizeAnswer, &self.said("no answer within 10 s"))
            }
            Phase::Live(since) if self.job.is_none() && over(since, FIRST_JOB_MAX) => {
                Loss::new(PoolFault::NoJob, &self.said("no job within 60 s"))
            }
            Phase::Live(_) if self.job_at.is_some_and(|at| self.job.is_some() && over(at, JOB_AGE_END)) => {
                Loss::new(PoolFault::NoJob, &self.said("no job for 5 min"))
            }
            Phase::Live(_) if self.waits_for_a_verdict(now, VERDICT_END) => {
                Loss::new(PoolFault::Silent, &self.said("no answer to a share within 60 s"))
            }
            // A pool that has forgotten a connection refuses all that comes by it: another one may do. Once in a while.
            Phase::Live(_) if self.doubted || (self.is_rejecting() && self.may_be_remade(now)) => {
                let was_refused = self.verdicts.iter().any(|taken| !*taken);
                let fault = self.live_fault(now).filter(|fault| fault.is_known());
                let cause = fault.unwrap_or(match was_refused {
                    true => PoolFault::Rejecting,
                    false => PoolFault::Silent,
                });
                (self.remade, self.doubted) = (Some(now), false);
                Loss::new(cause, &self.said(""))
            }
            _ => return None,
        };
        Some(loss)
    }

    /// A connection that has lasted clears what was held against the pool.
    pub(super) fn note_steady(&mut self, now: Timestamp) {
        if self.ready_since.is_some_and(|at| now.since(at) >= STEADY) && self.is_ready() {
            self.endpoints.on_steady();
        }
    }

    /// The pool's last words, or these.
    pub(super) fn said(&self, otherwise: &str) -> String {
        self.complaint.as_deref().unwrap_or(otherwise).to_owned()
    }

    fn waits_for_a_verdict(&self, now: Timestamp, limit: Duration) -> bool {
        // One answer that is lost among many says nothing about the pool: what was sent after the newest share that was
        // answered does.
        let behind = self.sent.partition_point(|(_, at)| *at <= self.answered);
        self.sent.get(behind).is_some_and(|(_, at)| now.since(*at) > limit)
    }

    fn nobody_is_answered(&self) -> bool {
        !self.workers.is_empty() && self.workers.values().all(|standing| *standing == super::Standing::Asked)
    }
}
