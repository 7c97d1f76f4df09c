//! One rig's name from two addresses: the second is quarantined and both are named; work of neither is lost.

use farm_tests::{Farm, FarmText, SOON, Wire, pool, wait_until};
use serde_json::json;

#[tokio::test]
async fn the_second_of_one_name_is_quarantined_and_takes_over_when_the_first_is_gone() {
    let (alices, house) = (pool("alices").await, pool("house").await);
    let farm = Farm::start().await;
    let text = FarmText::new("a-1").pool("alices", &alices).pool("home", &house);
    farm.apply(text.house("home").customer("alice", 100, &["alices"])).await;
    let rigs = farm.rigs(&["a-1"]);
    wait_until("the first mines for Alice", SOON, async || alices.counts().accepted() > 0).await;

    let mut second = Wire::from("127.0.0.2", farm.hub()).await;
    assert_eq!(second.sign_in("farm.a-1").await.expect("an answer")["result"], true);
    let event = farm.event("rig-cloned").await;
    assert_eq!(event.subject, "rig/a-1");
    assert!(event.fields["first"].starts_with("127.0.0.1:"), "{:?}", event.fields);
    assert!(event.fields["second"].starts_with("127.0.0.2:"), "{:?}", event.fields);

    // Whatever the clone sends is booked apart: refused work does not stain the rig's name either.
    second.ask("mining.submit", json!(["farm.a-1", "ffff", "00000000", "00000000", "00000000"])).await;
    wait_until("its refused share stands under no name of a rig", SOON, async || {
        farm.accounts().await.rejected_of("(unknown)") == 1
    })
    .await;
    assert_eq!(farm.accounts().await.rejected_of("a-1"), 0);
    assert_eq!(farm.serving("a-1").await.as_deref(), Some("alice/main"));

    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted_of("a-1"), seen);
    wait_until("the clone is the rig now", SOON, async || {
        let rig = farm.rig("a-1").await;
        rig.is_some_and(|rig| {
            rig.serving.as_deref() == Some("alice/main")
                && rig.address.is_some_and(|address| address.starts_with("127.0.0.2:"))
        })
    })
    .await;
}
