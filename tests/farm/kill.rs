//! The daemon is killed on the spot while rigs submit, again and again, and no share is lost or counted twice.

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};

/// How often it is killed in each mode, unless `KILLS` says so.
const KILLS: u64 = 5;
/// Shares that miners see accepted between two kills.
const SHARES: u64 = 60;

#[tokio::test]
async fn nothing_that_a_miner_saw_accepted_is_lost_to_kill_9() {
    kill_and_count(&[]).await;
}

#[tokio::test]
async fn nothing_is_lost_either_when_answers_wait_for_the_disk() {
    kill_and_count(&["--durability", "disk"]).await;
}

#[tokio::test]
async fn a_daemon_that_is_asked_to_end_while_it_books_counts_nothing_twice() {
    let pool = pool("pool").await;
    let mut farm = Farm::start().await;
    farm.apply(FarmText::new("a-1..3").pool("pool", &pool).house("pool")).await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3"]);
    for round in 1..=12 {
        // About a second in, the time at which counters are booked.
        wait_until("the rigs mine", SOON, async || rigs.total().accepted >= round * 12).await;
        farm.stop().await;
        let before = rigs.total();
        farm.launch().await;
        let booked = farm.accounts().await.accepted();
        assert!(booked >= before.accepted, "round {round}: {booked} booked, {} seen", before.accepted);
        let now = rigs.total();
        assert!(
            booked <= now.accepted + now.unanswered + now.waiting,
            "round {round}: {booked} booked, {now:?}"
        );
    }
}

async fn kill_and_count(flags: &[&str]) {
    let pool = pool("pool").await;
    let mut farm = Farm::start_with(flags, &["asic"]).await;
    farm.apply(FarmText::new("a-1..3").pool("pool", &pool).house("pool").customer("alice", 200, &["pool"]))
        .await;
    let rigs = farm.rigs(&["a-1", "a-2", "a-3"]);
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    // Many kills are to meet many moments: then fewer shares lie between two.
    let shares = if kills > KILLS { SHARES / 6 } else { SHARES };
    for kill in 1..=kills {
        wait_until("the rigs mine", SOON, async || rigs.total().accepted >= kill * shares).await;
        farm.kill_9();
        // Nothing is answered any more: what was seen so far is owed.
        let before = rigs.total();
        farm.launch().await;
        let booked = farm.accounts().await;
        let now = rigs.total();
        assert!(
            booked.accepted() >= before.accepted,
            "kill {kill}: {} booked of {} that miners saw accepted",
            booked.accepted(),
            before.accepted
        );
        assert!(booked.accepted() <= now.submitted, "kill {kill}: none is counted twice");
    }
    wait_until("the rigs mine again", SOON, async || rigs.total().accepted >= (kills + 1) * shares).await;
    let names = ["a-1", "a-2", "a-3"];
    let each: Vec<_> = names.map(|name| rigs.rig(&format!("farm.{name}")).expect("in the fleet")).into();
    let seen = farm_tests::settled(&rigs).await;
    farm.stop().await;
    farm.launch().await;
    let booked = farm.accounts().await;
    for (name, rig) in names.iter().zip(each) {
        let counters = rig.counters();
        let theirs = booked.accepted_of(name);
        // An answer that was on its way when the daemon died reached nobody; its share may be booked.
        assert!(counters.accepted <= theirs, "{name}: {theirs} booked, {} seen", counters.accepted);
        assert!(theirs <= counters.accepted + counters.unanswered, "{name}: {theirs} booked");
    }
    assert!(booked.accepted_for("alice/main") > 0 && booked.accepted_for("house") > 0);
    assert_eq!(seen.rejected(), 0, "{:?}", seen.refusals);
}
