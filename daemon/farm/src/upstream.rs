//! One connection to a pool, seen from our side: the handshake, its jobs, its workers, and the shares it
//! has yet to answer. Who uses it is the exchange's business.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::{Cutter, FILLER_MAX, Geometry};
use stratum::peer::{Answer, Folded, FromPool, Refusal, ToPool};
use stratum::work::{Algorithm, Difficulty, Target, VersionRule};

use crate::failover::Illness;
use crate::id::{SessionId, UpstreamId};
use crate::orders::{Endpoint, PoolEntry};
use crate::time::Timestamp;

/// Version bits asked of every pool: BIP 320's sixteen.
pub const MASK: u32 = 0x1fff_e000;
/// Our name to pools. Short: some pools drop long lines.
pub const AGENT: &str = concat!("stratumd/", env!("CARGO_PKG_VERSION"));
/// Longest wait for an answer in the handshake before going on or giving up.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A pool that sends no difficulty with its first job means one.
const DIFFICULTY_WAIT: Duration = Duration::from_secs(3);
/// A pool is expected to send a job at least this often.
const JOB_AGE_MAX: Duration = Duration::from_secs(150);
/// A share should be answered within this.
const VERDICT_MAX: Duration = Duration::from_secs(10);
/// Verdicts looked at to call a pool rejecting.
const VERDICTS: usize = 20;
/// First wait before another attempt to connect.
const RETRY_MIN: Duration = Duration::from_millis(500);
/// Longest wait before another attempt to connect.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// Most shares on their way to one pool connection; more are not sent.
const PENDING_MAX: usize = 65_536;

/// A pool's job as it stood when it came; never changes.
#[derive(Debug)]
pub struct PoolJob {
    /// The connection it came from,
    pub upstream: UpstreamId,
    /// how often that had connected,
    pub connection: u32,
    /// and its number there.
    pub number: u64,
    /// The pool.
    pub pool: Arc<str>,
    /// The work.
    pub work: Arc<Folded>,
    /// Length of the extranonce 2 that the pool expects, bytes.
    pub extranonce_2_size: usize,
    /// What a share must meet to count at the pool.
    pub difficulty: Difficulty,
    /// The same as a target.
    pub target: Target,
    /// Version bits that the pool lets us roll.
    pub mask: u32,
    /// The proof of work.
    pub algorithm: Algorithm,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waits before it tries (again).
    Waiting(Timestamp),
    /// TCP or TLS is under way.
    Connecting(Timestamp),
    /// Configure was sent.
    Configuring(Timestamp),
    /// Subscribe was sent.
    Subscribing(Timestamp),
    /// Subscribed; workers, difficulty and jobs follow.
    Live(Timestamp),
    /// Not to be used again.
    Closed,
}

/// How a worker stands with the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Authorize was sent.
    Asked,
    /// The pool said yes.
    Welcome,
    /// The pool said no.
    Refused,
}

/// A share that the pool has not answered.
#[derive(Debug, Clone)]
pub struct PendingShare {
    /// For whom it was found.
    pub label: Arc<str>,
    /// The worker it was sent as.
    pub user: Arc<str>,
    /// The pool's difficulty for its job.
    pub difficulty: Difficulty,
    /// When it was sent.
    pub at: Timestamp,
    /// The job's own version bits under the mask were not all zero.
    pub version_open: bool,
}

#[derive(Debug)]
enum Pending {
    Configure,
    Subscribe,
    Authorize(Arc<str>),
    Share(PendingShare),
}

/// What the exchange should know after a message.
#[derive(Debug)]
pub enum Heard {
    /// Nothing of interest.
    Nothing,
    /// There is a new job to hand out, or the first one that can be used.
    Job,
    /// Its extranonce changed: seats must be looked at again before the next job.
    Extranonce,
    /// A share was answered.
    Verdict(PendingShare, Result<(), Refusal>),
    /// A worker was refused.
    WorkerRefused(Arc<str>, Refusal),
    /// The connection is of no use: close it, and why.
    Broken(&'static str),
    /// The pool asks us to move; whether we do was decided.
    Redirect {
        /// Where it wants us.
        to: String,
        /// We go there.
        obeyed: bool,
    },
}

/// One connection to a pool. The object lives on over reconnects.
#[derive(Debug)]
pub struct Upstream {
    /// Its number.
    pub id: UpstreamId,
    /// Whose pool.
    pub account: Arc<str>,
    /// The pool as the farm file has it.
    pub entry: Arc<PoolEntry>,
    /// The only rig that may use it, where workers have connections of their own.
    pub rig: Option<Arc<str>>,
    /// How far it has come.
    pub phase: Phase,
    /// How often it has connected.
    pub connection: u32,
    /// The pool's extranonce 1 and the length of extranonce 2.
    pub extranonce: Option<(Vec<u8>, usize)>,
    /// Sessions seated here and their part of the extranonce.
    pub members: BTreeMap<SessionId, u64>,
    /// Since when nobody is seated.
    pub empty_since: Timestamp,
    /// Nobody new is seated: the farm file has another entry now.
    pub retired: bool,
    /// Shares the pool took, over all connections of this object.
    pub accepted: u64,
    /// Shares it refused.
    pub rejected: u64,
    /// Shares it never answered.
    pub unanswered: u64,
    /// Mean time to a verdict, milliseconds, recent ones weighing more.
    pub latency_ms: f64,
    /// When the present job came.
    pub job_at: Option<Timestamp>,
    geometry: Option<Geometry>,
    fixed_taken: HashMap<u64, u32>,
    workers: HashMap<Arc<str>, Standing>,
    first_worker: Arc<str>,
    mask: u32,
    difficulty: Option<Difficulty>,
    job: Option<Arc<PoolJob>>,
    job_waiting: Option<(Timestamp, stratum::work::Job)>,
    job_number: u64,
    stale_before: u64,
    stale_since: Timestamp,
    cutter: Cutter,
    next_request: u64,
    pending: HashMap<u64, Pending>,
    /// Shares in the order sent, to find the oldest that waits.
    sent: VecDeque<(u64, Timestamp)>,
    verdicts: VecDeque<bool>,
    verdict_at: Timestamp,
    version_rule: VersionRule,
    door: usize,
    redirect: Option<Endpoint>,
    failures: u32,
}

impl Upstream {
    /// A connection that wants to be opened at once. `first_worker` signs in first.
    pub fn new(
        id: UpstreamId,
        account: Arc<str>,
        entry: Arc<PoolEntry>,
        rig: Option<Arc<str>>,
        first_worker: Arc<str>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            account,
            entry,
            rig,
            phase: Phase::Waiting(now),
            connection: 0,
            extranonce: None,
            members: BTreeMap::new(),
            empty_since: now,
            retired: false,
            accepted: 0,
            rejected: 0,
            unanswered: 0,
            latency_ms: 0.0,
            job_at: None,
            geometry: None,
            fixed_taken: HashMap::new(),
            workers: HashMap::new(),
            first_worker,
            mask: 0,
            difficulty: None,
            job: None,
            job_waiting: None,
            job_number: 0,
            stale_before: 0,
            stale_since: now,
            cutter: Cutter::default(),
            next_request: 1,
            pending: HashMap::new(),
            sent: VecDeque::new(),
            verdicts: VecDeque::new(),
            verdict_at: now,
            version_rule: VersionRule::Replace,
            door: 0,
            redirect: None,
            failures: 0,
        }
    }

    /// The door to knock at.
    pub fn endpoint(&self) -> Endpoint {
        self.redirect.clone().unwrap_or_else(|| self.entry.doors[self.door % self.entry.doors.len()].clone())
    }

    /// It has an extranonce, a job, and a worker that was not refused.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Live(_)) && self.job.is_some() && self.welcome()
    }

    /// The worker that signs in first.
    pub fn first_worker(&self) -> &str {
        &self.first_worker
    }

    fn welcome(&self) -> bool {
        self.workers.values().any(|standing| *standing == Standing::Welcome)
    }

    fn all_refused(&self) -> bool {
        !self.workers.is_empty() && self.workers.values().all(|standing| *standing == Standing::Refused)
    }

    /// The present job.
    pub fn job(&self) -> Option<&Arc<PoolJob>> {
        self.job.as_ref()
    }

    /// Shares on their way.
    pub fn pending_shares(&self) -> usize {
        self.sent.len()
    }

    /// Whether the pool has moved on from `job`, and when; `None` while it is good.
    pub fn stale_since(&self, job: &PoolJob) -> Option<Timestamp> {
        (job.number < self.stale_before).then_some(self.stale_since)
    }

    /// The connection that `job` came over is still up.
    pub fn is_home_of(&self, job: &PoolJob) -> bool {
        job.connection == self.connection && matches!(self.phase, Phase::Live(_))
    }

    /// What ails this connection, as far as its pool's health goes.
    pub fn illness(&self, now: Timestamp, forget_after: Duration) -> Option<Illness> {
        match self.phase {
            Phase::Live(_) => {}
            _ => return Some(Illness::Unreachable),
        }
        if self.all_refused() {
            return Some(Illness::Unauthorized);
        }
        if !self.is_ready() || self.job_at.is_none_or(|at| now.since(at) > JOB_AGE_MAX) {
            return Some(Illness::NoJob);
        }
        if self.sent.front().is_some_and(|(_, at)| now.since(*at) > VERDICT_MAX) {
            return Some(Illness::Silent);
        }
        let refused = self.verdicts.iter().filter(|taken| !**taken).count();
        // Once the work is elsewhere no verdict can clear the pool's name, so time does.
        if self.verdicts.len() >= VERDICTS / 2
            && refused * 2 >= self.verdicts.len()
            && now.since(self.verdict_at) < forget_after
        {
            return Some(Illness::Rejecting);
        }
        None
    }

    // ------------------------------------------------------------------ seats

    /// Whether a miner with this own part can sit here beside the others.
    pub fn has_seat(&self, geometry: Geometry, value: u64) -> bool {
        let Some((_, size)) = &self.extranonce else { return false };
        let Some(filler) = size.checked_sub(geometry.size()) else { return false };
        // Pieces of different shapes would overlap.
        if self.retired || self.geometry.is_some_and(|other| other != geometry) {
            return false;
        }
        if filler > FILLER_MAX {
            return false;
        }
        if filler == 0 {
            return !self.fixed_taken.contains_key(&value);
        }
        // Every job must have some dozens of pieces for each seat.
        let pieces = 256u64.pow(u32::from(geometry.fixed) + filler.min(3) as u32);
        (self.members.len() as u64) < pieces / 64
    }

    /// Whether its extranonce is too short for this shape, however many sit here.
    pub fn too_short(&self, geometry: Geometry) -> bool {
        self.extranonce.as_ref().is_some_and(|(_, size)| *size < geometry.size())
    }

    /// Seats a session.
    pub fn seat(&mut self, session: SessionId, geometry: Geometry, value: u64) {
        if self.members.insert(session, value).is_none() {
            *self.fixed_taken.entry(value).or_default() += 1;
        }
        self.geometry = Some(geometry);
    }

    /// The session has left.
    pub fn unseat(&mut self, now: Timestamp, session: SessionId) {
        let Some(value) = self.members.remove(&session) else { return };
        if let Some(taken) = self.fixed_taken.get_mut(&value) {
            *taken -= 1;
            if *taken == 0 {
                self.fixed_taken.remove(&value);
            }
        }
        if self.members.is_empty() {
            self.geometry = None;
            self.empty_since = now;
        }
    }

    /// A piece of the present job that nobody was given.
    pub fn cut(
        &mut self,
        geometry: Geometry,
        value: u64,
        time_ahead_max: u32,
    ) -> Option<(Arc<PoolJob>, stratum::extranonce::Piece)> {
        let job = self.job.clone()?;
        let piece = self.cutter.next(value, geometry, job.extranonce_2_size, time_ahead_max)?;
        Some((job, piece))
    }

    // ------------------------------------------------------------------ workers

    /// Signs a worker in, if that was not done.
    pub fn authorize(&mut self, user: &Arc<str>, out: &mut Vec<ToPool>) {
        if self.workers.contains_key(user) || !matches!(self.phase, Phase::Live(_)) {
            return;
        }
        self.workers.insert(user.clone(), Standing::Asked);
        let id = self.request(Pending::Authorize(user.clone()));
        out.push(ToPool::Authorize { id, user: user.to_string(), password: self.entry.password.to_string() });
    }

    /// How a worker stands.
    pub fn standing(&self, user: &str) -> Option<Standing> {
        self.workers.get(user).copied()
    }

    /// Hands a share on. False when too many are on their way already.
    #[expect(clippy::too_many_arguments, reason = "plain fields, each named at the one call")]
    pub fn submit(
        &mut self,
        now: Timestamp,
        job: &PoolJob,
        label: Arc<str>,
        user: Arc<str>,
        extranonce_2: Vec<u8>,
        (time, nonce, version): (u32, u32, u32),
        out: &mut Vec<ToPool>,
    ) -> bool {
        if self.sent.len() >= PENDING_MAX {
            return false;
        }
        let version_open = job.work.job.version & job.mask != 0;
        let version_bits = (job.mask != 0).then(|| match self.version_rule {
            VersionRule::Xor => version ^ job.work.job.version,
            _ => version & job.mask,
        });
        let pending =
            PendingShare { label, user: user.clone(), difficulty: job.difficulty, at: now, version_open };
        let id = self.request(Pending::Share(pending));
        self.sent.push_back((id, now));
        out.push(ToPool::Submit {
            id,
            user,
            work: job.work.clone(),
            extranonce_2,
            time,
            nonce,
            version_bits,
        });
        true
    }

    fn request(&mut self, pending: Pending) -> u64 {
        let id = self.next_request;
        self.next_request += 1;
        self.pending.insert(id, pending);
        id
    }

    // ------------------------------------------------------------------ the connection

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
    pub fn on_pool(&mut self, now: Timestamp, message: FromPool, out: &mut Vec<ToPool>) -> Heard {
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
        let algorithm = Algorithm::Sha256d;
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
