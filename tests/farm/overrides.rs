//! Overrides over the API: a customer goes to its second pool, a rig out of service, another on loan.

use std::time::Duration;

use farm_tests::{Farm, FarmText, SOON, pool, pool_like, wait_until};
use schema::api::{OverrideAction, OverrideState, OverridesDoc};
use simulator::pool::PoolOptions;

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
    farm.api.add_override(pinned, long).await.expect("an override of a pool");
    farm.api.add_override(broken, long).await.expect("an override of a rig");
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
    let lent = farm.api.add_override(lent, Duration::from_secs(3)).await.expect("an override that lends");
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
        let fault = farm.api.add_override(action, SOON).await.expect_err("it is not there");
        assert_eq!(fault.status(), 404);
        assert!(format!("{fault:?}").contains(words), "{fault:?}");
    }
}

#[tokio::test]
async fn an_override_that_cannot_be_followed_says_so() {
    let (first, house) = (pool("first").await, pool("house").await);
    let like = PoolOptions { extranonce_2_size: 2, ..PoolOptions::default() };
    let second = pool_like("second", like).await;
    let farm = Farm::start().await;
    let text = FarmText::new("a-1").pool("first", &first).pool("second", &second).pool("home", &house);
    farm.apply(text.house("home").customer("alice", 100, &["first", "second"])).await;
    let rigs = farm.rigs(&["a-1"]);
    wait_until("the rig works", SOON, async || first.counts().accepted() > 0).await;
    let wanted = OverrideAction::Pool { customer: "alice".into(), rental: None, pool: "second".into() };
    farm.api.add_override(wanted, SOON * 10).await.expect("an override of a pool");
    wait_until("the override is said not to be followed", SOON, async || {
        let status = farm.status().await;
        let [kept] = &status.overrides[..] else { return false };
        let why = kept.why.as_deref().unwrap_or_default();
        let in_use = status.pools.iter().filter(|pool| pool.customer == "alice" && pool.in_use);
        kept.followed == Some(false)
            && why.starts_with("second gives an extranonce that rigs cannot use")
            && in_use.map(|pool| &*pool.pool).eq(["first"])
            && status.rentals[0].pool.as_deref() == Some("first")
    })
    .await;
    let listed: OverridesDoc = farm.api.get("/v1/overrides").await.expect("the daemon answers");
    assert_eq!(listed.overrides[0].followed, Some(false));
    farm.settle(rigs).await;
}

#[tokio::test]
async fn a_query_that_asks_for_what_is_not_there_is_refused_in_words() {
    let farm = Farm::start().await;
    for (path, allowed) in [
        ("/v1/accounts?by=century", "`account`, `rig`, `from`, `until`"),
        ("/v1/events?by=century", "`after`, `limit`, `kind`, `subject`, `wait`"),
        ("/v1/placements?by=century", "`rig`, `account`, `limit`"),
        ("/v1/settlements?by=century", "`rental`"),
        ("/v1/status?by=century", "`rigs`"),
        ("/v1/overrides?by=century", "`all`"),
        ("/v1/events?kind=nonsense", "nonsense"),
    ] {
        let fault = farm.api.get::<serde_json::Value>(path).await.expect_err("nobody knows it");
        assert_eq!(fault.status(), 400, "{path}: {fault:?}");
        assert!(format!("{fault:?}").contains(allowed), "{path}: {fault:?}");
    }
}
