//! The exchange as a whole, fed with random sequences of everything that may come. After each step all indexes
//! agree with what they are indexes of, every request is answered once, and no work is ever paid twice.

use proptest::prelude::*;

use super::*;
use crate::duplicates::Fingerprint;
use crate::orders::Unknown;

/// Rigs a-1 to a-9 are in the farm file, the others are not.
const NAMES: [&str; 7] = ["a-1", "x.a-1", "a-2", "a-3", "nobody", "bad!", ""];
const POOLS: [&str; 4] = ["home", "one", "two", "three"];

#[derive(Debug, Clone)]
enum Step {
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
    Orders { rig: usize, route: usize, edit: u8 },
    Time { millis: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let miner = 0usize..12;
    let pool = 0usize..4;
    prop_oneof![
        3 => (0usize..3, 0u8..4).prop_map(|(agent, host)| Step::Connect { agent, host }),
        1 => (miner.clone(), any::<u32>()).prop_map(|(miner, mask)| Step::Configure { miner, mask }),
        4 => (miner.clone(), proptest::option::of(0usize..20), 0usize..3)
            .prop_map(|(miner, resume, agent)| Step::Subscribe { miner, resume, agent }),
        4 => (miner.clone(), 0..NAMES.len()).prop_map(|(miner, name)| Step::Authorize { miner, name }),
        10 => miner.clone().prop_map(|miner| Step::Share { miner }),
        3 => (miner.clone(), 0usize..200).prop_map(|(miner, share)| Step::Replay { miner, share }),
        2 => (miner.clone(), 0u8..6).prop_map(|(miner, kind)| Step::Odd { miner, kind }),
        2 => miner.prop_map(|miner| Step::Close { miner }),
        3 => (pool.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(pool, clean, again)| Step::Job { pool, clean, again }),
        1 => (pool.clone(), 0usize..10).prop_map(|(pool, size)| Step::Extranonce { pool, size }),
        1 => (pool.clone(), 1e-9f64..1e-7).prop_map(|(pool, value)| Step::Difficulty { pool, value }),
        2 => (pool.clone(), any::<bool>()).prop_map(|(pool, up)| Step::Pool { pool, up }),
        1 => (pool, 0usize..10, any::<bool>(), any::<bool>())
            .prop_map(|(pool, size, one_worker, answers)| Step::Shape { pool, size, one_worker, answers }),
        3 => (1usize..10, 0usize..6, 0u8..8)
            .prop_map(|(rig, route, edit)| Step::Orders { rig, route, edit }),
        5 => prop_oneof![100i64..2000, 2000i64..40_000, Just(700_000)].prop_map(|millis| Step::Time { millis }),
    ]
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
    fn ask(&mut self, id: SessionId, ask: FromMiner) -> Result<(), TestCaseError> {
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
        prop_assert_eq!(answers, 1, "{:?} was answered by {:?}", ask, said);
        if let Some(ToMiner::Subscribed { session, .. }) =
            said.iter().find(|message| matches!(message, ToMiner::Subscribed { .. }))
        {
            self.names.push(session.clone());
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        let agents = ["cgminer/4.12", "NerdMinerV2/1.8", "cpuminer/2.5"];
        match step {
            Step::Connect { agent, host } => {
                let id = SessionId(self.next);
                self.next += 1;
                self.ids.push(id);
                self.bench.miners.insert(id, MinerMock::default());
                let address = format!("10.0.0.{host}:{}", 1000 + id.0).parse().unwrap();
                self.bench.exchange.on_miner_connected(self.bench.now, id, address);
                self.ask(id, FromMiner::Subscribe { agent: Some(agents[agent].into()), session: None })?;
            }
            Step::Configure { miner, mask } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let asked = Configure { version_mask: Some(mask), ..Configure::default() };
                self.ask(id, FromMiner::Configure(asked))?;
            }
            Step::Subscribe { miner, resume, agent } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let session = resume.and_then(|at| self.names.get(at).cloned());
                self.ask(id, FromMiner::Subscribe { agent: Some(agents[agent].into()), session })?;
            }
            Step::Authorize { miner, name } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                self.users.entry(id).or_insert_with(|| NAMES[name].into());
                self.ask(
                    id,
                    FromMiner::Authorize { user: NAMES[name].into(), password: "x,d=1e-59".into() },
                )?;
            }
            Step::Share { miner } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let Some(user) = self.users.get(&id).cloned() else { return Ok(()) };
                let miner = self.bench.miners.get_mut(&id).unwrap();
                // What is too hard to find here is not looked for.
                if miner.job.is_none() || miner.job_difficulty > 2e-6 {
                    return Ok(());
                }
                let share = miner.mine(&user);
                self.shares.push(share.clone());
                self.ask(id, share)?;
            }
            Step::Replay { miner, share } => {
                let (Some(id), Some(share)) = (self.miner(miner), self.shares.get(share).cloned()) else {
                    return Ok(());
                };
                let job = self.bench.miners[&id].job.as_ref().map_or(0, |job| job.id);
                let user = self.users.get(&id).cloned().unwrap_or_default();
                let FromMiner::Submit { share, .. } = share else { unreachable!() };
                self.ask(id, FromMiner::Submit { user, job: format!("{job:x}"), share })?;
            }
            Step::Odd { miner, kind } => {
                let Some(id) = self.miner(miner) else { return Ok(()) };
                let ask = match kind {
                    0 => FromMiner::Unknown { method: "x".into() },
                    1 => FromMiner::SubscribeExtranonce,
                    2 => FromMiner::SuggestDifficulty(Difficulty::new(1e-59).unwrap()),
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
                self.bench.miners.get_mut(&id).unwrap().closed = true;
                self.bench.leave(id);
            }
            Step::Job { pool, clean, again } => {
                let pool_mock = self.bench.pools.get_mut(POOLS[pool]).unwrap();
                if again && pool_mock.jobs > 0 {
                    pool_mock.jobs -= 1;
                }
                let job = pool_mock.job(clean);
                self.bench.pool_says(POOLS[pool], job);
            }
            Step::Extranonce { pool, size } => {
                let own = vec![size as u8; size % 3];
                let pool_mock = self.bench.pools.get_mut(POOLS[pool]).unwrap();
                (pool_mock.extranonce_1, pool_mock.size) = (own.clone(), size);
                let message = FromPool::SetExtranonce { extranonce_1: own, extranonce_2_size: Some(size) };
                self.bench.pool_says(POOLS[pool], message);
            }
            Step::Difficulty { pool, value } => {
                self.bench.pools.get_mut(POOLS[pool]).unwrap().difficulty = value;
                let message = FromPool::SetDifficulty(Difficulty::new(value).unwrap());
                self.bench.pool_says(POOLS[pool], message);
            }
            Step::Pool { pool, up } => {
                if up {
                    self.bench.down.remove(POOLS[pool]);
                } else {
                    self.bench.pool_dies(POOLS[pool]);
                }
            }
            Step::Shape { pool, size, one_worker, answers } => {
                let pool_mock = self.bench.pools.get_mut(POOLS[pool]).unwrap();
                (pool_mock.size, pool_mock.one_worker, pool_mock.answers) = (size, one_worker, answers);
            }
            Step::Orders { rig, route, edit } => self.orders(rig, route, edit),
            Step::Time { millis } => {
                for _ in 0..5 {
                    self.bench.now = self.bench.now + Duration::from_millis(millis as u64 / 5);
                    let mut out = Vec::new();
                    self.bench.exchange.on_time(self.bench.now, &mut out);
                    self.bench.carry_out(out);
                }
            }
        }
        self.bench.exchange.check().map_err(TestCaseError::fail)
    }

    fn orders(&mut self, rig: usize, route: usize, edit: u8) {
        let mut orders = Orders::clone(self.bench.exchange.orders());
        let all = super::orders();
        orders.epoch += 1;
        let name: Arc<str> = format!("a-{rig}").into();
        match edit {
            0 => orders.routes.truncate(2),
            1 => (orders.routes, orders.accounts, orders.rigs) = (all.routes, all.accounts, all.rigs),
            2 => {
                orders.rigs.remove(&name);
            }
            3 => orders.identities.address(format!("10.0.0.{}", route % 4).parse().unwrap(), name),
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
}

fn cases() -> u32 {
    std::env::var("FARM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_indexes_agree_and_no_work_is_paid_twice(steps in proptest::collection::vec(step(), 1..120)) {
        let mut play = Play::new();
        for step in steps {
            play.step(step)?;
        }
        let bench = &play.bench;
        let prints: HashSet<Fingerprint> = bench.journal.iter().map(|record| record.print).collect();
        prop_assert_eq!(prints.len(), bench.journal.len(), "a share was accepted twice");
        let count = |outcome: Outcome| bench.tally.count(outcome);
        prop_assert_eq!(count(Outcome::Accepted), bench.journal.len() as u64);
        let done = bench.pool_count(|o| matches!(o, PoolOutcome::Accepted | PoolOutcome::Rejected(_) | PoolOutcome::Unanswered));
        let pending: usize = bench.exchange.upstreams.values().map(|upstream| upstream.pending_shares()).sum();
        let forwarded = bench.pool_count(|o| o == PoolOutcome::Forwarded);
        prop_assert!(done <= forwarded && forwarded <= done + pending as u64, "{forwarded} handed on, {done} done, {pending} on their way");
        let snapshot = bench.exchange.snapshot(bench.now);
        let taken: u64 = snapshot.pools.iter().map(|pool| pool.passage.taken).sum();
        prop_assert!(taken <= bench.journal.len() as u64);
    }
}
