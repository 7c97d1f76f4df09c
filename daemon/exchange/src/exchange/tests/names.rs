//! Who has a rig's name: work beats talk.

use super::*;

#[test]
fn a_connection_that_died_in_silence_gives_its_name_to_the_next_that_works() {
    let mut bench = Bench::started();
    let first = bench.connect(1, "a-1", "10.0.0.1:1000");
    assert_eq!(bench.share(first, "a-1"), Ok(()));
    let second = bench.connect(2, "a-1", "10.0.0.1:1001");
    bench.run(40.0);
    assert!(!bench.miners[&first].closed, "the second has not worked yet");
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    bench.run(1.0);
    assert!(bench.miners[&first].closed && !bench.miners[&second].closed);
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    assert_eq!((bench.accepted("house"), bench.accepted("quarantine")), (2, 1));
}

#[test]
fn a_connection_that_takes_up_the_session_has_the_name_at_once() {
    let mut bench = Bench::started();
    let first = bench.resume(1, "a-1", None);
    let name = bench.session_name(first);
    let second = bench.resume(2, "a-1", Some(name));
    assert!(bench.miners[&first].closed && !bench.miners[&second].closed);
    assert_eq!(bench.happened(EventKind::RigCloned), 0);
    bench.run(0.5);
    assert_eq!(bench.share(second, "a-1"), Ok(()));
    assert_eq!(bench.accepted("house"), 1);
}

#[test]
fn who_only_talks_never_takes_a_name_and_never_keeps_it_from_who_works() {
    for talker_first in [true, false] {
        let mut bench = Bench::started();
        let (rig, talker) = if talker_first {
            let talker = bench.connect(1, "a-1", "10.0.0.9:1");
            (bench.connect(2, "a-1", "10.0.0.1:1"), talker)
        } else {
            let rig = bench.connect(2, "a-1", "10.0.0.1:1");
            // A rig that is slow at first: half a minute without a word.
            bench.run(30.0);
            (rig, bench.connect(1, "a-1", "10.0.0.9:1"))
        };
        for second in 0..600 {
            if !bench.miners[&talker].closed {
                bench.ask(talker, FromMiner::SuggestDifficulty(Difficulty::new(1.0).unwrap()));
            }
            if second % 20 == 0 {
                assert_eq!(bench.share(rig, "a-1"), Ok(()));
            }
            bench.run(1.0);
        }
        assert!(!bench.miners[&rig].closed);
        assert_eq!(bench.exchange.by_rig.get("a-1"), Some(&rig), "talker first: {talker_first}");
        assert!(bench.accepted("house") >= 28, "{}", bench.accepted("house"));
    }
}

#[test]
fn of_two_that_both_work_neither_is_thrown_out_and_somebody_is_told() {
    let mut bench = Bench::started();
    let first = bench.connect(1, "a-1", "10.0.0.1:1");
    let second = bench.connect(2, "a-1", "10.0.0.2:1");
    for _ in 0..120 {
        assert_eq!(bench.share(first, "a-1"), Ok(()));
        assert_eq!(bench.share(second, "a-1"), Ok(()));
        bench.run(5.0);
    }
    assert!(!bench.miners[&first].closed && !bench.miners[&second].closed);
    let told: Vec<&str> = bench
        .events
        .iter()
        .filter(|event| event.kind == EventKind::RigCloned)
        .map(|event| event.fields["both_work"].as_str())
        .collect();
    assert_eq!(told, ["false", "true"]);
    assert_eq!((bench.accepted("house"), bench.accepted("quarantine")), (120, 120));
}

#[test]
fn of_several_that_claim_a_silent_rigs_name_the_one_that_works_most_has_it() {
    let mut bench = Bench::started();
    let first = bench.connect(1, "a-1", "10.0.0.1:1");
    assert_eq!(bench.share(first, "a-1"), Ok(()));
    let other = bench.connect(2, "a-1", "10.0.0.9:1");
    let rig = bench.connect(3, "a-1", "10.0.0.1:2");
    for second in 0..60 {
        if second % 8 == 0 {
            let _ = bench.share(other, "a-1");
        }
        if second % 2 == 0 {
            let _ = bench.share(rig, "a-1");
        }
        bench.run(1.0);
    }
    assert_eq!(bench.exchange.by_rig.get("a-1"), Some(&rig));
    assert!(bench.miners[&first].closed && !bench.miners[&other].closed);
}

#[test]
fn a_name_that_becomes_free_goes_to_the_one_that_claims_it() {
    // The first leaves, or is somebody else by a new farm file.
    for leaves in [true, false] {
        let mut bench = Bench::started();
        let first = bench.connect(1, "a-1", "10.0.0.1:1");
        let second = bench.connect(2, "a-1", "10.0.0.2:1");
        if leaves {
            bench.leave(first);
        } else {
            let mut orders = Orders::clone(bench.exchange.orders());
            orders.epoch += 1;
            orders.identities.address("10.0.0.1".parse().unwrap(), "a-2".into());
            orders.identities.address("10.0.0.2".parse().unwrap(), "a-1".into());
            bench.order(orders);
            assert_eq!(bench.exchange.by_rig.get("a-2"), Some(&first));
        }
        assert_eq!(bench.exchange.by_rig.get("a-1"), Some(&second), "it leaves: {leaves}");
        assert_eq!(bench.share(second, "a-1"), Ok(()));
        assert_eq!(bench.accepted("house"), 1);
    }
}

#[test]
fn two_that_change_their_names_in_one_edit_are_one_session_each() {
    let mut bench = Bench::started();
    let one = bench.connect(1, "a-1", "10.0.0.1:1");
    let two = bench.connect(2, "a-2", "10.0.0.2:1");
    let mut orders = Orders::clone(bench.exchange.orders());
    orders.epoch += 1;
    orders.identities.address("10.0.0.1".parse().unwrap(), "a-2".into());
    orders.identities.address("10.0.0.2".parse().unwrap(), "a-1".into());
    bench.order(orders);
    assert_eq!(bench.exchange.by_rig.get("a-2"), Some(&one));
    assert_eq!(bench.exchange.by_rig.get("a-1"), Some(&two));
    bench.leave(one);
    assert_eq!(bench.exchange.by_rig.get("a-1"), Some(&two), "a leaving session takes no other's name along");
    assert_eq!(bench.exchange.by_rig.get("a-2"), None);
}

#[test]
fn a_share_refused_after_orders_with_fewer_routes_is_only_refused() {
    let mut bench = Bench::started();
    bench.route("a-1", 3);
    bench.down.insert("three".into());
    let rig = bench.connect(1, "a-1", "10.0.0.1:1");
    let mut orders = Orders::clone(bench.exchange.orders());
    orders.epoch += 1;
    orders.routes.truncate(2);
    orders.rigs.clear();
    orders.unknown = crate::orders::Unknown::Reject;
    bench.order(orders);
    let share = FromMiner::Submit { user: "a-1".into(), job: "1".into(), share: Err(Reason::Malformed) };
    bench.ask(rig, share);
}

#[test]
fn a_miner_that_rolls_versions_without_asking_is_paid_where_the_pool_lets_it() {
    let mut bench = Bench::started();
    let rig = bench.connect_as(1, "a-1", "10.0.0.1:1", "old", false);
    bench.miners.get_mut(&rig).unwrap().mask = 0x1fff_e000;
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.share(rig, "a-1"), Ok(()));
    assert_eq!(bench.pools["home"].refused, []);
}

#[test]
fn a_second_rig_on_a_connection_is_refused_and_told_of_and_the_first_works_on() {
    let mut bench = Bench::started();
    let id = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners[&id].said.len();
    bench.ask(id, FromMiner::Authorize { user: "a-2".into(), password: "x".into() });
    assert!(matches!(bench.miners[&id].said[before..], [ToMiner::Refused { code: 24, .. }]));
    let told = bench.events.iter().find(|event| event.kind == EventKind::RigSharesConnection);
    assert_eq!(told.expect("it is told").subject, "rig/a-2");
    assert_eq!(bench.share(id, "a-1"), Ok(()));
    assert_eq!(bench.share(id, "a-2"), Err(Reason::Unauthorized));
    // The same name again, and one that is no rig's, are nothing to speak of.
    let before = bench.miners[&id].said.len();
    bench.ask(id, FromMiner::Authorize { user: "a-1".into(), password: "x".into() });
    bench.ask(id, FromMiner::Authorize { user: "nobody".into(), password: "x".into() });
    assert!(bench.miners[&id].said[before..].iter().all(|said| matches!(said, ToMiner::Done { .. })));
}

#[test]
fn who_subscribes_again_has_its_job_at_once() {
    let mut bench = Bench::started();
    let id = bench.connect(1, "a-1", "10.0.0.1:1");
    let before = bench.miners[&id].said.len();
    bench.ask(id, FromMiner::Subscribe { agent: None, session: None });
    let said = &bench.miners[&id].said[before..];
    assert!(matches!(said.first(), Some(ToMiner::Subscribed { .. })), "{said:?}");
    assert!(said.iter().any(|said| matches!(said, ToMiner::Notify(_))), "{said:?}");
    assert_eq!(bench.share(id, "a-1"), Ok(()));
}
