//! Peers that send as fast as loopback carries: a miner, a customer's pool, half-open connections. Whoever mines
//! honestly beside them is answered at once, and the clock goes on. Over real sockets on a machine that has other
//! things to do, so the bounds are generous; `cargo bench -p farm-tests --bench flood` has the figures.

use exchange::event::EventKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use farm_tests::{Customer, HubAlone, Noise, SOON, Wire, flood, loud_pool, loud_pool_when, wait_until};
use serde_json::json;
use tokio::sync::watch;

/// Without a bound on one peer's turn this took 8 to 17 s.
const ANSWERED_WITHIN: Duration = Duration::from_millis(500);
/// An address whose requests nobody else spends.
const HONEST: &str = "127.0.0.2";

fn customer(name: &'static str, pool: SocketAddr) -> Customer {
    Customer { name, url: format!("stratum+tcp://{pool}") }
}

/// A hub for the house, whose pool is well, and for a customer whose pool makes noise once both have given work.
async fn hub(noise: Noise) -> HubAlone {
    let (begin, begun) = watch::channel(false);
    let house = customer("house", loud_pool(Noise::None).await);
    let other = customer("alice", loud_pool_when(noise, begun).await);
    let mut hub = HubAlone::start(vec![house, other], 20.0).await;
    let names: Vec<String> = (0..40).map(|n| format!("a-{n}")).collect();
    let rigs: Vec<_> = names.iter().map(|name| (name.as_str(), 1e12, 1)).collect();
    hub.order(&[&rigs[..], &[("honest", 1e12, 0)]].concat());
    wait_until("both pools have work", SOON, async || {
        let seen = hub.hub.snapshot().await.expect("the hub answers");
        seen.pools.iter().filter(|pool| pool.connections > 0).count() == 2
    })
    .await;
    begin.send_replace(true);
    hub
}

/// Signs in; the session's job is its own affair.
async fn rig(hub: &HubAlone, name: &str) -> Wire {
    let mut wire = Wire::from(HONEST, hub.address).await;
    assert_eq!(wire.sign_in(name).await.expect("an answer")["result"], true);
    wire
}

/// Asks so often, each time at once after the answer, and gives the longest time that one took.
async fn slowest(wire: &mut Wire, times: u32) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..times {
        let begun = Instant::now();
        wire.ask("mining.extranonce.subscribe", json!([])).await.expect("an answer, not the door");
        slowest = slowest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn miners_that_flood_delay_nobody_and_are_shown_the_door() {
    let hub = hub(Noise::None).await;
    let mut honest = rig(&hub, "honest").await;
    let floods: [(&[u8], &[u8]); 4] = [
        (b"", b"{}\n"),
        (b"", b"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n"),
        (b"", b"{\"id\":1,\"method\":\"mining.configure\",\"params\":[[\"version-rolling\"],{}]}\n"),
        (
            b"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"x\",\"x\"]}\n",
            b"{\"id\":1,\"method\":\"mining.extranonce.subscribe\",\"params\":[]}\n",
        ),
    ];
    let address = hub.address;
    let floods = floods.map(|(first, line)| {
        let bytes = line.repeat(1_000);
        tokio::spawn(async move { flood(address, first, &bytes).await })
    });
    let slowest = slowest(&mut honest, 200).await;
    assert!(slowest < ANSWERED_WITHIN, "an honest miner waited for {slowest:?}");
    for one in floods {
        let took = one.await.expect("it ends");
        assert!(took < Duration::from_secs(40), "it was tolerated for {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_floods_delays_nobody_and_is_left() {
    let hub = hub(Noise::Empty).await;
    let mut honest = rig(&hub, "honest").await;
    let slowest = slowest(&mut honest, 200).await;
    assert!(slowest < ANSWERED_WITHIN, "an honest miner waited for {slowest:?}");
    // For lines without sense, or for their number, whichever comes first.
    wait_until("the pool is given up for it", Duration::from_secs(30), async || {
        let taken = hub.hub.take().await.expect("the hub answers");
        taken
            .events
            .iter()
            .any(|event| event.kind == EventKind::PoolLost && event.subject == "pool/alice-pool")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_with_a_job_every_two_milliseconds_is_heard_a_few_times_a_second() {
    for noise in [Noise::Jobs, Noise::CleanJobs] {
        let hub = hub(noise).await;
        let mut honest = rig(&hub, "honest").await;
        let mut rigs = Vec::new();
        for n in 0..40 {
            rigs.push(rig(&hub, &format!("a-{n}")).await);
        }
        let begun = Instant::now();
        let slowest = slowest(&mut honest, 200).await;
        assert!(slowest < ANSWERED_WITHIN, "an honest miner waited for {slowest:?} ({noise:?})");
        // Each gets the newest now and then: a few at once, and five a second.
        let most = 10 + (begun.elapsed().as_secs_f64() + 1.0) as usize * 6;
        for mut one in rigs {
            let mut jobs = 0;
            while let Ok(Some(line)) = tokio::time::timeout(Duration::from_millis(1), one.hear()).await {
                jobs += usize::from(line["method"] == "mining.notify");
            }
            assert!((2..=most).contains(&jobs), "{jobs} jobs, at most {most} ({noise:?})");
        }
        let seen = hub.hub.snapshot().await.expect("the hub answers");
        assert!(seen.pools.iter().all(|pool| pool.connections == 1), "and the pool is kept");
    }
}
