use super::*;
use exchange::tally::Outcome;
use exchange::work::Work;

fn record(n: i64) -> Record {
    Record {
        at: Timestamp::from_seconds(n),
        rig: format!("rig-{}", n % 3).into(),
        account: "alice/gold".into(),
        work: Work(2),
        print: exchange::duplicates::Fingerprint(n as u64),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn all(folder: &Path, mark: u64) -> Recovered {
    let segments = segments(folder).unwrap();
    let next = next_number(&segments, mark).unwrap();
    recover(&segments, mark, next).unwrap()
}

/// Long after any file was written.
const LATER: Timestamp = Timestamp(i64::MAX / 2);

fn confirm(journal: &mut Journal) {
    if let Some(sync) = journal.sync() {
        sync.run().unwrap();
        journal.synced(&sync);
    }
}

fn push(journal: &mut Journal, numbers: std::ops::Range<i64>) {
    for n in numbers {
        journal.push(&record(n));
        journal.write(at(n));
    }
}

#[test]
fn shares_survive_and_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..100);
    let found = all(folder.path(), 40);
    assert_eq!((found.shares, found.next, found.torn, found.missing), (60, 100, 0, 0));
    // A restart goes on behind.
    let mut journal = Journal::open(folder.path(), found.next, Durability::Disk, at(0));
    push(&mut journal, 100..101);
    journal.trim(101, crate::now());
    assert_eq!(all(folder.path(), 101).prints.len(), 101, "what was seen stays known for a while");
    let found = all(folder.path(), 40);
    assert_eq!((found.shares, found.next, found.missing), (61, 101, 0));
    assert_eq!(found.tally.count(Outcome::Accepted), 61);
    journal.trim(100, LATER);
    assert_eq!(segments(folder.path()).unwrap().len(), 1);
    assert_eq!(all(folder.path(), 100).shares, 1);
}

#[test]
fn restarts_without_shares_leave_one_segment() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        Journal::open(folder.path(), 7, Durability::Kernel, at(0));
    }
    assert_eq!(segments(folder.path()).unwrap().len(), 1);
    assert_eq!(all(folder.path(), 7).next, 7);
    // An empty file, and one cut in its header, are what a crash leaves.
    for len in [0, 5, 30] {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
        push(&mut journal, 0..9);
        let mut header = Vec::new();
        Writer::start(9, at(0), &mut header);
        let name = "shares-00000000000000000009.journal";
        std::fs::write(folder.path().join(name), &header[..len]).unwrap();
        let found = all(folder.path(), 0);
        assert_eq!((found.shares, found.next, found.missing, found.damaged.len()), (9, 9, 0, 0), "{len}");
        Journal::open(folder.path(), 9, Durability::Kernel, at(0));
        assert_eq!(segments(folder.path()).unwrap().len(), 2);
    }
}

#[test]
fn a_sync_that_failed_is_not_asked_of_the_same_file_again() {
    for durability in [Durability::Kernel, Durability::Disk] {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path(), 0, durability, at(0));
        push(&mut journal, 0..10);
        confirm(&mut journal);
        push(&mut journal, 10..20);
        let sync = journal.sync().unwrap();
        assert_eq!(sync.mark, 20);
        push(&mut journal, 20..25);
        journal.sync_failed(&sync, &io::Error::other("EIO"), at(30));
        assert_eq!(journal.take_news(), [News::Failed("EIO".into())]);
        assert!(journal.sync().is_none(), "the old file is not believed");
        // What comes meanwhile waits, and makes no file.
        push(&mut journal, 25..30);
        journal.retry(at(30));
        assert!(journal.sync().is_none() && segments(folder.path()).unwrap().len() == 1);
        // The next attempts fail as well: one event, and no heap of files.
        for second in 31..60 {
            journal.retry(at(second));
            let sync = journal.sync().expect("a new file");
            journal.sync_failed(&sync, &io::Error::other("EIO"), at(second));
            assert!(segments(folder.path()).unwrap().len() <= 3);
        }
        assert_eq!(journal.take_news(), []);
        assert!(journal.trouble().is_some_and(|trouble| trouble.since == at(30)));
        journal.retry(at(61));
        let sync = journal.sync().unwrap();
        sync.run().unwrap();
        assert!(journal.trouble().is_some(), "failed until it is synced");
        journal.synced(&sync);
        assert_eq!(journal.take_news(), [News::Recovered { since: at(30), missed: 0 }]);
        assert!(journal.trouble().is_none() && journal.kept.is_empty());
        // Everything unconfirmed is in the new file by itself, as if the old one had lost it.
        let paths = segments(folder.path()).unwrap();
        let last = &paths[paths.len() - 1..];
        let found = recover(last, 10, 30).unwrap();
        assert_eq!((found.shares, found.missing), (20, 0));
        assert_eq!(
            (all(folder.path(), 0).shares, all(folder.path(), 0).missing),
            (30, 0),
            "none counts twice"
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_tried_again_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("journal");
    std::fs::write(&place, "not a folder").unwrap();
    let mut journal = Journal::open(&place, 5, Durability::Kernel, at(0));
    assert!(matches!(&journal.take_news()[..], [News::Failed(_)]));
    push(&mut journal, 5..15);
    journal.retry(at(15));
    assert!(journal.trouble().is_some());
    std::fs::remove_file(&place).unwrap();
    journal.retry(at(17));
    confirm(&mut journal);
    assert!(journal.trouble().is_none());
    let found = all(&place, 5);
    assert_eq!((found.shares, found.next, found.missing), (10, 15, 0));
}

#[test]
fn shares_that_are_booked_need_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("journal");
    std::fs::write(&place, "not a folder").unwrap();
    let mut journal = Journal::open(&place, 0, Durability::Disk, at(0));
    push(&mut journal, 0..15);
    journal.trim(12, LATER);
    std::fs::remove_file(&place).unwrap();
    journal.retry(at(17));
    let found = all(&place, 12);
    assert_eq!((found.shares, found.missing), (3, 0));
}

#[test]
fn damage_is_kept_and_what_is_whole_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..100);
    drop(journal);
    let mut journal = Journal::open(folder.path(), 100, Durability::Kernel, at(0));
    push(&mut journal, 100..110);
    let (_, path) = segments(folder.path()).unwrap()[0].clone();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 5;
    bytes[at] ^= 1;
    bytes[800] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let found = all(folder.path(), 0);
    assert_eq!(
        (found.shares, found.missing, found.next),
        (108, 2, 110),
        "the last frame has others behind it, in the next file"
    );
    assert_eq!(found.damaged.len(), 1);
    let to = set_aside(&path).unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), bytes);
    assert!(to.to_str().unwrap().ends_with(".damaged"));
    journal.trim(110, LATER);
    assert!(to.exists());
    let found = all(folder.path(), 110);
    assert_eq!((found.shares, found.missing, found.damaged.len()), (0, 0, 0), "told once");
}

#[test]
fn shares_of_the_first_miners_after_a_start_are_not_among_what_was_left() {
    let folder = tempfile::tempdir().unwrap();
    // It ended without a share, so its segment is replaced by one of the same name, or goes.
    Journal::open(folder.path(), 7, Durability::Kernel, at(0));
    std::fs::write(folder.path().join("shares-00000000000000000007-1.journal"), "").unwrap();
    let left = segments(folder.path()).unwrap();
    let next = next_number(&left, 7).unwrap();
    let mut journal = Journal::open(folder.path(), next, Durability::Kernel, at(0));
    push(&mut journal, 7..12);
    let found = recover(&left, 7, next).unwrap();
    assert_eq!((found.shares, found.next, found.missing, &found.damaged[..]), (0, 7, 0, &[][..]));
}

#[test]
fn a_segment_that_was_begun_again_and_cut_gives_no_number_away_twice() {
    for cut in [0, 30, 45, 120, 400] {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
        push(&mut journal, 0..20);
        let sync = journal.sync().unwrap();
        journal.sync_failed(&sync, &io::Error::other("EIO"), at(30));
        journal.retry(at(40));
        drop(journal);
        let left = segments(folder.path()).unwrap();
        let again = std::fs::read(&left[1].1).unwrap();
        std::fs::write(&left[1].1, &again[..cut]).unwrap();
        assert_eq!(next_number(&left, 0).unwrap(), 20, "{cut} bytes");
        assert_eq!((all(folder.path(), 0).shares, all(folder.path(), 0).missing), (20, 0), "{cut} bytes");
    }
}

#[test]
fn a_segment_that_is_gone_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..10);
    drop(journal);
    let mut journal = Journal::open(folder.path(), 10, Durability::Kernel, at(0));
    push(&mut journal, 10..20);
    std::fs::write(&segments(folder.path()).unwrap()[0].1, "").unwrap();
    let found = all(folder.path(), 0);
    assert_eq!((found.shares, found.missing), (10, 10));
}

#[test]
fn a_later_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    Writer::start(3, at(0), &mut bytes);
    let later = exchange::journal::VERSION + 1;
    bytes[8..10].copy_from_slice(&later.to_le_bytes());
    let proof = crc32fast::hash(&bytes[..18]);
    bytes[18..22].copy_from_slice(&proof.to_le_bytes());
    std::fs::write(folder.path().join("shares-00000000000000000003.journal"), bytes).unwrap();
    let error = next_number(&segments(folder.path()).unwrap(), 0).unwrap_err();
    assert!(error.to_string().contains(&format!("format {later} by a later version")), "{error}");
}

/// Looks as the hub does once a second, and takes in what it saw.
fn look(journal: &mut Journal, second: i64) {
    let look = journal.look(at(second)).expect("it is due");
    assert!(journal.look(at(second)).is_none(), "not twice within a second");
    journal.gone(&look.run(), at(second));
}

#[test]
fn a_file_that_another_hand_removed_is_trouble_until_there_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..10);
    confirm(&mut journal);
    look(&mut journal, 20);
    assert!(journal.trouble().is_none() && !journal.take_bereft());
    let (_, path) = segments(folder.path()).unwrap().pop().unwrap();
    std::fs::remove_file(&path).unwrap();
    push(&mut journal, 10..15);
    look(&mut journal, 30);
    assert!(journal.trouble().is_some_and(|trouble| trouble.why.contains("was removed")));
    assert!(journal.take_bereft(), "what was synced is to be booked at once");
    assert!(!journal.take_bereft(), "told once");
    journal.retry(at(31));
    confirm(&mut journal);
    assert!(journal.trouble().is_none());
    let found = all(folder.path(), 10);
    assert_eq!((found.shares, found.missing), (5, 0), "what was not synced is in the new file");
    // Replaced by another file, the folder with it.
    std::fs::remove_dir_all(folder.path()).unwrap();
    look(&mut journal, 40);
    journal.retry(at(41));
    push(&mut journal, 15..20);
    confirm(&mut journal);
    assert_eq!(all(folder.path(), 15).shares, 5);
}

#[test]
fn a_booked_file_that_another_hand_removed_is_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..10);
    drop(journal);
    let mut journal = Journal::open(folder.path(), 10, Durability::Kernel, at(0));
    push(&mut journal, 10..20);
    journal.trim(10, at(21));
    std::fs::remove_file(&segments(folder.path()).unwrap()[0].1).unwrap();
    look(&mut journal, 30);
    assert!(journal.trouble().is_none() && !journal.take_bereft());
    push(&mut journal, 20..25);
    assert_eq!(all(folder.path(), 10).shares, 15);
}

#[test]
fn a_foreign_file_with_our_name_proves_nothing_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..10);
    std::fs::write(folder.path().join("shares-00000000000000009999.journal"), vec![b'x'; 500]).unwrap();
    std::fs::write(folder.path().join("shares-18446744073709551615.journal"), vec![b'x'; 500]).unwrap();
    let found = all(folder.path(), 4);
    assert_eq!((found.shares, found.next, found.missing), (6, 10, 0));
    assert!(
        found.damaged.iter().any(|one| one.path.to_string_lossy().contains("9999")),
        "{:?}",
        found.damaged
    );
    // Others follow as if they were not there.
    let mut journal = Journal::open(folder.path(), found.next, Durability::Kernel, at(0));
    push(&mut journal, 10..12);
    assert_eq!(all(folder.path(), 10).shares, 2);
}

#[test]
fn what_is_no_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("shares-00000000000000000000.journal");
    std::fs::create_dir(&odd).unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..10);
    assert_eq!((all(folder.path(), 0).shares, journal.trouble()), (10, None));
    assert!(odd.is_dir());
    let endless = folder.path().join("shares-00000000000000000005.journal");
    std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
    assert_eq!(all(folder.path(), 0).shares, 10);
}

#[test]
fn an_end_that_is_gone_though_it_was_booked_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
    push(&mut journal, 0..100);
    assert!(!all(folder.path(), 60).ends_early);
    let (_, path) = segments(folder.path()).unwrap().pop().unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert!(all(folder.path(), 60).ends_early);
    assert!(!all(folder.path(), 0).ends_early, "nothing was booked, so nothing is proven");
}

#[test]
fn a_disk_that_says_nothing_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), 0, Durability::Disk, at(0));
    push(&mut journal, 0..3);
    let sync = journal.sync().unwrap();
    journal.note_slow(at(10));
    journal.note_slow(at(15));
    assert!(journal.trouble().is_some_and(|trouble| trouble.why.contains("has not answered")));
    // It did it all the same.
    sync.run().unwrap();
    journal.synced(&sync);
    assert_eq!(journal.trouble(), None);
    let news = journal.take_news();
    assert!(matches!(news[..], [News::Failed(_), News::Recovered { missed: 0, .. }]), "{news:?}");
    assert_eq!(all(folder.path(), 0).shares, 3, "and no file was taken for a failed attempt");
}

#[test]
fn a_file_with_nothing_in_it_is_no_sign_of_shares() {
    let header = {
        let folder = tempfile::tempdir().unwrap();
        Journal::open(folder.path(), 500, Durability::Kernel, at(0));
        std::fs::read(&segments(folder.path()).unwrap()[0].1).unwrap()
    };
    for content in [&[][..], &header] {
        for shares in [0, 10] {
            let folder = tempfile::tempdir().unwrap();
            let mut journal = Journal::open(folder.path(), 0, Durability::Kernel, at(0));
            push(&mut journal, 0..shares);
            drop(journal);
            std::fs::write(folder.path().join("shares-00000000000000000500.journal"), content).unwrap();
            let found = all(folder.path(), 0);
            let case = format!("{} bytes, {shares} shares", content.len());
            assert_eq!(
                (found.shares, found.missing, found.next),
                (shares as u64, 0, shares as u64),
                "{case}"
            );
            // The numbers go on where they were, and past the file as well.
            let mut journal = Journal::open(folder.path(), found.next, Durability::Kernel, at(1));
            push(&mut journal, shares..600);
            drop(journal);
            let found = all(folder.path(), 0);
            assert_eq!((found.shares, found.missing, found.next), (600, 0, 600), "{case}");
        }
    }
}
