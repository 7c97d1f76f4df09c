//! Rigs against pools, with no hub between them: what one finds the other accepts, and each switch does what it
//! says.

use std::collections::HashSet;
use std::time::Duration;

use simulator::pool::{Pool, PoolHandle, PoolOptions, Workers};
use simulator::rig::{Death, Fate, Fleet, FleetOptions, Habits, RigCounters, RigHandle, RigOptions};
use simulator::until;
use stratum::work::Reason;

const SOON: Duration = Duration::from_secs(20);
/// A share in about 2 600 hashes.
const DIFFICULTY: f64 = 6e-7;
/// So about twenty shares a second.
const HASHRATE: f64 = 50_000.0;

async fn pool(options: PoolOptions) -> PoolHandle {
    Pool::start(PoolOptions { difficulty: DIFFICULTY, keeps_shares: true, ..options }).await.unwrap()
}

fn one(pool: &PoolHandle) -> Fleet {
    fleet(pool, vec![RigOptions::new("alice.a-001", HASHRATE)])
}

fn fleet(pool: &PoolHandle, rigs: Vec<RigOptions>) -> Fleet {
    Fleet::start(FleetOptions::new(pool.address(), rigs)).unwrap()
}

/// Waits for so many more accepted shares, as the rig sees it.
async fn more_shares(rig: &RigHandle, count: u64) {
    let before = rig.counters().accepted;
    until("more accepted shares", SOON, || rig.counters().accepted >= before + count)
        .await
        .unwrap_or_else(|error| panic!("{error}: {:?}", rig.counters()));
}

async fn ready(fleet: &Fleet) {
    until("every rig is ready", SOON, || fleet.ready() == fleet.rigs().len()).await.unwrap();
}

/// Ends both and compares what each says; refusals must be of these codes.
async fn settle(fleet: Fleet, pool: PoolHandle, allowed: &[i64]) -> RigCounters {
    let total = fleet.stop(SOON).await;
    let shares = pool.shares();
    let counts = pool.stop().await;
    // An answer can be lost with its connection, and only so.
    let (heard, said) = (total.accepted + total.rejected(), counts.accepted() + counts.rejected());
    assert!(heard <= said && said <= heard + total.unanswered, "{total:?} {counts:?}");
    if total.unanswered == 0 {
        assert_eq!(total.accepted, counts.accepted(), "both count the same");
        assert!((total.difficulty - counts.difficulty()).abs() < 1e-9);
    }
    let refused: Vec<_> = total.rejected.keys().filter(|code| !allowed.contains(code)).collect();
    assert!(refused.is_empty(), "{:?}", total.refusals);
    let accepted: Vec<_> = shares.iter().filter(|s| s.verdict.is_ok()).map(|s| s.hash).collect();
    assert_eq!(accepted.iter().collect::<HashSet<_>>().len(), accepted.len(), "no work counts twice");
    total
}

#[tokio::test]
async fn a_fleet_of_all_habits_has_every_share_accepted() {
    let options = PoolOptions { job_interval: Duration::from_millis(150), ..PoolOptions::default() };
    let pool = pool(options).await;
    let habits = [Habits::cgminer(), Habits::axeos(), Habits::cpuminer()];
    let rigs = (0..12)
        .map(|n| RigOptions {
            habits: Habits { nonces: 1 << 9, ..habits[n % 3].clone() },
            version_mask: (n % 2 == 0).then_some(0x1fff_e000),
            subscribes_extranonce: n % 4 == 1,
            ..RigOptions::new(&format!("alice.a-{n:03}"), 20_000.0)
        })
        .collect();
    let fleet = fleet(&pool, rigs);
    ready(&fleet).await;
    until("many shares and jobs", SOON, || fleet.total().accepted > 400 && pool.counts().jobs > 8)
        .await
        .unwrap();
    for rig in fleet.rigs() {
        let counters = rig.counters();
        assert_eq!(pool.counts().accepted_of(rig.user()) > 0, counters.accepted > 0);
        assert_eq!((counters.reconnects(), counters.jobs_bad, counters.unsent), (0, 0, 0));
    }
    assert!(fleet.rigs().iter().all(|rig| rig.counters().accepted > 0));
    assert_eq!(pool.counts().connections, 12);
    let total = settle(fleet, pool, &[]).await;
    assert!(total.latency(0.5).unwrap() < Duration::from_secs(1));
    assert_eq!((total.waiting, total.unanswered), (0, 0));
}

/// The work that pools credit is the work that rigs have done: 600 shares are right to a few parts in a hundred.
#[tokio::test]
async fn credited_work_matches_the_hashes_done() {
    let pool = pool(PoolOptions::default()).await;
    let rigs = (0..4).map(|n| RigOptions::new(&format!("a-{n}"), HASHRATE)).collect();
    let fleet = fleet(&pool, rigs);
    until("600 shares", SOON * 2, || fleet.total().accepted >= 600).await.unwrap();
    let total = settle(fleet, pool, &[]).await;
    let credited = total.difficulty * 2f64.powi(32);
    let ratio = credited / total.hashes as f64;
    // Five standard deviations.
    assert!((ratio - 1.0).abs() < 5.0 / (total.accepted as f64).sqrt(), "{ratio} after {}", total.accepted);
}

#[tokio::test]
async fn rigs_keep_to_their_pace_and_share_one_thread_fairly() {
    let pool = pool(PoolOptions { difficulty: 1.0, ..PoolOptions::default() }).await;
    let rates = [1_000.0, 10_000.0, 10_000.0, 100_000.0];
    let rigs = rates.iter().enumerate().map(|(n, rate)| RigOptions::new(&format!("a-{n}"), *rate)).collect();
    let fleet = fleet(&pool, rigs);
    ready(&fleet).await;
    let before: Vec<_> = fleet.rigs().iter().map(|rig| rig.counters().hashes).collect();
    let done = |n: usize| fleet.rigs()[n].counters().hashes - before[n];
    let begun = std::time::Instant::now();
    until("the fastest has done two seconds of work", SOON, || done(3) >= 200_000).await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    for (n, rate) in rates.into_iter().enumerate() {
        let ratio = done(n) as f64 / (rate * seconds);
        // Never faster; slower only when the machine is.
        assert!(ratio < 1.12, "rig {n} does {ratio} of its rate");
        let against_fastest = done(n) as f64 / done(3) as f64 / (rate / rates[3]);
        assert!((0.85..1.15).contains(&against_fastest), "rig {n}: {against_fastest} of its fair part");
    }
    drop(fleet);
    pool.stop().await;
}

#[tokio::test]
async fn a_slowed_rig_does_its_part_and_a_scaled_fleet_as_well() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = fleet(&pool, vec![RigOptions::new("slow", HASHRATE), RigOptions::new("normal", HASHRATE)]);
    ready(&fleet).await;
    fleet.rig("slow").unwrap().slow(0.25);
    fleet.set_scale(2.0);
    let hashes = |user: &str| fleet.rig(user).unwrap().counters().hashes;
    let (slow, normal) = (hashes("slow"), hashes("normal"));
    let begun = std::time::Instant::now();
    until("work is done", SOON, || hashes("normal") - normal > 200_000).await.unwrap();
    let ratio = (hashes("slow") - slow) as f64 / (hashes("normal") - normal) as f64;
    assert!((0.2..0.3).contains(&ratio), "{ratio}");
    assert!(begun.elapsed().as_secs_f64() > 1.5, "200 000 hashes take two seconds at twice the rate");
    fleet.rig("slow").unwrap().slow(0.0);
    fleet.set_scale(1.0);
    let slow = hashes("slow");
    more_shares(fleet.rig("normal").unwrap(), 5).await;
    assert!(hashes("slow") - slow < 5_000, "at nothing it does at most what was begun");
    settle(fleet, pool, &[]).await;
}

#[tokio::test]
async fn a_dead_rig_is_silent_or_gone_and_comes_back() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = fleet(&pool, vec![RigOptions::new("a-001", HASHRATE), RigOptions::new("a-002", HASHRATE)]);
    let (rig, other) = (&fleet.rigs()[0], &fleet.rigs()[1]);
    more_shares(rig, 3).await;

    rig.die(Death::Closed);
    until("the pool sees it go", SOON, || pool.counts().connections == 1).await.unwrap();
    rig.revive();
    more_shares(rig, 3).await;
    assert_eq!(pool.counts().connections_total, 3);

    rig.die(Death::Silent);
    // The other rig shows that time has passed: it gets the jobs and does the work that this one does not.
    more_shares(other, 3).await;
    let (jobs, hashes, seen) = (rig.counters().jobs, rig.counters().hashes, other.counters());
    for _ in 0..5 {
        pool.new_job();
    }
    until("the other rig has them", SOON, || {
        let now = other.counters();
        now.jobs >= seen.jobs + 5 && now.hashes >= seen.hashes + 20_000
    })
    .await
    .unwrap();
    assert_eq!((rig.counters().jobs, rig.counters().hashes), (jobs, hashes));
    assert_eq!(pool.counts().connections, 2, "the connection stays");
    rig.revive();
    more_shares(rig, 3).await;
    assert_eq!((pool.counts().connections_total, rig.counters().reconnects()), (3, 1));

    rig.reconnect();
    more_shares(rig, 3).await;
    until("another connection", SOON, || pool.counts().connections_total == 4).await.unwrap();
    drop(fleet);
    pool.stop().await;
}

#[tokio::test]
async fn a_rig_that_collects_sends_its_shares_together() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    let rig = &fleet.rigs()[0];
    ready(&fleet).await;
    rig.batch(10);
    more_shares(rig, 30).await;
    let counters = rig.counters();
    assert!(counters.found - counters.submitted < 20, "{counters:?}");
    rig.batch(1);
    more_shares(rig, 12).await;
    settle(fleet, pool, &[]).await;
}

#[tokio::test]
async fn a_stalled_pool_says_nothing_and_keeps_its_connections() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 3).await;
    pool.stall(true);
    let judged = pool.counts().accepted();
    until("shares are dropped", SOON, || pool.counts().unheard >= 5).await.unwrap();
    pool.new_job();
    assert_eq!((pool.counts().accepted(), pool.counts().connections), (judged, 1));
    until("shares wait", SOON, || rig.counters().waiting >= 5).await.unwrap();
    pool.stall(false);
    more_shares(rig, 3).await;
    assert_eq!(rig.counters().reconnects(), 0);
    rig.reconnect();
    until("what was never answered is counted so", SOON, || rig.counters().unanswered >= 5).await.unwrap();
    assert!(pool.counts().unheard_shares >= 5, "{:?}", pool.counts());
}

#[tokio::test]
async fn a_rig_and_its_pool_remember_the_same_shares() {
    let pool = pool(PoolOptions::default()).await;
    let rig = RigOptions { keeps_shares: true, ..RigOptions::new("a-1", HASHRATE) };
    let fleet = fleet(&pool, vec![RigOptions { from: Some("127.0.0.2".parse().unwrap()), ..rig }]);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 10).await;
    pool.reject(1.0);
    until("refused shares", SOON, || rig.counters().rejected() >= 3).await.unwrap();
    pool.mute(true);
    until("shares without an answer", SOON, || rig.counters().waiting >= 3).await.unwrap();
    rig.reconnect();
    pool.mute(false);
    until("they stay without", SOON, || rig.counters().unanswered >= 3).await.unwrap();
    fleet.set_scale(0.0);
    until("the rest is answered", SOON, || rig.counters().waiting == 0).await.unwrap();
    let (counters, shares) = (rig.counters(), rig.shares());
    let count = |wanted: fn(&Fate) -> bool| shares.iter().filter(|share| wanted(&share.fate)).count() as u64;
    assert_eq!(count(|fate| *fate == Fate::Accepted), counters.accepted);
    assert_eq!(count(|fate| matches!(fate, Fate::Refused(_))), counters.rejected());
    assert_eq!(count(|fate| *fate == Fate::Unanswered), counters.unanswered);
    let seen: HashSet<_> = pool.shares().iter().map(|share| share.hash).collect();
    assert!(shares.iter().filter(|share| share.fate != Fate::Unanswered).all(|s| seen.contains(&s.hash)));
    assert!(seen.iter().all(|hash| shares.iter().any(|share| share.hash == *hash)));
}

#[tokio::test]
async fn a_mute_pool_counts_shares_that_it_does_not_answer() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 3).await;
    pool.mute(true);
    until("shares are accepted in silence", SOON, || pool.counts().unanswered >= 5).await.unwrap();
    until("the rig waits", SOON, || rig.counters().waiting >= 5).await.unwrap();
    assert!(pool.counts().accepted() >= rig.counters().accepted + 5);
}

#[tokio::test]
async fn a_pool_refuses_the_part_it_is_told_to() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = fleet(&pool, (0..4).map(|n| RigOptions::new(&format!("a-{n}"), HASHRATE)).collect());
    pool.reject(0.5);
    until("200 shares", SOON * 2, || pool.counts().accepted() + pool.counts().rejected() >= 200)
        .await
        .unwrap();
    let part = pool.counts().rejected() as f64 / (pool.counts().accepted() + pool.counts().rejected()) as f64;
    assert!((0.3..0.7).contains(&part), "{part}");
    pool.reject(1.0);
    let accepted = pool.counts().accepted();
    let rejected = pool.counts().rejected_for(Reason::Other);
    until("20 more are refused", SOON, || pool.counts().rejected_for(Reason::Other) >= rejected + 20)
        .await
        .unwrap();
    assert_eq!(pool.counts().accepted(), accepted);
    pool.reject(0.0);
    more_shares(&fleet.rigs()[0], 3).await;
    settle(fleet, pool, &[20]).await;
}

#[tokio::test]
async fn a_pool_that_drops_or_refuses_connections_is_found_again() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 3).await;
    pool.drop_connections();
    until("it connects again", SOON, || pool.counts().connections_total == 2).await.unwrap();
    more_shares(rig, 3).await;

    pool.down().await;
    assert_eq!(pool.counts().connections, 0);
    let refused = std::net::TcpStream::connect_timeout(&pool.address(), SOON).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    until("the rig knocks in vain", SOON, || rig.counters().connections_failed >= 2).await.unwrap();
    assert_eq!(pool.counts().connections_total, 2);
    pool.up().await;
    more_shares(rig, 3).await;
    assert_eq!(pool.counts().connections_total, 3);
    settle(fleet, pool, &[]).await;
}

#[tokio::test]
async fn a_new_block_makes_earlier_work_stale() {
    let pool = pool(PoolOptions::default()).await;
    // Time for twenty late shares: none at all is a matter of one in five hundred million.
    let habits = Habits { keeps_old_work: Duration::from_secs(1), ..Habits::cgminer() };
    let fleet = fleet(&pool, vec![RigOptions { habits, ..RigOptions::new("a-001", HASHRATE) }]);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 3).await;
    let clean = rig.counters().clean_jobs;
    until("late shares are refused as stale", SOON, || {
        if pool.counts().rejected_for(Reason::Stale) == 0 && rig.counters().clean_jobs == clean {
            pool.new_block();
        }
        pool.counts().rejected_for(Reason::Stale) > 0
    })
    .await
    .unwrap();
    more_shares(rig, 3).await;
    assert!(rig.counters().clean_jobs > clean);
    settle(fleet, pool, &[21]).await;
}

#[tokio::test]
async fn difficulty_extranonce_and_version_mask_change_without_a_lost_share() {
    let pool = pool(PoolOptions { extranonce_2_size: 8, ..PoolOptions::default() }).await;
    let rig = RigOptions { subscribes_extranonce: true, ..RigOptions::new("a-001", HASHRATE) };
    let fleet = fleet(&pool, vec![RigOptions { habits: Habits { nonces: 256, ..Habits::axeos() }, ..rig }]);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 5).await;
    pool.set_difficulty(2.0 * DIFFICULTY);
    until("the harder difficulty", SOON, || rig.counters().share_difficulty == 2.0 * DIFFICULTY)
        .await
        .unwrap();
    more_shares(rig, 5).await;
    assert!(pool.shares().iter().any(|share| share.difficulty == 2.0 * DIFFICULTY && share.verdict.is_ok()));
    pool.set_extranonce(6, 3);
    until("the other extranonce", SOON, || rig.counters().extranonces == 1).await.unwrap();
    more_shares(rig, 5).await;
    pool.set_version_mask(0x0000_e000);
    more_shares(rig, 10).await;
    assert_eq!(rig.counters().reconnects(), 0);
    // What was in flight at the clean job may be stale; nothing else.
    settle(fleet, pool, &[21]).await;
}

#[tokio::test]
async fn answers_come_later_when_told_so() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 3).await;
    let late = Duration::from_millis(150);
    pool.delay(late);
    more_shares(rig, 8).await;
    assert!(rig.counters().latency(0.9).unwrap() >= late);
    pool.delay(Duration::ZERO);
    settle(fleet, pool, &[]).await;
}

#[tokio::test]
async fn a_request_to_connect_again_is_followed() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    let rig = &fleet.rigs()[0];
    more_shares(rig, 3).await;
    pool.send_reconnect(None, Duration::ZERO);
    until("it connects again", SOON, || rig.counters().reconnects() == 1).await.unwrap();
    more_shares(rig, 3).await;
    drop(fleet);
    pool.stop().await;
}

/// Speaks line by line, for what a well-behaved rig never does.
struct Client {
    stream: tokio::io::BufReader<tokio::net::TcpStream>,
}

impl Client {
    async fn connect(pool: &PoolHandle) -> Client {
        let stream = tokio::net::TcpStream::connect(pool.address()).await.unwrap();
        Client { stream: tokio::io::BufReader::new(stream) }
    }

    async fn say(&mut self, line: &str) {
        use tokio::io::AsyncWriteExt;
        self.stream.get_mut().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// The next answer to this id; notices are passed over. `None` when the connection has ended.
    async fn answer(&mut self, id: u64) -> Option<serde_json::Value> {
        use tokio::io::AsyncBufReadExt;
        loop {
            let mut line = String::new();
            let read = tokio::time::timeout(SOON, self.stream.read_line(&mut line)).await.expect("an answer");
            if read.unwrap_or(0) == 0 {
                return None;
            }
            let message: serde_json::Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id {
                return Some(message);
            }
        }
    }

    async fn ask(&mut self, id: u64, method: &str, params: &str) -> serde_json::Value {
        self.say(&format!(r#"{{"id":{id},"method":"{method}","params":{params}}}"#)).await;
        self.answer(id).await.expect("an answer")
    }
}

#[tokio::test]
async fn a_second_worker_is_taken_refused_or_ignored() {
    for workers in [Workers::Several, Workers::RefusesSecond, Workers::IgnoresSecond] {
        let pool = pool(PoolOptions { workers, ..PoolOptions::default() }).await;
        let mut client = Client::connect(&pool).await;
        client.ask(1, "mining.subscribe", "[]").await;
        assert_eq!(client.ask(2, "mining.authorize", r#"["a.1","x"]"#).await["result"], true);
        client.say(r#"{"id":3,"method":"mining.authorize","params":["a.2","x"]}"#).await;
        // The next answer is to this one or, where it is ignored, to the one behind it.
        client.say(r#"{"id":4,"method":"mining.submit","params":["a.2","none","00000000","00000000","00000000"]}"#).await;
        let code = match workers {
            Workers::Several => {
                assert_eq!(client.answer(3).await.unwrap()["result"], true);
                21
            }
            Workers::RefusesSecond => {
                assert_eq!(client.answer(3).await.unwrap()["error"][0], 24);
                24
            }
            Workers::IgnoresSecond => 24,
        };
        assert_eq!(client.answer(4).await.unwrap()["error"][0], code, "{workers:?}");
        let refused = u64::from(workers != Workers::Several);
        assert_eq!(pool.counts().workers_refused, refused, "{workers:?}");
    }
}

#[tokio::test]
async fn bad_shares_are_refused_for_what_is_wrong_with_them() {
    let pool = pool(PoolOptions::default()).await;
    let fleet = one(&pool);
    more_shares(&fleet.rigs()[0], 1).await;
    let job = pool.shares()[0].job.clone();
    let mut client = Client::connect(&pool).await;
    let submit = r#"["a.1","JOB","00000000","00000000","00000000"]"#.replace("JOB", &job);
    assert_eq!(client.ask(1, "mining.submit", &submit).await["error"][0], 25, "not subscribed");
    client.ask(2, "mining.subscribe", "[]").await;
    assert_eq!(client.ask(3, "mining.submit", &submit).await["error"][0], 24, "not authorized");
    client.ask(4, "mining.authorize", r#"["a.1","x"]"#).await;
    let table = [
        (r#"["a.1","nothing","00000000","00000000","00000000"]"#, 21),
        (r#"["a.1","JOB","000000","00000000","00000000"]"#, 20),
        (r#"["a.1","JOB","00000000","00000000","00000000"]"#, 20),
        (r#"["a.1","JOB","00000000","0","00000000"]"#, 20),
        (r#"["a.1","JOB","00000000","00000000","00000000","00002000"]"#, 20),
        (r#"["a.1"]"#, 21),
    ];
    for (n, (params, code)) in table.into_iter().enumerate() {
        let answer = client.ask(10 + n as u64, "mining.submit", &params.replace("JOB", &job)).await;
        assert_eq!(answer["error"][0], code, "{params}: {answer}");
    }
    let counts = pool.counts();
    for (reason, count) in [
        (Reason::NotSubscribed, 1),
        (Reason::Unauthorized, 1),
        (Reason::UnknownJob, 2),
        (Reason::ExtranonceSize, 1),
        (Reason::TimeOutOfRange, 1),
        (Reason::Malformed, 1),
        (Reason::VersionBits, 1),
    ] {
        assert_eq!(counts.rejected_for(reason), count, "{reason:?}");
    }
    client.say(&"x".repeat(2_000)).await;
    assert_eq!(client.answer(99).await, None, "a line over the limit ends the connection");
}

/// Work done twice is noticed: a share sent again is a duplicate, one that misses its target is too easy.
#[tokio::test]
async fn a_repeated_share_is_a_duplicate_and_an_easy_one_too_easy() {
    use tokio::io::AsyncBufReadExt;
    // So easy that nearly every hash is a share.
    let options = PoolOptions { difficulty: 1e-12, ..PoolOptions::default() };
    let pool = Pool::start(options).await.unwrap();
    let mut client = Client::connect(&pool).await;
    client.ask(1, "mining.subscribe", "[]").await;
    client.say(r#"{"id":2,"method":"mining.authorize","params":["a.1","x"]}"#).await;
    let job = loop {
        let mut line = String::new();
        client.stream.read_line(&mut line).await.unwrap();
        let message: serde_json::Value = serde_json::from_str(&line).unwrap();
        if message["method"] == "mining.notify" {
            break message["params"].clone();
        }
    };
    let share = format!(r#"["a.1",{},"0000000a",{},"00000001"]"#, job[0], job[7]);
    assert_eq!(client.ask(3, "mining.submit", &share).await["result"], true);
    assert_eq!(client.ask(4, "mining.submit", &share).await["error"][0], 22);
    pool.set_difficulty(1e6);
    until("a job at the new difficulty", SOON, || pool.counts().jobs >= 2).await.unwrap();
    assert_eq!(
        client.ask(5, "mining.submit", &share).await["error"][0],
        22,
        "by the difficulty of its own job"
    );
    let other = share.replace("0000000a", "0000000b");
    assert_eq!(client.ask(6, "mining.submit", &other).await["result"], true);
    let id = job[0].as_str().unwrap();
    let next = format!("{:016x}", u64::from_str_radix(id, 16).unwrap() + 1);
    assert_eq!(client.ask(7, "mining.submit", &other.replace(id, &next)).await["error"][0], 23);
}
