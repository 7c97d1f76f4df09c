//! The queue of deadlines against looking at everybody at every tick: whatever happens, the same is said in the
//! same tick.

use proptest::prelude::*;

use super::*;

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Connect { rig: u64, stops_after: u8 },
    Goes(usize),
    Share(usize),
    Suggest(usize, f64),
    Bad(usize, u8),
    Route(u64, usize),
    Park(u64, bool),
    Job(bool),
    PoolDies(bool),
    PoolReturns,
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1u64..10, 0u8..5).prop_map(|(rig, stops_after)| Step::Connect { rig, stops_after }),
        1 => (0usize..20).prop_map(Step::Goes),
        8 => (0usize..20).prop_map(Step::Share),
        1 => (0usize..20, 1e-9f64..1e-7).prop_map(|(one, difficulty)| Step::Suggest(one, difficulty)),
        1 => (0usize..20, 1u8..250).prop_map(|(one, times)| Step::Bad(one, times)),
        1 => (1u64..10, 0usize..4).prop_map(|(rig, route)| Step::Route(rig, route)),
        1 => (1u64..10, any::<bool>()).prop_map(|(rig, parked)| Step::Park(rig, parked)),
        1 => any::<bool>().prop_map(Step::Job),
        1 => any::<bool>().prop_map(Step::PoolDies),
        1 => Just(Step::PoolReturns),
        6 => (1u16..400).prop_map(Step::Pass),
    ]
}

/// A bench, and what its exchange said at each tick.
struct Side {
    bench: Bench,
    everybody: bool,
    said: Vec<String>,
    open: Vec<SessionId>,
    next: u64,
}

impl Side {
    fn new(everybody: bool) -> Self {
        let mut bench = Bench::started();
        // So few shares are expected that some seconds without are nothing, and some minutes are.
        let mut orders = orders();
        (orders.epoch, orders.per_minute) = (2, 20.0);
        bench.order(orders);
        Self { bench, everybody, said: Vec::new(), open: Vec::new(), next: 0 }
    }

    fn tick(&mut self) {
        let bench = &mut self.bench;
        bench.now = bench.now + Duration::from_millis(100);
        if self.everybody {
            bench.exchange.look_at_everybody(bench.now);
        }
        let mut out = Vec::new();
        bench.exchange.on_time(bench.now, &mut out);
        while bench.exchange.go_on(bench.now, &mut out) {}
        if !self.everybody {
            bench.exchange.check_deadlines(bench.now);
        }
        let mut said: Vec<String> = out.iter().map(|output| format!("{} {output:?}", bench.now.0)).collect();
        said.sort_unstable();
        self.said.append(&mut said);
        bench.carry_out(out);
    }

    fn one(&self, n: usize) -> Option<SessionId> {
        let open: Vec<_> = self.open.iter().filter(|id| !self.bench.miners[id].closed).collect();
        open.get(n % open.len().max(1)).map(|id| **id)
    }

    fn order(&mut self, change: impl FnOnce(&mut Orders)) {
        let mut orders = Orders::clone(self.bench.exchange.orders());
        orders.epoch += 1;
        change(&mut orders);
        self.bench.order(orders);
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Connect { rig, stops_after } => {
                self.next += 1;
                let id = SessionId(self.next);
                self.open.push(id);
                self.bench.miners.insert(id, MinerMock::default());
                self.bench.exchange.on_miner_connected(
                    self.bench.now,
                    id,
                    format!("10.0.0.{rig}:1").parse().unwrap(),
                );
                if *stops_after > 0 {
                    self.bench.ask(id, FromMiner::Subscribe { agent: None, session: None });
                }
                if *stops_after > 1 {
                    let user = format!("a-{rig}");
                    self.bench.ask(id, FromMiner::Authorize { user, password: "x".into() });
                }
            }
            Step::Goes(n) => {
                if let Some(id) = self.one(*n) {
                    self.bench.miners.get_mut(&id).unwrap().closed = true;
                    self.bench.leave(id);
                }
            }
            Step::Share(n) => {
                if let Some(id) = self.one(*n)
                    && self.bench.miners[&id].job.is_some()
                    && let Some(user) = self.bench.exchange.sessions.get(&id).map(|s| s.user.to_string())
                {
                    let _ = self.bench.share(id, &user);
                }
            }
            Step::Suggest(n, difficulty) => {
                if let Some(id) = self.one(*n) {
                    let difficulty = Difficulty::new(*difficulty).unwrap();
                    self.bench.ask(id, FromMiner::SuggestDifficulty(difficulty));
                }
            }
            Step::Bad(n, times) => {
                if let Some(id) = self.one(*n) {
                    for _ in 0..*times {
                        let mut out = Vec::new();
                        self.bench.exchange.on_bad_line(self.bench.now, id, &mut out);
                        self.bench.carry_out(out);
                    }
                }
            }
            Step::Route(rig, route) => {
                self.order(|orders| orders.rigs.get_mut(&*format!("a-{rig}")).unwrap().route = *route);
            }
            Step::Park(rig, parked) => {
                self.order(|orders| orders.rigs.get_mut(&*format!("a-{rig}")).unwrap().parked = *parked);
            }
            Step::Job(clean) => {
                let job = self.bench.pools.get_mut("home").unwrap().job(*clean);
                self.bench.pool_says("home", job);
            }
            Step::PoolDies(first) => self.bench.pool_dies(if *first { "home" } else { "one" }),
            Step::PoolReturns => self.bench.down.clear(),
            Step::Pass(ticks) => (0..*ticks).for_each(|_| self.tick()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_due_is_done_in_the_same_tick_as_if_everybody_were_looked_at(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let (mut queue, mut scan) = (Side::new(false), Side::new(true));
        for step in &steps {
            queue.play(step);
            scan.play(step);
            queue.bench.exchange.check_deadlines(queue.bench.now);
        }
        prop_assert_eq!(queue.said, scan.said);
    }
}

#[test]
fn newcomers_that_leave_at_once_leave_nothing_behind() {
    let mut bench = Bench::started();
    for n in 0..10_000 {
        let id = SessionId(1_000 + n);
        bench.exchange.on_miner_connected(bench.now, id, "10.0.0.1:1".parse().unwrap());
        bench.leave(id);
    }
    assert!(bench.exchange.deadlines_len() < 100, "{}", bench.exchange.deadlines_len());
}

#[test]
fn who_does_not_introduce_itself_must_leave() {
    let mut bench = Bench::started();
    let (mute, half) = (SessionId(1), SessionId(2));
    for id in [mute, half] {
        bench.miners.insert(id, MinerMock::default());
        bench.exchange.on_miner_connected(bench.now, id, "10.0.0.1:1".parse().unwrap());
    }
    bench.ask(half, FromMiner::Subscribe { agent: None, session: None });
    bench.run(9.0);
    assert!(!bench.miners[&mute].closed);
    bench.run(2.0);
    assert!(bench.miners[&mute].closed && !bench.miners[&half].closed);
    bench.run(20.0);
    assert!(bench.miners[&half].closed);
}

#[test]
fn ten_thousand_silent_miners_are_not_looked_at_ten_times_a_second() {
    let mut bench = Bench::started();
    for n in 0..1_000 {
        bench.exchange.on_miner_connected(bench.now, SessionId(1_000 + n), "10.0.0.1:1".parse().unwrap());
    }
    let mut looked = 0;
    for _ in 0..90 {
        bench.now = bench.now + Duration::from_millis(100);
        looked += usize::from(bench.exchange.has_more(bench.now));
        bench.exchange.on_time(bench.now, &mut Vec::new());
    }
    assert_eq!(looked, 0, "nothing of theirs is due within nine seconds");
}
