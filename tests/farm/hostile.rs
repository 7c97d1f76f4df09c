//! Peers that are broken, lost or mean: each is told what is wrong or disconnected, and a good rig beside
//! them loses nothing.

use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, Wire, pool, wait_until};
use serde_json::json;
use simulator::rig::Fleet;

/// A closed door is noticed within this.
const QUICK: Duration = Duration::from_secs(3);
/// What all of it may cost the daemon at once, KiB.
const MEMORY_MAX: u64 = 64 * 1024;

struct Story {
    farm: Farm,
    good: Fleet,
    memory: u64,
    _pool: simulator::pool::PoolHandle,
}

impl Story {
    async fn begin() -> Story {
        let pool = pool("pool").await;
        let farm = Farm::start().await;
        farm.apply(FarmText::new("a-1").pool("pool", &pool).house("pool")).await;
        let good = farm.rigs(&["a-1"]);
        wait_until("the good rig mines", SOON, async || good.total().accepted > 10).await;
        let memory = farm.memory();
        Story { farm, good, memory, _pool: pool }
    }

    async fn wire(&self) -> Wire {
        Wire::to(self.farm.hub()).await
    }

    /// The good rig mined on, on its connection, and every share is booked; the daemon has not grown fat.
    async fn end(self) {
        let before = self.good.total().accepted;
        wait_until("the good rig mines on", SOON, async || self.good.total().accepted > before + 10).await;
        let grown = self.farm.memory().saturating_sub(self.memory);
        assert!(grown < MEMORY_MAX, "the daemon grew by {grown} KiB");
        let total = self.good.total();
        assert_eq!((total.connections, total.rejected()), (1, 0), "{:?}", total.refusals);
        let seen = self.farm.settle(self.good).await;
        assert_eq!(self.farm.accounts().await.accepted_of("a-1"), seen);
    }
}

#[tokio::test]
async fn those_who_speak_something_else_are_shown_the_door() {
    let story = Story::begin().await;
    let long = vec![b'x'; 17 * 1024];
    let unfinished: &[&[u8]] = &[
        &long,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
    ];
    for (n, bytes) in unfinished.iter().enumerate() {
        let mut wire = story.wire().await;
        wire.raw(bytes).await;
        assert!(wire.is_closed_within(QUICK).await, "case {n} is closed");
    }
    story.end().await;
}

#[tokio::test]
async fn junk_is_answered_with_errors_until_the_limit() {
    let story = Story::begin().await;
    let mut wire = story.wire().await;
    // Bytes that are no text, then text that is no JSON, then JSON that is no request.
    let junk: Vec<u8> = (0..=255u8).filter(|byte| *byte != b'\n').rev().collect();
    for bad in [&junk[..], b"hello", b"[1,2]", b"{\"id\":7,\"method\":42}"] {
        wire.raw(&[bad, b"\n"].concat()).await;
        let answer = wire.hear().await.expect("an answer, not the door");
        assert_eq!(answer["error"][0], 20, "{answer}");
    }
    let unknown = wire.ask("mining.levitate", json!([])).await.expect("an answer");
    assert_eq!(unknown["error"], json!([20, "Unknown method", null]));
    wire.raw(&b"junk\n".repeat(300)).await;
    assert!(wire.is_closed_within(QUICK).await, "thresholds ends");
    assert!(story.farm.event("miner-dismissed").await.fields["address"].starts_with("127.0.0.1:"));
    story.end().await;
}

#[tokio::test]
async fn a_flood_of_names_or_of_bad_shares_ends_at_the_door() {
    let story = Story::begin().await;
    let mut names = story.wire().await;
    assert!(names.ask("mining.subscribe", json!(["flood/1"])).await.is_some());
    let (mut welcome, mut refused) = (0, 0);
    for n in 0.. {
        match names.ask("mining.authorize", json!([format!("farm.x-{n}"), "x"])).await {
            Some(answer) if answer["result"] == true => welcome += 1,
            Some(answer) => {
                assert_eq!(answer["error"][1], "Too many workers on one connection");
                refused += 1;
            }
            None => break,
        }
    }
    assert!(welcome == 8 && (100..1_000).contains(&refused), "{welcome} welcome, {refused} refused");

    let mut shares = story.wire().await;
    assert_eq!(shares.sign_in("farm.b-1").await.expect("an answer")["result"], true);
    let mut refused = 0;
    while let Some(answer) =
        shares.ask("mining.submit", json!(["farm.b-1", "1", "00000000", "00000000", "00000000"])).await
    {
        assert!(answer["error"].is_array(), "{answer}");
        refused += 1;
    }
    assert!((100..1_000).contains(&refused), "{refused} bad shares were refused before the door");
    wait_until("they stand in the accounts", SOON, async || {
        story.farm.accounts().await.rejected_of("(unknown)") >= refused
    })
    .await;
    story.end().await;
}

#[tokio::test]
async fn one_who_asks_and_never_reads_is_closed_before_it_costs_memory() {
    let story = Story::begin().await;
    let mut wire = story.wire().await;
    assert_eq!(wire.sign_in("farm.a-9").await.expect("an answer")["result"], true);
    // A request that is no fault, so that thresholds is not what ends it.
    let ask = b"{\"id\":1,\"method\":\"mining.extranonce.subscribe\",\"params\":[]}\n".repeat(1_000);
    let mut sent = 0usize;
    while sent < 64 << 20 {
        // It is slowed down for ten seconds before it is closed.
        let pushed = tokio::time::timeout(Duration::from_secs(40), wire.raw(&ask)).await;
        match pushed {
            Ok(true) => sent += ask.len(),
            Ok(false) => break,
            Err(_) => panic!("neither read nor closed after {sent} bytes"),
        }
    }
    assert!(sent < 64 << 20, "it was closed");
    story.end().await;
}

#[tokio::test]
async fn the_silent_and_the_idle_cost_little_and_the_silent_must_leave() {
    let story = Story::begin().await;
    let begun = tokio::time::Instant::now();
    let mut silent = story.wire().await;
    let mut idle = Vec::new();
    for _ in 0..2_000 {
        idle.push(story.wire().await);
    }
    wait_until("all are inside", SOON, async || story.farm.status().await.hub.sessions >= 2_002).await;
    let grown = story.farm.memory().saturating_sub(story.memory);
    assert!(grown < MEMORY_MAX, "2,000 idle connections cost {grown} KiB");
    let before = story.good.total().accepted;
    wait_until("the good rig mines beside them", SOON, async || story.good.total().accepted > before + 10)
        .await;
    let limit = Duration::from_secs(20).saturating_sub(begun.elapsed());
    assert!(silent.is_closed_within(limit).await, "who does not subscribe within ten seconds must leave");
    assert!(begun.elapsed() > Duration::from_secs(9), "and has those: {:?}", begun.elapsed());
    drop(idle);
    wait_until("they are gone", SOON, async || story.farm.status().await.hub.sessions == 1).await;
    story.end().await;
}
