//! The exchange as a whole, fed with any sequence of everything that may come. After each step all indexes agree
//! with what they are indexes of, every request is answered once, and no work is ever paid twice. A sequence is
//! written as bytes, so that random tests and fuzzers play the very same.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use stratum::peer::{Configure, FromMiner, FromPool, Refusal, RequestId, ToMiner};
use stratum::work::{Difficulty, Reason};

use super::bench::{Bench, MinerMock, PoolMock};
use super::*;
use crate::duplicates::Fingerprint;
use crate::orders::Unknown;
use crate::tally::PoolOutcome;

/// Rigs a-1 to a-9 are in the farm file, the others are not.
const NAMES: [&str; 7] = ["a-1", "x.a-1", "a-2", "a-3", "nobody", "bad!", ""];
const POOLS: [&str; 4] = ["home", "one", "two", "three"];
const AGENTS: [&str; 3] = ["cgminer/4.12", "NerdMinerV2/1.8", "cpuminer/2.5"];
/// Bytes that say one step.
pub(crate) const STEP_LEN: usize = 6;
/// Everybody has work so many seconds after there is some. A pool that came and went must last half a minute first; one
/// that asked us to stay away is left alone for a minute and a half.
const SETTLED: u32 = 200;
/// Longer sequences are cut.
const STEPS_MAX: usize = 400;

/// Something that may come.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Connect { agent: usize, host: u8 },
    Configure { miner: usize, mask: u32 },
    Subscribe { miner: usize, resume: Option<usize>, agent: usize },
    Authorize { miner: usize, name: usize },
    Share { miner: usize },
    Replay { miner: usize, share: usize },
    Odd { miner: usize, kind: u8 },
    Close { miner: usize },
    Job { pool: usize, clean: bool, again: bool },
    Extranonce { pool: usize, size: usize },
    Difficulty { pool: usize, value: f64 },
    Pool { pool: usize, up: bool },
    Shape { pool: usize, size: usize, one_worker: bool, answers: bool },
    PoolOdd { pool: usize, kind: u8, number: u32 },
    Orders { rig: usize, route: usize, edit: u8 },
    Time { millis: u64 },
}

impl Step {
    /// Every six bytes are a step.
    pub(crate) fn of(bytes: [u8; STEP_LEN]) -> Step {
        let [kind, who, what, rest @ ..] = bytes;
        let (miner, pool, what_n) = (usize::from(who % 12), usize::from(who % 4), usize::from(what));
        let number = u32::from_be_bytes([what, rest[0], rest[1], rest[2]]);
        let (first, second) = (rest[0] & 1 == 1, rest[1] & 1 == 1);
        match kind % 47 {
            0..=2 => Step::Connect { agent: usize::from(who % 3), host: what % 4 },
            3 => Step::Configure { miner, mask: number },
            4..=7 => {
                let resume = first.then_some(what_n % 20);
                Step::Subscribe { miner, resume, agent: usize::from(rest[1] % 3) }
            }
            8..=11 => Step::Authorize { miner, name: what_n % NAMES.len() },
            12..=21 => Step::Share { miner },
            22..=24 => Step::Replay { miner, share: what_n },
            25 | 26 => Step::Odd { miner, kind: what % 6 },
            27 | 28 => Step::Close { miner },
            29..=31 => Step::Job { pool, clean: first, again: second },
            32 => Step::Extranonce { pool, size: what_n % 10 },
            33 => Step::Difficulty { pool, value: 1e-9 + 99e-9 * f64::from(number) / f64::from(u32::MAX) },
            34 | 35 => Step::Pool { pool, up: first },
            36 => Step::Shape { pool, size: what_n % 10, one_worker: first, answers: second },
            37 | 38 => Step::PoolOdd { pool, kind: rest[2] % 8, number },
            39..=41 => Step::Orders { rig: 1 + usize::from(who % 9), route: what_n % 6, edit: rest[0] % 8 },
            _ => {
                let millis = match who % 3 {
                    0 => 100 + number % 1_900,
                    1 => 2_000 + number % 38_000,
                    _ => 700_000,
                };
                Step::Time { millis: millis.into() }
            }
        }
    }
}

/// A whole sequence on a fresh bench: what broke, if anything did. What is left over of the bytes is ignored.
pub(crate) fn play(bytes: &[u8]) -> Result<(), String> {
    let steps = bytes.chunks_exact(STEP_LEN).take(STEPS_MAX);
    play_steps(steps.map(|bytes| Step::of(bytes.try_into().expect("as long as a step"))))
}

/// The same for steps.
pub(crate) fn play_steps(steps: impl IntoIterator<Item = Step>) -> Result<(), String> {
    let mut play = Play::new();
    for step in steps {
        play.step(step)?;
    }
    play.settle()?;
    play.end()
}

struct Play {
    bench: Bench,
    ids: Vec<SessionId>,
    names: Vec<String>,
    shares: Vec<FromMiner>,
    users: BTreeMap<SessionId, String>,
    next: u64,
}

impl Play {
    fn new() -> Self {
        Self {
            bench: Bench::started(),
            ids: Vec::new(),
            names: Vec::new(),
            shares: Vec::new(),
            users: BTreeMap::new(),
            next: 1,
        }
    }

    fn miner(&self, at: usize) -> Option<SessionId> {
        let open: Vec<SessionId> =
            self.ids.iter().copied().filter(|id| !self.bench.miners[id].closed).collect();
        (!open.is_empty()).then(|| open[at % open.len()])
    }

    /// Asks, and counts the answers: a request gets one.
    fn ask(&mut self, id: SessionId, ask: FromMiner) -> Result<(), String> {
        let before = self.bench.miners[&id].said.len();
        self.bench.ask(id, ask.clone());
        let said = &self.bench.miners[&id].said[before..];
        let answers = said
            .iter()
            .filter(|message| {
                matches!(
                    message,
                    ToMiner::Done { .. }
                        | ToMiner::Rejected { .. }
                        | ToMiner::Refused { .. }
                        | ToMiner::Subscribed { .. }
                        | ToMiner::Configured { .. }
                )
            })
            .count();
        if answers != 1 {
            return Err(format!("{ask:?} was answered by {said:?}"));
        }
        if let Some(ToMiner::Subscribed { session, .. }) =
            said.iter().find(|message| matches!(message, ToMiner::Subscribed { .. }))
        {
            self.names.push(session.clone());
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Connect { agent, host } => {
                let id = SessionId(self.next);
                self.next += 1;
                self.ids.push(id);
                self.bench.miners.insert(id, MinerMock::default());
                let address = format!("10.0.0.{host}:{}", 1000 + id.0).parse().expect("an address");
                self.bench.exchange.on_miner_connected(self.bench.now, id, address);
                self.ask(id, FromMiner::Subscribe { agent: Some(AGENTS[agent].into()), session: None })?;
            }
            Step::Configure { miner, mask } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let asked = Configure { version_mask: Some(mask), ..Configure::default() };
                self.ask(id, FromMiner::Configure(asked))?;
            }
            Step::Subscribe { miner, resume, agent } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let session = resume.and_then(|at| self.names.get(at).cloned());
                self.ask(id, FromMiner::Subscribe { agent: Some(AGENTS[agent].into()), session })?;
            }
            Step::Authorize { miner, name } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                self.users.entry(id).or_insert_with(|| NAMES[name].into());
                self.ask(
                    id,
                    FromMiner::Authorize { user: NAMES[name].into(), password: "x,d=1e-59".into() },
                )?;
            }
            Step::Share { miner } => self.share(miner)?,
            Step::Replay { miner, share } => {
                let (Some(id), Some(share)) = (self.miner(miner), self.shares.get(share).cloned()) else {
                    return Ok(());
                };
                let job = self.bench.miners[&id].job.as_ref().map_or(0, |job| job.id);
                let user = self.users.get(&id).cloned().unwrap_or_default();
                let FromMiner::Submit { share, .. } = share else { unreachable!("only shares are kept") };
                self.ask(id, FromMiner::Submit { user, job: format!("{job:x}"), share })?;
            }
            Step::Odd { miner, kind } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let ask = match kind {
                    0 => FromMiner::Unknown { method: "x".into() },
                    1 => FromMiner::SubscribeExtranonce,
                    2 => FromMiner::SuggestDifficulty(difficulty(1e-59)),
                    3 => FromMiner::GetTransactions,
                    4 => FromMiner::Noted,
                    _ => FromMiner::Submit {
                        user: "a-1".into(),
                        job: "1".into(),
                        share: Err(Reason::Malformed),
                    },
                };
                self.ask(id, ask)?;
            }
            Step::Close { miner } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                self.bench.miners.get_mut(&id).expect("it is open").closed = true;
                self.bench.leave(id);
            }
            Step::Orders { rig, route, edit } => self.orders(rig, route, edit),
            Step::Time { millis } => {
                for _ in 0..5 {
                    self.bench.now = self.bench.now + Duration::from_millis(millis / 5);
                    let mut out = Vec::new();
                    self.bench.exchange.on_time(self.bench.now, &mut out);
                    self.bench.carry_out(out);
                }
            }
            at_a_pool => self.pool(at_a_pool),
        }
        self.bench.exchange.check()
    }

    fn share(&mut self, miner: usize) -> Result<(), String> {
        let Some(id) = self.miner(miner) else { return Ok(()) };
        let Some(user) = self.users.get(&id).cloned() else { return Ok(()) };
        let miner = self.bench.miners.get_mut(&id).expect("it is open");
        // What is too hard to find here is not looked for.
        if miner.job.is_none() || miner.job_difficulty > 2e-6 {
            return Ok(());
        }
        let share = miner.mine(&user);
        self.shares.push(share.clone());
        self.ask(id, share)
    }

    fn pool(&mut self, step: Step) {
        let (Step::Job { pool, .. }
        | Step::Extranonce { pool, .. }
        | Step::Difficulty { pool, .. }
        | Step::Pool { pool, .. }
        | Step::Shape { pool, .. }
        | Step::PoolOdd { pool, .. }) = step
        else {
            return;
        };
        let name = POOLS[pool];
        let mock = self.bench.pools.get_mut(name).expect("it is one of ours");
        let message = match step {
            Step::Job { clean, again, .. } => {
                if again && mock.jobs > 0 {
                    mock.jobs -= 1;
                }
                mock.job(clean)
            }
            Step::Extranonce { size, .. } => {
                let own = vec![size as u8; size % 3];
                (mock.extranonce_1, mock.size) = (own.clone(), size);
                FromPool::SetExtranonce { extranonce_1: own, extranonce_2_size: Some(size) }
            }
            Step::Difficulty { value, .. } => {
                mock.difficulty = value;
                FromPool::SetDifficulty(difficulty(value))
            }
            Step::Shape { size, one_worker, answers, .. } => {
                (mock.size, mock.one_worker, mock.answers) = (size, one_worker, answers);
                return;
            }
            Step::PoolOdd { kind, number, .. } => match kind {
                0 => {
                    mock.mask = (number != 0).then_some(number);
                    FromPool::SetVersionMask(number)
                }
                1 => FromPool::Reconnect { host: None, port: None, wait: number % 90 },
                2 => FromPool::Reconnect { host: Some("evil.example".into()), port: Some(1), wait: 0 },
                3 => FromPool::Message("on the way".into()),
                4 => FromPool::Nonsense("HTTP/1.1 400 Bad Request".into()),
                5 => FromPool::Request {
                    id: RequestId("7".into()),
                    notice: Box::new(FromPool::SetDifficulty(difficulty(1e-8))),
                },
                6 => FromPool::Answer {
                    id: u64::from(number % 64),
                    answer: Err(Refusal { code: Some(i64::from(number % 40)), text: "no".into() }),
                },
                _ => FromPool::SetExtranonce {
                    extranonce_1: vec![9; number as usize % 80],
                    extranonce_2_size: (number % 3 > 0).then_some(number as usize),
                },
            },
            Step::Pool { up: true, .. } => {
                self.bench.down.remove(name);
                return;
            }
            _ => return self.bench.pool_dies(name),
        };
        self.bench.pool_says(name, message);
    }

    fn orders(&mut self, rig: usize, route: usize, edit: u8) {
        let mut orders = Orders::clone(self.bench.exchange.orders());
        let all = super::bench::orders();
        orders.epoch += 1;
        let name: Arc<str> = format!("a-{rig}").into();
        // What concerns one rig comes as a change now and then, and else as orders that are new as a whole.
        if edit >= 6 && route.is_multiple_of(2) && orders.rigs.contains_key(&name) {
            let label = match edit {
                6 => crate::label::PARKED.into(),
                _ => orders.routes[route.min(orders.routes.len() - 1)].label.clone(),
            };
            return self.bench.follow(&[(name, label, edit.is_multiple_of(2))]);
        }
        match edit {
            0 => orders.routes.truncate(2),
            1 => (orders.routes, orders.accounts, orders.rigs) = (all.routes, all.accounts, all.rigs),
            2 => {
                orders.rigs.remove(&name);
            }
            3 => {
                let address = format!("10.0.0.{}", route % 4).parse().expect("an address");
                orders.identities.address(address, name);
            }
            4 => orders.identities = Default::default(),
            5 => orders.unknown = [Unknown::Quarantine, Unknown::House, Unknown::Reject][route % 3],
            6 => {
                if let Some(order) = orders.rigs.get_mut(&name) {
                    order.parked = !order.parked;
                }
            }
            _ => {
                if let Some(order) = orders.rigs.get_mut(&name) {
                    order.route = route;
                }
            }
        }
        let routes = orders.routes.len();
        orders.rigs.values_mut().for_each(|order| order.route = order.route.min(routes - 1));
        self.bench.order(orders);
    }

    /// Whatever came: once the house's pool takes work, nobody who is connected is without any. Miners that are asked
    /// to connect again do so, with the session that they had, with one that we know nothing of, or without.
    fn settle(&mut self) -> Result<(), String> {
        let home = PoolMock::new(&[1], 4);
        let before = self.bench.pools.insert(POOLS[0].into(), home).expect("it is one of ours");
        let mock = self.bench.pools.get_mut(POOLS[0]).expect("just inserted");
        (mock.jobs, mock.workers, mock.seen) = (before.jobs, before.workers, before.seen);
        self.bench.pool_dies(POOLS[0]);
        self.bench.down.remove(POOLS[0]);
        let mut asked_back = BTreeSet::new();
        let mut habits: BTreeMap<SessionId, u64> = BTreeMap::new();
        for second in 0..SETTLED {
            self.bench.now = self.bench.now + Duration::from_secs(1);
            let mut out = Vec::new();
            self.bench.exchange.on_time(self.bench.now, &mut out);
            while self.bench.exchange.go_on(self.bench.now, &mut out) {}
            self.bench.carry_out(out);
            if second % 30 == 0 {
                let job = self.bench.pools.get_mut(POOLS[0]).expect("one of ours").job(false);
                self.bench.pool_says(POOLS[0], job);
            }
            let gone: Vec<SessionId> = self
                .ids
                .iter()
                .filter(|id| self.bench.miners[id].closed && self.bench.miners[id].is_asked_back())
                .filter(|id| !asked_back.contains(*id))
                .copied()
                .collect();
            for id in gone {
                asked_back.insert(id);
                let Some(user) = self.users.get(&id).cloned() else { continue };
                // A program does the same every time.
                let habit = habits.get(&id).copied().unwrap_or(id.0);
                let session = match habit % 3 {
                    0 => None,
                    1 => Some("deadbeef".into()),
                    _ => self.bench.miners[&id].session().cloned(),
                };
                let next = SessionId(self.next);
                self.next += 1;
                self.ids.push(next);
                self.users.insert(next, user.clone());
                habits.insert(next, habit);
                let address = format!("10.0.0.{}:{}", habit % 4, 1000 + next.0);
                self.bench.connect_with(next.0, &user, &address, (AGENTS[0], session), false);
            }
            self.bench.exchange.check()?;
        }
        let exchange = &self.bench.exchange;
        let is_without = |id: &&SessionId| {
            exchange.sessions.get(id).is_some_and(|session| {
                let attachment = session
                    .attachment
                    .as_ref()
                    .and_then(|attachment| exchange.upstreams.get(&attachment.upstream));
                session.is_open()
                    && !session.parked
                    && !attachment.is_some_and(|upstream| upstream.is_ready())
            })
        };
        match self.ids.iter().find(is_without) {
            Some(id) => {
                let session = &exchange.sessions[id];
                Err(format!("{id:?} has no work, though the house's pool takes it: {session:?}"))
            }
            None => Ok(()),
        }
    }

    /// What must hold of the whole.
    fn end(self) -> Result<(), String> {
        let bench = &self.bench;
        let taken = bench.journal.len() as u64;
        let prints: HashSet<Fingerprint> = bench.journal.iter().map(|record| record.print).collect();
        if prints.len() as u64 != taken {
            return Err(format!("a share was accepted twice: {} of {taken} are different", prints.len()));
        }
        let counted = bench.tally.count(Outcome::Accepted);
        if counted != taken {
            return Err(format!("{counted} are counted of {taken} that are written down"));
        }
        let is_done =
            |o| matches!(o, PoolOutcome::Accepted | PoolOutcome::Rejected(_) | PoolOutcome::Unanswered);
        let done = bench.pool_count(is_done);
        let pending: usize =
            bench.exchange.upstreams.values().map(|upstream| upstream.pending_shares()).sum();
        let forwarded = bench.pool_count(|o| o == PoolOutcome::Forwarded);
        if done > forwarded || forwarded > done + pending as u64 {
            return Err(format!("{forwarded} forwarded, {done} done, {pending} pending"));
        }
        let snapshot = bench.exchange.snapshot(bench.now);
        let passed: u64 = snapshot.pools.iter().map(|pool| pool.passage.taken).sum();
        if passed > taken {
            return Err(format!("{passed} are said to be taken, and {taken} are"));
        }
        Ok(())
    }
}

fn difficulty(value: f64) -> Difficulty {
    Difficulty::new(value).expect("a difficulty")
}
