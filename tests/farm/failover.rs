//! Pools fail in every way that pools do: the customer's work goes to the next pool and comes back, on the
//! connections that the rigs have.

use std::time::{Duration, Instant};

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use simulator::pool::PoolHandle;
use simulator::rig::Fleet;

/// A customer with two pools and two rigs, and a house with a third pool.
struct Story {
    farm: Farm,
    first: PoolHandle,
    second: PoolHandle,
    house: PoolHandle,
    rigs: Fleet,
}

async fn story() -> Story {
    let (first, second, house) = (pool("first").await, pool("second").await, pool("house").await);
    let farm = Farm::start().await;
    let text = FarmText::new("a-1..2").pool("first", &first).pool("second", &second).pool("home", &house);
    farm.apply(text.house("home").customer("alice", 200, &["first", "second"])).await;
    let rigs = farm.rigs(&["a-1", "a-2"]);
    let story = Story { farm, first, second, house, rigs };
    story.works_at("first").await;
    story
}

impl Story {
    /// Waits until both rigs mine for Alice at this pool, and it gets shares. Says how long it took.
    async fn works_at(&self, pool: &str) -> Duration {
        let begun = Instant::now();
        wait_until(&format!("both rigs at {pool}"), SOON, async || {
            let status = self.farm.status().await;
            status.rigs.len() == 2 && status.rigs.iter().all(|rig| rig.pool.as_deref() == Some(pool))
        })
        .await;
        let took = begun.elapsed();
        let counts = || match pool {
            "first" => self.first.counts().accepted(),
            "second" => self.second.counts().accepted(),
            _ => self.house.counts().accepted(),
        };
        let before = counts();
        wait_until(&format!("shares at {pool}"), SOON, async || counts() > before).await;
        took
    }

    /// Nobody reconnected, and everything seen accepted is booked.
    async fn end(self) {
        let (connections, seen) = (self.rigs.total().connections, self.farm.settle(self.rigs).await);
        assert_eq!(connections, 2, "the rigs kept their connections");
        assert_eq!(self.farm.accounts().await.accepted(), seen);
    }
}

#[tokio::test]
async fn a_pool_that_is_down_is_left_and_returned_to() {
    let story = story().await;
    story.first.down().await;
    let took = story.works_at("second").await;
    assert!(took < Duration::from_secs(1), "a closed port is a fact, nothing is waited for: {took:?}");
    let event = story.farm.event("pool-failover").await;
    assert_eq!((event.subject.as_str(), event.fields["to"].as_str()), ("customer/alice", "second"));

    story.first.up().await;
    let took = story.works_at("first").await;
    assert!(took >= Duration::from_secs(4), "not before return_after: {took:?}");
    assert_eq!(story.farm.event("pool-returned").await.fields["to"], "first");
    story.end().await;
}

#[tokio::test]
async fn while_all_of_its_pools_are_down_a_customers_rigs_mine_for_the_house() {
    let story = story().await;
    story.first.down().await;
    story.second.down().await;
    story.works_at("home").await;
    assert_eq!(story.farm.serving("a-1").await.as_deref(), Some("house"));
    story.farm.event("pools-all-unhealthy").await;
    story.second.up().await;
    story.works_at("second").await;
    assert_eq!(story.farm.serving("a-1").await.as_deref(), Some("alice/main"));
    story.end().await;
}

#[tokio::test]
async fn a_pool_that_refuses_most_shares_is_left() {
    let story = story().await;
    story.first.reject(1.0);
    story.works_at("second").await;
    let why = story.farm.event("pool-unhealthy").await;
    assert!(why.message.contains("rejects most shares"), "{}", why.message);
    let refused = story.first.counts().rejected();
    wait_until("its refusals are booked", SOON, async || {
        story.farm.accounts().await.at_pool("first", "rejected:") == refused
    })
    .await;
    story.end().await;
}

#[tokio::test]
async fn a_pool_that_hears_shares_and_answers_nothing_is_left() {
    let story = story().await;
    story.first.stall(true);
    // A share may take ten seconds; after that the pool counts as ill, and two seconds later it is left.
    let took = story.works_at("second").await;
    assert!(took >= Duration::from_secs(11), "a slow answer is no failure: {took:?}");
    let why = story.farm.event("pool-unhealthy").await;
    assert!(why.message.contains("does not answer shares"), "{}", why.message);
    story.end().await;
}
