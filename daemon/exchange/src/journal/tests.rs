use super::*;
use proptest::prelude::*;

/// A segment of the first format, as the last release wrote it.
fn first_format(first: u64, records: &[Record]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(1u16.to_le_bytes());
    out.extend(first.to_le_bytes());
    let mut names: Vec<Arc<str>> = Vec::new();
    for record in records {
        for name in [&record.rig, &record.account] {
            if !names.contains(name) {
                names.push(name.clone());
                frame(&[&[1], name.as_bytes()].concat(), 0, &mut out);
            }
        }
        let id = |name: &Arc<str>| names.iter().position(|known| known == name).unwrap() as u32;
        let mut payload = vec![2];
        payload.extend(record.at.0.to_le_bytes());
        payload.extend(id(&record.rig).to_le_bytes());
        payload.extend(id(&record.account).to_le_bytes());
        payload.extend(difficulty_of(record).to_le_bytes());
        frame(&payload, 0, &mut out);
    }
    out
}

/// A segment of the second format, as the release wrote it that had difficulties in place of hashes.
fn second_format(first: u64, records: &[Record]) -> Vec<u8> {
    use format2::{KIND_BASE, KIND_DIFFICULTY, KIND_NAME, KIND_SHARE, put, zigzag};
    let mut out = MAGIC.to_vec();
    out.extend(WITH_DIFFICULTIES.to_le_bytes());
    out.extend(first.to_le_bytes());
    out.extend(crc32fast::hash(&out).to_le_bytes());
    let base = [&[KIND_BASE][..], &first.to_le_bytes(), &1_000_000_000i64.to_le_bytes()].concat();
    frame(&base, 0, &mut out);
    let salt = crc(&base, 0);
    let mut said: Vec<Vec<u8>> = Vec::new();
    // Names and difficulties are numbered apart; these numbers have gaps, which nothing forbids.
    let mut number = |kind: u8, what: &[u8], out: &mut Vec<u8>| {
        let known = [&[kind], what].concat();
        let at = said.iter().position(|said| *said == known);
        at.unwrap_or_else(|| {
            let mut payload = vec![kind];
            put(said.len() as u64, &mut payload);
            payload.extend(what);
            frame(&payload, salt, out);
            said.push(known);
            said.len() - 1
        }) as u64
    };
    for (n, record) in records.iter().enumerate() {
        let rig = number(KIND_NAME, record.rig.as_bytes(), &mut out);
        let account = number(KIND_NAME, record.account.as_bytes(), &mut out);
        let difficulty = number(KIND_DIFFICULTY, &difficulty_of(record).to_le_bytes(), &mut out);
        let mut payload = vec![KIND_SHARE];
        let passed = (record.at.0 - 1_000_000_000).div_euclid(1_000);
        for field in [n as u64, zigzag(passed), rig, account, difficulty] {
            put(field, &mut payload);
        }
        payload.extend(record.print.0.to_le_bytes());
        frame(&payload, salt, &mut out);
    }
    out
}

const DIFFICULTIES: [f64; 3] = [0.25, 0.5, 0.75];

fn work(difficulty: f64) -> Work {
    Work::of_share(Difficulty::new(difficulty).unwrap(), Algorithm::default())
}

fn difficulty_of(record: &Record) -> f64 {
    DIFFICULTIES.into_iter().find(|difficulty| work(*difficulty) == record.work).unwrap()
}

fn third_format(first: u64, records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::start(first, Timestamp::from_seconds(1_000), &mut out);
    for (n, record) in records.iter().enumerate() {
        writer.share(first.wrapping_add(n as u64), record, &mut out);
    }
    out
}

fn record(rig: u8, second: i64) -> Record {
    Record {
        at: Timestamp::from_seconds(second),
        rig: format!("rig-{rig}").into(),
        account: if rig.is_multiple_of(2) { "alice/gold".into() } else { "house".into() },
        work: work(DIFFICULTIES[usize::from(rig % 3)]),
        print: Fingerprint(second as u64),
    }
}

fn records(rigs: &[u8]) -> Vec<Record> {
    rigs.iter().enumerate().map(|(n, rig)| record(*rig, 40 * n as i64)).collect()
}

fn tally(records: &[Record]) -> Tally {
    let mut tally = Tally::default();
    records.iter().for_each(|record| tally.share(record.key(), record.work));
    tally
}

/// Whether everything in `some` is in `all`: nothing is booked that was not there, or under another name.
fn is_part(some: &Tally, all: &Tally) -> bool {
    some.shares.iter().all(|(key, count)| all.shares.get(key).is_some_and(|there| count <= there))
}

type Format = fn(u64, &[Record]) -> Vec<u8>;
const FORMATS: [Format; 3] = [first_format, second_format, third_format];

proptest! {
    #[test]
    fn a_crash_at_any_byte_loses_only_what_was_not_written(
        rigs in proptest::collection::vec(0u8..4, 0..30), cut in 0usize..2_500, mark in 90u64..140, format in 0usize..3
    ) {
        let written = records(&rigs);
        let ends: Vec<usize> = (0..=written.len()).map(|n| FORMATS[format](100, &written[..n]).len()).collect();
        let bytes = FORMATS[format](100, &written);
        let cut = cut.min(bytes.len());
        let whole = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
        let mut numbers = Numbers::below(mark);
        let found = recover(&bytes[..cut], 100, &mut numbers).unwrap();
        prop_assert_eq!(found.next, 100 + whole as u64);
        let from = (mark.max(100) - 100).min(whole as u64) as usize;
        prop_assert_eq!(found.tally, tally(&written[from..whole]));
        prop_assert_eq!(found.damage, None);
        // What was seen is known again, booked or not.
        let prints: Vec<_> = written[..whole].iter().map(|record| record.print).collect();
        prop_assert_eq!(found.prints, if format >= 1 { prints } else { Vec::new() });
    }

    /// Header, names, difficulties, shares: whatever is hit, nothing is booked under another name or twice, what
    /// is not booked is missing, and it is noticed.
    #[test]
    fn a_flipped_bit_anywhere_costs_at_most_what_it_hits(
        rigs in proptest::collection::vec(0u8..4, 8..30), place in 0.0f64..1.0, bit in 0u8..8
    ) {
        let written = records(&rigs);
        let mut bytes = third_format(100, &written);
        let at = (place * bytes.len() as f64) as usize;
        bytes[at] ^= 1 << bit;
        let all = tally(&written);
        let mut numbers = Numbers::below(100);
        let found = recover(&bytes, 100, &mut numbers).unwrap();
        prop_assert!(is_part(&found.tally, &all));
        let end = 100 + rigs.len() as u64;
        prop_assert_eq!(found.shares + numbers.missing(end), rigs.len() as u64);
        prop_assert!(found.damage.is_some() || found.torn > 0);
        prop_assert_eq!(numbers.check(), Ok(()));
        // A name that was said once takes its only share with it, any other frame one share at most.
        let base = HEADER_LEN..HEADER_LEN + FRAME_LEN + 17;
        prop_assert!(found.shares + 1 >= rigs.len() as u64 || base.contains(&at), "{} of {}", found.shares, rigs.len());
        // Read again, nothing is new.
        prop_assert_eq!(recover(&bytes, 100, &mut numbers).unwrap().shares, 0);
    }

    #[test]
    fn a_flipped_bit_in_the_first_format_books_nothing_twice_or_under_another_name(
        rigs in proptest::collection::vec(0u8..4, 8..30), place in 0.0f64..1.0, bit in 0u8..8, mark in 100u64..130
    ) {
        let written = records(&rigs);
        let mut bytes = first_format(100, &written);
        let at = (place * bytes.len() as f64) as usize;
        bytes[at] ^= 1 << bit;
        let mut numbers = Numbers::below(mark);
        let found = recover(&bytes, 100, &mut numbers).unwrap();
        let from = ((mark - 100) as usize).min(written.len());
        let unbooked = tally(&written[from..]);
        // A bit in the format's number may make it unreadable, which is missing and not wrong.
        prop_assert!(is_part(&found.tally, &unbooked), "{:?} of {:?}", found.tally, unbooked);
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), named in any::<u64>()) {
        for head in [Vec::new(), first_format(u64::MAX - 1, &[]), third_format(u64::MAX - 1, &records(&[1, 2, 3]))] {
            let mut framed = head;
            framed.extend(&bytes);
            let mut numbers = Numbers::below(7);
            let _ = recover(&framed, named, &mut numbers);
            prop_assert_eq!(numbers.check(), Ok(()));
        }
    }
}

#[test]
fn one_flipped_byte_in_the_first_frame_costs_nothing() {
    let written = records(&[1; 250]);
    for at in [0, 9, 12, 20, HEADER_LEN + FRAME_LEN + 17, HEADER_LEN + FRAME_LEN + 17 + 8] {
        let mut bytes = third_format(0, &written);
        bytes[at] ^= 0x10;
        let mut numbers = Numbers::default();
        let found = recover(&bytes, 0, &mut numbers).unwrap();
        assert_eq!((found.shares, numbers.missing(250)), (250, 0), "byte {at}");
        assert!(found.damage.is_some(), "byte {at}");
    }
}

#[test]
fn a_header_that_turned_into_the_first_formats_costs_nothing() {
    let mut bytes = third_format(0, &records(&[1; 250]));
    bytes[8] = 1;
    let mut numbers = Numbers::default();
    let found = recover(&bytes, 0, &mut numbers).unwrap();
    assert_eq!((found.shares, numbers.missing(250)), (250, 0));
    assert!(found.damage.is_some());
}

#[test]
fn what_stands_in_two_segments_counts_once_and_fills_the_gap() {
    let written = records(&[1, 2, 3, 1, 2, 3, 1, 2, 3, 1]);
    let mut bytes = third_format(0, &written);
    let at = third_format(0, &written[..6]).len();
    bytes[at - 2] ^= 1;
    let mut numbers = Numbers::default();
    let found = recover(&bytes, 0, &mut numbers).unwrap();
    assert_eq!((found.shares, numbers.missing(10), numbers.first_missing()), (9, 1, 5));
    // It was written again, as what a disk did not confirm is.
    let mut again = Vec::new();
    let mut writer = Writer::start(4, Timestamp(0), &mut again);
    for number in 4..8u64 {
        writer.share(number, &written[number as usize], &mut again);
    }
    assert_eq!(recover(&again, 4, &mut numbers).unwrap().shares, 1);
    assert_eq!(numbers.missing(10), 0);
}

#[test]
fn a_later_format_is_told_from_a_broken_one() {
    let mut later = third_format(5, &[]);
    later[8] = 9;
    assert_eq!(check(&later), Ok(()), "without its proof it is broken");
    let proof = crc32fast::hash(&later[..18]);
    later[18..22].copy_from_slice(&proof.to_le_bytes());
    assert_eq!(check(&later), Err(JournalError::Version(9)));
    assert_eq!(recover(&later, 5, &mut Numbers::default()), Err(JournalError::Version(9)));
    assert!(JournalError::Version(9).to_string().contains("later version"));
}

#[test]
fn a_segment_that_a_crash_cut_in_its_header_is_no_damage() {
    let bytes = third_format(5, &[]);
    for cut in 0..bytes.len() {
        let mut numbers = Numbers::below(5);
        let found = recover(&bytes[..cut], 5, &mut numbers).unwrap();
        assert_eq!(
            (found.damage, found.next, found.torn > 0 || cut == 22),
            (None, 5, cut > 0),
            "{cut} bytes"
        );
    }
}

#[test]
fn a_frame_in_a_strangers_name_is_not_taken_for_one() {
    let mut evil = Vec::new();
    frame(&[2, 3, 0, 0, 0, 0], 0, &mut evil);
    evil.retain(|byte| byte.is_ascii() && *byte != 0);
    let name: Arc<str> = String::from_utf8(evil).unwrap().into();
    let written = vec![Record { rig: name, ..record(1, 1) }, record(2, 2)];
    let mut bytes = third_format(0, &written);
    let at = HEADER_LEN + FRAME_LEN + 17;
    bytes[at] ^= 1;
    let mut numbers = Numbers::default();
    assert!(is_part(&recover(&bytes, 0, &mut numbers).unwrap().tally, &tally(&written)));
}
