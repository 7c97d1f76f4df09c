//! The exchange against miners and pools that are values, on a clock that is a number. Proof of work is
//! real, at a difficulty where some dozens of tries do.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Geometry;
use stratum::peer::{
    Answer, Configure, FromMiner, FromPool, Notify, Refusal, Request, RequestId, ToMiner, ToPool,
};
use stratum::work::check::solve;
use stratum::work::{Algorithm, Difficulty, Job, Reason, Share};

use super::*;
use crate::orders::{Account, PoolEntry, RigOrder, Route, UserTemplate};
use crate::tally::PoolOutcome;

/// About 43 hashes a share.
const EASY: f64 = 1e-8;

/// What a pool is like and what it has seen.
struct PoolMock {
    extranonce_1: Vec<u8>,
    size: usize,
    difficulty: f64,
    mask: Option<u32>,
    one_worker: bool,
    /// Workers that it does not know, and what it says to them.
    refuses: HashSet<String>,
    refusal: String,
    answers: bool,
    jobs: u32,
    /// The first worker of each connection.
    workers: BTreeMap<UpstreamId, String>,
    seen: HashSet<[u8; 32]>,
    accepted: u64,
    refused: Vec<Reason>,
}

impl PoolMock {
    fn new(extranonce_1: &[u8], size: usize) -> Self {
        Self {
            extranonce_1: extranonce_1.into(),
            size,
            difficulty: EASY,
            mask: Some(0x1fff_e000),
            one_worker: false,
            refuses: HashSet::new(),
            refusal: "unknown worker".into(),
            answers: true,
            jobs: 0,
            workers: BTreeMap::new(),
            seen: HashSet::new(),
            accepted: 0,
            refused: Vec::new(),
        }
    }

    fn job(&mut self, clean: bool) -> FromPool {
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
    fn judge(&mut self, link: UpstreamId, message: &ToPool) -> Result<Answer, Refusal> {
        let ToPool::Submit { user, work, extranonce_2, time, nonce, version_bits, .. } = message else {
            unreachable!()
        };
        let refuse = |this: &mut Self, reason: Reason| {
            this.refused.push(reason);
            Err(Refusal { code: Some(i64::from(reason.code())), text: reason.text().into() })
        };
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
struct MinerMock {
    own: Vec<u8>,
    rolled: usize,
    difficulty: f64,
    job: Option<Notify>,
    job_difficulty: f64,
    mask: u32,
    count: u32,
    said: Vec<ToMiner>,
    last_was_difficulty: bool,
    lone_difficulties: u32,
    closed: bool,
}

impl MinerMock {
    fn hear(&mut self, message: ToMiner) {
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
    fn mine(&mut self, user: &str) -> FromMiner {
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
struct Bench {
    now: Timestamp,
    exchange: Exchange,
    pools: BTreeMap<String, PoolMock>,
    links: BTreeMap<UpstreamId, (String, u32)>,
    down: HashSet<String>,
    /// Most connections that pools take.
    limits: BTreeMap<String, usize>,
    miners: BTreeMap<SessionId, MinerMock>,
    events: Vec<Event>,
    journal: Vec<Record>,
    tally: Tally,
    connects: u32,
    /// Attempts, the refused ones as well.
    tries: u32,
    /// Every worker that was introduced.
    authorized: Vec<(UpstreamId, String)>,
    /// The last request of each connection.
    asked: BTreeMap<(UpstreamId, u32), u64>,
}

fn entry(pool: &str, user: &str) -> Arc<PoolEntry> {
    Arc::new(PoolEntry {
        pool: pool.into(),
        doors: vec![Endpoint::parse(&format!("stratum+tcp://{pool}:3333")).unwrap()],
        user: UserTemplate(user.into()),
        password: "x".into(),
        own_connections: false,
        reconnect_to: Vec::new(),
    })
}

/// The house at `home`, alice at `one` then `two`, bob at `three`; rigs a-1 to a-9 for the house.
fn orders() -> Orders {
    let account = |name: &str, pools: Vec<Arc<PoolEntry>>| Account {
        name: name.into(),
        pools,
        patience: crate::failover::Patience::default(),
        standby: 1,
    };
    let route = |label: &str, account| Route {
        label: label.into(),
        account,
        pinned: None,
        rule: crate::rig::Rule::default(),
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
    fn new() -> Self {
        let mut bench = Self {
            now: Timestamp::from_seconds(1_700_000_000),
            exchange: Exchange::new(0, 7),
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

    fn started() -> Self {
        let mut bench = Self::new();
        bench.order(orders());
        bench.run(2.0);
        bench
    }

    fn order(&mut self, orders: Orders) {
        let mut out = Vec::new();
        self.exchange.apply(self.now, Arc::new(orders), &mut out);
        self.carry_out(out);
    }

    fn route(&mut self, rig: &str, route: usize) {
        let mut orders = Orders::clone(self.exchange.orders());
        orders.epoch += 1;
        orders.rigs.get_mut(rig).unwrap().route = route;
        self.order(orders);
    }

    fn run(&mut self, seconds: f64) {
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

    fn carry_out(&mut self, out: Vec<Output>) {
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
                            crate::failover::Illness::ConnectionRefused,
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

    fn pool_hears(&mut self, id: UpstreamId, message: ToPool, out: &mut Vec<Output>) {
        let Some((name, connection)) = self.links.get(&id).cloned() else { return };
        let pool = self.pools.get_mut(&name).unwrap();
        if let ToPool::Configure { id: request, .. }
        | ToPool::Subscribe { id: request, .. }
        | ToPool::Authorize { id: request, .. } = &message
        {
            self.asked.insert((id, connection), *request);
        }
        if !pool.answers {
            return;
        }
        let answers = match &message {
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
            ToPool::Submit { id: request, .. } => {
                vec![FromPool::Answer { id: *request, answer: pool.judge(id, &message) }]
            }
            ToPool::Pong { .. } | ToPool::Version { .. } | ToPool::Reply { .. } => Vec::new(),
        };
        for answer in answers {
            self.exchange.on_pool(self.now, id, connection, answer, out);
        }
    }

    fn pool_says(&mut self, name: &str, message: FromPool) {
        let links: Vec<(UpstreamId, u32)> =
            self.links.iter().filter(|(_, link)| link.0 == name).map(|(id, link)| (*id, link.1)).collect();
        for (id, connection) in links {
            let mut out = Vec::new();
            self.exchange.on_pool(self.now, id, connection, message.clone(), &mut out);
            self.carry_out(out);
        }
    }

    fn pool_dies(&mut self, name: &str) {
        self.down.insert(name.into());
        let links: Vec<(UpstreamId, u32)> =
            self.links.iter().filter(|(_, link)| link.0 == name).map(|(id, link)| (*id, link.1)).collect();
        for (id, connection) in links {
            self.links.remove(&id);
            let mut out = Vec::new();
            self.exchange.on_pool_closed(self.now, id, connection, "reset", &mut out);
            self.carry_out(out);
        }
    }

    fn ask(&mut self, id: SessionId, ask: FromMiner) {
        let mut out = Vec::new();
        self.exchange.on_miner(self.now, id, Request { id: RequestId("1".into()), ask }, &mut out);
        self.carry_out(out);
    }

    fn connect(&mut self, number: u64, user: &str, address: &str) -> SessionId {
        self.connect_as(number, user, address, "cgminer/4.12", true)
    }

    fn connect_as(&mut self, number: u64, user: &str, address: &str, agent: &str, rolls: bool) -> SessionId {
        let id = SessionId(number);
        self.miners.insert(id, MinerMock::default());
        self.exchange.on_miner_connected(self.now, id, address.parse().unwrap());
        if rolls {
            let asked = Configure { version_mask: Some(u32::MAX), ..Configure::default() };
            self.ask(id, FromMiner::Configure(asked));
        }
        self.ask(id, FromMiner::Subscribe { agent: Some(agent.into()), session: None });
        self.ask(id, FromMiner::Authorize { user: user.into(), password: "x".into() });
        id
    }

    fn leave(&mut self, id: SessionId) {
        let mut out = Vec::new();
        self.exchange.on_miner_closed(self.now, id, "closed by the peer", &mut out);
        self.carry_out(out);
    }

    fn share(&mut self, id: SessionId, user: &str) -> Result<(), Reason> {
        let submit = self.miners.get_mut(&id).unwrap().mine(user);
        self.answer(id, submit)
    }

    fn answer(&mut self, id: SessionId, submit: FromMiner) -> Result<(), Reason> {
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

    fn accepted(&self, account: &str) -> u64 {
        let of = |key: &&crate::tally::ShareKey| &*key.account == account && key.outcome == Outcome::Accepted;
        self.tally.shares.iter().filter(|(key, _)| of(key)).map(|(_, count)| count).sum()
    }

    fn pool_count(&self, outcome: impl Fn(PoolOutcome) -> bool) -> u64 {
        self.tally.pools.iter().filter(|(key, _)| outcome(key.outcome)).map(|(_, count)| count).sum()
    }

    fn happened(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }
}

#[test]
fn a_rig_that_is_moved_a_thousand_times_loses_nothing() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "any.a-1", "10.0.0.1:1000");
    let mut shares = BTreeMap::from([("alice/gold", 0), ("bob/silver", 0)]);
    let mut late = None;
    for n in 0..1000 {
        let (route, label) = if n % 2 == 0 { (2, "alice/gold") } else { (3, "bob/silver") };
        if n % 50 == 49 {
            for pool in ["one", "three"] {
                let job = bench.pools.get_mut(pool).unwrap().job(false);
                bench.pool_says(pool, job);
            }
        }
        bench.route("a-1", route);
        // A share that was on its way during the move still counts for the one before.
        if let Some((submit, before)) = late.take() {
            assert_eq!(bench.answer(rig, submit), Ok(()));
            *shares.get_mut(before).unwrap() += 1;
        }
        assert_eq!(bench.share(rig, "any.a-1"), Ok(()), "move {n}");
        *shares.get_mut(label).unwrap() += 1;
        late = Some((bench.miners.get_mut(&rig).unwrap().mine("any.a-1"), label));
    }
    assert_eq!(bench.happened("rig-moved"), 1001, "once to the house, then a thousand times");
    for (label, count) in shares {
        assert_eq!(bench.accepted(label), count, "{label}");
    }
    assert_eq!(bench.journal.len() as u64, bench.accepted("alice/gold") + bench.accepted("bob/silver"));
    let forwarded = bench.pool_count(|o| o == PoolOutcome::Forwarded);
    assert_eq!(forwarded, bench.pool_count(|o| o == PoolOutcome::Accepted));
    assert_eq!(forwarded, 1999, "as hard for us as for the pools, so all are handed on");
    assert!(bench.pools.values().all(|pool| pool.refused.is_empty()));
    let miner = &bench.miners[&rig];
    assert!(!miner.closed);
    assert_eq!(miner.lone_difficulties, 0, "a difficulty stands right before its job");
}

#[test]
fn a_pools_many_rigs_share_one_connection_and_never_the_same_work() {
    let mut bench = Bench::started();
    for n in 1..10 {
        bench.route(&format!("a-{n}"), 2);
    }
    let rigs: Vec<SessionId> =
        (1..10).map(|n| bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"))).collect();
    for _ in 0..20 {
        for (n, rig) in rigs.iter().enumerate() {
            assert_eq!(bench.share(*rig, &format!("a-{}", n + 1)), Ok(()));
        }
    }
    assert_eq!(bench.pools["one"].accepted, 180);
    assert_eq!(bench.links.values().filter(|(name, _)| name == "one").count(), 1);
}

#[test]
fn bad_shares_say_why_and_count_for_nothing() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1000");
    let good = bench.miners.get_mut(&rig).unwrap().mine("a-1");
    assert_eq!(bench.answer(rig, good.clone()), Ok(()));
    assert_eq!(bench.answer(rig, good.clone()), Err(Reason::Duplicate));
    let with = |change: &dyn Fn(&mut String, &mut String, &mut Share)| match good.clone() {
        FromMiner::Submit { mut user, mut job, share } => {
            let mut share = share.unwrap();
            change(&mut user, &mut job, &mut share);
            FromMiner::Submit { user, job, share: Ok(share) }
        }
        _ => unreachable!(),
    };
    for (submit, reason) in [
        (with(&|user, _, _| *user = "a-2".into()), Reason::Unauthorized),
        (with(&|_, job, _| *job = "ffff".into()), Reason::UnknownJob),
        (with(&|_, _, share| share.time -= 1), Reason::TimeOutOfRange),
        (with(&|_, _, share| share.time += 7001), Reason::TimeOutOfRange),
        (with(&|_, _, share| share.version_bits = Some(1)), Reason::VersionBits),
        (
            with(&|_, _, share| *share = Share::new(&[0; 4], share.time, 0, None).unwrap()),
            Reason::ExtranonceSize,
        ),
    ] {
        assert_eq!(bench.answer(rig, submit), Err(reason));
    }
    // The hash of a wrong nonce meets so easy a target once in some dozens of tries.
    let low = (0..50).map(|n| with(&|_, _, share| share.nonce = 1 << 31 | n));
    let verdicts: Vec<_> = low.map(|submit| bench.answer(rig, submit)).collect();
    assert!(verdicts.contains(&Err(Reason::LowDifficulty)));
    let good = 1 + verdicts.iter().filter(|v| v.is_ok()).count() as u64;
    assert_eq!(bench.accepted("house"), good);
    assert_eq!(bench.pools["home"].accepted, good);
}

#[test]
fn a_flood_of_bad_shares_ends_at_the_door() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1000");
    for _ in 0..250 {
        if !bench.miners[&rig].closed {
            bench.ask(
                rig,
                FromMiner::Submit { user: "a-1".into(), job: "0".into(), share: Err(Reason::Malformed) },
            );
        }
    }
    assert!(bench.miners[&rig].closed);
    assert_eq!(bench.happened("miner-dismissed"), 1);
}

#[test]
fn the_second_of_two_with_one_name_is_quarantined_until_the_first_goes() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let first = bench.connect(1, "a-1", "10.0.0.1:1000");
    let second = bench.connect(2, "a-1", "10.0.0.2:2000");
    let event = bench.events.iter().find(|event| event.kind == "rig-cloned").expect("it is reported");
    assert!(event.message.contains("10.0.0.1:1000") && event.message.contains("10.0.0.2:2000"));
    assert_eq!(bench.share(first, "a-1"), Ok(()));
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    assert_eq!((bench.accepted("alice/gold"), bench.accepted("quarantine")), (1, 1));
    let mut out = Vec::new();
    bench.exchange.on_miner_closed(bench.now, first, "closed", &mut out);
    bench.carry_out(out);
    bench.run(0.5);
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    assert_eq!(bench.accepted("alice/gold"), 2);
}

#[test]
fn strangers_mine_for_the_house_shown_apart() {
    let mut bench = Bench::started();
    let stranger = bench.connect(1, "who.knows", "10.0.0.9:1");
    bench.miners.get_mut(&stranger).unwrap().difficulty = EASY;
    assert_eq!(bench.share(stranger, "who.knows"), Ok(()));
    assert_eq!(bench.accepted("quarantine"), 1);
    assert_eq!(bench.pools["home"].accepted, 1);
}

#[test]
fn a_dead_pool_is_left_at_once_and_returned_to_after_a_while() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    // That it is gone is a fact, and nothing is waited for.
    bench.pool_dies("one");
    assert_eq!(bench.happened("pool-failover"), 1);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.pools["two"].accepted, 1);
    bench.down.clear();
    bench.run(200.0);
    assert_eq!(bench.happened("pool-returned"), 0, "not before it has proved itself");
    bench.run(150.0);
    // One rig tries it, and its shares decide.
    assert_eq!((bench.happened("pool-on-trial"), bench.happened("pool-returned")), (1, 0));
    while bench.happened("pool-returned") == 0 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        bench.run(0.1);
        assert!(bench.accepted("alice/gold") < 5000, "none of so many shares reached the pool");
    }
    // Its shares have become easier than the pool's meanwhile: one in some dozens is handed on.
    while bench.pools["one"].accepted < 2 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
        assert!(bench.accepted("alice/gold") < 5000, "none of so many shares reached the pool");
    }
    assert!(!bench.miners[&rig].closed);
}

#[test]
fn with_all_pools_dead_the_rigs_mine_for_the_house() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    bench.pool_dies("three");
    bench.run(25.0);
    assert_eq!(bench.happened("pools-all-ill"), 1);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!((bench.accepted("bob/silver"), bench.accepted("house")), (1, 1));
    bench.down.clear();
    bench.run(40.0);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.accepted("bob/silver"), 2);
}

#[test]
fn a_pool_that_stops_answering_or_refuses_everything_is_left() {
    for silent in [true, false] {
        let mut bench = Bench::started();
        bench.route("a-1", 2);
        let rig = bench.connect(1, "a-1", "10.0.0.1:1");
        let pool = bench.pools.get_mut("one").unwrap();
        if silent {
            pool.answers = false;
        } else {
            pool.difficulty = 1e9;
        }
        for _ in 0..12 {
            assert_eq!(bench.share(rig, "a-1"), Ok(()));
            bench.run(1.0);
        }
        bench.run(35.0);
        assert_eq!(bench.happened("pool-failover"), 1, "silent: {silent}");
    }
}

#[test]
fn shares_that_a_cut_connection_never_answered_are_counted() {
    let mut bench = Bench::started();
    bench.route("a-1", 2);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    bench.pools.get_mut("one").unwrap().answers = false;
    for _ in 0..3 {
        assert_eq!(bench.share(rig, "a-1"), Ok(()));
    }
    bench.pool_dies("one");
    let count = |outcome| bench.pool_count(|o| o == outcome);
    assert_eq!(count(PoolOutcome::Unanswered), 3);
    assert_eq!(count(PoolOutcome::Forwarded), count(PoolOutcome::Accepted) + 3);
}

#[test]
fn a_pool_that_takes_one_worker_gets_a_connection_for_each_rig() {
    let mut bench = Bench::new();
    bench.pools.get_mut("one").unwrap().one_worker = true;
    let mut orders = orders();
    for n in 1..4 {
        orders.rigs.get_mut(format!("a-{n}").as_str()).unwrap().route = 2;
    }
    bench.order(orders);
    bench.run(2.0);
    for n in 1..4 {
        bench.connect(n, &format!("a-{n}"), &format!("10.0.0.{n}:1"));
    }
    bench.run(3.0);
    assert_eq!(bench.happened("pool-single-worker"), 1);
    assert_eq!(bench.links.values().filter(|(name, _)| name == "one").count(), 3);
    for n in 1..4 {
        assert_eq!(bench.share(SessionId(n), &format!("a-{n}")), Ok(()));
    }
    assert_eq!(bench.accepted("alice/gold"), 3);
}

#[test]
fn a_short_extranonce_falls_back_step_by_step() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().size = 3;
    bench.order(orders());
    bench.run(2.0);
    let plain = bench.connect(1, "a-1", "10.0.0.1:1");
    let modern = bench.connect(2, "a-2", "10.0.0.2:1");
    bench.ask(modern, FromMiner::SubscribeExtranonce);
    bench.route("a-1", 3);
    bench.route("a-2", 3);
    bench.run(1.0);
    assert_eq!((bench.miners[&modern].own.len(), bench.miners[&modern].rolled), (0, 3));
    assert_eq!(bench.share(modern, "a-2"), Ok(()));
    assert_eq!(bench.accepted("bob/silver"), 1);
    assert!(bench.miners[&plain].said.iter().any(|said| matches!(said, ToMiner::Reconnect)));
    bench.run(4.0);
    assert!(bench.miners[&plain].closed && !bench.miners[&modern].closed);
}

#[test]
fn a_rig_that_must_connect_again_for_a_short_pool_does_so_once() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().size = 3;
    bench.order(orders());
    bench.run(2.0);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    bench.route("a-1", 3);
    bench.run(1.0);
    assert!(bench.miners[&rig].said.iter().any(|said| matches!(said, ToMiner::Reconnect)));
    bench.leave(rig);
    let again = bench.connect(2, "a-1", "10.0.0.1:2");
    bench.run(1.0);
    assert_eq!((bench.miners[&again].own.len(), bench.miners[&again].rolled), (0, 3));
    assert_eq!(bench.share(again, "a-1"), Ok(()));
    assert_eq!(bench.accepted("bob/silver"), 1);
    // Its neighbour behind the same address was asked nothing.
    let other = bench.connect(3, "a-2", "10.0.0.1:3");
    assert_eq!(bench.miners[&other].own.len(), 1);

    // One that comes from elsewhere and names no session gets its old shape. It is not sent round and round.
    bench.route("a-2", 3);
    bench.run(1.0);
    for number in 4..10 {
        bench.leave(SessionId(number - 1));
        bench.connect(number, "a-2", &format!("10.0.0.{number}:1"));
        bench.run(1.0);
    }
    assert_eq!(bench.happened("rig-reconnected"), 2);
}

#[test]
fn a_pool_may_change_its_extranonce_while_connected() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners.get_mut(&rig).unwrap().mine("a-1");
    bench
        .pool_says("three", FromPool::SetExtranonce { extranonce_1: vec![9, 9], extranonce_2_size: Some(5) });
    // Jobs handed out before keep the old one.
    assert_eq!(bench.answer(rig, before), Ok(()));
    let pool = bench.pools.get_mut("three").unwrap();
    assert!(pool.refused.is_empty());
    (pool.extranonce_1, pool.size) = (vec![9, 9], 5);
    let job = pool.job(true);
    bench.pool_says("three", job);
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert!(bench.pools["three"].refused.is_empty());
}

#[test]
fn redirects_are_obeyed_towards_the_same_host_only() {
    let mut bench = Bench::started();
    let say = |host: Option<&str>| FromPool::Reconnect { host: host.map(Into::into), port: None, wait: 0 };
    let before = bench.connects;
    bench.pool_says("one", say(Some("evil.example")));
    bench.run(1.0);
    assert_eq!((bench.happened("pool-redirect-refused"), bench.connects), (1, before));
    bench.pool_says("one", say(None));
    bench.run(1.0);
    assert_eq!((bench.happened("pool-redirected"), bench.connects), (1, before + 1));
}

#[test]
fn shares_for_a_block_that_is_gone_are_stale_after_a_grace() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let mine = |bench: &mut Bench| bench.miners.get_mut(&rig).unwrap().mine("a-1");
    let (soon, later) = (mine(&mut bench), mine(&mut bench));
    let job = bench.pools.get_mut("home").unwrap().job(true);
    bench.pool_says("home", job);
    assert_eq!(bench.answer(rig, soon), Ok(()));
    bench.run(3.0);
    assert_eq!(bench.answer(rig, later), Err(Reason::Stale));
}

#[test]
fn a_narrower_mask_is_told_before_the_job_and_never_to_those_who_do_not_roll() {
    let mut bench = Bench::new();
    bench.pools.get_mut("three").unwrap().mask = Some(0x00c0_0000);
    bench.order(orders());
    bench.run(2.0);
    let rolls = bench.connect(1, "a-1", "10.0.0.1:1");
    let plain = bench.connect_as(2, "a-2", "10.0.0.2:1", "cpuminer/2.5.1", false);
    bench.route("a-1", 3);
    bench.route("a-2", 3);
    assert_eq!(bench.miners[&rolls].mask, 0x00c0_0000);
    assert!(!bench.miners[&plain].said.iter().any(|said| matches!(said, ToMiner::SetVersionMask(_))));
    assert_eq!(bench.share(rolls, "a-1"), Ok(()));
    assert_eq!(bench.share(plain, "a-2"), Ok(()));
    assert!(bench.pools["three"].refused.is_empty());
    assert_eq!(bench.pools["three"].accepted, 2);
}

#[test]
fn an_older_epoch_is_never_followed() {
    let mut bench = Bench::started();
    let mut old = orders();
    old.epoch = 0;
    assert!(!bench.exchange.apply(bench.now, Arc::new(old), &mut Vec::new()));
}

#[test]
fn a_session_can_have_its_part_of_the_extranonce_back() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let session = bench.miners[&rig]
        .said
        .iter()
        .find_map(|said| match said {
            ToMiner::Subscribed { session, .. } => Some(session.clone()),
            _ => None,
        })
        .unwrap();
    let again = SessionId(2);
    bench.miners.insert(again, MinerMock::default());
    bench.exchange.on_miner_connected(bench.now, again, "10.0.0.1:2".parse().unwrap());
    bench.ask(again, FromMiner::Subscribe { agent: Some("cgminer/4.12".into()), session: Some(session) });
    assert_eq!(bench.miners[&again].own, bench.miners[&rig].own);
    assert_eq!(Geometry::DEFAULT.fixed as usize, bench.miners[&again].own.len());
}

#[test]
fn silence_is_filled_with_new_pieces_of_the_same_job() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners[&rig].job.clone().unwrap();
    // Nobody is listening to the pools' new jobs.
    bench.links.clear();
    bench.run(50.0);
    let after = bench.miners[&rig].job.clone().unwrap();
    assert!(after.id > before.id);
    assert_ne!((&after.filler, after.time), (&before.filler, before.time));
}

#[test]
fn a_rig_that_fell_silent_is_not_asked_for_easier_shares() {
    let mut bench = Bench::started();
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    for _ in 0..30 {
        bench.run(3.0);
        bench.share(rig, "a-1").unwrap();
    }
    let difficulty = |bench: &Bench| bench.exchange.sessions[&rig].vardiff.difficulty().get();
    let before = difficulty(&bench);
    // It hangs for an hour. Easier shares would flood us when it is back.
    bench.run(3600.0);
    assert_eq!(bench.exchange.watches["a-1"].service(), Service::Dead);
    let ratio = difficulty(&bench) / before;
    assert!((0.2..=1.0).contains(&ratio), "{ratio}");
    bench.share(rig, "a-1").unwrap();
    assert_eq!(difficulty(&bench) / before, ratio);
}

mod accounts;
mod deadlines;
mod duplicates;
mod names;
mod parked;
mod pools;
mod random;
mod room;
