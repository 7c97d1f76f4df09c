//! What was acknowledged: the format of the journal that survives `kill -9`. No file in sight.
//!
//! A segment is a header, which says its number and proves it by a checksum, a base frame, which says it again
//! with the time that others count from, and frames `[length u16][crc32 u32][payload]`. A payload introduces a
//! name or an amount of work under a number (twice, so that one bad frame takes no other with it) or records one
//! accepted share. Share numbers count up over all segments and may stand in two of them; the number up to which
//! shares have been booked is the *mark*. [`Numbers`] sees to it that each is counted once, and knows what is missing.

mod format1;
mod format2;
mod numbers;

use std::sync::Arc;

pub use format2::{HEADER_LEN, Writer};
pub use numbers::Numbers;

use stratum::work::{Algorithm, Difficulty};

use crate::duplicates::Fingerprint;
use crate::tally::{Outcome, ShareKey, Tally};
use crate::time::Timestamp;
use crate::work::Work;

const MAGIC: &[u8; 8] = b"stratumJ";
/// The format that is written.
pub const VERSION: u16 = 3;
/// The same but for amounts of work, which are given as difficulties.
const WITH_DIFFICULTIES: u16 = 2;
const FRAME_LEN: usize = 6;
/// Longest name kept, bytes.
const NAME_MAX: usize = 1024;
/// No payload is longer: what claims to be is no frame.
const PAYLOAD_MAX: usize = NAME_MAX + 16;

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
    pub work: Work,
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
        }
    }
}

/// What a segment held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recovered {
    /// Shares that were not counted before.
    pub tally: Tally,
    /// How many those are.
    pub shares: u64,
    /// The number behind the last share of which anything is known.
    pub next: u64,
    /// Bytes at the end that belong to no whole frame: what a crash cut off.
    pub torn: usize,
    /// What tells the shares from all other work, also of those that were counted before; the first format has none.
    pub prints: Vec<Fingerprint>,
    /// What is broken with whole frames behind it, which no crash does.
    pub damage: Option<Damage>,
}

/// Bytes that were written whole and are not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damage {
    /// Where the first of them is, in bytes from the start of the segment.
    pub at: usize,
    /// How many.
    pub bytes: usize,
    /// Shares that are whole, but the name of whose rig or account is not: they are booked for nobody.
    pub nameless: u64,
}

/// The bytes cannot be read by this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Written by another release.
    #[error(
        "written in format {0} by a later version; this one reads formats 1 to {VERSION}: start the version that wrote it"
    )]
    Version(u16),
}

/// Whether a segment that begins with these bytes can be read, at least in part.
pub fn check(header: &[u8]) -> Result<(), JournalError> {
    match Header::of(header) {
        Header::Later(version) => Err(JournalError::Version(version)),
        _ => Ok(()),
    }
}

/// Reads a segment that is named after the share `named`, and counts what `numbers` has not seen yet. A bad frame
/// with a good one behind it is damage: what is whole is counted, and the rest is missing in `numbers`. A bad frame
/// with nothing good behind it is a crash's tail, and so is a header that is cut short.
pub fn recover(bytes: &[u8], named: u64, numbers: &mut Numbers) -> Result<Recovered, JournalError> {
    match Header::of(bytes) {
        Header::Short => Ok(Recovered { next: named, torn: bytes.len(), ..Recovered::default() }),
        Header::Later(version) => Err(JournalError::Version(version)),
        // The first format's header proves nothing: what has the base frame of the second is of the second, with a
        // header that is broken.
        Header::First(first) if !format2::has_base(bytes) => {
            Ok(format1::recover(bytes, first != named, named, numbers))
        }
        Header::Second(first) => Ok(format2::recover(bytes, first != named, named, numbers)),
        Header::First(_) | Header::Broken => {
            // Its base frame says what the header does not. Without one it may be of the first format.
            let mut second = numbers.clone();
            let found = format2::recover(bytes, true, named, &mut second);
            if found.next > named {
                *numbers = second;
                return Ok(found);
            }
            Ok(format1::recover(bytes, true, named, numbers))
        }
    }
}

/// What the first bytes say.
enum Header {
    Short,
    Broken,
    First(u64),
    Second(u64),
    Later(u16),
}

impl Header {
    fn of(bytes: &[u8]) -> Header {
        let Some(head) = bytes.get(..format1::HEADER_LEN) else { return Header::Short };
        let version = u16::from_le_bytes([head[8], head[9]]);
        let first = u64::from_le_bytes(head[10..18].try_into().expect("eight bytes"));
        let is_ours = &head[..8] == MAGIC;
        if is_ours && version == 1 {
            return Header::First(first);
        }
        // Every format from the second on begins so, which is how a later one is told from a broken one.
        let Some(crc) = bytes.get(format1::HEADER_LEN..HEADER_LEN) else { return Header::Short };
        if !is_ours || crc32fast::hash(head).to_le_bytes() != crc {
            return Header::Broken;
        }
        if version == VERSION || version == WITH_DIFFICULTIES {
            Header::Second(first)
        } else {
            Header::Later(version)
        }
    }
}

/// A walk over frames: each whole one, and where bytes had to be passed over to find the next.
struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
    salt: u32,
}

enum Step<'a> {
    /// A payload.
    Whole(&'a [u8]),
    /// From here on so many bytes are no frame, and then there is one again.
    Broken(usize, usize),
    /// From here on nothing is whole.
    End(usize),
}

impl<'a> Frames<'a> {
    fn next(&mut self) -> Step<'a> {
        if let Some(payload) = whole_frame(&self.bytes[self.at..], self.salt) {
            self.at += FRAME_LEN + payload.len();
            return Step::Whole(payload);
        }
        let from = self.at;
        let rest = (from + 1)..self.bytes.len();
        match rest.into_iter().find(|at| whole_frame(&self.bytes[*at..], self.salt).is_some()) {
            Some(at) => {
                self.at = at;
                Step::Broken(from, at - from)
            }
            None => {
                self.at = self.bytes.len();
                Step::End(from)
            }
        }
    }
}

fn whole_frame(bytes: &[u8], salt: u32) -> Option<&[u8]> {
    let head = bytes.get(..FRAME_LEN)?;
    let len = usize::from(u16::from_le_bytes([head[0], head[1]]));
    if len == 0 || len > PAYLOAD_MAX {
        return None;
    }
    let payload = bytes.get(FRAME_LEN..FRAME_LEN + len)?;
    (crc(payload, salt).to_le_bytes() == head[2..6]).then_some(payload)
}

/// What a share counts that earlier formats give as the bits of a difficulty; nothing where that is none, as a bad
/// frame may say whose checksum is good by chance.
fn work_of(bits: [u8; 8]) -> Work {
    let difficulty = Difficulty::new(f64::from_le_bytes(bits));
    difficulty.map_or(Work::NONE, |difficulty| Work::of_share(difficulty, Algorithm::default()))
}

fn crc(payload: &[u8], salt: u32) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(payload);
    hasher.finalize()
}

fn frame(payload: &[u8], salt: u32, out: &mut Vec<u8>) {
    out.extend((payload.len() as u16).to_le_bytes());
    out.extend(crc(payload, salt).to_le_bytes());
    out.extend(payload);
}

#[cfg(test)]
mod tests;
