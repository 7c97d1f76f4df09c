//! Damage is told from newness and from a crash's tail: what is whole is booked, what is missing is said, and a
//! farm whose database is gone does not begin anew by itself.

use std::path::PathBuf;

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};
use simulator::pool::PoolHandle;
use simulator::rig::Fleet;

async fn story() -> (Farm, Fleet, PoolHandle) {
    let pool = pool("pool").await;
    let farm = Farm::start().await;
    farm.apply(FarmText::new("a-1..2").pool("pool", &pool).house("pool")).await;
    let rigs = farm.rigs(&["a-1", "a-2"]);
    wait_until("the rigs mine", SOON, async || rigs.total().accepted > 60).await;
    (farm, rigs, pool)
}

fn segments(farm: &Farm) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(farm.folder().join("journal")).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn a_flipped_byte_costs_one_share_at_most_and_is_said() {
    let (mut farm, rigs, _pool) = story().await;
    farm.kill_9();
    let path = segments(&farm).pop().expect("a segment");
    let whole = std::fs::read(&path).expect("a file");
    // In the header, in the first name, in the middle.
    let mut bytes = whole.clone();
    [12, 48, whole.len() / 2].into_iter().for_each(|at| bytes[at] ^= 4);
    std::fs::write(&path, &bytes).expect("a file");
    farm.launch().await;
    let seen = farm_tests::settled(&rigs).await;
    let event = farm.event("journal-damaged").await;
    let missing: u64 = event.fields["missing"].parse().expect("a number");
    let booked = farm.accounts().await.accepted();
    assert!(missing <= 1, "{}", event.message);
    assert!(booked + missing >= seen.accepted, "{booked} booked, {missing} missing, {seen:?}");
    wait_until("the file is set aside", SOON, async || !farm.status().await.storage.set_aside.is_empty())
        .await;
    let aside = PathBuf::from(&farm.status().await.storage.set_aside[0]);
    assert_eq!(std::fs::read(aside).expect("it is kept"), bytes);
    assert!(farm.stop().await.success());
    farm.launch().await;
    assert_eq!(farm.events("journal-damaged").await.len(), 1, "told once");
    assert_eq!(farm.accounts().await.accepted(), booked, "and counted once");
}

#[tokio::test]
async fn a_lost_database_beside_a_journal_is_no_new_farm() {
    let (mut farm, rigs, _pool) = story().await;
    drop(rigs);
    farm.kill_9();
    let database = farm.folder().join("stratumd.db");
    let remove = |name: &str| {
        let _ = std::fs::remove_file(farm.folder().join(name));
    };
    remove("stratumd.db-wal");
    remove("stratumd.db-shm");
    std::fs::write(&database, "").expect("a file");
    let why = farm.refuses().await;
    assert!(why.contains("is missing or empty") && why.contains("--new-database"), "{why}");
    std::fs::remove_file(&database).expect("a file");
    let why = farm.refuses().await;
    assert!(why.contains("its database was lost"), "{why}");
    assert!(!database.exists(), "nothing was made in its place");
    farm.launch_with("--new-database").await;
    assert!(farm.accounts().await.accepted() > 60, "what the journal holds is booked");
}

#[tokio::test]
async fn a_journal_of_a_later_release_stops_the_start_and_stays() {
    let (mut farm, rigs, _pool) = story().await;
    drop(rigs);
    farm.kill_9();
    // As a later release would begin its file: the same fields, and their proof.
    let format = exchange::journal::VERSION + 1;
    let mut later = b"stratumJ".to_vec();
    later.extend(format.to_le_bytes());
    later.extend(900_000u64.to_le_bytes());
    later.extend(checksum(&later).to_le_bytes());
    let path = farm.folder().join("journal/shares-00000000000000900000.journal");
    std::fs::write(&path, &later).expect("a file");
    let why = farm.refuses().await;
    assert!(why.contains(&format!("format {format} by a later version")), "{why}");
    assert_eq!(std::fs::read(path).expect("it stays"), later);
}

#[tokio::test]
async fn a_start_needs_no_row_of_the_accounts_however_many_there_are() {
    use sqlx::ConnectOptions as _;
    let (mut farm, rigs, _pool) = story().await;
    farm.stop().await;
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(farm.folder().join("stratumd.db"));
    let mut raw = file.connect().await.expect("the database is a file");
    // Without the table, a start that read it would not come this far.
    sqlx::raw_sql("alter table account rename to elsewhere").execute(&mut raw).await.expect("it is ours now");
    farm.launch().await;
    let before = rigs.total().accepted;
    wait_until("the rigs mine again", SOON, async || rigs.total().accepted > before + 10).await;
    sqlx::raw_sql("alter table elsewhere rename to account").execute(&mut raw).await.expect("it is ours now");
    let seen = farm_tests::settled(&rigs).await.accepted;
    assert!(farm.stop().await.success());
    farm.launch().await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}

/// The CRC-32 of zip and png, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[tokio::test]
async fn a_pipe_among_the_data_is_named_and_waited_for_by_nobody() {
    for name in ["last-life.json", "lock", "stratumd.db"] {
        let mut farm = Farm::prepare(&[], &["asic"]);
        let path = farm.folder().join(name);
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).expect("a pipe");
        farm.spawn("");
        assert!(!farm.ended().await.success());
        assert!(farm.log().contains(&format!("{name} is a pipe or a device")), "{}", farm.log());
    }
}
