//! Work that was sent before counts for nothing, by whatever way it comes again.

use super::*;
use crate::duplicates::Fingerprint;

impl Bench {
    /// The pool sends its last job once more, as it was.
    fn same_job_again(&mut self, name: &str) {
        self.pools.get_mut(name).unwrap().jobs -= 1;
        let job = self.pools.get_mut(name).unwrap().job(false);
        self.pool_says(name, job);
    }

    /// Connects again and asks for the extranonce of the session before.
    pub(super) fn resume(&mut self, number: u64, user: &str, session: Option<String>) -> SessionId {
        let id = SessionId(number);
        self.miners.insert(id, MinerMock::default());
        self.exchange.on_miner_connected(self.now, id, "10.0.0.1:1000".parse().unwrap());
        self.ask(id, FromMiner::Subscribe { agent: Some("cgminer/4.12".into()), session });
        self.ask(id, FromMiner::Authorize { user: user.into(), password: "x".into() });
        id
    }

    pub(super) fn session_name(&self, id: SessionId) -> String {
        let said = &self.miners[&id].said;
        said.iter()
            .find_map(|message| match message {
                ToMiner::Subscribed { session, .. } => Some(session.clone()),
                _ => None,
            })
            .expect("it has subscribed")
    }

    /// The same shares for the job that the session has now, as another user.
    fn replay(&mut self, id: SessionId, user: &str, shares: &[FromMiner]) -> Vec<Result<(), Reason>> {
        let job = format!("{:x}", self.miners[&id].job.as_ref().expect("it has work").id);
        let again = |share: &FromMiner| match share {
            FromMiner::Submit { share, .. } => {
                FromMiner::Submit { user: user.into(), job: job.clone(), share: *share }
            }
            _ => unreachable!(),
        };
        shares.iter().map(|share| self.answer(id, again(share))).collect()
    }

    /// Finds and sends so many shares; returns them.
    fn mined(&mut self, id: SessionId, user: &str, count: usize) -> Vec<FromMiner> {
        (0..count)
            .map(|_| {
                let share = self.miners.get_mut(&id).unwrap().mine(user);
                assert_eq!(self.answer(id, share.clone()), Ok(()));
                share
            })
            .collect()
    }
}

/// Bob's pool leaves no filler: there the pieces of one job differ by time alone, which miners choose.
fn at_bobs() -> Bench {
    let mut bench = Bench::new();
    let mut orders = orders();
    for rig in orders.rigs.values_mut() {
        rig.route = 3;
    }
    bench.order(orders);
    bench.run(2.0);
    bench
}

fn all_duplicates(answers: &[Result<(), Reason>]) -> bool {
    !answers.is_empty() && answers.iter().all(|answer| *answer == Err(Reason::Duplicate))
}

#[test]
fn a_session_that_is_resumed_is_not_paid_again_for_its_old_shares() {
    let mut bench = at_bobs();
    let first = bench.resume(1, "a-1", None);
    let name = bench.session_name(first);
    let shares = bench.mined(first, "a-1", 40);
    bench.leave(first);
    for round in 2..7 {
        let again = bench.resume(round, "a-1", Some(name.clone()));
        assert_eq!(bench.miners[&again].own, bench.miners[&first].own);
        assert!(all_duplicates(&bench.replay(again, "a-1", &shares)), "round {round}");
        bench.leave(again);
    }
    assert_eq!(bench.accepted("bob/silver"), 40);
    assert_eq!(bench.pools["three"].accepted, 40);
    assert_eq!(bench.pools["three"].refused, []);
}

#[test]
fn another_name_with_the_same_extranonce_is_not_paid_for_the_same_work() {
    let mut bench = at_bobs();
    let first = bench.resume(1, "a-1", None);
    let name = bench.session_name(first);
    let shares = bench.mined(first, "a-1", 10);
    // The other one is still connected, so this one gets a connection of its own to the pool, and the same job.
    bench.pools.get_mut("three").unwrap().jobs -= 1;
    let second = bench.resume(2, "a-2", Some(name));
    bench.run(2.0);
    assert!(all_duplicates(&bench.replay(second, "a-2", &shares)));
    assert_eq!(bench.accepted("bob/silver"), 10);
}

#[test]
fn an_extranonce_that_comes_round_again_brings_no_work_twice() {
    let mut bench = at_bobs();
    let first = bench.resume(1, "a-1", None);
    let shares = bench.mined(first, "a-1", 10);
    bench.leave(first);
    let own = bench.miners[&first].own.clone();
    let again = (2..600)
        .find_map(|number| {
            let id = bench.resume(number, "a-2", None);
            if bench.miners[&id].own == own {
                return Some(id);
            }
            bench.leave(id);
            None
        })
        .expect("there are 256 of them");
    assert!(all_duplicates(&bench.replay(again, "a-2", &shares)));
    assert_eq!(bench.accepted("bob/silver"), 10);
}

#[test]
fn a_move_away_and_back_brings_no_work_twice() {
    let mut bench = at_bobs();
    let rig = bench.resume(1, "a-1", None);
    let shares = bench.mined(rig, "a-1", 10);
    bench.route("a-1", 2);
    bench.mined(rig, "a-1", 3);
    bench.route("a-1", 3);
    assert!(all_duplicates(&bench.replay(rig, "a-1", &shares)));
    assert_eq!(bench.accepted("bob/silver"), 10);
}

#[test]
fn the_same_job_sent_twice_is_not_handed_out_twice() {
    let mut bench = at_bobs();
    let rig = bench.resume(1, "a-1", None);
    let shares = bench.mined(rig, "a-1", 10);
    let before = bench.miners[&rig].job.clone().unwrap();
    bench.same_job_again("three");
    let after = bench.miners[&rig].job.clone().unwrap();
    assert_ne!((before.filler, before.time), (after.filler, after.time), "it is another piece");
    assert!(all_duplicates(&bench.replay(rig, "a-1", &shares)));
    // An honest miner that starts over in what it is given never meets its own shares again.
    bench.mined(rig, "a-1", 10);
    assert_eq!(bench.accepted("bob/silver"), 20);
    assert_eq!(bench.pools["three"].refused, []);
}

#[test]
fn what_was_seen_is_known_for_as_long_as_the_job_is_current() {
    let mut bench = at_bobs();
    let rig = bench.resume(1, "a-1", None);
    let shares = bench.mined(rig, "a-1", 10);
    for _ in 0..1500 {
        bench.now = bench.now + Duration::from_secs(1);
        let mut out = Vec::new();
        bench.exchange.on_time(bench.now, &mut out);
        bench.carry_out(out);
        if bench.now.0 % 30_000_000 == 0 {
            bench.same_job_again("three");
        }
    }
    assert!(all_duplicates(&bench.replay(rig, "a-1", &shares)));
    assert_eq!(bench.accepted("bob/silver"), 10);
}

#[test]
fn work_whose_shares_are_forgotten_is_not_handed_out_again() {
    let mut bench = at_bobs();
    let rig = bench.resume(1, "a-1", None);
    let shares = bench.mined(rig, "a-1", 10);
    let number = bench.pools["three"].jobs;
    let old_job = bench.miners[&rig].job.as_ref().unwrap().id;
    // Other work for a long time: what was seen of the first block is given up.
    for minute in 0..15u8 {
        let pool = bench.pools.get_mut("three").unwrap();
        let FromPool::Notify(mut job) = pool.job(true) else { unreachable!() };
        job.previous = [100 + minute; 32];
        bench.pool_says("three", FromPool::Notify(job));
        for _ in 0..60 {
            bench.now = bench.now + Duration::from_secs(1);
            let mut out = Vec::new();
            bench.exchange.on_time(bench.now, &mut out);
            bench.carry_out(out);
        }
    }
    assert_eq!(bench.exchange.duplicates.len(), 0);
    let newest = bench.miners[&rig].job.as_ref().unwrap().id;
    bench.pools.get_mut("three").unwrap().jobs = number - 1;
    let job = bench.pools.get_mut("three").unwrap().job(false);
    bench.pool_says("three", job);
    assert_eq!(bench.miners[&rig].job.as_ref().unwrap().id, newest, "the old work is not handed out");
    let FromMiner::Submit { share, .. } = &shares[0] else { unreachable!() };
    let late = FromMiner::Submit { user: "a-1".into(), job: format!("{old_job:x}"), share: *share };
    assert_eq!(bench.answer(rig, late), Err(Reason::Stale));
    assert_eq!(bench.accepted("bob/silver"), 10);
}

#[test]
fn a_pool_that_cuts_its_extranonce_elsewhere_pays_nobody_twice() {
    let mut bench = at_bobs();
    bench.pools.get_mut("one").unwrap().extranonce_1 = vec![9, 9];
    let rig = bench.connect_as(1, "a-1", "10.0.0.1:1", "cgminer/4.12", false);
    bench.route("a-1", 2);
    let shares = bench.mined(rig, "a-1", 10);
    let filler = bench.miners[&rig].job.as_ref().unwrap().filler.to_vec();
    // The same coinbase, but four of our filler's bytes are the pool's now.
    let mut longer = vec![9, 9];
    longer.extend(&filler[..4]);
    let pool = bench.pools.get_mut("one").unwrap();
    (pool.extranonce_1, pool.size) = (longer.clone(), 4);
    bench.pool_says("one", FromPool::SetExtranonce { extranonce_1: longer, extranonce_2_size: Some(4) });
    bench.pools.get_mut("one").unwrap().jobs -= 1;
    let FromPool::Notify(mut job) = bench.pools.get_mut("one").unwrap().job(false) else { unreachable!() };
    job.previous = [8; 32];
    bench.pool_says("one", FromPool::Notify(job));
    let answers = bench.replay(rig, "a-1", &shares);
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert_eq!(bench.accepted("alice/gold"), 10);
}

#[test]
fn pieces_of_two_shapes_never_overlap() {
    let mut bench = at_bobs();
    bench.pools.get_mut("one").unwrap().size = 8;
    // A device that handles two bytes only, then a common one, on one connection and one job.
    let small = bench.connect_as(1, "a-1", "10.0.0.1:1", "NerdMinerV2/1.8", false);
    bench.route("a-1", 2);
    bench.run(1.0);
    let first = bench.links.values().filter(|(pool, _)| pool == "one").count();
    bench.mined(small, "a-1", 5);
    bench.leave(small);
    let other = bench.connect_as(2, "a-2", "10.0.0.2:1", "cgminer/4.12", false);
    bench.route("a-2", 2);
    bench.run(1.0);
    let second = bench.links.values().filter(|(pool, _)| pool == "one").count();
    assert_eq!(second, first + 1, "it gets another connection instead of overlapping pieces");
    assert_eq!(
        bench.exchange.sessions[&other].attachment.as_ref().map(|attachment| &*attachment.label),
        Some("alice/gold")
    );
}

#[test]
fn what_an_earlier_process_accepted_is_not_accepted_again() {
    let mut bench = at_bobs();
    let rig = bench.resume(1, "a-1", None);
    let shares = bench.mined(rig, "a-1", 10);
    let prints: Vec<Fingerprint> = bench.journal.iter().map(|record| record.print).collect();
    // Another process, but the pool is the same, and so are its job and its extranonce.
    let mut next = at_bobs();
    next.exchange.recover(next.now, prints);
    let rig = next.resume(1, "a-1", None);
    assert!(all_duplicates(&next.replay(rig, "a-1", &shares)));
    assert_eq!(next.accepted("bob/silver"), 0);
    // It starts where the first one did, and is paid for what that one had not found.
    let answers: Vec<_> = (0..30).map(|_| next.share(rig, "a-1")).collect();
    assert!(answers.contains(&Ok(())), "{answers:?}");
    let before: HashSet<Fingerprint> = bench.journal.iter().map(|record| record.print).collect();
    assert!(next.journal.iter().all(|record| !before.contains(&record.print)));
}
