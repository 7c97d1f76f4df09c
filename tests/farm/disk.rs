//! Disks that fail and come back: a small file system that fills and empties, and writes that fail one by one.
//! Mining goes on, everything that waits is written by itself, and whoever looks is told meanwhile.

use std::time::Duration;

use farm_tests::{Disk, EIO, EROFS, Farm, FarmText, SOON, pool, wait_until};
use simulator::pool::PoolHandle;
use simulator::rig::Fleet;

async fn story(flags: &[&str], disk: &Disk) -> (Farm, Fleet, PoolHandle) {
    let pool = pool("pool").await;
    let mut flags = flags.to_vec();
    if !flags.contains(&"--book-every") {
        flags.extend(["--book-every", "1"]);
    }
    let mut farm = Farm::prepare(&flags, &["asic"]);
    farm.on_disk(disk);
    farm.launch().await;
    farm.apply(FarmText::new("a-1..2").pool("pool", &pool).house("pool").customer("alice", 100, &["pool"]))
        .await;
    let rigs = farm.rigs(&["a-1", "a-2"]);
    wait_until("the rigs mine", SOON, async || rigs.total().accepted > 20).await;
    (farm, rigs, pool)
}

async fn mines_on(rigs: &Fleet, shares: u64) {
    let before = rigs.total().accepted;
    wait_until("more shares", SOON, async || rigs.total().accepted > before + shares).await;
}

/// Waits until `status` says that both files are written.
async fn everything_is_written(farm: &Farm) {
    wait_until("everything is written", SOON, async || {
        let storage = farm.status().await.storage;
        storage.database_trouble.is_none() && storage.journal_trouble.is_none()
    })
    .await;
}

/// Waits until `status` says that neither can be.
async fn nothing_can_be_written(farm: &Farm) {
    wait_until("nothing can be written", SOON, async || {
        let storage = farm.status().await.storage;
        storage.database_trouble.is_some() && storage.journal_trouble.is_some()
    })
    .await;
}

/// Makes the disk a new farm's.
fn leave_nothing(disk: &Disk) {
    for entry in std::fs::read_dir(disk.data()).expect("a folder").flatten() {
        let _ = std::fs::remove_file(entry.path()).or_else(|_| std::fs::remove_dir_all(entry.path()));
    }
}

/// Ends everything in order, and compares the books of a new life with what miners saw.
async fn books_agree(mut farm: Farm, rigs: Fleet) {
    let seen = farm.settle(rigs).await;
    assert!(farm.stop().await.success(), "everything was written");
    farm.launch().await;
    assert_eq!(farm.accounts().await.accepted(), seen, "each share once");
}

#[tokio::test]
async fn a_disk_that_fills_and_empties_stops_nothing_and_everything_recovers_by_itself() {
    let disk = Disk::new(24);
    let (farm, rigs, pool) = story(&[], &disk).await;
    disk.fill();
    mines_on(&rigs, 30).await;
    wait_until("status says that nothing can be written", SOON, async || {
        let storage = farm.status().await.storage;
        storage.database_trouble.is_some() && storage.journal_trouble.is_some() && storage.unbooked_shares > 0
    })
    .await;
    let text = FarmText::new("a-1..2").pool("pool", &pool).house("pool");
    let refused = farm.try_apply(text.clone().titled("later"), 1, "story").await;
    assert!(refused.is_err_and(|fault| fault.status() == 503), "a farm file cannot be kept");
    disk.empty();
    everything_is_written(&farm).await;
    farm.apply(text.clone().titled("later")).await;
    for kind in ["database-failed", "database-recovered", "journal-failed", "journal-recovered"] {
        farm.event(kind).await;
        assert_eq!(farm.events(kind).await.len(), 1, "{kind} is told once");
    }
    books_agree(farm, rigs).await;
}

#[tokio::test]
async fn a_crash_behind_a_full_disk_loses_nothing_once_there_was_room() {
    let disk = Disk::new(24);
    let (mut farm, rigs, _pool) = story(&[], &disk).await;
    disk.fill();
    mines_on(&rigs, 20).await;
    disk.empty();
    wait_until("the journal is written again", SOON, async || {
        farm.status().await.storage.journal_trouble.is_none()
    })
    .await;
    farm.kill_9();
    let seen = rigs.total().accepted;
    farm.launch().await;
    let booked = farm.accounts().await.accepted();
    assert!(booked >= seen && booked <= rigs.total().submitted, "{booked} booked of {seen}");
    books_agree_but_for_answers(farm, rigs).await;
}

/// As [`books_agree`], where answers were on their way when the daemon was killed.
async fn books_agree_but_for_answers(farm: Farm, rigs: Fleet) {
    let seen = farm_tests::settled(&rigs).await;
    wait_until("every accepted share is booked", SOON, async || {
        farm.accounts().await.accepted() >= seen.accepted
    })
    .await;
    let booked = farm.accounts().await.accepted();
    assert!(booked <= seen.accepted + seen.unanswered, "{booked} booked, {seen:?}");
}

#[tokio::test]
async fn what_cannot_be_written_at_the_end_is_an_error_and_the_journal_has_it() {
    let disk = Disk::new(24);
    let (mut farm, rigs, _pool) = story(&[], &disk).await;
    disk.fault(EIO, "wst", "stratumd.db");
    mines_on(&rigs, 20).await;
    let seen = farm_tests::settled(&rigs).await.accepted;
    let ended = farm.stop().await;
    assert!(!ended.success(), "{ended}");
    let log = farm.log();
    let last = log.lines().next_back().unwrap_or_default();
    assert!(last.contains("ERROR") && last.contains("are in the share journal"), "{last}");
    disk.heal();
    farm.launch().await;
    assert_eq!(farm.accounts().await.accepted(), seen);
}

#[tokio::test]
async fn a_restart_on_a_full_disk_goes_on_mining() {
    let disk = Disk::new(24);
    for is_clean in [true, false] {
        let (mut farm, rigs, _pool) = story(&[], &disk).await;
        if is_clean {
            assert!(farm.stop().await.success());
        } else {
            farm.kill_9();
        }
        disk.fill();
        farm.launch().await;
        mines_on(&rigs, 10).await;
        let status = farm.status().await;
        assert!(status.generation > 0 && status.storage.database_trouble.is_some(), "{:?}", status.storage);
        disk.empty();
        everything_is_written(&farm).await;
        books_agree_but_for_answers(farm, rigs).await;
        leave_nothing(&disk);
    }
}

#[tokio::test]
async fn answers_that_wait_for_the_disk_wait_until_it_has_their_shares() {
    let disk = Disk::new(24);
    let (mut farm, rigs, pool) = story(&["--durability", "disk"], &disk).await;
    disk.fault(EIO, "s", "shares-");
    // The database still takes them, and what is booked is on the disk as well.
    wait_until("the failure is told", SOON, async || farm.status().await.storage.journal_trouble.is_some())
        .await;
    mines_on(&rigs, 5).await;
    disk.fault(EIO, "s", "*");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = rigs.total().accepted;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(rigs.total().accepted, before, "nobody is notified what no disk has");
    // Nobody but the miners waits: the pool has their shares, and is blamed for nothing.
    let reached = pool.counts().accepted();
    wait_until("shares reach the pool", SOON, async || pool.counts().accepted() > reached + 20).await;
    assert_eq!(rigs.total().accepted, before);
    let files = std::fs::read_dir(disk.data().join("journal")).expect("a folder").count();
    assert!(files <= 4, "{files} files");
    disk.heal();
    mines_on(&rigs, 20).await;
    farm.event("journal-recovered").await;
    assert_eq!(
        (farm.events("journal-failed").await.len(), farm.events("journal-recovered").await.len()),
        (1, 1)
    );
    assert!(farm.events("pool-unhealthy").await.is_empty() && farm.events("rental-paused").await.is_empty());
    farm.kill_9();
    let seen = rigs.total().accepted;
    farm.launch().await;
    assert!(farm.accounts().await.accepted() >= seen);
    books_agree_but_for_answers(farm, rigs).await;
}

#[tokio::test]
async fn a_journal_file_that_is_removed_is_told_and_nothing_is_lost_by_it() {
    let disk = Disk::new(24);
    let (mut farm, rigs, _pool) = story(&["--book-every", "600"], &disk).await;
    let journal = disk.data().join("journal");
    for entry in std::fs::read_dir(&journal).expect("a folder").flatten() {
        std::fs::remove_file(entry.path()).expect("it is ours");
    }
    let told = farm.event("journal-failed").await;
    assert!(told.message.contains("was removed"), "{}", told.message);
    farm.event("journal-recovered").await;
    // What was only in the removed file is booked at once.
    wait_until("it is booked", SOON, async || {
        farm.status().await.storage.unbooked_shares + 15 < rigs.total().accepted
    })
    .await;
    mines_on(&rigs, 20).await;
    farm.kill_9();
    let seen = rigs.total().accepted;
    farm.launch().await;
    let booked = farm.accounts().await.accepted();
    assert!(booked >= seen, "{booked} booked of {seen}");
    books_agree_but_for_answers(farm, rigs).await;
}

#[tokio::test]
async fn a_database_that_is_removed_under_the_daemon_is_told_and_the_end_is_no_success() {
    for name in ["stratumd.db", "stratumd.db-wal"] {
        let disk = Disk::new(24);
        let (mut farm, rigs, _pool) = story(&[], &disk).await;
        std::fs::remove_file(disk.data().join(name)).expect("it is there");
        wait_until("status says so", SOON, async || {
            let trouble = farm.status().await.storage.database_trouble;
            trouble.is_some_and(|trouble| trouble.why.contains(name) && trouble.why.contains("removed"))
        })
        .await;
        mines_on(&rigs, 20).await;
        let ended = farm.stop().await;
        assert!(!ended.success(), "{name}: {ended}");
        let log = farm.log();
        assert!(
            log.contains("ERROR") && log.contains("database-failed") || log.contains("cannot be written")
        );
        let last = log.lines().next_back().unwrap_or_default();
        assert!(last.contains("ERROR") && last.contains("was removed"), "{name}: {last}");
    }
}

#[tokio::test]
async fn a_database_that_is_put_back_in_its_place_is_written_again() {
    let disk = Disk::new(24);
    let (farm, rigs, _pool) = story(&[], &disk).await;
    let (place, away) = (disk.data().join("stratumd.db"), disk.data().join("away"));
    std::fs::rename(&place, &away).expect("it is there");
    farm.event_in_the_log("database-failed").await;
    mines_on(&rigs, 20).await;
    std::fs::rename(&away, &place).expect("it is there");
    farm.event("database-recovered").await;
    books_agree(farm, rigs).await;
}

#[tokio::test]
async fn a_start_says_which_shares_of_a_full_disk_were_lost_with_the_process() {
    let disk = Disk::new(24);
    let (mut farm, rigs, _pool) = story(&[], &disk).await;
    disk.fill();
    nothing_can_be_written(&farm).await;
    mines_on(&rigs, 50).await;
    let mut last = 0;
    wait_until("a second passes", SOON, async || {
        let now = farm.status().await.storage.unbooked_shares;
        std::mem::replace(&mut last, now) < now && now > 50
    })
    .await;
    farm.kill_9();
    drop(rigs);
    // Still full: it is told, and told again until it could be written down.
    for _ in 0..2 {
        farm.launch().await;
        let storage = farm.status().await.storage;
        assert!(storage.unwritten_since.is_some() && storage.missing_shares > 0, "{storage:?}");
        farm.kill_9();
    }
    disk.empty();
    farm.launch().await;
    let told = farm.event("shares-unwritten").await;
    assert!(told.message.contains(" accepted shares are missing from the accounts, and"), "{}", told.message);
    let started = farm.events("daemon-started").await;
    assert!(started.iter().any(|event| event.fields["before"] == "cut-off"), "{started:?}");
    assert!(farm.stop().await.success());
    farm.launch().await;
    wait_until("how the last one ended is told", SOON, async || {
        farm.events("daemon-started").await.iter().any(|event| event.fields["before"] == "orderly")
    })
    .await;
    let storage = farm.status().await.storage;
    assert_eq!((storage.unwritten_since, storage.missing_shares), (None, 0), "told once");
}

#[tokio::test]
async fn on_a_disk_that_became_read_only_mining_goes_on_and_a_start_says_what_waits() {
    let disk = Disk::new(24);
    let socket = disk.beside("stratumd.sock");
    for is_clean in [true, false] {
        let (mut farm, rigs, _pool) = story(&[], &disk).await;
        // The kernel makes a disk read-only that it no longer trusts, files open for writing included.
        disk.fault(EROFS, "wsto", "*");
        mines_on(&rigs, 20).await;
        nothing_can_be_written(&farm).await;
        disk.heal();
        everything_is_written(&farm).await;
        if is_clean {
            assert!(farm.stop().await.success());
        } else {
            farm.kill_9();
        }
        if !disk.remount("ro") {
            disk.fault(EROFS, "wsto", "*");
        }
        farm.socket_at(&socket);
        farm.launch().await;
        mines_on(&rigs, 20).await;
        let status = farm.status().await;
        assert!(status.generation > 0, "the last farm file is followed");
        let (database, journal) = (status.storage.database_trouble, status.storage.journal_trouble);
        let database = database.expect("it cannot be written").why;
        assert!(database.contains("read-only") || database.contains("readonly"), "{database}");
        let journal = journal.expect("it cannot be written").why;
        assert!(journal.contains("Read-only"), "{journal}");
        if !disk.remount("rw") {
            disk.heal();
        }
        everything_is_written(&farm).await;
        books_agree_but_for_answers(farm, rigs).await;
        leave_nothing(&disk);
    }
}

#[tokio::test]
async fn a_disk_that_takes_long_is_told_and_blamed() {
    let disk = Disk::new(24);
    let (farm, rigs, pool) = story(&["--durability", "disk"], &disk).await;
    disk.stall("shares-");
    let event = farm.event("journal-failed").await;
    assert!(event.message.contains("the disk has not answered for 5 s"), "{}", event.message);
    assert!(farm.status().await.storage.journal_trouble.is_some());
    let reached = pool.counts().accepted();
    wait_until("shares reach the pool", SOON, async || pool.counts().accepted() > reached + 20).await;
    disk.heal();
    farm.event("journal-recovered").await;
    everything_is_written(&farm).await;
    assert!(farm.events("pool-unhealthy").await.is_empty());
    books_agree(farm, rigs).await;
}
