//! What 10,000 rigs at 20 shares a minute cost the disk: the journal and the accounts as the daemon writes them, for
//! three minutes in real time, by the kernel's own count. `cargo bench -p farm-tests --bench disk`.

use std::time::{Duration, Instant};

use exchange::journal::Record;
use exchange::tally::{PoolKey, PoolOutcome, Tally};
use exchange::time::Timestamp;
use exchange::work::Work;
use hub::journal::{Durability, Journal};
use store::{Store, Which};

const RIGS: u64 = 10_000;
const RENTALS: u64 = 100;
const SHARES_PER_SECOND: u64 = RIGS * 20 / 60;
const SECONDS: u64 = 180;
/// Wake-ups of the hub in which shares come, a second.
const TURNS: u64 = 100;

#[expect(clippy::print_stdout, reason = "a benchmark's result")]
fn main() {
    let folder = tempfile::tempdir_in(
        std::env::var("DISK").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").into()),
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(Store::open(&folder.path().join("stratumd.db"))).unwrap();
    let mut journal = Journal::open(&folder.path().join("journal"), 0, Durability::Kernel, hub::now());
    let names: Vec<std::sync::Arc<str>> =
        (0..RIGS).map(|rig| format!("hall-{}-{rig:05}", rig % 4).into()).collect();
    let accounts: Vec<std::sync::Arc<str>> =
        (0..RENTALS).map(|n| format!("customer-{n}/main").into()).collect();
    let (mut rng, mut journal_bytes) = (7u64, 0);
    let mut roll = move || {
        rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rng >> 33
    };
    let mut booked = hub::now().minute();
    let (begun, before) = (Instant::now(), written());
    for second in 1..=SECONDS {
        let mut tally = Tally::default();
        for turn in 0..TURNS {
            for _ in 0..SHARES_PER_SECOND / TURNS + u64::from(turn < SHARES_PER_SECOND % TURNS) {
                let rig = roll() % RIGS;
                let record = Record {
                    at: hub::now(),
                    rig: names[rig as usize].clone(),
                    account: accounts[(rig % RENTALS) as usize].clone(),
                    work: Work(u128::from(1 + rig % 40) << 48),
                    print: exchange::duplicates::Fingerprint(roll() << 33 | roll()),
                };
                tally.share(record.key(), record.work);
                let key = PoolKey {
                    minute: record.at.minute(),
                    account: record.account.clone(),
                    pool: "pool".into(),
                    outcome: if roll() % 2 == 0 { PoolOutcome::Forwarded } else { PoolOutcome::Accepted },
                };
                tally.pool(key, record.work);
                journal.push(&record);
            }
            journal.write(hub::now());
            let due = Duration::from_secs(second - 1) + Duration::from_millis((turn + 1) * 1_000 / TURNS);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        if let Some(sync) = journal.sync() {
            sync.run().unwrap();
            journal.synced(&sync);
        }
        store.count(tally, journal.next());
        // Just behind the minute's end, as the daemon does.
        let is_due = hub::now().minute() != booked;
        booked = hub::now().minute();
        let which = if is_due { Some(Which::All) } else { (second % 5 == 0).then_some(Which::Pools) };
        if let Some(which) = which {
            runtime.block_on(store.write_counts(0, which)).unwrap();
        }
        if second % 60 == 0 {
            journal_bytes += length(&folder.path().join("journal"));
            journal.trim(store.booked_mark(), hub::now());
            println!("{second:4} s: {:.0} kB/s", (written() - before) as f64 / 1e3 / second as f64);
        }
    }
    let database = length(folder.path());
    println!(
        "{RIGS} rigs, {} shares/s: {:.0} kB/s of writes by the kernel's count; database {:.1} MB; journal at its minutes {:.1} MB; {}",
        SHARES_PER_SECOND,
        (written() - before) as f64 / 1e3 / begun.elapsed().as_secs_f64(),
        database as f64 / 1e6,
        journal_bytes as f64 / 1e6,
        Timestamp(hub::now().0).rfc3339(),
    );
}

/// Bytes that this process made the kernel write.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok()).unwrap()
}

fn length(folder: &std::path::Path) -> u64 {
    std::fs::read_dir(folder).unwrap().flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}
