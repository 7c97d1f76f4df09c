//! Overrides over the API: a customer goes to its second pool, a rig out of service, another on loan.

use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use schema::api::{OverrideAction, OverrideState};

#[tokio::test]
async fn overrides_hold_over_a_crash_and_end_by_themselves() {
    let (first, second, house) = (pool("first").await, pool("second").await, pool("house").await);
    let mut farm = Farm::start().await;
    let text = FarmText::new("a-1..4").pool("first", &first).pool("second", &second).pool("home", &house);
    let text =
        text.house("home").customer("alice", 200, &["first", "second"]).customer("bob", 100, &["second"]);
    farm.apply(text).await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3", "a-4"]);
    let works = async |farm: &Farm, name: &str, label: &str, pool: &str| {
        let rig = farm.rig(name).await;
        rig.is_some_and(|rig| rig.serving.as_deref() == Some(label) && rig.pool.as_deref() == Some(pool))
    };
    wait_until("everybody works where the file says", SOON, async || {
        works(&farm, "a-1", "alice/main", "first").await
            && works(&farm, "a-2", "alice/main", "first").await
            && works(&farm, "a-3", "bob/main", "second").await
            && works(&farm, "a-4", "house", "home").await
    })
    .await;

    let long = Duration::from_secs(600);
    let pinned = OverrideAction::Pool { customer: "alice".into(), rental: None, pool: "second".into() };
    let broken = OverrideAction::OutOfService { rig: "a-1".into() };
    farm.api.action(pinned, long).await.expect("a action for a pool");
    farm.api.action(broken, long).await.expect("a action for a rig");
    // The rig on the bench serves nobody; its place with Alice is filled by the spare, at her second pool.
    let as_overridden = async |farm: &Farm| {
        works(farm, "a-1", "house", "home").await
            && works(farm, "a-2", "alice/main", "second").await
            && works(farm, "a-4", "alice/main", "second").await
    };
    wait_until("the overrides are followed", SOON, async || as_overridden(&farm).await).await;
    assert_eq!(rigs.total().connections, 4, "nobody had to connect again");

    farm.restart().await;
    wait_until("the overrides hold after a crash", SOON, async || as_overridden(&farm).await).await;

    // A loan counts for Bob's contract, so his own rig is free to fill the gap at Alice's.
    let lent = OverrideAction::Lend { rig: "a-4".into(), rental: "bob/main".into() };
    let lent = farm.api.action(lent, Duration::from_secs(3)).await.expect("a action for a loan");
    wait_until("the rig is on loan", SOON, async || works(&farm, "a-4", "bob/main", "second").await).await;
    let ended = farm.event("override-expired").await;
    assert_eq!(ended.subject, format!("override/{}", lent.id));
    wait_until("the loan is over, the other overrides are not", SOON, async || {
        let left = farm.status().await.overrides;
        left.len() == 2 && left.iter().all(|kept| kept.state == OverrideState::Active && kept.id != lent.id)
    })
    .await;
    for (customer, rigs) in [("alice", 2), ("bob", 1)] {
        assert_eq!(farm.rental(customer).await.rigs, rigs, "{customer} has what was promised");
    }

    let seen = farm.settle(rigs).await;
    assert!(farm.accounts().await.accepted() >= seen);
}

#[tokio::test]
async fn an_override_for_what_is_not_there_is_refused_in_words() {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    farm.apply(FarmText::new("a-1").pool("pool", &pool).house("pool").customer("alice", 100, &["pool"]))
        .await;
    let second = OverrideAction::Pool { customer: "alice".into(), rental: None, pool: "second".into() };
    for (action, words) in [
        (OverrideAction::OutOfService { rig: "z-9".into() }, "no rig `z-9`"),
        (second, "no pool `second`, only pool"),
        (OverrideAction::Lend { rig: "a-1".into(), rental: "alice/gold".into() }, "no rental `alice/gold`"),
    ] {
        let fault = farm.api.action(action, SOON).await.expect_err("it is not there");
        assert_eq!(fault.status(), 404);
        assert!(format!("{fault:?}").contains(words), "{fault:?}");
    }
}
