//! A pool that leaves three bytes of extranonce to its clients, too few to fold: rigs come to it by another
//! extranonce where they take one, by another connection where they do not, and go on without loss.

use farm_tests::{Farm, FarmText, SOON, pool, pool_like, rig, wait_until};
use schema::api::OverrideAction;
use simulator::pool::PoolOptions;

#[tokio::test]
async fn rigs_reach_a_pool_with_three_bytes_of_extranonce() {
    let house = pool("house").await;
    let like = PoolOptions { extranonce_2_size: 3, difficulty: 1e-6, ..PoolOptions::default() };
    let short = pool_like("short", like).await;
    let farm = Farm::start().await;
    let text = FarmText::new("a-1..2").pool("home", &house).pool("short", &short);
    farm.apply(text.house("home").customer("alice", 200, &["home", "short"])).await;
    let mut able = rig("a-1");
    able.subscribes_extranonce = true;
    let rigs = farm.fleet(vec![able, rig("a-2")]);
    wait_until("both mine where there is room", SOON, async || {
        let counts = house.counts();
        counts.accepted_of("alice.a-1") > 0 && counts.accepted_of("alice.a-2") > 0
    })
    .await;

    let action = OverrideAction::Pool { customer: "alice".into(), rental: None, pool: "short".into() };
    farm.api.add_override(action, SOON * 10).await.expect("an override of a pool");
    wait_until("both mine where there is none", SOON, async || {
        let counts = short.counts();
        counts.accepted_of("alice.a-1") > 2 && counts.accepted_of("alice.a-2") > 2
    })
    .await;
    assert_eq!(farm.event("rig-extranonce-changed").await.subject, "rig/a-1");
    assert_eq!(farm.event("rig-reconnected").await.subject, "rig/a-2");
    let of = |name: &str| rigs.rig(name).expect("it is in the fleet").counters();
    assert_eq!((of("farm.a-1").connections, of("farm.a-1").extranonces), (1, 1));
    assert_eq!(of("farm.a-2").connections, 2, "asked to reconnect, once");
    assert_eq!(short.counts().rejected(), 0, "{:?}", short.counts());
    assert_eq!(house.counts().rejected(), 0, "{:?}", house.counts());
    let seen = farm.settle(rigs).await;
    assert!(farm.accounts().await.accepted() >= seen);
}
