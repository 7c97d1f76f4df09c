//! The conversation with a pool: connecting, the handshake, jobs, verdicts, redirects.

use std::sync::Arc;
use std::time::Duration;

use stratum::peer::{Answer, Folded, FromPool, Refusal, ToPool};
use stratum::work::{Difficulty, VersionRule};

use super::{
    AGENT, DIFFICULTY_WAIT, Heard, MASK, Pending, PendingShare, Phase, PoolJob, Standing, Upstream, VERDICTS,
    usable,
};
use crate::duplicates::WorkId;
use crate::endpoint::Endpoint;
use crate::failover::{Loss, PoolFault};
use crate::time::Timestamp;

/// Configure is waited for so long; an answer that comes later still counts.
const CONFIGURE_MAX: Duration = Duration::from_secs(2);
/// A pool that does not answer it is not asked again for this long.
const CONFIGURE_AGAIN: Duration = Duration::from_secs(3600);
/// A pool that closes the connection at it so often in a row is asked to do without, every other time.
const CONFIGURE_CLOSES: u32 = 3;
/// Most messages kept from before the answer to subscribe.
const EARLY_MAX: usize = 16;
/// Most lines without sense on one connection.
const NONSENSE_MAX: u32 = 100;

/// How a pool takes `mining.configure`, which old ones do not know.
#[derive(Debug, Default)]
pub(super) struct Manners {
    /// It was left unanswered by a pool that answered the rest: not before then again.
    again: Option<Timestamp>,
    /// So often in a row the connection was closed at it.
    closes: u32,
}

impl Manners {
    fn is_asked(&self, now: Timestamp) -> bool {
        self.again.is_none_or(|at| now >= at)
            && (self.closes < CONFIGURE_CLOSES || !(self.closes - CONFIGURE_CLOSES).is_multiple_of(2))
    }

    /// A connection has ended in this phase.
    pub(super) fn on_closed(&mut self, now: Timestamp, phase: Phase, is_unanswered: bool) {
        match phase {
            Phase::Configuring(_) => self.closes = self.closes.saturating_add(1),
            Phase::Live(_) if is_unanswered => (self.again, self.closes) = (Some(now + CONFIGURE_AGAIN), 0),
            Phase::Live(_) => self.closes = 0,
            // It was not asked, and that was not it.
            Phase::Subscribing(_) if self.closes >= CONFIGURE_CLOSES => {
                self.closes = self.closes.saturating_add(1);
            }
            _ => {}
        }
    }
}

impl Upstream {
    /// It is time to knock; says where.
    pub fn connect(&mut self, now: Timestamp) -> Endpoint {
        self.connection += 1;
        self.phase = Phase::Connecting(now);
        self.endpoint()
    }

    /// The socket is open.
    pub fn on_connected(&mut self, now: Timestamp, out: &mut Vec<ToPool>) {
        if !self.configure.is_asked(now) {
            return self.subscribe(now, out);
        }
        self.phase = Phase::Configuring(now);
        let id = self.request(Pending::Configure);
        out.push(ToPool::Configure { id, version_mask: MASK });
    }

    /// What is due: what came of it, or why the connection should be given up.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<ToPool>) -> Heard {
        self.note_steady(now);
        if let Phase::Configuring(since) = self.phase
            && now.since(since) > CONFIGURE_MAX
        {
            // Old pools know no configure and may keep silent about it.
            self.subscribe(now, out);
        }
        if let Some(loss) = self.give_up(now) {
            return Heard::Broken(loss);
        }
        if let Some((at, _)) = &self.job_waiting
            && now.since(*at) > DIFFICULTY_WAIT
        {
            self.difficulty = Difficulty::new(1.0);
            let (_, job) = self.job_waiting.take().expect("just looked at");
            return self.take_job(now, job);
        }
        Heard::Nothing
    }

    fn subscribe(&mut self, now: Timestamp, out: &mut Vec<ToPool>) {
        self.phase = Phase::Subscribing(now);
        let id = self.request(Pending::Subscribe);
        out.push(ToPool::Subscribe { id, agent: AGENT.into() });
    }

    /// A message from the pool.
    pub fn on_pool(&mut self, now: Timestamp, mut message: FromPool, out: &mut Vec<ToPool>) -> Heard {
        if !matches!(message, FromPool::Nonsense(_)) {
            self.made_sense = true;
        }
        // The one place where a pool's words come in.
        message.strike(&self.entry.password);
        match message {
            FromPool::Answer { id, answer } => match self.pending.remove(&id) {
                Some(pending) => self.on_answer(now, pending, answer, out),
                None => Heard::Nothing,
            },
            FromPool::Request { id, notice } => {
                let known = !matches!(
                    *notice,
                    FromPool::Unknown { .. } | FromPool::Nonsense(_) | FromPool::BadExtranonce(_)
                );
                out.push(ToPool::Reply { id, known });
                self.on_pool(now, *notice, out)
            }
            FromPool::SetDifficulty(_) | FromPool::Notify(_) | FromPool::SetExtranonce { .. }
                if !matches!(self.phase, Phase::Live(_)) =>
            {
                self.keep_early(message);
                Heard::Nothing
            }
            FromPool::SetDifficulty(difficulty) => {
                if let Err(loss) = usable::difficulty(difficulty) {
                    return Heard::Broken(loss);
                }
                self.difficulty = Some(difficulty);
                match self.job_waiting.take() {
                    Some((_, job)) => self.take_job(now, job),
                    None => Heard::Nothing,
                }
            }
            FromPool::Notify(job) => {
                // Whatever it said before, it goes on; a job takes no refusal of the worker back.
                if !self.all_refused() {
                    self.complaint = None;
                }
                self.take_job(now, job)
            }
            FromPool::SetExtranonce { extranonce_1, extranonce_2_size } => {
                let present = self.extranonce.as_ref().map(|(_, size)| *size);
                let size = extranonce_2_size.or(present).unwrap_or_default();
                if let Err(loss) = usable::extranonce(extranonce_1.len(), size) {
                    return Heard::Broken(loss);
                }
                self.extranonce = Some((extranonce_1, size));
                Heard::Extranonce
            }
            FromPool::BadExtranonce(words) => Heard::Broken(Loss::new(PoolFault::ExtranonceUnusable, &words)),
            FromPool::SetVersionMask(mask) => self.on_mask(mask & MASK),
            FromPool::Reconnect { host, port, wait } => self.on_redirect(host, port, wait),
            FromPool::Ping { id } => {
                out.push(ToPool::Pong { id });
                Heard::Nothing
            }
            FromPool::GetVersion { id } => {
                out.push(ToPool::Version { id, agent: AGENT.into() });
                Heard::Nothing
            }
            FromPool::Message(words) => {
                self.complain(&words);
                Heard::Said(words)
            }
            FromPool::Nonsense(words) => self.on_nonsense(&words),
            FromPool::Unknown { .. } => Heard::Nothing,
        }
    }

    /// What comes before the answer to subscribe is used after it, in the order in which it came.
    fn keep_early(&mut self, message: FromPool) {
        if self.early.len() >= EARLY_MAX {
            let kind = std::mem::discriminant(&message);
            let older = self.early.iter().position(|early| std::mem::discriminant(early) == kind);
            self.early.remove(older.unwrap_or(0));
        }
        self.early.push_back(message);
    }

    /// The bits that may be rolled changed, which holds at once: the present job is handed out again with them.
    fn on_mask(&mut self, mask: u32) -> Heard {
        self.mask = mask;
        match &self.job {
            Some(job) if job.mask != mask => {
                self.job = Some(Arc::new(job.with_mask(mask)));
                if self.welcome() { Heard::Job } else { Heard::Nothing }
            }
            _ => Heard::Nothing,
        }
    }

    fn on_nonsense(&mut self, words: &str) -> Heard {
        self.complain(words);
        self.nonsense += 1;
        if (words.starts_with("HTTP/") && !self.made_sense) || self.nonsense > NONSENSE_MAX {
            return Heard::Broken(Loss::new(PoolFault::NotStratum, words));
        }
        Heard::Nothing
    }

    /// Keeps the pool's words for the case that they explain what comes next.
    fn complain(&mut self, words: &str) {
        if !words.is_empty() {
            self.complaint = Some(words.into());
        }
    }

    /// Why the socket closed, in the light of how far the conversation had come.
    pub fn closed(&self, words: &str) -> Loss {
        let cause = match self.phase {
            Phase::Connecting(_) => PoolFault::Unreachable,
            _ if self.nonsense > 0 && !self.made_sense => PoolFault::NotStratum,
            Phase::Live(_) if self.all_refused() => PoolFault::Unauthorized,
            _ => PoolFault::Closed,
        };
        let said = self.said("");
        let words = if said.is_empty() { words } else { &said };
        Loss::new(cause, words).unless_full(&said)
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
                    let early = std::mem::take(&mut self.early);
                    let replaced = early.iter().any(|said| matches!(said, FromPool::SetExtranonce { .. }));
                    if !replaced && let Err(loss) = usable::extranonce(extranonce_1.len(), extranonce_2_size)
                    {
                        return Heard::Broken(loss);
                    }
                    self.extranonce = Some((extranonce_1, extranonce_2_size));
                    self.phase = Phase::Live(now);
                    let user = self.first_worker.clone();
                    self.asked_at = Some(now);
                    self.authorize(&user, out);
                    for message in early {
                        // Nobody is welcome yet, so nothing can be handed out.
                        if let broken @ Heard::Broken(_) = self.on_pool(now, message, out) {
                            return broken;
                        }
                    }
                    Heard::Nothing
                }
                Ok(Answer::BadExtranonce(words)) => {
                    Heard::Broken(Loss::new(PoolFault::ExtranonceUnusable, &words))
                }
                Ok(_) => Heard::Broken(Loss::new(
                    PoolFault::SubscribeRefused,
                    "the answer has no extranonce that could be read",
                )),
                Err(refusal) => {
                    let said = refusal.text;
                    Heard::Broken(Loss::new(PoolFault::SubscribeRefused, &said).unless_full(&said))
                }
            },
            Pending::Authorize(user) => match answer {
                Ok(_) => {
                    let first = !self.welcome();
                    self.workers.insert(user.clone(), Standing::Welcome);
                    if !first || self.job.is_none() {
                        return Heard::Welcome(user);
                    }
                    self.on_ready(now);
                    Heard::Job
                }
                Err(refusal) => {
                    self.complain(&refusal.text);
                    self.workers.insert(user.clone(), Standing::Refused);
                    Heard::WorkerRefused(user, refusal)
                }
            },
            Pending::Share(share) => {
                while self.sent.front().is_some_and(|(sent, _)| !self.pending.contains_key(sent)) {
                    self.sent.pop_front();
                }
                self.answered = self.answered.max(share.at);
                let taken = now.since(share.at).as_secs_f64() * 1000.0;
                let weight = if self.accepted + self.rejected == 0 { 1.0 } else { 0.05 };
                self.latency_ms += (taken - self.latency_ms) * weight;
                let verdict = answer.map(|_| ());
                if let Err(refusal) = &verdict {
                    self.complain(&refusal.text);
                }
                let late = self.count(now, &share, &verdict);
                Heard::Verdict { share, verdict, late }
            }
        }
    }

    /// Takes a verdict into account. True for a share that was late: it was refused as stale, and the pool had sent
    /// another job by then, which says nothing about the pool. What is stale for the job in force is another matter.
    fn count(&mut self, now: Timestamp, share: &PendingShare, verdict: &Result<(), Refusal>) -> bool {
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
        let late = reason == Some(stratum::work::Reason::Stale) && share.job < self.job_number;
        if !late {
            self.verdicts.push_back(verdict.is_ok());
            if self.verdicts.len() > VERDICTS {
                self.verdicts.pop_front();
            }
            self.verdict_at = now;
        }
        late
    }

    fn take_job(&mut self, now: Timestamp, job: stratum::work::Job) -> Heard {
        let Some((extranonce_1, size)) = self.extranonce.clone() else { return Heard::Nothing };
        let Some(difficulty) = self.difficulty else {
            self.job_waiting = Some((now, job));
            return Heard::Nothing;
        };
        let block_changed = self.job.as_ref().is_some_and(|before| before.work.job.previous != job.previous);
        let clean = job.clean;
        let work = Folded::new(job, extranonce_1);
        if let Err(loss) = usable::job(&work.job, work.message_len() + 2 * size) {
            return Heard::Broken(loss);
        }
        self.job_number += 1;
        if clean || block_changed {
            self.stale_before = self.job_number;
            self.stale_since = now;
        }
        let algorithm = self.algorithm;
        let work = Arc::new(work);
        let id = WorkId::of(&work, size);
        if self.members.is_empty() && self.job.as_ref().is_none_or(|before| before.id != id) {
            self.geometry = None;
        }
        self.job = Some(Arc::new(PoolJob {
            id,
            upstream: self.id,
            connection: self.connection,
            number: self.job_number,
            account: self.account.clone(),
            pool: self.entry.pool.clone(),
            work,
            extranonce_2_size: size,
            difficulty,
            target: difficulty.target(algorithm),
            mask: self.mask,
            algorithm,
        }));
        self.job_at = Some(now);
        if !self.welcome() {
            return Heard::Nothing;
        }
        self.on_ready(now);
        Heard::Job
    }

    fn on_ready(&mut self, now: Timestamp) {
        if self.ready_since.is_none() {
            self.ready_since = Some(now);
            self.endpoints.on_ready();
        }
    }

    fn on_redirect(&mut self, host: Option<String>, port: Option<u16>, wait: u32) -> Heard {
        let present = self.endpoint();
        let host = host.unwrap_or_else(|| present.host.to_string());
        let port = port.unwrap_or(present.port);
        let allowed = *host == *present.host
            || self.entry.endpoints.iter().any(|endpoint| *endpoint.host == *host)
            || self.entry.reconnect_to.iter().any(|pattern| host_matches(pattern, &host));
        let to = stratum::text::words(&format!("{host}:{port}"));
        if allowed {
            self.redirect = Some(Endpoint { host: host.into(), port, ..present });
            self.redirect_wait = Some(Duration::from_secs(u64::from(wait.min(60))));
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
