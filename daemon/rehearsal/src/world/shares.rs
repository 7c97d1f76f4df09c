//! The farm share by share: the hub's own exchange between rigs and pools that are values, every message on
//! its way through a queue in the order of its arrival.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use exchange::failover::{Loss, PoolFault};
use exchange::id::{SessionId, UpstreamId};
use exchange::service::Service;
use exchange::tally::{Outcome, PoolOutcome};
use exchange::time::Timestamp;
use exchange::work::Balance;
use exchange::{Exchange, Output};
use farm::instruct::orders_change;
use farm::reconcile::{Reconciler, RentalSeen, RigSeen, Seen};
use stratum::peer::{Configure, FromMiner, FromPool, Request, RequestId, ToMiner, ToPool};
use stratum::work::Algorithm;

use super::Stage;
use super::pool::{Link, Pool, Verdicts};
use super::rig::Rig;
use crate::fault::FaultMode;
use crate::rng::Rng;

/// The hub does what is due this often,
const TICK: Duration = Duration::from_millis(500);
/// and looks at who should work for whom every second time, as the daemon does every time.
const DECIDE_EVERY: u64 = 2;
/// The hub gives up a connection that died without a goodbye: keepalive after a minute, four times 15 s.
const HUB_PATIENCE: Duration = Duration::from_secs(120);
/// A rig that hears nothing for this long connects anew, as cgminer does.
const RIG_PATIENCE: Duration = Duration::from_secs(90);
/// A hub's process is back after this.
const RESTART: Duration = Duration::from_secs(2);
/// Pools send a job this often,
const JOB_EVERY: Duration = Duration::from_secs(30);
/// and somebody finds a block this often.
const BLOCK_EVERY: Duration = Duration::from_secs(600);

#[derive(Debug)]
enum What {
    Tick,
    Connect { rig: usize, turn: u32 },
    Found { rig: usize, turn: u32 },
    FromRig { session: SessionId, ask: FromMiner },
    ToRig { rig: usize, session: SessionId, message: ToMiner },
    RigClosed { rig: usize, session: SessionId },
    RigGivesUp { rig: usize, session: SessionId },
    HubGivesUp { session: SessionId },
    PoolOpens { upstream: UpstreamId, connection: u32, pool: Option<usize> },
    ToPool { upstream: UpstreamId, connection: u32, message: ToPool },
    FromPool { upstream: UpstreamId, connection: u32, message: FromPool },
    PoolClosed { upstream: UpstreamId, connection: u32 },
    Job { pool: usize },
    Block,
    HubIsBack,
}

#[derive(Debug)]
struct Entry {
    at: Timestamp,
    order: u64,
    what: What,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
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
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Where every share that a rig found has gone. Nothing is lost without a reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) found: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    /// On a connection that died before they arrived.
    pub(crate) cut_off: u64,
    pub(crate) on_the_way: u64,
}

/// The farm share by share.
#[derive(Debug)]
pub(crate) struct Shares {
    exchange: Exchange,
    queue: BinaryHeap<Reverse<Entry>>,
    order: u64,
    rigs: Vec<Rig>,
    /// Messages that wait for the network, by rig.
    held: BTreeMap<usize, Vec<What>>,
    by_session: HashMap<SessionId, usize>,
    next_session: u64,
    pools: Vec<Pool>,
    /// Host and port to pool.
    endpoints: HashMap<(Arc<str>, u16), usize>,
    links: BTreeMap<UpstreamId, Link>,
    rng: Rng,
    epoch: u64,
    ticks: u64,
    restarts: u16,
    is_up: bool,
    /// Difficulty that fits the mean rig.
    typical: f64,
    credited: HashMap<Arc<str>, Balance>,
    pub(crate) fates: Fates,
    pub(crate) verdicts: Verdicts,
    /// Accepted shares by the journal,
    pub(crate) journal: u64,
    /// and by the tally, as far as it was taken.
    pub(crate) tallied: u64,
}

impl Shares {
    pub(crate) fn new(stage: &mut Stage, now: Timestamp) -> Self {
        let mut rng = stage.rng.apart();
        let rigs: Vec<Rig> = stage
            .desired
            .inventory
            .rigs()
            .iter()
            .enumerate()
            .map(|(at, rig)| Rig::new(at, rig, &mut rng))
            .collect();
        let (mut pools, mut endpoints) = (Vec::new(), HashMap::new());
        for (name, pool) in &stage.desired.farm.pools {
            let index = pools.len();
            let latency = Duration::from_micros(rng.between(10_000, 60_000));
            pools.push(Pool::new(index, name.clone().into(), latency));
            for url in &pool.urls {
                if let Ok(endpoint) = exchange::endpoint::Endpoint::parse(url.as_ref()) {
                    endpoints.insert((endpoint.host, endpoint.port), index);
                }
            }
        }
        let rates = || stage.truth.rigs.iter().map(|rig| rig.nominal).filter(|rate| *rate > 0.0);
        let mean = rates().sum::<f64>() / rates().count().max(1) as f64;
        let typical = mean * 60.0 / stage.per_minute() / Algorithm::Unit.hashes_per_difficulty();
        let mut shares = Self {
            exchange: Exchange::new(0, rng.bits(), Algorithm::Unit),
            queue: BinaryHeap::new(),
            order: 0,
            rigs,
            held: BTreeMap::new(),
            by_session: HashMap::new(),
            next_session: 0,
            pools,
            endpoints,
            links: BTreeMap::new(),
            rng,
            epoch: 0,
            ticks: 0,
            restarts: 0,
            is_up: true,
            typical: typical.max(1e-6),
            credited: HashMap::new(),
            fates: Fates::default(),
            verdicts: Verdicts::default(),
            journal: 0,
            tallied: 0,
        };
        for rig in 0..shares.rigs.len() {
            if stage.truth.rigs[rig].nominal > 0.0 {
                let soon = now + Duration::from_millis(shares.rng.between(0, 5_000));
                shares.push(soon, What::Connect { rig, turn: 0 });
            }
        }
        for pool in 0..shares.pools.len() {
            let first = now + Duration::from_millis(shares.rng.between(0, JOB_EVERY.as_millis() as u64));
            shares.push(first, What::Job { pool });
        }
        let block = now + shares.rng.wait(BLOCK_EVERY);
        shares.push(block, What::Block);
        shares.push(now, What::Tick);
        shares.decide(stage, now, true);
        shares
    }

    fn push(&mut self, at: Timestamp, what: What) {
        self.order += 1;
        self.queue.push(Reverse(Entry { at, order: self.order, what }));
    }

    pub(crate) fn run(&mut self, stage: &mut Stage, until: Timestamp) {
        while self.queue.peek().is_some_and(|Reverse(entry)| entry.at <= until) {
            let Some(Reverse(Entry { at, what, .. })) = self.queue.pop() else { return };
            self.on(stage, at, what);
        }
    }

    fn on(&mut self, stage: &mut Stage, now: Timestamp, what: What) {
        let mut out = Vec::new();
        match what {
            What::Tick => {
                self.push(now + TICK, What::Tick);
                if self.is_up {
                    self.ticks += 1;
                    self.exchange.on_time(now, &mut out);
                    while self.exchange.go_on(now, &mut out) {}
                    self.carry_out(stage, now, out);
                    if self.ticks.is_multiple_of(DECIDE_EVERY) {
                        self.decide(stage, now, false);
                    }
                    if self.ticks.is_multiple_of(120) {
                        self.book(stage, now);
                    }
                }
                return;
            }
            What::Connect { rig, turn } => self.connect(stage, now, rig, turn),
            What::Found { rig, turn } => self.found(stage, now, rig, turn),
            What::FromRig { session, ask } => {
                let is_share = matches!(ask, FromMiner::Submit { .. });
                self.fates.on_the_way -= u64::from(is_share);
                if !self.by_session.contains_key(&session) {
                    self.fates.cut_off += u64::from(is_share);
                    return;
                }
                let request = Request { id: RequestId("1".into()), ask };
                self.exchange.on_miner(now, session, request, &mut out);
            }
            What::ToRig { rig, session, message } => {
                if self.rigs[rig].session == Some(session) && stage.truth.rigs[rig].runs() {
                    if matches!(message, ToMiner::Reconnect) {
                        self.rig_closes(now, rig, session);
                        self.reconnect(now, rig, 1_000, 3_000);
                    } else if self.rigs[rig].hear(message) {
                        self.hash(stage, now, rig);
                    }
                }
            }
            What::RigClosed { rig, session } => {
                if self.rigs[rig].session == Some(session) {
                    self.rigs[rig].disconnected();
                    self.reconnect(now, rig, 1_000, 5_000);
                }
            }
            What::RigGivesUp { rig, session } => {
                if self.rigs[rig].session == Some(session) && !stage.truth.rigs[rig].reachable {
                    self.rigs[rig].disconnected();
                    self.drop_held(rig);
                    self.reconnect(now, rig, 5_000, 10_000);
                }
            }
            What::HubGivesUp { session } => {
                let Some(rig) = self.by_session.get(&session).copied() else { return };
                if self.rigs[rig].session != Some(session) || !stage.truth.rigs[rig].reachable {
                    self.by_session.remove(&session);
                    self.exchange.on_miner_closed(now, session, "the connection died", &mut out);
                }
            }
            What::PoolOpens { upstream, connection, pool } => {
                let well =
                    pool.filter(|pool| stage.truth.fault_mode(&self.pools[*pool].name) != FaultMode::Down);
                match well {
                    Some(pool) => {
                        let link = self.pools[pool].connect(pool, connection, now, self.typical);
                        self.links.insert(upstream, link);
                        self.exchange.on_pool_connected(now, upstream, connection, &mut out);
                    }
                    None => self.exchange.on_pool_failed(
                        now,
                        upstream,
                        connection,
                        Loss::new(PoolFault::ConnectionRefused, ""),
                        &mut out,
                    ),
                }
            }
            What::ToPool { upstream, connection, message } => {
                self.pool_hears(stage, now, upstream, connection, &message)
            }
            What::FromPool { upstream, connection, message } => {
                self.exchange.on_pool(now, upstream, connection, message, &mut out);
                while self.exchange.go_on(now, &mut out) {}
            }
            What::PoolClosed { upstream, connection } => {
                self.exchange.on_pool_closed(now, upstream, connection, "closed by the pool", &mut out);
            }
            What::Job { pool } => {
                self.push(now + JOB_EVERY, What::Job { pool });
                self.new_job(stage, now, pool, false);
            }
            What::Block => {
                let next = now + self.rng.wait(BLOCK_EVERY);
                self.push(next, What::Block);
                (0..self.pools.len()).for_each(|pool| self.new_job(stage, now, pool, true));
            }
            What::HubIsBack => {
                self.is_up = true;
                // The same process decides; what it had written down is all that it remembers.
                let (assignment, promises) =
                    (stage.reconciler.assignment().clone(), stage.reconciler.promises().clone());
                stage.reconciler = Reconciler::new(now, assignment, promises);
                self.decide(stage, now, true);
                for rig in 0..self.rigs.len() {
                    if stage.truth.rigs[rig].runs() && stage.truth.rigs[rig].nominal > 0.0 {
                        self.reconnect(now, rig, 500, 5_000);
                    }
                }
            }
        }
        self.carry_out(stage, now, out);
    }

    /// Does what the exchange asks for.
    fn carry_out(&mut self, stage: &mut Stage, now: Timestamp, out: Vec<Output>) {
        if out.is_empty() {
            return;
        }
        let mut queue: VecDeque<Output> = out.into();
        while let Some(output) = queue.pop_front() {
            match output {
                Output::Journal(record) => {
                    let hashes = record.work.hashes();
                    self.journal += 1;
                    self.fates.accepted += 1;
                    if let Some(rig) = stage.by_name.get(&record.rig) {
                        self.rigs[*rig].work += hashes;
                    }
                    if let Some(minute) = stage.record.minute(&record.account, now) {
                        minute.accepted += hashes;
                        minute.shares += 1;
                        *self.credited.entry(record.account).or_default() += record.work.into();
                    }
                }
                Output::ToMiner(session, message) => match message {
                    ToMiner::Done { .. } | ToMiner::Refused { .. } => {}
                    ToMiner::Rejected { .. } => self.fates.rejected += 1,
                    message => {
                        if let Some(rig) = self.by_session.get(&session).copied() {
                            let what = What::ToRig { rig, session, message };
                            self.send(stage, now, rig, what);
                        }
                    }
                },
                Output::CloseMiner(session, why) => {
                    let Some(rig) = self.by_session.remove(&session) else { continue };
                    let mut more = Vec::new();
                    self.exchange.on_miner_closed(now, session, why, &mut more);
                    queue.extend(more);
                    self.send(stage, now, rig, What::RigClosed { rig, session });
                }
                Output::Connect { upstream, connection, endpoint } => {
                    let pool = self.endpoints.get(&(endpoint.host, endpoint.port)).copied();
                    let way = pool.map_or(Duration::from_millis(50), |pool| self.pools[pool].latency * 2);
                    self.push(now + way, What::PoolOpens { upstream, connection, pool });
                }
                Output::ToPool(upstream, message) => {
                    let Some(link) = self.links.get(&upstream) else { continue };
                    let (connection, way) = (link.connection, self.pools[link.pool].latency);
                    self.push(now + way, What::ToPool { upstream, connection, message });
                }
                Output::Disconnect(upstream) => drop(self.links.remove(&upstream)),
                Output::Event(event) => stage.record.note(event),
            }
        }
    }

    /// Sends something between a rig and the hub; it waits where the network is cut.
    fn send(&mut self, stage: &Stage, now: Timestamp, rig: usize, what: What) {
        if stage.truth.rigs[rig].reachable {
            self.push(now + self.rigs[rig].latency, what);
        } else {
            self.held.entry(rig).or_default().push(what);
        }
    }

    fn drop_held(&mut self, rig: usize) {
        for what in self.held.remove(&rig).unwrap_or_default() {
            if let What::FromRig { ask: FromMiner::Submit { .. }, .. } = what {
                self.fates.on_the_way -= 1;
                self.fates.cut_off += 1;
            }
        }
    }

    fn connect(&mut self, stage: &Stage, now: Timestamp, rig: usize, turn: u32) {
        let truth = &stage.truth.rigs[rig];
        if self.rigs[rig].turn != turn || !truth.runs() || self.rigs[rig].session.is_some() {
            return;
        }
        if !truth.reachable || !self.is_up {
            return self.reconnect(now, rig, 5_000, 10_000);
        }
        self.next_session += 1;
        let session = SessionId(self.next_session);
        self.rigs[rig].connected(session);
        self.by_session.insert(session, rig);
        self.exchange.on_miner_connected(now, session, self.rigs[rig].address);
        let mut asks = Vec::new();
        if self.rigs[rig].rolls {
            asks.push(FromMiner::Configure(Configure {
                version_mask: Some(u32::MAX),
                ..Configure::default()
            }));
        }
        asks.push(FromMiner::Subscribe { agent: Some("cgminer/4.12.1".into()), session: None });
        let (user, password) = (self.rigs[rig].user.clone(), self.rigs[rig].password.clone());
        asks.push(FromMiner::Authorize { user, password });
        for ask in asks {
            self.send(stage, now, rig, What::FromRig { session, ask });
        }
    }

    /// Connects again within so many milliseconds.
    fn reconnect(&mut self, now: Timestamp, rig: usize, from: u64, to: u64) {
        let at = now + Duration::from_millis(self.rng.between(from, to));
        let turn = self.rigs[rig].turn;
        self.push(at, What::Connect { rig, turn });
    }

    /// A rig says goodbye; the hub hears of it at once.
    fn rig_closes(&mut self, now: Timestamp, rig: usize, session: SessionId) {
        self.rigs[rig].disconnected();
        self.push(now + self.rigs[rig].latency, What::HubGivesUp { session });
    }

    /// Sees to it that a rig finds shares at the pace of its hashrate and its present work.
    fn hash(&mut self, stage: &Stage, now: Timestamp, rig: usize) {
        let rate = stage.truth.rigs[rig].rate();
        let wants = self.rigs[rig].wants().filter(|_| rate > 0.0);
        // Rng has no memory: while neither difficulty nor hashrate changes, the wait goes on.
        if self.rigs[rig].hashing == wants {
            return;
        }
        self.rigs[rig].hashing = wants;
        self.rigs[rig].turn += 1;
        if let Some(difficulty) = wants {
            let turn = self.rigs[rig].turn;
            let wait = self.rigs[rig].next_share(difficulty, rate);
            self.push(now + wait, What::Found { rig, turn });
        }
    }

    fn found(&mut self, stage: &mut Stage, now: Timestamp, rig: usize, turn: u32) {
        let Some(difficulty) = self.rigs[rig].hashing.filter(|_| self.rigs[rig].turn == turn) else { return };
        let Some(session) = self.rigs[rig].session else { return };
        if let Some(ask) = self.rigs[rig].find(now) {
            stage.record.shares += 1;
            self.fates.found += 1;
            self.fates.on_the_way += 1;
            self.send(stage, now, rig, What::FromRig { session, ask });
        }
        let wait = self.rigs[rig].next_share(difficulty, stage.truth.rigs[rig].rate());
        self.push(now + wait, What::Found { rig, turn });
    }

    fn new_job(&mut self, stage: &Stage, now: Timestamp, pool: usize, clean: bool) {
        if matches!(stage.truth.fault_mode(&self.pools[pool].name), FaultMode::Down | FaultMode::Stale) {
            return;
        }
        let job = self.pools[pool].next_job(now, clean);
        let way = self.pools[pool].latency;
        let mut out = Vec::new();
        for (upstream, link) in self.links.iter_mut().filter(|(_, link)| link.pool == pool) {
            let mut said = Vec::new();
            self.pools[pool].adapt(link, now);
            self.pools[pool].hand(link, job.clone(), &mut said);
            link.last = link.last.max(now + way);
            out.extend(said.into_iter().map(|message| (link.last, *upstream, link.connection, message)));
        }
        for (at, upstream, connection, message) in out {
            self.push(at, What::FromPool { upstream, connection, message });
        }
    }

    fn pool_hears(
        &mut self,
        stage: &Stage,
        now: Timestamp,
        upstream: UpstreamId,
        connection: u32,
        message: &ToPool,
    ) {
        let Some(link) = self.links.get_mut(&upstream).filter(|link| link.connection == connection) else {
            return;
        };
        let pool = &mut self.pools[link.pool];
        let fault_mode = stage.truth.fault_mode(&pool.name);
        if fault_mode == FaultMode::Down {
            return;
        }
        let mut said = Vec::new();
        let delay = pool.hear(now, link, message, fault_mode, &mut self.verdicts, &mut said);
        let at = now + pool.latency + delay;
        if delay.is_zero() {
            link.last = link.last.max(at);
        }
        for message in said {
            self.push(at, What::FromPool { upstream, connection, message });
        }
    }

    pub(crate) fn rig_changed(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        let truth = &stage.truth.rigs[rig];
        if truth.nominal <= 0.0 {
            return;
        }
        match self.rigs[rig].session {
            Some(session) if !truth.runs() => {
                self.rigs[rig].disconnected();
                self.drop_held(rig);
                self.push(now + HUB_PATIENCE, What::HubGivesUp { session });
            }
            Some(session) if !truth.reachable => {
                self.push(now + RIG_PATIENCE, What::RigGivesUp { rig, session });
                self.push(now + HUB_PATIENCE, What::HubGivesUp { session });
                self.hash(stage, now, rig);
            }
            Some(_) => {
                for what in self.held.remove(&rig).unwrap_or_default() {
                    self.push(now + self.rigs[rig].latency, what);
                }
                // Its hashrate may be another one.
                self.rigs[rig].hashing = None;
                self.hash(stage, now, rig);
            }
            None if truth.runs() => {
                self.rigs[rig].turn += 1;
                self.reconnect(now, rig, 20_000, 60_000);
            }
            None => self.rigs[rig].turn += 1,
        }
    }

    pub(crate) fn pool_changed(&mut self, stage: &mut Stage, now: Timestamp, name: &str) {
        let Some(pool) = self.pools.iter().position(|pool| *pool.name == *name) else { return };
        match stage.truth.fault_mode(name) {
            FaultMode::Down => {
                let gone: Vec<(UpstreamId, u32)> = self
                    .links
                    .iter()
                    .filter(|(_, link)| link.pool == pool)
                    .map(|(id, link)| (*id, link.connection))
                    .collect();
                for (upstream, connection) in gone {
                    self.links.remove(&upstream);
                    self.push(now + self.pools[pool].latency, What::PoolClosed { upstream, connection });
                }
            }
            FaultMode::None => self.new_job(stage, now, pool, true),
            _ => {}
        }
    }

    pub(crate) fn hub_restarts(&mut self, stage: &mut Stage, now: Timestamp) {
        self.book(stage, now);
        self.restarts += 1;
        self.exchange = Exchange::new(self.restarts, self.rng.bits(), Algorithm::Unit);
        self.links.clear();
        self.by_session.clear();
        for rig in 0..self.rigs.len() {
            self.rigs[rig].disconnected();
            self.drop_held(rig);
        }
        self.is_up = false;
        self.push(now + RESTART, What::HubIsBack);
    }

    /// Books what pools refused or never saw, a minute at a time.
    fn book(&mut self, stage: &mut Stage, now: Timestamp) {
        let tally = self.exchange.take_tally();
        let mut keys: Vec<_> = tally.pools.iter().collect();
        keys.sort_unstable_by(|(a, _), (b, _)| {
            (a.minute, &a.account, &a.pool, a.outcome).cmp(&(b.minute, &b.account, &b.pool, b.outcome))
        });
        for (key, counted) in keys {
            *stage.record.verdicts.entry(key.outcome.name()).or_default() += counted.count;
            let hashes = counted.work.hashes();
            // In the minute that just ended.
            let at = Timestamp((now.0 - 1).max(stage.record.zero.0));
            let Some(minute) = stage.record.minute(&key.account, at) else { continue };
            match key.outcome {
                PoolOutcome::Rejected(_) => minute.refused += hashes,
                PoolOutcome::Unanswered | PoolOutcome::Undeliverable => minute.lost += hashes,
                PoolOutcome::Forwarded | PoolOutcome::Accepted => continue,
            }
            *self.credited.entry(key.account.clone()).or_default() -= counted.work.into();
        }
        self.tallied += tally.count(Outcome::Accepted);
    }

    /// Accepted shares by the journal and by the tally.
    pub(crate) fn books(&mut self, stage: &mut Stage, now: Timestamp) -> (u64, u64) {
        self.book(stage, now);
        (self.journal, self.tallied)
    }

    /// Rigs that were given no work a while ago and hash all the same.
    pub(crate) fn hashing_without_work(&self, stage: &Stage, now: Timestamp) -> Vec<String> {
        /// A rig finishes what it has, is closed, and comes again.
        const LATEST: Duration = Duration::from_secs(30);
        let hashes = |session: &&exchange::snapshot::SessionFacts| {
            let at = session.rig.as_ref().and_then(|rig| stage.by_name.get(rig));
            *session.wanted == *exchange::label::PARKED
                && now.since(session.service_since) > LATEST
                && at.is_some_and(|at| self.rigs[*at].hashing.is_some())
        };
        let sessions = self.exchange.snapshot(now).sessions;
        let names = sessions.iter().filter(hashes).map(|session| format!("{} hashes, parked", session.user));
        names.collect()
    }

    /// No pool takes the work of these rigs.
    pub(crate) fn idle(&self) -> BTreeSet<&str> {
        self.exchange.idle().map(|rig| &**rig).collect()
    }

    /// Whether each rig is connected, and how it serves.
    pub(crate) fn services(&self, stage: &Stage) -> Vec<(bool, Service)> {
        let mut all = vec![(false, Service::Offline); stage.names.len()];
        for (name, service, _) in self.exchange.rigs() {
            if let Some(at) = stage.by_name.get(name) {
                all[*at] = (true, service);
            }
        }
        all
    }

    /// Looks at action and fact, and follows the answer. `anew` where orders changed besides.
    pub(crate) fn decide(&mut self, stage: &mut Stage, now: Timestamp, anew: bool) {
        if !self.is_up {
            return;
        }
        let mut rigs = vec![RigSeen::default(); stage.names.len()];
        for (name, service, last_share) in self.exchange.rigs() {
            if let Some(at) = stage.by_name.get(name) {
                rigs[*at] =
                    RigSeen { connected: true, service, last_share, work: self.rigs[*at].work, idle: false };
            }
        }
        for name in self.exchange.idle() {
            if let Some(at) = stage.by_name.get(name) {
                rigs[*at].idle = true;
            }
        }
        for (label, pool) in self.exchange.pools_in_use() {
            stage.record.note_pool(now, label, pool);
        }
        let rentals = stage
            .terms
            .iter()
            .map(|terms| RentalSeen {
                credited: self.credited.insert(terms.label.clone(), Balance::EVEN).unwrap_or_default(),
                pool_well: stage
                    .record
                    .rentals
                    .get(&terms.label)
                    .is_some_and(|rental| rental.pools.last().is_some_and(|(_, pool)| pool.is_some())),
            })
            .collect();
        let overrides = stage.overrides();
        let seen = Seen { at: now, rigs, rentals };
        let mut events = Vec::new();
        stage.record.decisions += 1;
        let step = stage.reconciler.step(&stage.desired, &overrides, &seen, &mut events);
        events.into_iter().for_each(|event| stage.record.note(event));
        stage.record.settle(step.settlements);
        if !step.changed && !anew {
            return;
        }
        self.epoch += 1;
        let mut out = Vec::new();
        if step.change.whole || anew {
            self.exchange.apply(now, Arc::new(stage.orders(self.epoch)), &mut out);
        } else {
            self.exchange.follow(now, &orders_change(&step.change, self.epoch), &mut out);
            debug_assert_eq!(
                **self.exchange.orders(),
                stage.orders(self.epoch),
                "what is followed is what is wanted"
            );
        }
        self.carry_out(stage, now, out);
    }
}
