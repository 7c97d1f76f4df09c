//! A miner that is in no farm file: quarantined, taken for the house, or refused, as the file says.

use farm_tests::{Farm, FarmText, SOON, Wire, pool, rig, wait_until};

#[tokio::test]
async fn a_stranger_mines_for_the_house_in_quarantine_until_the_file_knows_it() {
    let (alices, house) = (pool("alices").await, pool("house").await);
    let farm = Farm::start().await;
    let text = FarmText::new("a-1").pool("alices", &alices).pool("home", &house).house("home");
    farm.apply(text.clone().customer("alice", 100, &["alices"])).await;
    // It says what it does: nobody knows its hashrate.
    let mut stranger = rig("b-7");
    stranger.password = "d=0.0000003".into();
    let rigs = farm.fleet(vec![rig("a-1"), stranger]);
    let event = farm.event("rig-quarantined").await;
    assert_eq!(event.subject, "quarantine");
    assert!(event.message.contains("farm.b-7"), "{}", event.message);
    assert!(event.fields["address"].starts_with("127.0.0.1:"), "{:?}", event.fields);
    wait_until("its work is booked apart", SOON, async || {
        farm.accounts().await.accepted_for("quarantine") > 0
    })
    .await;
    wait_until("the house gets it", SOON, async || house.counts().accepted() > 0).await;
    assert!(house.counts().users.keys().all(|user| user == "house.quarantine"), "{:?}", house.counts().users);
    assert!(alices.counts().users.keys().all(|user| user == "alice.a-1"), "{:?}", alices.counts().users);

    farm.apply(text.rigs("b-7").customer("alice", 200, &["alices"])).await;
    wait_until("Alice gets it as a rig", SOON, async || alices.counts().accepted_of("alice.b-7") > 0).await;
    assert_eq!(rigs.total().connections, 2, "on the connection that it had");
    let seen = farm.settle(rigs).await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}

#[tokio::test]
async fn where_strangers_are_refused_they_are_told_so_and_the_event_says_from_where() {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    farm.apply(FarmText::new("a-1").pool("pool", &pool).house("pool").hub("unknown_rigs: reject")).await;
    let mut stranger = Wire::from("127.0.0.2", farm.hub()).await;
    let answer = stranger.sign_in("who.knows").await.expect("an answer");
    assert_eq!(answer["error"][0], 24);
    assert!(
        answer["error"][1].as_str().is_some_and(|words| words.contains("not in the farm file")),
        "{answer}"
    );
    let event = farm.event("rig-refused").await;
    assert_eq!(event.subject, "quarantine");
    assert!(event.message.contains("who.knows"), "{}", event.message);
    assert!(event.fields["address"].starts_with("127.0.0.2:"), "{:?}", event.fields);
}

#[tokio::test]
async fn no_rig_of_the_file_is_taken_for_a_stranger_because_the_daemon_has_just_started() {
    let pool = pool("pool").await;
    let mut farm = Farm::start().await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3", "a-4"]);
    farm.apply(FarmText::new("a-1..4").pool("pool", &pool).house("pool").customer("alice", 400, &["pool"]))
        .await;
    for round in 1..=5 {
        wait_until("the rigs mine", SOON, async || rigs.total().accepted > round * 20).await;
        farm.restart().await;
    }
    wait_until("the rigs mine", SOON, async || rigs.ready() == 4).await;
    farm.settle(rigs).await;
    let strangers = farm.events("rig-quarantined").await;
    assert!(strangers.is_empty(), "{strangers:?}");
    assert_eq!(farm.accounts().await.accepted_for("quarantine"), 0);
}
