//! Rigs whose site must draw less: they are connected, and have no work.

use super::*;

impl Bench {
    fn park(&mut self, rig: &str, parked: bool) {
        let mut orders = Orders::clone(self.exchange.orders());
        orders.epoch += 1;
        orders.rigs.get_mut(rig).unwrap().parked = parked;
        self.order(orders);
    }

    fn service(&self, rig: &str) -> Service {
        self.exchange.watches[rig].service()
    }

    fn facts(&self) -> (Option<Arc<str>>, Arc<str>) {
        let facts = self.exchange.snapshot(self.now).sessions.pop().unwrap();
        (facts.serving, facts.wanted)
    }
}

/// A rig that works, and after that is parked and has come back.
fn parked() -> (Bench, SessionId) {
    let mut bench = Bench::started();
    let mut orders = Orders::clone(bench.exchange.orders());
    // A share of these in three seconds.
    orders.rigs.get_mut("a-1").unwrap().hashrate = EASY * 4_295_032_833.0 / 3.0;
    bench.order(orders);
    let first = bench.connect(1, "a-1", "10.0.0.1:1");
    for _ in 0..25 {
        bench.run(3.0);
        bench.share(first, "a-1").unwrap();
    }
    assert_eq!(bench.service("a-1"), Service::Online);
    bench.park("a-1", true);
    assert!(matches!(bench.miners[&first].said.last(), Some(ToMiner::Reconnect)));
    // What it had found already still counts.
    assert_eq!(bench.share(first, "a-1"), Ok(()));
    bench.run(5.0);
    assert!(bench.miners[&first].closed);
    let again = bench.connect(2, "a-1", "10.0.0.1:2");
    (bench, again)
}

#[test]
fn a_parked_rig_is_sent_round_once_and_then_kept_without_work_and_without_blame() {
    let (mut bench, rig) = parked();
    let told = bench.events.len();
    // Four hours: it is connected all the time, and hears something often enough to stay.
    bench.run(4.0 * 3600.0);
    let miner = &bench.miners[&rig];
    assert!(miner.job.is_none() && !miner.closed);
    let lines = miner.said.len();
    assert!((300..=330).contains(&lines), "one in 45 seconds: {lines}");
    let said: HashSet<String> = miner
        .said
        .iter()
        .filter_map(|said| match said {
            ToMiner::SetDifficulty(difficulty) => Some(format!("{}", difficulty.get())),
            _ => None,
        })
        .collect();
    assert_eq!(said.len(), 1, "always the same difficulty: {said:?}");
    assert_eq!(bench.service("a-1"), Service::OutOfService);
    assert_eq!(bench.facts(), (None, "parked".into()));
    let silent: Vec<_> = bench.events[told..].iter().filter(|event| event.subject == "rig/a-1").collect();
    assert_eq!(silent, Vec::<&Event>::new());
}

#[test]
fn a_parked_rig_that_is_let_go_works_at_once_and_is_what_it_was() {
    let (mut bench, rig) = parked();
    bench.run(3600.0);
    bench.park("a-1", false);
    assert_eq!(bench.service("a-1"), Service::Online);
    assert_eq!(bench.facts(), (Some("house".into()), "house".into()));
    // It takes a minute and a half to hash again, as machines do that were idle.
    bench.run(90.0);
    assert_eq!(bench.service("a-1"), Service::Online);
    for _ in 0..40 {
        bench.share(rig, "a-1").unwrap();
        bench.run(3.0);
    }
    assert_eq!(bench.service("a-1"), Service::Online);
    for kind in [EventKind::RigDead, EventKind::RigSuspect, EventKind::RigOffline, EventKind::RigDisconnected]
    {
        assert_eq!(bench.happened(kind), 0, "{kind}");
    }
}

#[test]
fn one_that_is_away_when_its_time_comes_is_given_a_minute() {
    let (mut bench, rig) = parked();
    bench.leave(rig);
    bench.run(600.0);
    assert_eq!(bench.service("a-1"), Service::OutOfService);
    bench.park("a-1", false);
    bench.run(50.0);
    assert_eq!(bench.service("a-1"), Service::Online);
    let back = bench.connect(3, "a-1", "10.0.0.1:3");
    assert!(bench.miners[&back].job.is_some());
    assert_eq!(bench.happened(EventKind::RigOffline), 0);
    // One that does not come is offline like any other.
    bench.leave(back);
    bench.run(1.0);
    bench.park("a-1", true);
    bench.park("a-1", false);
    bench.run(80.0);
    assert_eq!(bench.service("a-1"), Service::Offline);
    assert_eq!(bench.happened(EventKind::RigOffline), 1);
}

#[test]
fn a_second_connection_of_a_parked_rig_gets_no_work_either() {
    let (mut bench, _) = parked();
    let clone = bench.connect(3, "a-1", "10.0.0.9:1");
    bench.run(60.0);
    assert!(bench.miners[&clone].job.is_none());
    bench.park("a-1", false);
    bench.run(1.0);
    assert!(bench.miners[&clone].job.is_some(), "it mines for the house, in quarantine");
}
