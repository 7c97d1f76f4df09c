//! A bench for the exchange: miners and pools that are values, on a clock that is a number. Proof of work is
//! real, at a difficulty where some dozens of tries do.

// A fuzzer uses less of it than the tests do.
#![cfg_attr(not(test), allow(dead_code))]

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use stratum::peer::{
    Answer, Configure, FromMiner, FromPool, Notify, Refusal, Request, RequestId, ToMiner, ToPool,
};
use stratum::work::check::solve;
use stratum::work::{Algorithm, Difficulty, Job, Reason, Share};

use super::*;
use crate::orders::{Account, OrdersChange, PoolEntry, RigOrder, Route, UserTemplate};
use crate::tally::PoolOutcome;

/// About 43 hashes a share.
pub(super) const EASY: f64 = 1e-8;

/// What a pool is like and what it has seen.
pub(super) struct PoolMock {
    pub(super) extranonce_1: Vec<u8>,
    pub(super) size: usize,
    pub(super) difficulty: f64,
    pub(super) mask: Option<u32>,
    pub(super) one_worker: bool,
    /// Workers that it does not know, and what it says to them.
    pub(super) refuses: HashSet<String>,
    pub(super) refusal: String,
    pub(super) answers: bool,
    pub(super) answers_shares: bool,
    /// What it says to every share.
    pub(super) refuses_all: Option<Reason>,
    /// It no longer knows connections up to this one, and refuses what comes by them.
    pub(super) forgot: u32,
    pub(super) at_configure: AtConfigure,
    pub(super) jobs: u32,
    /// The first worker of each connection.
    pub(super) workers: BTreeMap<UpstreamId, String>,
    pub(super) seen: HashSet<[u8; 32]>,
    pub(super) accepted: u64,
    pub(super) refused: Vec<Reason>,
}

/// What a pool does at `mining.configure`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum AtConfigure {
    Answers,
    Ignores,
    Closes,
}

impl PoolMock {
    pub(super) fn new(extranonce_1: &[u8], size: usize) -> Self {
        Self {
            extranonce_1: extranonce_1.into(),
            size,
            difficulty: EASY,
            mask: Some(0x1fff_e000),
            one_worker: false,
            refuses: HashSet::new(),
            refusal: "unknown worker".into(),
            answers: true,
            answers_shares: true,
            refuses_all: None,
            forgot: 0,
            at_configure: AtConfigure::Answers,
            jobs: 0,
            workers: BTreeMap::new(),
            seen: HashSet::new(),
            accepted: 0,
            refused: Vec::new(),
        }
    }

    pub(super) fn job(&mut self, clean: bool) -> FromPool {
        self.jobs += 1;
        FromPool::Notify(Job {
            id: format!("{:x}", self.jobs).into(),
            previous: [self.size as u8; 32],
            coinbase_1: vec![1, 2, 3, self.jobs as u8],
            coinbase_2: vec![4, 5, 6],
            branch: vec![[7; 32], [8; 32]],
            version: 0x2000_0000,
            bits: 0x1703_4219,
            time: 1_700_000_000,
            clean,
        })
    }

    /// Recomputes a share as a pool does, from what was sent to it alone.
    pub(super) fn judge(&mut self, link: UpstreamId, message: &ToPool) -> Result<Answer, Refusal> {
        let ToPool::Submit { user, work, extranonce_2, time, nonce, version_bits, .. } = message else {
            unreachable!()
        };
        let refuse = |this: &mut Self, reason: Reason| {
            this.refused.push(reason);
            Err(Refusal { code: Some(i64::from(reason.code())), text: reason.text().into() })
        };
        if let Some(reason) = self.refuses_all {
            return refuse(self, reason);
        }
        if self.one_worker && self.workers.get(&link).map(String::as_str) != Some(user) {
            return refuse(self, Reason::Unauthorized);
        }
        if extranonce_2.len() != self.size {
            return refuse(self, Reason::ExtranonceSize);
        }
        let target = Difficulty::new(self.difficulty).unwrap().target(Algorithm::Sha256d);
        let share = Share::new(extranonce_2, *time, *nonce, *version_bits).unwrap();
        let mask = self.mask.unwrap_or(0);
        let found = solve(Algorithm::Sha256d, &work.job, &self.extranonce_1, &share, mask, target);
        if found.hash > target {
            return refuse(self, Reason::LowDifficulty);
        }
        if !self.seen.insert(found.hash.0) {
            return refuse(self, Reason::Duplicate);
        }
        self.accepted += 1;
        Ok(Answer::Yes)
    }
}

/// A miner that is a value: hashes what it was told last.
#[derive(Default)]
pub(super) struct MinerMock {
    pub(super) own: Vec<u8>,
    pub(super) rolled: usize,
    pub(super) difficulty: f64,
    pub(super) job: Option<Notify>,
    pub(super) job_difficulty: f64,
    pub(super) mask: u32,
    pub(super) count: u32,
    pub(super) said: Vec<ToMiner>,
    pub(super) last_was_difficulty: bool,
    pub(super) lone_difficulties: u32,
    pub(super) closed: bool,
}

impl MinerMock {
    /// The name of its session.
    pub(super) fn session(&self) -> Option<&String> {
        self.said.iter().rev().find_map(|said| match said {
            ToMiner::Subscribed { session, .. } => Some(session),
            _ => None,
        })
    }

    /// It was asked to connect again.
    pub(super) fn is_asked_back(&self) -> bool {
        self.said.iter().any(|said| matches!(said, ToMiner::Reconnect))
    }

    pub(super) fn hear(&mut self, message: ToMiner) {
        if self.last_was_difficulty && !matches!(message, ToMiner::Notify(_)) {
            self.lone_difficulties += 1;
        }
        self.last_was_difficulty = matches!(message, ToMiner::SetDifficulty(_));
        match &message {
            ToMiner::Subscribed { extranonce_1, extranonce_2_size, .. } => {
                self.own = extranonce_1.clone();
                self.rolled = usize::from(*extranonce_2_size);
            }
            ToMiner::SetExtranonce { extranonce_1, extranonce_2_size } => {
                self.own = extranonce_1.clone();
                self.rolled = usize::from(*extranonce_2_size);
            }
            ToMiner::Configured { version_mask, .. } => self.mask = version_mask.unwrap_or(0),
            ToMiner::SetVersionMask(mask) => self.mask = *mask,
            ToMiner::SetDifficulty(difficulty) => self.difficulty = difficulty.get(),
            ToMiner::Notify(job) => {
                self.job = Some(job.clone());
                self.job_difficulty = self.difficulty;
                // As firmware does: the extranonce starts over with every job.
                self.count = 0;
            }
            _ => {}
        }
        self.said.push(message);
    }

    /// Tries until a share is found; returns the submit.
    pub(super) fn mine(&mut self, user: &str) -> FromMiner {
        let job = self.job.clone().expect("the miner has work");
        let target = Difficulty::new(self.job_difficulty).unwrap().target(Algorithm::Sha256d);
        let mut prefix = job.work.prefix.clone();
        prefix.extend(&job.filler);
        prefix.extend(&self.own);
        loop {
            self.count += 1;
            let counter = (self.count / 256).to_be_bytes();
            let bits = (self.mask != 0).then_some((self.count << 13) & self.mask);
            let share = Share::new(&counter[4 - self.rolled..], job.time, self.count, bits).unwrap();
            if solve(Algorithm::Sha256d, &job.work.job, &prefix, &share, self.mask, target).hash <= target {
                return FromMiner::Submit {
                    user: user.into(),
                    job: format!("{:x}", job.id),
                    share: Ok(share),
                };
            }
        }
    }
}

/// An exchange, its pools by name, its miners by number.
pub(super) struct Bench {
    pub(super) now: Timestamp,
    pub(super) exchange: Exchange,
    pub(super) pools: BTreeMap<String, PoolMock>,
    pub(super) links: BTreeMap<UpstreamId, (String, u32)>,
    pub(super) down: HashSet<String>,
    /// Most connections that pools take.
    pub(super) limits: BTreeMap<String, usize>,
    pub(super) miners: BTreeMap<SessionId, MinerMock>,
    pub(super) events: Vec<Event>,
    pub(super) journal: Vec<Record>,
    pub(super) tally: Tally,
    pub(super) connects: u32,
    /// Attempts, the refused ones as well.
    pub(super) tries: u32,
    /// Every worker that was introduced.
    pub(super) authorized: Vec<(UpstreamId, String)>,
    /// The last request of each connection.
    pub(super) asked: BTreeMap<(UpstreamId, u32), u64>,
}

pub(super) fn entry(pool: &str, user: &str) -> Arc<PoolEntry> {
    Arc::new(PoolEntry {
        pool: pool.into(),
        endpoints: vec![Endpoint::parse(&format!("stratum+tcp://{pool}:3333")).unwrap()],
        user: UserTemplate(user.into()),
        password: "x".into(),
        own_connections: false,
        reconnect_to: Vec::new(),
    })
}

/// The house at `home`, alice at `one` then `two`, bob at `three`; rigs a-1 to a-9 for the house.
pub(super) fn orders() -> Orders {
    let account = |name: &str, pools: Vec<Arc<PoolEntry>>| Account {
        name: name.into(),
        pools,
        thresholds: crate::failover::FailoverThresholds::default(),
        standby: 1,
    };
    let route = |label: &str, account| Route {
        label: label.into(),
        account,
        pinned: None,
        rule: crate::watch::Rule::default(),
    };
    let mut orders = Orders::empty();
    orders.epoch = 1;
    orders.accounts = vec![
        account("house", vec![entry("home", "ridge.house")]),
        account("alice", vec![entry("one", "alice.$rig"), entry("two", "alice.$rig")]),
        account("bob", vec![entry("three", "bob")]),
    ];
    orders.routes =
        vec![route("house", 0), route("quarantine", 0), route("alice/gold", 1), route("bob/silver", 2)];
    for n in 1..10 {
        orders.rigs.insert(
            format!("a-{n}").into(),
            RigOrder { hashrate: 100.0, route: 0, excused: false, parked: false },
        );
    }
    orders
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut bench = Self {
            now: Timestamp::from_seconds(1_700_000_000),
            exchange: Exchange::new(0, 7, Algorithm::Sha256d),
            pools: BTreeMap::new(),
            links: BTreeMap::new(),
            down: HashSet::new(),
            limits: BTreeMap::new(),
            miners: BTreeMap::new(),
            events: Vec::new(),
            journal: Vec::new(),
            tally: Tally::default(),
            connects: 0,
            tries: 0,
            authorized: Vec::new(),
            asked: BTreeMap::new(),
        };
        for (name, own, size) in
            [("home", &[1u8][..], 4), ("one", &[2, 2, 2, 2], 8), ("two", &[3], 6), ("three", &[], 4)]
        {
            bench.pools.insert(name.into(), PoolMock::new(own, size));
        }
        bench
    }

    pub(super) fn started() -> Self {
        let mut bench = Self::new();
        bench.order(orders());
        bench.run(2.0);
        bench
    }

    pub(super) fn order(&mut self, orders: Orders) {
        let mut out = Vec::new();
        self.exchange.apply(self.now, Arc::new(orders), &mut out);
        self.carry_out(out);
    }

    pub(super) fn route(&mut self, rig: &str, route: usize) {
        let label = self.exchange.orders().routes[route].label.clone();
        self.follow(&[(rig.into(), label, false)]);
    }

    /// Other orders for these rigs, and for nobody else: what follows is what applying the whole of them would come to.
    pub(super) fn follow(&mut self, rigs: &[(Arc<str>, Arc<str>, bool)]) {
        let change = OrdersChange { epoch: self.exchange.orders().epoch + 1, rigs: rigs.to_vec() };
        let mut out = Vec::new();
        assert!(self.exchange.follow(self.now, &change, &mut out), "the change is younger");
        assert!(!self.exchange.follow(self.now, &change, &mut out), "once");
        self.carry_out(out);
    }

    pub(super) fn run(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        while self.now < end {
            self.now = self.now + Duration::from_millis(100);
            let mut out = Vec::new();
            self.exchange.on_time(self.now, &mut out);
            while self.exchange.go_on(self.now, &mut out) {}
            self.carry_out(out);
            if self.now.0 % 30_000_000 == 0 {
                for name in ["home", "one", "two", "three"] {
                    let job = self.pools.get_mut(name).unwrap().job(false);
                    self.pool_says(name, job);
                }
            }
        }
    }

    pub(super) fn carry_out(&mut self, out: Vec<Output>) {
        let mut queue: std::collections::VecDeque<Output> = out.into();
        while let Some(output) = queue.pop_front() {
            let mut more = Vec::new();
            match output {
                Output::Journal(record) => self.journal.push(record),
                Output::ToMiner(id, message) => {
                    if let Some(miner) = self.miners.get_mut(&id) {
                        miner.hear(message);
                    }
                }
                Output::CloseMiner(id, why) => {
                    self.miners.get_mut(&id).unwrap().closed = true;
                    self.exchange.on_miner_closed(self.now, id, why, &mut more);
                }
                Output::Connect { upstream, connection, endpoint } => {
                    let name = endpoint.host.to_string();
                    self.tries += 1;
                    let taken = self.links.values().filter(|link| link.0 == name).count();
                    let is_full = self.limits.get(&name).is_some_and(|limit| taken >= *limit);
                    if is_full || self.down.contains(&name) {
                        let loss = crate::failover::Loss::new(
                            crate::failover::PoolFault::ConnectionRefused,
                            "connection refused",
                        );
                        self.exchange.on_pool_failed(self.now, upstream, connection, loss, &mut more);
                    } else {
                        self.connects += 1;
                        self.links.insert(upstream, (name, connection));
                        self.exchange.on_pool_connected(self.now, upstream, connection, &mut more);
                    }
                }
                Output::ToPool(id, message) => self.pool_hears(id, message, &mut more),
                Output::Disconnect(id) => {
                    self.links.remove(&id);
                }
                Output::Event(event) => self.events.push(event),
            }
            queue.extend(more);
        }
        let tally = self.exchange.take_tally();
        self.tally.merge(tally);
    }

    pub(super) fn pool_hears(&mut self, id: UpstreamId, message: ToPool, out: &mut Vec<Output>) {
        let Some((name, connection)) = self.links.get(&id).cloned() else { return };
        let pool = self.pools.get_mut(&name).unwrap();
        if let ToPool::Configure { id: request, .. }
        | ToPool::Subscribe { id: request, .. }
        | ToPool::Authorize { id: request, .. }
        | ToPool::Submit { id: request, .. } = &message
        {
            self.asked.insert((id, connection), *request);
        }
        if !pool.answers {
            return;
        }
        let answers = match &message {
            ToPool::Configure { .. } if pool.at_configure == AtConfigure::Ignores => Vec::new(),
            ToPool::Configure { .. } if pool.at_configure == AtConfigure::Closes => {
                self.links.remove(&id);
                return self.exchange.on_pool_closed(self.now, id, connection, "closed by the peer", out);
            }
            ToPool::Configure { id, .. } => {
                vec![FromPool::Answer { id: *id, answer: Ok(Answer::Configured { version_mask: pool.mask }) }]
            }
            ToPool::Subscribe { id, .. } => {
                let answer = Answer::Subscribed {
                    extranonce_1: pool.extranonce_1.clone(),
                    extranonce_2_size: pool.size,
                };
                let difficulty = FromPool::SetDifficulty(Difficulty::new(pool.difficulty).unwrap());
                vec![FromPool::Answer { id: *id, answer: Ok(answer) }, difficulty, pool.job(true)]
            }
            ToPool::Authorize { id: request, user, .. } => {
                self.authorized.push((id, user.clone()));
                let answer = match pool.workers.get(&id) {
                    _ if pool.refuses.contains(user) => {
                        Err(Refusal { code: Some(24), text: pool.refusal.clone() })
                    }
                    Some(worker) if pool.one_worker && worker != user => {
                        Err(Refusal { code: Some(24), text: "one worker only".into() })
                    }
                    _ => Ok(Answer::Yes),
                };
                pool.workers.entry(id).or_insert_with(|| user.clone());
                vec![FromPool::Answer { id: *request, answer }]
            }
            ToPool::Submit { .. } if !pool.answers_shares => Vec::new(),
            ToPool::Submit { id: request, .. } if connection <= pool.forgot => {
                let refusal = Refusal { code: Some(25), text: "Not subscribed".into() };
                vec![FromPool::Answer { id: *request, answer: Err(refusal) }]
            }
            ToPool::Submit { id: request, .. } => {
                vec![FromPool::Answer { id: *request, answer: pool.judge(id, &message) }]
            }
            ToPool::Pong { .. } | ToPool::Version { .. } | ToPool::Reply { .. } => Vec::new(),
        };
        for answer in answers {
            self.exchange.on_pool(self.now, id, connection, answer, out);
        }
    }

    pub(super) fn pool_says(&mut self, name: &str, message: FromPool) {
        let links: Vec<(UpstreamId, u32)> =
            self.links.iter().filter(|(_, link)| link.0 == name).map(|(id, link)| (*id, link.1)).collect();
        for (id, connection) in links {
            let mut out = Vec::new();
            self.exchange.on_pool(self.now, id, connection, message.clone(), &mut out);
            self.carry_out(out);
        }
    }

    pub(super) fn pool_dies(&mut self, name: &str) {
        self.down.insert(name.into());
        self.pool_closes(name);
    }

    /// Every connection of a pool ends; it takes new ones.
    pub(super) fn pool_closes(&mut self, name: &str) {
        let links: Vec<(UpstreamId, u32)> =
            self.links.iter().filter(|(_, link)| link.0 == name).map(|(id, link)| (*id, link.1)).collect();
        for (id, connection) in links {
            self.links.remove(&id);
            let mut out = Vec::new();
            self.exchange.on_pool_closed(self.now, id, connection, "reset", &mut out);
            self.carry_out(out);
        }
    }

    pub(super) fn ask(&mut self, id: SessionId, ask: FromMiner) {
        let mut out = Vec::new();
        self.exchange.on_miner(self.now, id, Request { id: RequestId("1".into()), ask }, &mut out);
        self.carry_out(out);
    }

    pub(super) fn connect(&mut self, number: u64, user: &str, address: &str) -> SessionId {
        self.connect_as(number, user, address, "cgminer/4.12", true)
    }

    pub(super) fn connect_as(
        &mut self,
        number: u64,
        user: &str,
        address: &str,
        agent: &str,
        rolls: bool,
    ) -> SessionId {
        self.connect_with(number, user, address, (agent, None), rolls)
    }

    /// The same for a miner that names a session of before.
    pub(super) fn connect_with(
        &mut self,
        number: u64,
        user: &str,
        address: &str,
        (agent, session): (&str, Option<String>),
        rolls: bool,
    ) -> SessionId {
        let id = SessionId(number);
        self.miners.insert(id, MinerMock::default());
        self.exchange.on_miner_connected(self.now, id, address.parse().unwrap());
        if rolls {
            let asked = Configure { version_mask: Some(u32::MAX), ..Configure::default() };
            self.ask(id, FromMiner::Configure(asked));
        }
        self.ask(id, FromMiner::Subscribe { agent: Some(agent.into()), session });
        self.ask(id, FromMiner::Authorize { user: user.into(), password: "x".into() });
        id
    }

    pub(super) fn leave(&mut self, id: SessionId) {
        let mut out = Vec::new();
        self.exchange.on_miner_closed(self.now, id, "closed by the peer", &mut out);
        self.carry_out(out);
    }

    pub(super) fn share(&mut self, id: SessionId, user: &str) -> Result<(), Reason> {
        let submit = self.miners.get_mut(&id).unwrap().mine(user);
        self.answer(id, submit)
    }

    pub(super) fn answer(&mut self, id: SessionId, submit: FromMiner) -> Result<(), Reason> {
        let before = self.miners[&id].said.len();
        self.ask(id, submit);
        let said = &self.miners[&id].said[before..];
        said.iter()
            .find_map(|message| match message {
                ToMiner::Done { .. } => Some(Ok(())),
                ToMiner::Rejected { reason, .. } => Some(Err(*reason)),
                _ => None,
            })
            .expect("every submit is answered")
    }

    pub(super) fn accepted(&self, account: &str) -> u64 {
        let of = |key: &&crate::tally::ShareKey| &*key.account == account && key.outcome == Outcome::Accepted;
        self.tally.shares.iter().filter(|(key, _)| of(key)).map(|(_, counted)| counted.count).sum()
    }

    pub(super) fn pool_count(&self, outcome: impl Fn(PoolOutcome) -> bool) -> u64 {
        self.tally
            .pools
            .iter()
            .filter(|(key, _)| outcome(key.outcome))
            .map(|(_, counted)| counted.count)
            .sum()
    }

    pub(super) fn happened(&self, kind: EventKind) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }
}
