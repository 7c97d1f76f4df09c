//! The conversation with a pool: connecting, the handshake, jobs, verdicts, redirects, and losing it all.

use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Cutter;
use stratum::peer::{Answer, Folded, FromPool, Refusal, ToPool};
use stratum::work::{Difficulty, VersionRule};

use super::{
    AGENT, ANSWER_MAX, DIFFICULTY_WAIT, Heard, MASK, Pending, PendingShare, Phase, PoolJob, RETRY_MAX,
    RETRY_MIN, Standing, Upstream, VERDICTS,
};
use crate::orders::Endpoint;
use crate::time::Timestamp;

impl Upstream {
    /// It is time to knock; says where.
    pub fn connect(&mut self, now: Timestamp) -> Endpoint {
        self.connection += 1;
        self.phase = Phase::Connecting(now);
        self.endpoint()
    }

    /// The socket is open.
    pub fn on_connected(&mut self, now: Timestamp, out: &mut Vec<ToPool>) {
        self.phase = Phase::Configuring(now);
        let id = self.request(Pending::Configure);
        out.push(ToPool::Configure { id, version_mask: MASK });
    }

    /// The socket is closed, or never opened. Returns the shares that nobody answered.
    pub fn on_closed(&mut self, now: Timestamp) -> Vec<PendingShare> {
        let was_live = self.is_ready();
        let sent_away = self.redirect.is_some() && matches!(self.phase, Phase::Waiting(_));
        self.failures = if was_live || sent_away { 0 } else { self.failures.saturating_add(1) };
        if !was_live && !sent_away {
            self.redirect = None;
            self.door = (self.door + 1) % self.entry.doors.len();
        }
        let wait = RETRY_MIN.saturating_mul(1 << self.failures.min(6)).min(RETRY_MAX);
        // Connections that fail together do not come back together: a tenth of the wait goes by number.
        let spread = wait.mul_f64((self.id.0 % 8) as f64 / 80.0);
        if self.phase != Phase::Closed && !sent_away {
            self.phase = Phase::Waiting(now + wait + spread);
        }
        self.extranonce = None;
        self.difficulty = None;
        self.job = None;
        self.job_waiting = None;
        self.mask = 0;
        self.workers.clear();
        self.verdicts.clear();
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
        self.unanswered += lost.len() as u64;
        lost.into_iter().map(|(_, share)| share).collect()
    }

    /// What is due: returns why the connection should be given up, if it should.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<ToPool>) -> (Heard, Option<&'static str>) {
        let overdue = |since: Timestamp| now.since(since) > ANSWER_MAX;
        match self.phase {
            Phase::Configuring(since) if overdue(since) => {
                // Old pools know no configure and may keep silent about it.
                self.subscribe(now, out);
            }
            Phase::Subscribing(since) if overdue(since) => {
                return (Heard::Nothing, Some("no answer to subscribe"));
            }
            Phase::Connecting(since) if overdue(since) => {
                return (Heard::Nothing, Some("the connection took too long"));
            }
            Phase::Live(since) if self.all_refused() && now.since(since) > RETRY_MAX => {
                return (Heard::Nothing, Some("the worker is refused"));
            }
            _ => {}
        }
        if let Some((at, _)) = &self.job_waiting
            && now.since(*at) > DIFFICULTY_WAIT
        {
            self.difficulty = Difficulty::new(1.0);
            let (_, job) = self.job_waiting.take().expect("just looked at");
            return (self.take_job(now, job), None);
        }
        (Heard::Nothing, None)
    }

    fn subscribe(&mut self, now: Timestamp, out: &mut Vec<ToPool>) {
        self.phase = Phase::Subscribing(now);
        let id = self.request(Pending::Subscribe);
        out.push(ToPool::Subscribe { id, agent: AGENT.into() });
    }

    /// A message from the pool.
    pub fn on_pool(&mut self, now: Timestamp, mut message: FromPool, out: &mut Vec<ToPool>) -> Heard {
        // The one place where a pool's words come in.
        message.strike(&self.entry.password);
        match message {
            FromPool::Answer { id, answer } => match self.pending.remove(&id) {
                Some(pending) => self.on_answer(now, pending, answer, out),
                None => Heard::Nothing,
            },
            FromPool::SetDifficulty(difficulty) => {
                self.difficulty = Some(difficulty);
                match self.job_waiting.take() {
                    Some((_, job)) => self.take_job(now, job),
                    None => Heard::Nothing,
                }
            }
            FromPool::Notify(job) => self.take_job(now, job),
            FromPool::SetExtranonce { extranonce_1, extranonce_2_size } => {
                let size =
                    extranonce_2_size.or(self.extranonce.as_ref().map(|(_, size)| *size)).unwrap_or_default();
                self.extranonce = Some((extranonce_1, size));
                Heard::Extranonce
            }
            FromPool::SetVersionMask(mask) => {
                self.mask = mask & MASK;
                Heard::Nothing
            }
            FromPool::Reconnect { host, port, wait } => self.on_redirect(now, host, port, wait),
            FromPool::Ping { id } => {
                out.push(ToPool::Pong { id });
                Heard::Nothing
            }
            FromPool::GetVersion { id } => {
                out.push(ToPool::Version { id, agent: AGENT.into() });
                Heard::Nothing
            }
            FromPool::Message(_) | FromPool::Unknown { .. } => Heard::Nothing,
        }
    }

    fn on_answer(
        &mut self,
        now: Timestamp,
        pending: Pending,
        answer: Result<Answer, Refusal>,
        out: &mut Vec<ToPool>,
    ) -> Heard {
        match pending {
            Pending::Configure => {
                if let Ok(Answer::Configured { version_mask }) = answer {
                    self.mask = version_mask.unwrap_or(0) & MASK;
                }
                if matches!(self.phase, Phase::Configuring(_)) {
                    self.subscribe(now, out);
                }
                Heard::Nothing
            }
            Pending::Subscribe => match answer {
                Ok(Answer::Subscribed { extranonce_1, extranonce_2_size }) => {
                    self.extranonce = Some((extranonce_1, extranonce_2_size));
                    self.phase = Phase::Live(now);
                    let user = self.first_worker.clone();
                    self.authorize(&user, out);
                    Heard::Nothing
                }
                Ok(_) => Heard::Broken("the answer to subscribe makes no sense"),
                Err(_) => Heard::Broken("the pool refuses to subscribe us"),
            },
            Pending::Authorize(user) => match answer {
                Ok(_) => {
                    let first = !self.welcome();
                    self.workers.insert(user, Standing::Welcome);
                    if first && self.job.is_some() { Heard::Job } else { Heard::Nothing }
                }
                Err(refusal) => {
                    self.workers.insert(user.clone(), Standing::Refused);
                    Heard::WorkerRefused(user, refusal)
                }
            },
            Pending::Share(share) => {
                while self.sent.front().is_some_and(|(sent, _)| !self.pending.contains_key(sent)) {
                    self.sent.pop_front();
                }
                let taken = now.since(share.at).as_secs_f64() * 1000.0;
                let weight = if self.accepted + self.rejected == 0 { 1.0 } else { 0.05 };
                self.latency_ms += (taken - self.latency_ms) * weight;
                let verdict = answer.map(|_| ());
                self.count(now, &share, &verdict);
                Heard::Verdict(share, verdict)
            }
        }
    }

    fn count(&mut self, now: Timestamp, share: &PendingShare, verdict: &Result<(), Refusal>) {
        match verdict {
            Ok(()) => self.accepted += 1,
            Err(_) => self.rejected += 1,
        }
        let reason = verdict.as_ref().err().map(Refusal::reason);
        // A pool that reads version bits another way refuses what is good; it gets the other way next.
        if share.version_open && reason == Some(stratum::work::Reason::LowDifficulty) {
            self.version_rule = match self.version_rule {
                VersionRule::Xor => VersionRule::Replace,
                _ => VersionRule::Xor,
            };
        }
        // Shares that came late say nothing about the pool.
        if reason != Some(stratum::work::Reason::Stale) {
            self.verdicts.push_back(verdict.is_ok());
            if self.verdicts.len() > VERDICTS {
                self.verdicts.pop_front();
            }
            self.verdict_at = now;
        }
    }

    fn take_job(&mut self, now: Timestamp, job: stratum::work::Job) -> Heard {
        let Some((extranonce_1, size)) = self.extranonce.clone() else { return Heard::Nothing };
        let Some(difficulty) = self.difficulty else {
            self.job_waiting = Some((now, job));
            return Heard::Nothing;
        };
        let block_changed = self.job.as_ref().is_some_and(|before| before.work.job.previous != job.previous);
        self.job_number += 1;
        if job.clean || block_changed {
            self.stale_before = self.job_number;
            self.stale_since = now;
        }
        let algorithm = self.algorithm;
        self.job = Some(Arc::new(PoolJob {
            upstream: self.id,
            connection: self.connection,
            number: self.job_number,
            pool: self.entry.pool.clone(),
            work: Arc::new(Folded::new(job, extranonce_1)),
            extranonce_2_size: size,
            difficulty,
            target: difficulty.target(algorithm),
            mask: self.mask,
            algorithm,
        }));
        self.cutter = Cutter::default();
        self.job_at = Some(now);
        if self.welcome() { Heard::Job } else { Heard::Nothing }
    }

    fn on_redirect(&mut self, now: Timestamp, host: Option<String>, port: Option<u16>, wait: u32) -> Heard {
        let present = self.endpoint();
        let host = host.unwrap_or_else(|| present.host.to_string());
        let port = port.unwrap_or(present.port);
        let allowed = *host == *present.host
            || self.entry.doors.iter().any(|door| *door.host == *host)
            || self.entry.reconnect_to.iter().any(|pattern| host_matches(pattern, &host));
        let to = format!("{host}:{port}");
        if allowed {
            self.redirect = Some(Endpoint { host: host.into(), port, tls: present.tls });
            self.phase = Phase::Waiting(now + Duration::from_secs(u64::from(wait.min(60))));
        }
        Heard::Redirect { to, obeyed: allowed }
    }
}

/// `*.example.com` allows every name under it, anything else itself alone.
fn host_matches(pattern: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    match pattern.strip_prefix("*.") {
        Some(suffix) => {
            host.strip_suffix(suffix).is_some_and(|front| front.ends_with('.') && front.len() > 1)
        }
        None => host == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_whole_labels() {
        assert!(host_matches("*.f2pool.example", "btc.f2pool.example"));
        assert!(!host_matches("*.f2pool.example", "f2pool.example"));
        assert!(!host_matches("*.f2pool.example", "evilf2pool.example"));
        assert!(host_matches("A.example", "a.example"));
    }
}
