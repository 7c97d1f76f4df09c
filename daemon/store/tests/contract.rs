//! What the store promises, asked of a real file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exchange::event::{Event, EventKind, Severity};
use exchange::tally::Counted;
use exchange::time::Timestamp;
use exchange::work::{Balance, Work};
use farm::assignment::{NamedSlice, RigChange};
use farm::promise::{Aim, Promise, Settlement};
use farm::reconcile::Movement;
use schema::api::{ChangeKind, GenerationDoc, Outcome, OverrideAction, OverrideState, Provenance};
use store::{
    AcceptError, AccountFilter, AccountRow, Assignment, AssignmentRows, EventFilter, NewGeneration,
    NewOverride, OpenError, OverrideError, PlacementFilter, PoolFilter, PoolRow, SettlementFilter, Store,
    StoreError,
};
use tempfile::TempDir;

struct Place {
    _folder: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    Place { _folder: folder, path }
}

async fn open() -> (Place, Store) {
    let place = place();
    let store = Store::open(&place.path).await.unwrap();
    (place, store)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn record(second: i64, digest: &str) -> NewGeneration {
    NewGeneration {
        at: at(second),
        kind: ChangeKind::Apply,
        rolled_back_to: None,
        digest: digest.into(),
        provenance: Provenance {
            commit: Some("ab".repeat(20)),
            branch: Some("main".into()),
            author: Some("Ann <ann@farm.example>".into()),
            dirty: true,
            remote: Some("git@farm.example:farm.git".into()),
            message: Some("more rigs".into()),
            tool_version: "0.1.0".into(),
        },
        reason: Some("new hall".into()),
        peer: "unix:1000".into(),
        idempotency_key: None,
    }
}

#[tokio::test]
async fn a_generation_comes_back_as_it_was_accepted_also_after_opening_again() {
    let (place, store) = open().await;
    assert_eq!(store.head().await.unwrap(), None);
    let first = store.accept(0, record(100, "d1"), "text one").await.unwrap();
    assert!(first.created);
    assert_eq!((first.generation.number, first.generation.parent), (1, 0));
    store.close().await;

    let store = Store::open(&place.path).await.unwrap();
    let head = store.head().await.unwrap().unwrap();
    assert_eq!(head, first.generation);
    assert_eq!(head.record, record(100, "d1"));
    assert_eq!(store.bundle(1).await.unwrap().as_deref(), Some("text one"));
    assert_eq!(store.bundle(2).await.unwrap(), None);
    assert_eq!(store.generation(u64::MAX).await.unwrap(), None);
    let shown = GenerationDoc::from(&head);
    assert_eq!((shown.at.as_str(), shown.dirty), ("1970-01-01T00:01:40Z", true));
    assert_eq!(shown.tool_version.as_deref(), Some("0.1.0"));
}

#[tokio::test]
async fn a_base_that_is_not_the_head_is_told_who_was_first() {
    let (_place, store) = open().await;
    let Err(AcceptError::Conflict(empty)) = store.accept(3, record(1, "d0"), "zero").await else {
        panic!("there is no generation 3")
    };
    assert_eq!((empty.head, empty.base, empty.author), (0, 3, None));
    store.accept(0, record(100, "d1"), "one").await.unwrap();
    let Err(AcceptError::Conflict(conflict)) = store.accept(0, record(101, "d2"), "two").await else {
        panic!("generation 1 was first")
    };
    assert_eq!((conflict.head, conflict.base), (1, 0));
    assert_eq!(conflict.author.as_deref(), Some("Ann <ann@farm.example>"));
    assert_eq!(conflict.commit, Some("ab".repeat(20)));
    assert_eq!(conflict.at.as_deref(), Some("1970-01-01T00:01:40Z"));
    assert_eq!(conflict.peer.as_deref(), Some("unix:1000"));
    assert_eq!(store.history(10).await.unwrap().len(), 1, "a refused farm leaves nothing behind");
}

#[tokio::test]
async fn the_same_key_gives_the_same_generation_even_when_the_head_has_moved_on() {
    let (_place, store) = open().await;
    let keyed = NewGeneration { idempotency_key: Some("k".into()), ..record(1, "d1") };
    let first = store.accept(0, keyed.clone(), "one").await.unwrap();
    store.accept(1, record(2, "d2"), "two").await.unwrap();
    let again = store.accept(0, keyed.clone(), "one").await.unwrap();
    assert_eq!((again.created, again.generation.number), (false, first.generation.number));
    let other = NewGeneration { digest: "d3".into(), ..keyed };
    let refused = store.accept(2, other, "three").await;
    assert!(matches!(refused, Err(AcceptError::KeyTaken { generation: 1 })), "{refused:?}");
    assert_eq!(store.head().await.unwrap().unwrap().number, 2);
}

#[tokio::test]
async fn a_rollback_is_a_new_generation_with_an_old_text() {
    let (_place, store) = open().await;
    store.accept(0, record(1, "d1"), "one").await.unwrap();
    store.accept(1, record(2, "d2"), "two").await.unwrap();
    let back = NewGeneration { kind: ChangeKind::Rollback, rolled_back_to: Some(1), ..record(3, "d1") };
    store.accept(2, back, "one").await.unwrap();
    assert_eq!(store.bundle(3).await.unwrap().as_deref(), Some("one"));
    let history = store.history(2).await.unwrap();
    assert_eq!(history.iter().map(|g| g.number).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(history[0].record.kind, ChangeKind::Rollback);
    assert_eq!(history[0].record.rolled_back_to, Some(1));
    let refused = store.accept(3, record(4, "d1"), "not one").await;
    assert!(matches!(refused, Err(AcceptError::DigestTaken { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_outcome_is_written_once() {
    let (_place, store) = open().await;
    store.accept(0, record(1, "d1"), "one").await.unwrap();
    store.accept(1, record(2, "d2"), "two").await.unwrap();
    let first = store.generation(1).await.unwrap().unwrap();
    assert_eq!((first.outcome, first.outcome_at), (Outcome::Superseded, Some(at(2))));
    assert!(!store.set_outcome(1, Outcome::Converged, at(3)).await.unwrap());
    assert!(store.set_outcome(2, Outcome::Converged, at(3)).await.unwrap());
    assert!(!store.set_outcome(2, Outcome::Superseded, at(4)).await.unwrap());
    assert!(!store.set_outcome(9, Outcome::Converged, at(4)).await.unwrap());
    store.accept(2, record(5, "d3"), "three").await.unwrap();
    let second = store.generation(2).await.unwrap().unwrap();
    assert_eq!((second.outcome, second.outcome_at), (Outcome::Converged, Some(at(3))));
}

fn action(rig: &str, from: i64, until: i64, key: Option<&str>) -> NewOverride {
    NewOverride {
        action: OverrideAction::OutOfService { rig: rig.into() },
        reason: "fan".into(),
        by: "ann".into(),
        from: at(from),
        until: at(until),
        idempotency_key: key.map(str::to_owned),
    }
}

#[tokio::test]
async fn an_override_lives_until_its_end_or_until_somebody_ends_it() {
    let (place, store) = open().await;
    let one = store.add_override(action("a-001", 10, 20, None)).await.unwrap();
    let two = store.add_override(action("a-002", 10, 30, None)).await.unwrap();
    assert_eq!((one.id, two.id), (1, 2));
    let states = [(9, OverrideState::Waiting), (10, OverrideState::Active), (20, OverrideState::Expired)];
    for (second, state) in states {
        assert_eq!(one.state(at(second)), state, "at {second}");
    }
    let ended = store.end_override(2, at(15), "bob", Some("mended")).await.unwrap();
    assert_eq!(ended.state(at(15)), OverrideState::Ended);
    assert!(matches!(store.end_override(2, at(16), "bob", None).await, Err(OverrideError::Over { id: 2 })));
    assert!(matches!(store.end_override(1, at(20), "bob", None).await, Err(OverrideError::Over { id: 1 })));
    assert!(matches!(
        store.end_override(7, at(20), "bob", None).await,
        Err(OverrideError::Unknown { id: 7 })
    ));
    store.close().await;

    let store = Store::open(&place.path).await.unwrap();
    let ids =
        async |second| store.overrides(at(second)).await.unwrap().iter().map(|o| o.id).collect::<Vec<_>>();
    assert_eq!(ids(14).await, [1, 2]);
    assert_eq!(ids(15).await, [1]);
    assert_eq!(ids(20).await, [0u64; 0]);
    let all = store.overrides(Timestamp(i64::MIN)).await.unwrap();
    assert_eq!(all, [one, ended]);
    let shown = all[1].doc(at(40));
    assert_eq!((shown.ended_by.as_deref(), shown.state), (Some("bob"), OverrideState::Ended));
    assert_eq!(store.get_override(2).await.unwrap().as_ref(), Some(&all[1]));
}

#[tokio::test]
async fn an_override_is_kept_once_per_key_and_never_ends_before_it_begins() {
    let (_place, store) = open().await;
    let first = store.add_override(action("a-001", 10, 20, Some("k"))).await.unwrap();
    let again = store.add_override(action("a-001", 11, 21, Some("k"))).await.unwrap();
    assert_eq!(first, again, "a repeated request is the first one, its times included");
    let other = store.add_override(action("a-002", 10, 20, Some("k"))).await;
    assert!(matches!(other, Err(OverrideError::KeyTaken { id: 1 })), "{other:?}");
    let empty = store.add_override(action("a-003", 10, 10, None)).await;
    assert!(matches!(empty, Err(OverrideError::EndsBeforeItBegins)), "{empty:?}");
    assert_eq!(store.overrides(Timestamp(i64::MIN)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn events_keep_their_order_and_are_found_by_what_they_concern() {
    let (_place, store) = open().await;
    assert_eq!(store.append_events(&[]).await.unwrap(), None);
    let events = [
        Event::new(at(1), EventKind::RigDisconnected, "rig/a-001", "gone \"quoted\" ü").with("address", 3),
        Event::new(at(2), EventKind::PoolLost, "pool/alice/braiins", "gone"),
        Event::new(at(3), EventKind::PoolConnected, "pool/alice/braiins", "back"),
        Event::new(at(4), EventKind::PoolLost, "pool/alice-two/braiins", "gone"),
    ];
    assert_eq!(store.append_events(&events[..1]).await.unwrap(), Some(1));
    assert_eq!(store.append_events(&events[1..]).await.unwrap(), Some(4));
    let all = store.events(0, 100, &EventFilter::default()).await.unwrap();
    assert_eq!(all.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for (kept, event) in all.iter().zip(&events) {
        assert_eq!(kept.kind, event.kind.name());
        let Event { at, severity, subject, message, fields, .. } = event.clone();
        assert_eq!(
            (kept.at, kept.severity, &kept.subject, &kept.message, &kept.fields),
            (at, severity, &subject, &message, &fields)
        );
    }

    let found = async |filter: EventFilter| {
        store.events(0, 100, &filter).await.unwrap().iter().map(|e| e.seq).collect::<Vec<_>>()
    };
    let none = EventFilter::default;
    assert_eq!(found(EventFilter { subject: Some("pool/alice".into()), ..none() }).await, [2, 3]);
    assert_eq!(found(EventFilter { subject: Some("rig/a-001".into()), ..none() }).await, [1]);
    assert_eq!(found(EventFilter { kind: Some("pool-lost".into()), ..none() }).await, [2, 4]);
    assert_eq!(found(EventFilter { severity_min: Some(Severity::Warning), ..none() }).await, [1, 2, 4]);
    assert_eq!(found(EventFilter { from: Some(at(2)), until: Some(at(4)), ..none() }).await, [2, 3]);
    let page = store.events(1, 2, &none()).await.unwrap();
    assert_eq!(page.iter().map(|e| e.seq).collect::<Vec<_>>(), [2, 3]);
    let last = store.last_events(2, &none()).await.unwrap();
    assert_eq!(last.iter().map(|e| e.seq).collect::<Vec<_>>(), [3, 4]);

    assert_eq!(store.forget_events(at(9)).await.unwrap(), 4);
    assert_eq!(store.append_events(&events[..1]).await.unwrap(), Some(5), "numbers are not used again");
}

fn row(minute: i64, rig: &str, account: &str, reason: &str, each: u128, count: u64) -> AccountRow {
    let (rig, account, reason) = (rig.into(), account.into(), reason.into());
    AccountRow { minute, rig, account, reason, counted: Counted { count, work: Work(each).times(count) } }
}

#[tokio::test]
async fn work_is_the_same_to_the_last_hash_in_whatever_portions_it_was_booked() {
    // Of both columns, and more than any float holds.
    let rows: Vec<AccountRow> = (0..3_000u64)
        .map(|i| {
            let each = (u128::from(i) << (7 * (i % 11))) + (1 << 80) + 68_719_476_735;
            row((i % 5) as i64, &format!("a-{:03}", i % 11), "alice/gold", "accepted", each, 1 + i % 3)
        })
        .collect();
    let (_one, whole) = open().await;
    whole.book(&[(0, 1)], &rows, &[]).await.unwrap();
    let (_two, parts) = open().await;
    let mut reversed = rows.clone();
    reversed.reverse();
    for (seq, part) in reversed.chunks(700).enumerate() {
        parts.book(&[(0, seq as u64)], part, &[]).await.unwrap();
    }
    let filter = AccountFilter { account: Some("alice/gold".into()), ..AccountFilter::default() };
    let (whole_sum, parts_sum) =
        (whole.account_sum(&filter).await.unwrap(), parts.account_sum(&filter).await.unwrap());
    assert_eq!(whole_sum, parts_sum);
    assert_eq!(whole_sum["accepted"].work, rows.iter().map(|row| row.counted.work).sum());
    assert_eq!(whole_sum["accepted"].count, rows.iter().map(|row| row.counted.count).sum::<u64>());
    assert_eq!(whole.account_sums(&filter).await.unwrap(), parts.account_sums(&filter).await.unwrap());
    assert_eq!(whole.account_minutes(&filter).await.unwrap().len(), 5);
}

#[tokio::test]
async fn accounts_are_summed_by_rig_rental_reason_and_time() {
    let (_place, store) = open().await;
    let rows = [
        row(10, "a-001", "alice/gold", "accepted", 2, 3),
        row(11, "a-001", "alice/gold", "accepted", 4, 1),
        row(11, "a-001", "house", "accepted", 8, 1),
        row(11, "a-002", "alice/gold", "stale", 4, 2),
        row(11, "a-001", "alice/gold", "accepted", 4, 1),
    ];
    store.book(&[], &rows, &[]).await.unwrap();
    let sum = async |rig: Option<&str>, account: Option<&str>, from, until| {
        let filter =
            AccountFilter { rig: rig.map(str::to_owned), account: account.map(str::to_owned), from, until };
        let sums = store.account_sum(&filter).await.unwrap();
        sums.into_iter().map(|(reason, t)| (reason, t.count, t.work.0)).collect::<Vec<_>>()
    };
    let accepted = |count, work| ("accepted".to_owned(), count, work);
    let stale = ("stale".to_owned(), 2, 8);
    assert_eq!(sum(None, None, None, None).await, [accepted(6, 22), stale.clone()]);
    assert_eq!(sum(Some("a-001"), None, None, None).await, [accepted(6, 22)]);
    assert_eq!(sum(None, Some("alice/gold"), None, None).await, [accepted(5, 14), stale]);
    assert_eq!(sum(None, Some("alice/gold"), None, Some(11)).await, [accepted(3, 6)]);
    assert_eq!(sum(Some("a-001"), Some("house"), Some(11), Some(12)).await, [accepted(1, 8)]);
    assert_eq!(sum(Some("a-009"), None, None, None).await, []);
    let sums = store.account_sums(&AccountFilter::default()).await.unwrap();
    let keys: Vec<_> = sums.iter().map(|s| (s.account.as_str(), s.rig.as_str(), s.reason.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("alice/gold", "a-001", "accepted"),
            ("alice/gold", "a-002", "stale"),
            ("house", "a-001", "accepted")
        ]
    );
    let minutes = store.account_minutes(&AccountFilter::default()).await.unwrap();
    assert_eq!(minutes.iter().map(|m| (m.minute, m.total.work.0)).collect::<Vec<_>>(), [(10, 6), (11, 16)]);
}

#[tokio::test]
async fn what_pools_say_is_kept_beside_our_own_verdict() {
    let (_place, store) = open().await;
    let pool_row = |pool: &str, verdict: &str, count| PoolRow {
        minute: 10,
        account: "alice/gold".into(),
        pool: pool.into(),
        verdict: verdict.into(),
        counted: Counted { count, work: Work(5).times(count) },
    };
    let rows = [
        pool_row("braiins", "forwarded", 3),
        pool_row("braiins", "accepted", 2),
        pool_row("braiins", "rejected:stale", 1),
        pool_row("f2pool", "forwarded", 1),
    ];
    store.book(&[], &[], &rows).await.unwrap();
    store.book(&[], &[], &rows[3..]).await.unwrap();
    let sums =
        store.pool_sums(&PoolFilter { pool: Some("f2pool".into()), ..PoolFilter::default() }).await.unwrap();
    assert_eq!(
        sums.iter().map(|s| (s.verdict.as_str(), s.total.count, s.total.work.0)).collect::<Vec<_>>(),
        [("forwarded", 2, 10)]
    );
    assert_eq!(store.pool_sums(&PoolFilter::default()).await.unwrap().len(), 4);
    let late = PoolFilter { from: Some(11), ..PoolFilter::default() };
    assert_eq!(store.pool_sums(&late).await.unwrap(), []);
}

#[tokio::test]
async fn a_journal_mark_never_moves_back_and_then_nothing_is_booked() {
    let (place, store) = open().await;
    let one = [row(10, "a-001", "house", "accepted", 1, 1)];
    store.book(&[(0, 5), (3, 8)], &one, &[]).await.unwrap();
    let back = store.book(&[(3, 9), (0, 4)], &one, &[]).await;
    assert!(matches!(back, Err(StoreError::BookedAlready { worker: 0, given: 4, booked: 5 })), "{back:?}");
    store.book(&[(0, 5)], &[], &[]).await.unwrap();
    store.close().await;
    let store = Store::open(&place.path).await.unwrap();
    assert_eq!(store.marks().await.unwrap(), BTreeMap::from([(0, 5), (3, 8)]));
    assert_eq!(store.account_sum(&AccountFilter::default()).await.unwrap()["accepted"].count, 1);
    store.forget_mark(0).await.unwrap();
    store.book(&[(0, 1)], &one, &[]).await.unwrap();
    assert_eq!(store.marks().await.unwrap(), BTreeMap::from([(0, 1), (3, 8)]));
}

#[tokio::test]
async fn the_last_assignment_survives_and_an_older_one_does_not_replace_it() {
    let (place, store) = open().await;
    assert_eq!(store.assignment().await.unwrap(), Assignment::default());
    let assignment = |epoch, rigs: &[(&str, &str)]| Assignment {
        epoch,
        accounts: rigs.iter().map(|(rig, account)| ((*rig).to_owned(), (*account).to_owned())).collect(),
        homes: BTreeMap::from([("a-001".to_owned(), "bob/silver".to_owned())]),
        slices: vec![NamedSlice {
            rig: "a-001".into(),
            parts: BTreeMap::from([("alice/gold".into(), 1e12), ("house".into(), 2e12)]),
            turn: "house".into(),
            since: Timestamp(17),
            done: BTreeMap::new(),
        }],
    };
    let old = assignment(3, &[("a-001", "house"), ("a-002", "house")]);
    let new = assignment(4, &[("a-001", "alice/gold")]);
    assert!(store.keep_assignment(&old, &[]).await.unwrap());
    assert!(store.keep_assignment(&new, &[]).await.unwrap());
    assert!(!store.keep_assignment(&old, &[]).await.unwrap());
    assert!(!store.keep_assignment(&assignment(4, &[]), &[]).await.unwrap());
    store.close().await;
    assert_eq!(Store::open(&place.path).await.unwrap().assignment().await.unwrap(), new);
}

#[tokio::test]
async fn of_an_assignment_only_what_is_different_is_written() {
    let (place, store) = open().await;
    let texts = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(rig, label)| ((*rig).to_owned(), (*label).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let slice = |turn: &str| NamedSlice {
        rig: "a-003".into(),
        parts: BTreeMap::from([("alice/gold".into(), 1e12), ("house".into(), 2e12)]),
        turn: turn.into(),
        since: Timestamp(17),
        done: BTreeMap::new(),
    };
    let whole = Assignment {
        epoch: 3,
        accounts: texts(&[("a-001", "house"), ("a-002", "alice/gold"), ("a-003", "house")]),
        homes: texts(&[("a-001", "alice/gold")]),
        slices: vec![slice("house")],
    };
    store.keep_assignment(&whole, &[]).await.unwrap();
    let rig = |rig: &str, label: &str, home: Option<&str>| RigChange {
        rig: rig.into(),
        label: label.into(),
        home: home.map(Into::into),
        excused: false,
    };
    // One comes home, one goes away, and the shared one stays as it is.
    let rigs = vec![rig("a-001", "alice/gold", None), rig("a-002", "house", Some("alice/gold"))];
    let change = AssignmentRows { epoch: 5, rigs, slices: None };
    assert!(!store.keep_assignment_change(2, &change, &[]).await.unwrap(), "another one was kept meanwhile");
    assert_eq!(store.assignment().await.unwrap(), whole);
    assert!(store.keep_assignment_change(3, &change, &[]).await.unwrap());
    assert!(!store.keep_assignment_change(3, &change, &[]).await.unwrap(), "twice");
    let turned = AssignmentRows { epoch: 6, rigs: Vec::new(), slices: Some(vec![slice("alice/gold")]) };
    assert!(store.keep_assignment_change(5, &turned, &[]).await.unwrap());
    store.close().await;
    let next = Assignment {
        epoch: 6,
        accounts: texts(&[("a-001", "alice/gold"), ("a-002", "house"), ("a-003", "house")]),
        homes: texts(&[("a-002", "alice/gold")]),
        slices: vec![slice("alice/gold")],
    };
    assert_eq!(Store::open(&place.path).await.unwrap().assignment().await.unwrap(), next);
}

#[tokio::test]
async fn every_rig_has_a_history_and_every_rental() {
    let (_place, store) = open().await;
    let movement = |at, rig: &str, from: &str, to: &str| Movement {
        at: Timestamp(at),
        rig: rig.into(),
        from: from.into(),
        to: to.into(),
        why: "replaces",
        words: format!("because of {at}"),
        cost: 1e15,
    };
    let keep = async |epoch, movements: &[Movement]| {
        store.keep_assignment(&Assignment { epoch, ..Assignment::default() }, movements).await.unwrap()
    };
    assert!(
        keep(1, &[movement(10, "a-1", "house", "alice/gold"), movement(10, "a-2", "house", "house")]).await
    );
    assert!(
        keep(2, &[movement(20, "a-1", "alice/gold", "house"), movement(20, "a-2", "house", "alice/gold")])
            .await
    );
    // One that comes too late changes nothing.
    assert!(!keep(2, &[movement(30, "a-1", "house", "alice/gold")]).await);
    let rig = PlacementFilter { rig: Some("a-1".into()), ..PlacementFilter::default() };
    let times: Vec<_> = store
        .placements(&rig, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|p| (p.account, p.from.0, p.until))
        .collect();
    assert_eq!(times, [("house".into(), 20, None), ("alice/gold".into(), 10, Some(Timestamp(20)))]);
    let rental = PlacementFilter {
        account: Some("alice/gold".into()),
        from: Some(Timestamp(20)),
        ..PlacementFilter::default()
    };
    let rigs: Vec<_> =
        store.placements(&rental, 9).await.unwrap().into_iter().map(|p| (p.rig, p.words)).collect();
    assert_eq!(rigs, [("a-2".into(), "because of 20".into())]);
}

#[tokio::test]
async fn promises_are_kept_and_a_period_is_settled_once() {
    let (_place, store) = open().await;
    let promise = |credited| Promise {
        from: Timestamp(10),
        until: Timestamp(20),
        at: Timestamp(15),
        owed: Work(3),
        credited: Balance(credited),
        excused: Work(u128::MAX),
        aim: Aim { part: 1.02, catching_up: true, relaxing: false },
        aimed: Timestamp(14),
    };
    let settled = |credit| Settlement {
        rental: "alice/gold".into(),
        from: Timestamp(0),
        until: Timestamp(10),
        owed: Work(1_000_000_000_000_000_000_001),
        credited: Balance(-900_000_000_000_000_000_001),
        excused: Work(0),
        delivered_min: Some(0.9999),
        met: false,
        credit,
    };
    let promises = BTreeMap::from([("alice/gold".into(), promise(7))]);
    let counted = BTreeMap::from([("alice/gold".into(), "so much".to_owned())]);
    store.keep_promises(&BTreeMap::from([("bob/old".into(), promise(-1))]), &counted, &[]).await.unwrap();
    store.keep_promises(&promises, &counted, &[settled(0.1)]).await.unwrap();
    store.keep_promises(&promises, &counted, &[settled(0.9)]).await.unwrap();
    let kept = store.promises().await.unwrap();
    let expected: BTreeMap<_, _> = promises
        .iter()
        .map(|(label, promise)| (label.clone(), (promise.clone(), counted.get(label).cloned())))
        .collect();
    assert_eq!(kept, expected);
    assert_eq!(store.settlements(&SettlementFilter::default(), 9).await.unwrap(), [settled(0.1)]);
    let other = SettlementFilter { rental: Some("bob/old".into()), from: None };
    assert_eq!(store.settlements(&other, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_named_value_is_made_once_or_replaced_on_purpose() {
    let (_place, store) = open().await;
    assert_eq!(store.value("id").await.unwrap(), None);
    assert_eq!(store.value_or("id", "first").await.unwrap(), "first");
    assert_eq!(store.value_or("id", "second").await.unwrap(), "first");
    store.set_value("id", "third").await.unwrap();
    assert_eq!(store.value("id").await.unwrap().as_deref(), Some("third"));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let place = place();
    let text = "this was never a database\n".repeat(500);
    std::fs::write(&place.path, &text).unwrap();
    let error = Store::open(&place.path).await.unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("farm.db is damaged or not a database"), "{error}");
    assert_eq!(std::fs::read_to_string(&place.path).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_database_is_noticed_when_it_is_opened() {
    let (place, store) = open().await;
    for n in 0..20 {
        store.accept(n, record(1, &format!("d{n}")), &"farm text ".repeat(2_000)).await.unwrap();
    }
    store.close().await;
    let mut bytes = std::fs::read(&place.path).unwrap();
    assert!(bytes.len() > 40 * 4096, "the log was folded into the file: {} bytes", bytes.len());
    // The first page, with its header and the schema, stays whole.
    bytes[4096..24 * 4096].fill(0x5a);
    std::fs::write(&place.path, bytes).unwrap();
    let error = Store::open(&place.path).await.unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
}

async fn raw(place: &Place, statements: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&place.path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(statements).execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused_by_number() {
    let (place, store) = open().await;
    store.close().await;
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (7, 'later', true, x'00', 0)";
    raw(&place, later).await;
    let error = Store::open(&place.path).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 7, known: 5, .. }), "{error:?}");
    assert!(error.to_string().contains("later version"), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let place = place();
    raw(&place, "create table recipes (name text)").await;
    let before = std::fs::read(&place.path).unwrap();
    let error = Store::open(&place.path).await.unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    assert_eq!(std::fs::read(&place.path).unwrap(), before);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let place = place();
    let path = place.path.join("deeper").join("farm.db");
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
    assert!(error.to_string().contains("the folder must be there"), "{error}");
}

#[tokio::test]
async fn history_cannot_be_shortened() {
    let (place, store) = open().await;
    store.accept(0, record(1, "d1"), "one").await.unwrap();
    store.close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&place.path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let error = sqlx::query("delete from generation").execute(&pool).await.unwrap_err();
    assert!(error.to_string().contains("never removed"), "{error}");
}

#[tokio::test]
async fn nothing_is_written_to_a_file_that_was_removed_or_replaced_until_it_is_back() {
    for suffix in ["", "-wal"] {
        let (place, store) = open().await;
        let event = || Event::new(at(1), EventKind::RigDead, "rig/a", "it sends nothing");
        store.append_events(&[event()]).await.unwrap();
        assert!(store.look() && store.trouble().is_none());
        let file = std::path::PathBuf::from(format!("{}{suffix}", place.path.display()));
        let away = place.path.with_extension("away");
        std::fs::rename(&file, &away).unwrap();
        assert!(!store.look(), "{suffix}");
        assert!(store.trouble().is_some_and(|trouble| trouble.why.contains("was removed")), "{suffix}");
        let refused = store.append_events(&[event()]).await;
        assert!(matches!(refused, Err(StoreError::Gone { how: "removed", .. })), "{suffix}: {refused:?}");
        // Another file in its place is not the one that we have open.
        std::fs::write(&file, "").unwrap();
        let refused = store.append_events(&[event()]).await;
        assert!(matches!(refused, Err(StoreError::Gone { how: "replaced", .. })), "{suffix}: {refused:?}");
        std::fs::rename(&away, &file).unwrap();
        assert!(store.look(), "{suffix}");
        store.append_events(&[event()]).await.unwrap();
        assert!(store.trouble().is_none(), "{suffix}");
        store.close().await;
        let store = Store::open(&place.path).await.unwrap();
        assert_eq!(store.events(0, 9, &EventFilter::default()).await.unwrap().len(), 2, "{suffix}");
    }
}
