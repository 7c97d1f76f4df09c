//! A process is killed while it writes: what it had acknowledged is there, and nothing is there by halves.
//!
//! The test runs itself as a child process that writes without a pause and reports each finished write; the
//! parent kills it at a moment chosen by a seed, opens the file, and looks.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use exchange::event::{Event, EventKind};
use exchange::tally::Counted;
use exchange::time::Timestamp;
use exchange::work::Work;
use schema::api::{ChangeKind, Provenance};
use store::{AccountFilter, AccountRow, Assignment, EventFilter, NewGeneration, Store};

const CHILD: &str = "STORE_CRASH_CHILD";
const ROUNDS: u64 = 80;
/// Steps after which a child may be killed.
const STEPS_MAX: u64 = 3;

fn record(number: u64) -> NewGeneration {
    NewGeneration {
        at: Timestamp::from_seconds(number as i64),
        kind: ChangeKind::Apply,
        rolled_back_to: None,
        digest: format!("digest {number}"),
        provenance: Provenance::default(),
        reason: None,
        peer: "child".into(),
        idempotency_key: Some(format!("key {number}")),
    }
}

fn text(number: u64) -> String {
    format!("generation {number} ").repeat(2_000)
}

/// The child: each step n accepts generation n, books n shares up to mark n, writes event n, keeps assignment n.
async fn write_forever(path: &Path) {
    let store = Store::open(path).await.unwrap();
    // Not `println!`: a test's own output would be kept back.
    let mut reports = std::io::stdout();
    let mut number = store.head().await.unwrap().map_or(0, |head| head.number);
    // A step that was cut in the middle is finished first, as a restarted daemon would.
    let mut finish = number > 0;
    loop {
        if !std::mem::take(&mut finish) {
            number += 1;
        }
        store.accept(number - 1, record(number), &text(number)).await.unwrap();
        if store.marks().await.unwrap().get(&0).copied().unwrap_or(0) < number {
            let rows: Vec<_> = (0..number)
                .map(|rig| AccountRow {
                    minute: number as i64,
                    rig: format!("rig-{rig}"),
                    account: "house".into(),
                    reason: "accepted".into(),
                    counted: Counted::one(Work(1)),
                })
                .collect();
            store.book(&[(0, number), (1, number)], &rows, &[]).await.unwrap();
        }
        let seen = store.last_events(1, &EventFilter::default()).await.unwrap();
        if seen.first().map_or(0, |event| event.seq) < 2 * number {
            let event =
                Event::new(Timestamp(number as i64), EventKind::FarmAccepted, "child", number.to_string());
            store.append_events(&[event.clone(), event]).await.unwrap();
        }
        let accounts = (0..number).map(|rig| (format!("rig-{rig}"), format!("{number}"))).collect();
        store
            .keep_assignment(&Assignment { epoch: number, accounts, ..Assignment::default() }, &[])
            .await
            .unwrap();
        writeln!(reports, "done {number}").unwrap();
    }
}

/// Looks at everything and returns the head.
async fn check(path: &Path, acknowledged: u64) -> u64 {
    let store = Store::open(path).await.unwrap();
    let head = store.head().await.unwrap().map_or(0, |head| head.number);
    assert!(head >= acknowledged, "generation {acknowledged} was acknowledged, {head} is the head");
    assert!(head <= acknowledged + 1, "the child was not told to go that far: {head} after {acknowledged}");
    let history = store.history(u32::MAX).await.unwrap();
    assert_eq!(history.len() as u64, head);
    for generation in &history {
        assert_eq!(generation.record, record(generation.number));
    }
    for number in [head, acknowledged].into_iter().filter(|number| *number > 0) {
        assert_eq!(store.bundle(number).await.unwrap(), Some(text(number)), "bundle {number}");
    }
    let marks = store.marks().await.unwrap();
    let mark = marks.get(&0).copied().unwrap_or(0);
    assert_eq!(marks.get(&1).copied().unwrap_or(0), mark, "marks move together");
    assert!(mark == head || mark + 1 == head, "mark {mark}, head {head}");
    assert!(mark >= acknowledged);
    let sums = store.account_sum(&AccountFilter::default()).await.unwrap();
    let counted = sums.get("accepted").map_or(0, |sum| sum.count);
    assert_eq!(counted, mark * (mark + 1) / 2, "shares are booked exactly up to the mark {mark}");
    let events = store.events(0, u32::MAX, &EventFilter::default()).await.unwrap();
    assert!(events.len() % 2 == 0, "a pair of events is written whole");
    assert!(events.len() as u64 / 2 >= acknowledged);
    let assignment = store.assignment().await.unwrap();
    assert!(assignment.epoch >= acknowledged && assignment.epoch <= head);
    assert_eq!(assignment.accounts.len() as u64, assignment.epoch);
    assert!(assignment.accounts.values().all(|account| *account == assignment.epoch.to_string()));
    store.close().await;
    head
}

#[test]
fn killed_at_any_moment_the_file_holds_the_old_state_or_the_new() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(path) = std::env::var_os(CHILD) {
        return runtime.block_on(write_forever(Path::new(&path)));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("farm.db");
    let mut seed = 7u64;
    let mut heads = Vec::new();
    for _ in 0..ROUNDS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let steps = 1 + (seed >> 60) % STEPS_MAX;
        let part = (seed >> 32 & 0xffff) as f64 / 65_536.0;
        heads.push(runtime.block_on(check(&path, one_life(&path, steps, part))));
    }
    assert!(heads.is_sorted(), "no acknowledged generation was lost: {heads:?}");
    assert!(*heads.last().unwrap() >= ROUNDS, "the child made progress: {heads:?}");
}

/// Starts a child, lets it do some steps, and kills it when this part of the next one is over, by the time the last
/// one took. Returns the last step it reported.
fn one_life(path: &Path, steps: u64, part: f64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_at_any_moment_the_file_holds_the_old_state_or_the_new", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reports = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .filter_map(|line| line.unwrap().strip_prefix("done ").map(|number| number.parse::<u64>().unwrap()));
    let mut last = reports.next().expect("the child does at least one step");
    let mut begun = Instant::now();
    let mut took = Duration::ZERO;
    for _ in 0..steps {
        last = reports.next().expect("the child goes on");
        (took, begun) = (begun.elapsed(), Instant::now());
    }
    while begun.elapsed() < took.mul_f64(part) {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it reported between our last look and its death counts, too.
    reports.last().unwrap_or(last)
}
