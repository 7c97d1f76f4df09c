//! Rigs: a fleet of miners that speak Stratum V1 over real sockets and do every hash they claim.
//!
//! A few threads hash for the whole fleet; each rig has a budget that time fills at its hashrate. `session.rs` speaks,
//! `link.rs` keeps the connection, `hands.rs` walks through the search space, `bench.rs` shares out the processor.

mod bench;
mod counters;
mod hands;
mod link;
mod session;

pub use counters::{Fate, Refusal, RigCounters, RigShare};

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use self::bench::{Bench, Core, Part};
use self::hands::Hands;
use self::link::{Life, Orders};
use crate::lock;

/// Shares on their way from the threads to a rig's connection; more are dropped and counted.
const FOUND_MAX: usize = 1_024;

/// What a rig is like.
#[derive(Debug, Clone, PartialEq)]
pub struct RigOptions {
    /// Sent with authorize and with every share.
    pub user: String,
    /// Sent with authorize.
    pub password: String,
    /// Hashes per second that it really does.
    pub hashrate: f64,
    /// The program it says it is.
    pub agent: String,
    /// Its waiting times follow from it.
    pub seed: u64,
    /// Version bits that it asks to roll; asks for none when left out.
    pub version_mask: Option<u32>,
    /// Says that it can take another extranonce, and does.
    pub subscribes_extranonce: bool,
    /// The habits of its firmware.
    pub habits: Habits,
    /// It connects from this address of this machine.
    pub from: Option<IpAddr>,
    /// Keeps every share for [`RigHandle::shares`].
    pub keeps_shares: bool,
}

impl RigOptions {
    /// A rig with cgminer's habits that rolls versions.
    pub fn new(user: &str, hashrate: f64) -> RigOptions {
        RigOptions {
            user: user.to_owned(),
            password: "x".into(),
            hashrate,
            agent: "cgminer/4.11.1".into(),
            seed: user.bytes().fold(1, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte)),
            version_mask: Some(0x1fff_e000),
            subscribes_extranonce: false,
            habits: Habits::cgminer(),
            from: None,
            keeps_shares: false,
        }
    }
}

/// How a rig's extranonce goes on with a new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Starts at 0 on every notify (AxeOS).
    RestartsOnNotify,
    /// Goes on counting, and starts at 0 on a clean one (cgminer).
    Continues,
    /// Is always 1 (NerdMiner).
    Constant,
}

/// What a rig does with a job whose id it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatedJob {
    /// It takes it up.
    IsTaken,
    /// It ignores it if it is the id of the last one (cpuminer).
    IsIgnoredIfLast,
    /// It ignores it if it is among the last sixteen, unless clean (AxeOS).
    IsIgnoredUnlessClean,
}

/// How a rig writes the version bits of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionBits {
    /// The bits of the version under the mask (BIP 310).
    Masked,
    /// The bits in which the version differs from the job's (AxeOS).
    Flipped,
}

/// The habits of a firmware.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// How its extranonce goes on with a new job.
    pub counting: Counting,
    /// What it does with a job whose id it knows.
    pub repeated_job: RepeatedJob,
    /// How it writes version bits.
    pub version_bits: VersionBits,
    /// Sends its whole handshake without waiting for answers.
    pub pipelines: bool,
    /// Uses the same id for every share.
    pub one_request_id: bool,
    /// Asks for its old session after a lost connection.
    pub resumes: bool,
    /// Goes on with the old work so long after a new job came, as chips with a queue do.
    pub keeps_old_work: Duration,
    /// Nonces tried before the version or the extranonce is changed. Always from 0 up, so that work handed out
    /// twice is found twice.
    pub nonces: u32,
    /// Hears nothing for so long: the connection is dead.
    pub idle_max: Duration,
    /// Waits about so long before it connects again; longer when that fails repeatedly.
    pub retry_after: Duration,
}

impl Habits {
    /// cgminer: extranonce counts on, asks for its old session.
    pub fn cgminer() -> Habits {
        Habits {
            counting: Counting::Continues,
            repeated_job: RepeatedJob::IsTaken,
            version_bits: VersionBits::Masked,
            pipelines: false,
            one_request_id: false,
            resumes: true,
            keeps_old_work: Duration::ZERO,
            nonces: 1 << 14,
            idle_max: Duration::from_secs(90),
            retry_after: Duration::from_millis(100),
        }
    }

    /// AxeOS: extranonce starts again on every job, repeated job ids are ignored, everything is pipelined.
    pub fn axeos() -> Habits {
        Habits {
            counting: Counting::RestartsOnNotify,
            repeated_job: RepeatedJob::IsIgnoredUnlessClean,
            version_bits: VersionBits::Flipped,
            pipelines: true,
            resumes: false,
            ..Habits::cgminer()
        }
    }

    /// pooler's cpuminer: one id for all shares, ignores a repeated job id.
    pub fn cpuminer() -> Habits {
        Habits {
            counting: Counting::Continues,
            repeated_job: RepeatedJob::IsIgnoredIfLast,
            one_request_id: true,
            resumes: false,
            ..Habits::cgminer()
        }
    }
}

/// What a fleet is like.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetOptions {
    /// Where its rigs connect: a hub, or a pool directly.
    pub hub: SocketAddr,
    /// Its rigs.
    pub rigs: Vec<RigOptions>,
    /// Threads that hash, for all rigs together.
    pub threads: usize,
    /// All hashrates are multiplied by this.
    pub scale: f64,
}

impl FleetOptions {
    /// One thread, hashrates as they are.
    pub fn new(hub: SocketAddr, rigs: Vec<RigOptions>) -> FleetOptions {
        FleetOptions { hub, rigs, threads: 1, scale: 1.0 }
    }
}

/// How a rig dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Its connection is closed.
    Closed,
    /// Its connection stays, and nothing comes over it any more.
    Silent,
}

/// A running fleet. It ends when it is dropped.
#[derive(Debug)]
pub struct Fleet {
    rigs: Vec<RigHandle>,
    tasks: Vec<JoinHandle<()>>,
    bench: Bench,
    scale: Arc<Part>,
}

/// One rig of a running fleet: its counters and its switches.
#[derive(Debug)]
pub struct RigHandle {
    user: String,
    core: Arc<Core>,
    orders: watch::Sender<Orders>,
    speed: Mutex<f64>,
}

impl Fleet {
    /// Starts the rigs on the present runtime, and the threads that hash for them.
    pub fn start(options: FleetOptions) -> std::io::Result<Fleet> {
        let (mut rigs, mut tasks, mut cores) = (Vec::new(), Vec::new(), Vec::new());
        for rig in options.rigs {
            let habits = &rig.habits;
            let (found, shares) = mpsc::channel(FOUND_MAX);
            let core = Arc::new(Core {
                hands: Mutex::new(Hands::new(habits.counting, habits.version_bits, habits.nonces)),
                counters: Mutex::new(RigCounters::default()),
                shares: rig.keeps_shares.then(Mutex::default),
                found,
                hashrate: rig.hashrate,
                speed: Part::new(1.0),
            });
            let (orders, heard) = watch::channel(Orders { life: Life::Works, batch: 1, hang_up: 0 });
            let user = rig.user.clone();
            tasks.push(tokio::spawn(link::run(rig, options.hub, core.clone(), shares, heard)));
            cores.push(core.clone());
            rigs.push(RigHandle { user, core, orders, speed: Mutex::new(1.0) });
        }
        let scale = Arc::new(Part::new(options.scale));
        let bench = Bench::start(&cores, options.threads, &scale)?;
        Ok(Fleet { rigs, tasks, bench, scale })
    }

    /// Its rigs, in the order of the options.
    pub fn rigs(&self) -> &[RigHandle] {
        &self.rigs
    }

    /// The rig with this user name.
    pub fn rig(&self, user: &str) -> Option<&RigHandle> {
        self.rigs.iter().find(|rig| rig.user == user)
    }

    /// The counters of all rigs, added up.
    pub fn total(&self) -> RigCounters {
        let mut total = RigCounters::default();
        self.rigs.iter().for_each(|rig| total.add(&lock(&rig.core.counters)));
        total
    }

    /// Rigs that are connected and authorized.
    pub fn ready(&self) -> usize {
        self.rigs.iter().filter(|rig| lock(&rig.core.counters).ready).count()
    }

    /// All hashrates are multiplied by this from now on.
    pub fn set_scale(&self, scale: f64) {
        self.scale.set(scale);
    }

    /// Stops hashing, waits until every share that was found is sent and answered (no longer than `limit`), ends the
    /// connections, and returns the counters of all rigs together. Dead rigs are not waited for.
    pub async fn stop(mut self, limit: Duration) -> RigCounters {
        self.bench.stop();
        let _ = crate::until("every share is answered", limit, || {
            let living = self.rigs.iter().filter(|rig| rig.orders.borrow().life == Life::Works);
            living.into_iter().all(|rig| lock(&rig.core.counters).is_settled())
        })
        .await;
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.total()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl RigHandle {
    /// Its user name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What it has done so far.
    pub fn counters(&self) -> RigCounters {
        lock(&self.core.counters).clone()
    }

    /// Every share of which it knows what became, in that order; empty unless it keeps them.
    pub fn shares(&self) -> Vec<RigShare> {
        self.core.shares.as_ref().map(|shares| lock(shares).clone()).unwrap_or_default()
    }

    /// It dies.
    pub fn die(&self, death: Death) {
        self.core.speed.set(0.0);
        let life = match death {
            Death::Closed => Life::Gone,
            Death::Silent => Life::Silent,
        };
        self.orders.send_modify(|orders| orders.life = life);
    }

    /// It lives again, and connects if it has to.
    pub fn revive(&self) {
        self.core.speed.set(*lock(&self.speed));
        self.orders.send_modify(|orders| orders.life = Life::Works);
    }

    /// It hashes at this part of its hashrate: 0.7 is 70 %, 0 nothing. A dead rig does so when it lives again.
    pub fn slow(&self, part: f64) {
        *lock(&self.speed) = part;
        if self.orders.borrow().life == Life::Works {
            self.core.speed.set(part);
        }
    }

    /// It collects so many shares and sends them together.
    pub fn batch(&self, shares: usize) {
        self.orders.send_modify(|orders| orders.batch = shares.max(1));
    }

    /// It closes its connection and makes a new one.
    pub fn reconnect(&self) {
        self.orders.send_modify(|orders| orders.hang_up += 1);
    }
}
