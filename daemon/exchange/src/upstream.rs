//! One connection to a pool, seen from our side: the handshake, its jobs, its workers, and the shares it
//! has yet to answer. Who uses it is the exchange's business.

mod attachments;
mod health;
mod lose;
mod talk;
mod usable;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use stratum::extranonce::Geometry;
use stratum::peer::{Folded, FromPool, Refusal, ToPool};
use stratum::work::{Algorithm, Difficulty, Target, VersionRule};

use crate::duplicates::WorkId;
use crate::endpoint::Endpoint;
use crate::failover::Loss;
use crate::id::{SessionId, UpstreamId};
use crate::orders::PoolEntry;
use crate::time::Timestamp;
use crate::work::Work;

/// Version bits asked of every pool: BIP 320's sixteen.
pub const MASK: u32 = 0x1fff_e000;
/// Our name to pools. Short: some pools drop long lines.
pub const AGENT: &str = concat!("stratumd/", env!("CARGO_PKG_VERSION"));
/// A pool that sends no difficulty with its first job means one.
const DIFFICULTY_WAIT: Duration = Duration::from_secs(3);
/// A share that is not answered within this counts as never answered.
const OVERDUE: Duration = Duration::from_secs(60);
/// Verdicts looked at to call a pool rejecting.
const VERDICTS: usize = 20;
/// A connection that worked this long worked; one that ends before is a failure, however far it came.
const STEADY: Duration = Duration::from_secs(30);
/// A refused worker is tried again on another connection after this.
const REFUSED_FOR: Duration = Duration::from_secs(30);
/// Most shares on their way to one pool connection; more are not sent.
const PENDING_MAX: usize = 65_536;

/// A pool's job as it stood when it came; never changes.
#[derive(Debug)]
pub struct PoolJob {
    /// Which work it is.
    pub id: WorkId,
    /// The connection it came from,
    pub upstream: UpstreamId,
    /// how often that had connected,
    pub connection: u32,
    /// and its number there.
    pub number: u64,
    /// Whose pool,
    pub account: Arc<str>,
    /// and which.
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

impl PoolJob {
    /// What a share that meets its target counts at the pool.
    pub fn share(&self) -> Work {
        Work::of_share(self.difficulty, self.algorithm)
    }

    /// The same job with other version bits to roll.
    fn with_mask(&self, mask: u32) -> Self {
        Self {
            account: self.account.clone(),
            pool: self.pool.clone(),
            work: self.work.clone(),
            mask,
            ..*self
        }
    }
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
    /// For whom it was found,
    pub label: Arc<str>,
    /// and by which rig; one name for all that are none.
    pub rig: Arc<str>,
    /// The worker it was sent as.
    pub user: Arc<str>,
    /// What it counts at the pool.
    pub work: Work,
    /// When it was sent.
    pub at: Timestamp,
    /// The number of its job on this connection.
    pub job: u64,
    /// The job's own version bits under the mask were not all zero.
    pub version_open: bool,
    /// It was counted as unanswered; a verdict that still comes changes nothing in the books.
    pub overdue: bool,
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
    /// Its extranonce changed: attachments must be looked at again before the next job.
    Extranonce,
    /// A share was answered.
    Verdict {
        /// Which.
        share: PendingShare,
        /// What the pool said.
        verdict: Result<(), Refusal>,
        /// It was refused as stale, and the pool had sent another job by then: that says nothing about the pool.
        late: bool,
    },
    /// A worker was refused.
    WorkerRefused(Arc<str>, Refusal),
    /// A worker is welcome that was not before, and there is a job already.
    Welcome(Arc<str>),
    /// The pool has words for us.
    Said(String),
    /// The connection is of no use: close it, and why.
    Broken(Loss),
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
    /// Sessions attached here and their part of the extranonce.
    pub members: BTreeMap<SessionId, u64>,
    /// Since when nobody is attached.
    pub empty_since: Timestamp,
    /// Nobody new is attached: the farm file has another entry now.
    pub retired: bool,
    /// Shares the pool took, over all connections of this object.
    pub accepted: u64,
    /// Shares it refused.
    pub rejected: u64,
    /// Mean time to a verdict, milliseconds, recent ones weighing more.
    pub latency_ms: f64,
    /// When the present job came.
    pub job_at: Option<Timestamp>,
    /// The proof of work of its jobs.
    algorithm: Algorithm,
    /// How far its job has come to its rigs.
    pub fan_out: crate::exchange::FanOut,
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
    next_request: u64,
    pending: HashMap<u64, Pending>,
    /// Shares in the order sent, to find the oldest that waits.
    sent: VecDeque<(u64, Timestamp)>,
    /// Requests below this were looked at for overdue answers.
    overdue_below: u64,
    verdicts: VecDeque<bool>,
    verdict_at: Timestamp,
    /// When a connection was last given up because the pool refused what came by it.
    remade: Option<Timestamp>,
    /// The next look gives this connection up for that.
    doubted: bool,
    configure: talk::Manners,
    /// When the newest share that it answered was sent, whatever it said.
    answered: Timestamp,
    version_rule: VersionRule,
    redirect: Option<Endpoint>,
    /// The pool asked us to wait so long before we connect again.
    redirect_wait: Option<Duration>,
    /// Since when this connection can be mined on.
    ready_since: Option<Timestamp>,
    /// What came before the answer to subscribe.
    early: VecDeque<FromPool>,
    /// When the first worker was introduced on this connection.
    asked_at: Option<Timestamp>,
    /// The pool's last words that say why something does not work.
    complaint: Option<Arc<str>>,
    /// Lines that made no sense on this connection, and whether any made some.
    nonsense: u32,
    made_sense: bool,
    endpoints: lose::Endpoints,
}

impl Upstream {
    /// A connection that wants to be opened at once. `first_worker` signs in first.
    pub fn new(
        id: UpstreamId,
        account: Arc<str>,
        entry: Arc<PoolEntry>,
        rig: Option<Arc<str>>,
        first_worker: Arc<str>,
        algorithm: Algorithm,
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
            latency_ms: 0.0,
            job_at: None,
            algorithm,
            fan_out: Default::default(),
            geometry: None,
            fixed_taken: HashMap::default(),
            workers: HashMap::default(),
            first_worker,
            mask: 0,
            difficulty: None,
            job: None,
            job_waiting: None,
            job_number: 0,
            stale_before: 0,
            stale_since: now,
            next_request: 1,
            pending: HashMap::default(),
            sent: VecDeque::new(),
            overdue_below: 0,
            verdicts: VecDeque::new(),
            verdict_at: now,
            remade: None,
            doubted: false,
            configure: talk::Manners::default(),
            answered: Timestamp::default(),
            version_rule: VersionRule::Replace,
            redirect: None,
            redirect_wait: None,
            ready_since: None,
            early: VecDeque::new(),
            asked_at: None,
            complaint: None,
            nonsense: 0,
            made_sense: false,
            endpoints: lose::Endpoints::default(),
        }
    }

    /// The endpoint to connect to.
    pub fn endpoint(&self) -> Endpoint {
        let endpoint = || self.entry.endpoints[self.endpoints.at % self.entry.endpoints.len()].clone();
        self.redirect.clone().unwrap_or_else(endpoint)
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

    /// Version bits that the pool grants, once that is known.
    pub fn granted(&self) -> Option<u32> {
        matches!(self.phase, Phase::Live(_)).then_some(self.mask)
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

    /// Shares whose answer is overdue and that were not said to be so before: a pool that takes shares and answers
    /// none has not got them, and what was delivered must not wait for its connection to end.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<PendingShare> {
        let from = self.sent.partition_point(|(id, _)| *id < self.overdue_below);
        let mut out = Vec::new();
        for (id, at) in self.sent.range(from..) {
            if now.since(*at) < OVERDUE {
                break;
            }
            self.overdue_below = id + 1;
            if let Some(Pending::Share(share)) = self.pending.get_mut(id) {
                share.overdue = true;
                out.push(share.clone());
                self.verdicts.push_back(false);
            }
        }
        out
    }

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
        (rig, user): (Arc<str>, Arc<str>),
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
        let pending = PendingShare {
            label,
            rig,
            user: user.clone(),
            work: job.share(),
            at: now,
            job: job.number,
            version_open,
            overdue: false,
        };
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
}
