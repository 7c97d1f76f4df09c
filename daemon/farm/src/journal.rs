//! What was acknowledged: the format of the journal that survives `kill -9`. No file in sight.
//!
//! A segment is a header and frames `[length u16][crc32 u32][payload]`. A payload either introduces a name
//! (rigs and accounts are written once a segment and then meant by number) or records one accepted share.
//! Share numbers count up over all segments; the number up to which shares have been booked is the *mark*.

use std::collections::HashMap;
use std::sync::Arc;

use crate::duplicates::Fingerprint;
use crate::tally::{Outcome, ShareKey, Tally};
use crate::time::Timestamp;

const MAGIC: &[u8; 8] = b"stratumJ";
const VERSION: u16 = 1;
/// Length of a segment's header, bytes.
pub const HEADER_LEN: usize = 8 + 2 + 8;
const FRAME_LEN: usize = 6;
const KIND_NAME: u8 = 1;
const KIND_SHARE: u8 = 2;
/// Longest name kept, bytes.
const NAME_MAX: usize = 1024;

/// An accepted share, as it is written down before the miner hears of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it was accepted.
    pub at: Timestamp,
    /// Who found it.
    pub rig: Arc<str>,
    /// For whom.
    pub account: Arc<str>,
    /// What it counts.
    pub difficulty: f64,
    /// Tells it from all other work.
    pub print: Fingerprint,
}

impl Record {
    /// The counter that it belongs to.
    pub fn key(&self) -> ShareKey {
        ShareKey {
            minute: self.at.minute(),
            rig: self.rig.clone(),
            account: self.account.clone(),
            outcome: Outcome::Accepted,
            difficulty: self.difficulty.to_bits(),
        }
    }
}

/// Writes one segment.
#[derive(Debug, Default)]
pub struct Writer {
    names: HashMap<Arc<str>, u32>,
    next: u64,
}

impl Writer {
    /// A segment whose first share has the number `first`; its header goes to `out`.
    pub fn start(first: u64, out: &mut Vec<u8>) -> Self {
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(first.to_le_bytes());
        Self { names: HashMap::new(), next: first }
    }

    /// Appends a share and returns its number.
    pub fn share(&mut self, record: &Record, out: &mut Vec<u8>) -> u64 {
        let rig = self.name(&record.rig, out);
        let account = self.name(&record.account, out);
        let mut payload = [0u8; 25];
        payload[0] = KIND_SHARE;
        payload[1..9].copy_from_slice(&record.at.0.to_le_bytes());
        payload[9..13].copy_from_slice(&rig.to_le_bytes());
        payload[13..17].copy_from_slice(&account.to_le_bytes());
        payload[17..25].copy_from_slice(&record.difficulty.to_le_bytes());
        frame(&payload, out);
        self.next += 1;
        self.next - 1
    }

    /// The number that the next share gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    fn name(&mut self, name: &Arc<str>, out: &mut Vec<u8>) -> u32 {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = self.names.len() as u32;
        let mut payload = vec![KIND_NAME];
        payload.extend(&name.as_bytes()[..name.len().min(NAME_MAX)]);
        frame(&payload, out);
        self.names.insert(name.clone(), id);
        id
    }
}

fn frame(payload: &[u8], out: &mut Vec<u8>) {
    out.extend((payload.len() as u16).to_le_bytes());
    out.extend(crc32fast::hash(payload).to_le_bytes());
    out.extend(payload);
}

/// What a segment held.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// Shares with a number at or above the mark, counted.
    pub tally: Tally,
    /// How many those are.
    pub shares: u64,
    /// The number behind the segment's last whole share.
    pub next: u64,
    /// Bytes at the end that belong to no whole frame: what a crash cut off.
    pub torn: usize,
}

/// The bytes are not a segment of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The header is missing or another program's.
    #[error("not a share journal")]
    NotAJournal,
    /// Written by another release.
    #[error("share journal of format {0}, this release reads {VERSION}")]
    Version(u16),
}

/// Reads a segment. Everything behind the first frame that is cut short or fails its checksum is ignored:
/// frames are written in order, so it is a crash's tail.
pub fn recover(bytes: &[u8], mark: u64) -> Result<Recovered, JournalError> {
    let header = bytes.get(..HEADER_LEN).ok_or(JournalError::NotAJournal)?;
    if &header[..8] != MAGIC {
        return Err(JournalError::NotAJournal);
    }
    let version = u16::from_le_bytes([header[8], header[9]]);
    if version != VERSION {
        return Err(JournalError::Version(version));
    }
    let mut next = u64::from_le_bytes(header[10..18].try_into().expect("eight bytes"));
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut tally = Tally::default();
    let mut shares = 0;
    let mut at = HEADER_LEN;
    while let Some(payload) = whole_frame(&bytes[at..]) {
        match payload.split_first() {
            Some((&KIND_NAME, name)) => names.push(String::from_utf8_lossy(name).into()),
            Some((&KIND_SHARE, rest)) if rest.len() == 24 => {
                let number = |from: usize| u32::from_le_bytes(rest[from..from + 4].try_into().expect("four"));
                let (Some(rig), Some(account)) =
                    (names.get(number(8) as usize), names.get(number(12) as usize))
                else {
                    break;
                };
                if next >= mark {
                    let record = Record {
                        at: Timestamp(i64::from_le_bytes(rest[..8].try_into().expect("eight"))),
                        rig: rig.clone(),
                        account: account.clone(),
                        difficulty: f64::from_le_bytes(rest[16..24].try_into().expect("eight")),
                        print: Fingerprint(0),
                    };
                    tally.share(record.key());
                    shares += 1;
                }
                next += 1;
            }
            _ => break,
        }
        at += FRAME_LEN + payload.len();
    }
    Ok(Recovered { tally, shares, next, torn: bytes.len() - at })
}

fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..FRAME_LEN)?;
    let len = usize::from(u16::from_le_bytes([head[0], head[1]]));
    let crc = u32::from_le_bytes(head[2..6].try_into().expect("four bytes"));
    let payload = bytes.get(FRAME_LEN..FRAME_LEN + len)?;
    (crc32fast::hash(payload) == crc).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(rig: u8, second: i64) -> Record {
        Record {
            at: Timestamp::from_seconds(second),
            rig: format!("rig-{rig}").into(),
            account: "alice/gold".into(),
            difficulty: 0.25,
            print: Fingerprint(u64::from(rig)),
        }
    }

    proptest! {
        #[test]
        fn a_crash_at_any_byte_loses_only_what_was_not_written(
            rigs in proptest::collection::vec(0u8..4, 0..30), cut in 0usize..2000, mark in 90u64..140
        ) {
            let mut bytes = Vec::new();
            let mut writer = Writer::start(100, &mut bytes);
            let mut ends = Vec::new();
            for (i, rig) in rigs.iter().enumerate() {
                prop_assert_eq!(writer.share(&record(*rig, i as i64), &mut bytes), 100 + i as u64);
                ends.push(bytes.len());
            }
            let cut = cut.clamp(HEADER_LEN, bytes.len().max(HEADER_LEN)).min(bytes.len());
            let whole = ends.iter().filter(|end| **end <= cut).count() as u64;
            let found = recover(&bytes[..cut], mark).unwrap();
            prop_assert_eq!(found.next, 100 + whole);
            prop_assert_eq!(found.shares, (100 + whole).saturating_sub(mark.max(100)));
            prop_assert_eq!(found.tally.count(Outcome::Accepted), found.shares);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = recover(&bytes, 0);
            let mut framed = Vec::new();
            Writer::start(0, &mut framed);
            framed.extend(&bytes);
            let _ = recover(&framed, 0);
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_segment_there() {
        let mut bytes = Vec::new();
        let mut writer = Writer::start(0, &mut bytes);
        writer.share(&record(1, 1), &mut bytes);
        let first = bytes.len();
        writer.share(&record(1, 2), &mut bytes);
        bytes[first + 10] ^= 1;
        let found = recover(&bytes, 0).unwrap();
        assert_eq!((found.shares, found.next), (1, 1));
        assert_eq!(found.torn, bytes.len() - first);
        assert_eq!(recover(b"something else entirely", 0), Err(JournalError::NotAJournal));
    }
}
