//! A rig dies, and a spare of the house takes its place: the customer gets what was promised again.

use std::time::{Duration, Instant};

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use schema::api::RentalState;
use simulator::rig::Death;

#[tokio::test]
async fn a_dead_rig_is_replaced_by_a_spare_and_the_contract_is_covered_again() {
    let (alices, house) = (pool("alices").await, pool("house").await);
    let farm = Farm::start().await;
    let text = FarmText::new("a-1..3").pool("alices", &alices).pool("home", &house);
    farm.apply(text.house("home").customer("alice", 200, &["alices"])).await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3"]);
    let serves_alice = async || {
        let rigs = farm.status().await.rigs.into_iter();
        let mut names: Vec<_> =
            rigs.filter(|rig| rig.serving.as_deref() == Some("alice/main")).map(|rig| rig.name).collect();
        names.sort();
        names
    };
    wait_until("two of three rigs work for Alice", SOON, async || serves_alice().await == ["a-1", "a-2"])
        .await;
    wait_until("the third mines for the house", SOON, async || house.counts().accepted_of("house.a-3") > 0)
        .await;

    rigs.rig("farm.a-2").expect("it is in the fleet").die(Death::Closed);
    let died = Instant::now();
    farm.event("rig-disconnected").await;
    wait_until("the spare works for Alice", SOON, async || serves_alice().await == ["a-1", "a-3"]).await;
    let took = died.elapsed();
    assert!(took > Duration::from_secs(13), "a rig that restarts is not replaced: {took:?}");
    assert!(took < Duration::from_secs(22), "one that is gone is: {took:?}");
    wait_until("Alice's pool hears from the spare", SOON, async || {
        alices.counts().accepted_of("alice.a-3") > 0
    })
    .await;
    let rental = farm.rental("alice").await;
    assert_eq!((rental.state, rental.rigs), (RentalState::Running, 2), "{:?}", rental.why);
    assert_eq!(Some(rental.expected), rental.contracted, "what was promised is covered");

    // It comes back as a spare: nobody is moved without need.
    rigs.rig("farm.a-2").expect("it is in the fleet").revive();
    wait_until("it mines for the house", SOON, async || {
        farm.serving("a-2").await.as_deref() == Some("house")
    })
    .await;
    assert_eq!(serves_alice().await, ["a-1", "a-3"]);
    assert_eq!(rigs.rig("farm.a-3").expect("it is in the fleet").counters().connections, 1);
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}
