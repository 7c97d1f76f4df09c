//! A hall may draw less: the rigs that serve nobody get no work, stay connected, and come back unblamed.

use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use schema::api::ServiceState;

#[tokio::test]
async fn a_hall_that_may_draw_less_parks_its_spares_and_has_them_back() {
    let (first, house) = (pool("first").await, pool("house").await);
    let mut farm = Farm::start().await;
    let text = FarmText::new("a-1..4").pool("first", &first).pool("home", &house);
    let text = text.house("home").customer("alice", 200, &["first"]);
    farm.apply(text.clone()).await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3", "a-4"]);
    let working = async |farm: &Farm, label: &str| {
        let rigs = farm.status().await.rigs;
        rigs.into_iter().filter(|rig| rig.serving.as_deref() == Some(label)).count()
    };
    wait_until("two rigs for alice, two for the house", SOON, async || {
        working(&farm, "alice/main").await == 2 && working(&farm, "house").await == 2
    })
    .await;

    // Enough for two.
    farm.apply(text.clone().limited("6.1 kW")).await;
    let parked = async |farm: &Farm| {
        let rigs = farm.status().await.rigs;
        let parked = rigs.into_iter().filter(|rig| rig.state == ServiceState::OutOfService);
        parked.filter(|rig| rig.address.is_some() && rig.serving.is_none()).collect::<Vec<_>>()
    };
    wait_until("the spares are connected and have no work", SOON, async || parked(&farm).await.len() == 2)
        .await;
    for rig in parked(&farm).await {
        assert_eq!(rig.why.as_deref(), Some("hall is limited to 6.1 kW"));
        assert_eq!(rig.wanted, None);
    }
    assert_eq!(working(&farm, "alice/main").await, 2);
    assert_eq!(rigs.total().connections, 6, "only those that are parked connected again");
    let accounts = farm.accounts().await;
    let (before, idle) = (accounts.accepted_for("alice/main"), accounts.accepted_for("house"));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let accounts = farm.accounts().await;
    assert_eq!(accounts.accepted_for("house"), idle, "nobody mines for the house");
    assert!(accounts.accepted_for("alice/main") > before);
    assert!(farm.status().await.converged);

    farm.restart().await;
    wait_until("the limit holds after a crash", SOON, async || {
        parked(&farm).await.len() == 2 && working(&farm, "alice/main").await == 2
    })
    .await;

    farm.apply(text).await;
    wait_until("everybody works again", SOON, async || {
        working(&farm, "alice/main").await == 2 && working(&farm, "house").await == 2
    })
    .await;
    for kind in ["rig-offline", "rig-dead", "rig-suspect", "rig-degraded"] {
        assert!(farm.events(kind).await.is_empty(), "{kind}");
    }
    let why: Vec<String> =
        farm.placements("rig=a-4").await.into_iter().map(|placement| placement.why).collect();
    assert!(why.iter().any(|why| why == "parked"), "{why:?}");
}
