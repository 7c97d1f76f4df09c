//! A disk that fails at each single write in turn: whatever was asked for is done once the disk works again, once,
//! on the same open store, and nothing stays stuck.
//!
//! The test compiles a small library that makes writes fail when told to, and runs itself as a child with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::tally::{Outcome, PoolKey, PoolOutcome, ShareKey, Tally};
use exchange::time::Timestamp;
use exchange::work::Work;
use schema::api::{ChangeKind, OverrideAction, Provenance};
use store::{
    AccountFilter, Assignment, EventFilter, Keep, NewGeneration, NewOverride, PoolFilter, Store, Which,
};

const CHILD: &str = "STORE_FAULTS_CHILD";
const SHIM: &str = include_str!("../../../tests/shim/faults.c");
/// `ENOSPC` and `EIO`.
const ERRORS: [i32; 2] = [28, 5];
/// Half a write, a write, a sync, a truncation, an open.
const OPERATIONS: [&str; 5] = ["h", "w", "s", "t", "o"];
const NAME: &str = "each_write_may_fail_and_nothing_is_lost_doubled_or_stuck";

fn tally(round: i64) -> Tally {
    let mut tally = Tally::default();
    for rig in 0..40 {
        let key = ShareKey {
            minute: round,
            rig: format!("rig-{rig}").into(),
            account: "house".into(),
            outcome: Outcome::Accepted,
        };
        tally.share(key, Work(1 << 50));
    }
    let key = PoolKey {
        minute: round,
        account: "house".into(),
        pool: "pool".into(),
        outcome: PoolOutcome::Accepted,
    };
    tally.pool(key, Work(1 << 50));
    tally
}

/// Tries until it is done. The first tries meet the fault, those after it was lifted must not fail.
async fn insist<T, E: std::fmt::Debug>(
    control: &Path,
    failed: &mut u32,
    mut what: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    for turn in 0.. {
        match what().await {
            Ok(done) => return done,
            Err(error) if turn < 2 => {
                *failed += 1;
                std::fs::write(control, "").unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
                let _ = error;
            }
            Err(error) => panic!("the disk works again, and the store does not: {error:?}"),
        }
    }
    unreachable!()
}

/// One round of every write that there is.
async fn round(store: &Store, control: &Path, n: i64) -> u32 {
    let mut failed = 0;
    let record = NewGeneration {
        at: Timestamp::from_seconds(n),
        kind: ChangeKind::Apply,
        rolled_back_to: None,
        digest: format!("digest {n}"),
        provenance: Provenance::default(),
        reason: None,
        peer: "child".into(),
        idempotency_key: Some(format!("key {n}")),
    };
    let text = format!("generation {n} ").repeat(2_000);
    let base = store.head().await.unwrap().map_or(0, |head| head.number);
    insist(control, &mut failed, async || store.accept(base, record.clone(), &text).await).await;
    store.count(tally(n), 40 * (n as u64 + 1));
    for which in [Which::Pools, Which::All] {
        insist(control, &mut failed, async || store.write_counts(0, which).await).await;
    }
    let event = Event::new(Timestamp::from_seconds(n), EventKind::FarmAccepted, "child", n.to_string());
    insist(control, &mut failed, async || store.append_events(std::slice::from_ref(&event)).await).await;
    let epoch = store.assignment().await.unwrap().epoch + 1;
    let accounts = (0..40).map(|rig| (format!("rig-{rig}"), format!("{n}"))).collect();
    let assignment = Assignment { epoch, accounts, ..Assignment::default() };
    insist(control, &mut failed, async || store.keep_assignment(&assignment, &[]).await).await;
    insist(control, &mut failed, async || {
        store.keep_promises(&Default::default(), &Default::default(), &[]).await
    })
    .await;
    insist(control, &mut failed, async || store.set_value("round", &n.to_string()).await).await;
    insist(control, &mut failed, async || {
        store.set_outcome(base + 1, schema::api::Outcome::Converged, Timestamp(n)).await
    })
    .await;
    let asked = NewOverride {
        action: OverrideAction::OutOfService { rig: "rig-1".into() },
        reason: "broken".into(),
        by: "ann".into(),
        from: Timestamp::from_seconds(n),
        until: Timestamp::from_seconds(n + 10),
        idempotency_key: Some(format!("override {n}")),
    };
    let kept = insist(control, &mut failed, async || store.add_override(asked.clone()).await).await;
    // A commit that seemed to fail may have lasted: then it is over already.
    insist(control, &mut failed, async || {
        match store.end_override(kept.id, Timestamp::from_seconds(n), "ann", None).await {
            Err(store::OverrideError::Over { .. }) => Ok(()),
            other => other.map(drop),
        }
    })
    .await;
    let keep = Keep {
        minute_days: 0,
        hour_days: 9_999,
        day_days: 9_999,
        event_days: 9_999,
        accounts_max: u64::MAX,
        events_max: u64::MAX,
        placements_max: u64::MAX,
        texts_max: u64::MAX,
    };
    insist(control, &mut failed, async || store.tidy(&keep, Timestamp::from_seconds(3_600 * 60)).await).await;
    assert_eq!(store.trouble(), None, "round {n}");
    failed
}

async fn child(folder: &Path) {
    let control = folder.join("control");
    let store = Store::open(&folder.join("data/farm.db")).await.unwrap();
    store.resume_counts(0).await.unwrap();
    let mut n = 0;
    round(&store, &control, n).await;
    let mut hits = 0;
    for error in ERRORS {
        for operation in OPERATIONS {
            // The file may be told to fail at its 1st, 2nd, 3rd ... operation; the last turn meets none.
            for skip in 0.. {
                n += 1;
                let _ = std::fs::remove_file(folder.join("control.hit"));
                std::fs::write(&control, format!("{n} {error} {operation} * {skip} 1")).unwrap();
                round(&store, &control, n).await;
                std::fs::write(&control, "").unwrap();
                if !folder.join("control.hit").exists() {
                    break;
                }
                hits += 1;
            }
        }
    }
    let rounds = n as u64 + 1;
    let check = async |store: &Store| {
        let sums = store.account_sum(&AccountFilter::default()).await.unwrap();
        assert_eq!(sums["accepted"].count, 40 * rounds, "each share once");
        let pools = store.pool_sums(&PoolFilter::default()).await.unwrap();
        assert_eq!(pools[0].total.count, rounds, "each verdict once");
        assert_eq!(store.history(u32::MAX).await.unwrap().len() as u64, rounds);
        assert_eq!(store.marks().await.unwrap()[&0], 40 * rounds);
        let totals = store.account_totals().await.unwrap();
        assert!(
            totals.iter().any(|total| total.book == "ours" && total.work == Work(1 << 50).times(40 * rounds))
        );
        let events = store.events(0, u32::MAX, &EventFilter::default()).await.unwrap();
        assert!(events.len() as u64 >= rounds);
    };
    check(&store).await;
    store.close().await;
    let store = Store::open(&folder.join("data/farm.db")).await.unwrap();
    check(&store).await;
    assert!(hits > 60, "the disk failed {hits} times");
    std::fs::write(folder.join("done"), hits.to_string()).unwrap();
}

/// Compiles the library.
fn shim(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("faults.c"), folder.join("faults.so"));
    std::fs::write(&source, SHIM).unwrap();
    let done = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .args(["-ldl", "-lpthread"])
        .status()
        .expect("a C compiler, which building libgit2 needs as well");
    assert!(done.success());
    library
}

#[test]
fn each_write_may_fail_and_nothing_is_lost_doubled_or_stuck() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(child(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, folder.path())
        .env("LD_PRELOAD", shim(folder.path()))
        .env("FAULTS", folder.path().join("control"))
        .env("FAULTS_UNDER", &data)
        .status()
        .unwrap();
    assert!(status.success(), "the child failed");
    let hits: u32 = std::fs::read_to_string(folder.path().join("done")).unwrap().parse().unwrap();
    assert!(hits > 60);
}
