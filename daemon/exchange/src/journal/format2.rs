//! The second and the third format: frames that say by themselves what they are, so that one bad one spoils no other.
//! The second gives what a share counts as a difficulty, the third in hashes; only the third is written.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::{Damage, FRAME_LEN, Frames, MAGIC, NAME_MAX, Numbers, Record, Recovered, Step, VERSION};
use super::{crc, frame, whole_frame, work_of};
use crate::duplicates::Fingerprint;
use crate::time::Timestamp;
use crate::work::Work;

/// Length of a segment's header, bytes: magic, version, number of its first share, and a checksum over these.
pub const HEADER_LEN: usize = MAGIC.len() + 2 + 8 + 4;
pub(super) const KIND_BASE: u8 = 0;
pub(super) const KIND_NAME: u8 = 1;
pub(super) const KIND_SHARE: u8 = 2;
/// Of the second format.
pub(super) const KIND_DIFFICULTY: u8 = 3;
const KIND_WORK: u8 = 4;
const BASE_LEN: usize = 1 + 8 + 8;
/// How often a name or an amount of work is said.
const SAID: u8 = 2;

/// Numbers given in a segment, and how often each was said.
#[derive(Debug)]
struct Said<T>(HashMap<T, (u32, u8)>);

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq + Clone> Said<T> {
    /// The number, and whether it is to be said once more.
    fn number(&mut self, of: &T) -> (u32, bool) {
        if let Some((number, said)) = self.0.get_mut(of) {
            let again = *said < SAID;
            *said += u8::from(again);
            return (*number, again);
        }
        let number = self.0.len() as u32;
        self.0.insert(of.clone(), (number, 1));
        (number, true)
    }
}

/// Writes one segment.
#[derive(Debug, Default)]
pub struct Writer {
    names: Said<Arc<str>>,
    works: Said<Work>,
    first: u64,
    base: Timestamp,
    salt: u32,
}

impl Writer {
    /// A segment begun now whose first share has the number `first`; its header goes to `out`.
    pub fn start(first: u64, base: Timestamp, out: &mut Vec<u8>) -> Self {
        let from = out.len();
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(first.to_le_bytes());
        let proof = crc32fast::hash(&out[from..]);
        out.extend(proof.to_le_bytes());
        let mut payload = [KIND_BASE; BASE_LEN];
        payload[1..9].copy_from_slice(&first.to_le_bytes());
        payload[9..17].copy_from_slice(&base.0.to_le_bytes());
        frame(&payload, 0, out);
        Self { first, base, salt: crc(&payload, 0), ..Self::default() }
    }

    /// Appends the share with this number, which is not below the segment's first.
    pub fn share(&mut self, number: u64, record: &Record, out: &mut Vec<u8>) {
        let rig = self.name(&record.rig, out);
        let account = self.name(&record.account, out);
        let (work, is_to_be_said) = self.works.number(&record.work);
        if is_to_be_said {
            let mut payload = vec![KIND_WORK];
            put(work.into(), &mut payload);
            payload.extend(record.work.0.to_le_bytes());
            frame(&payload, self.salt, out);
        }
        let mut payload = vec![KIND_SHARE];
        put(number.wrapping_sub(self.first), &mut payload);
        let passed = record.at.0.wrapping_sub(self.base.0).div_euclid(1_000);
        put(zigzag(passed), &mut payload);
        for number in [rig, account, work] {
            put(number.into(), &mut payload);
        }
        payload.extend(record.print.0.to_le_bytes());
        frame(&payload, self.salt, out);
    }

    fn name(&mut self, name: &Arc<str>, out: &mut Vec<u8>) -> u32 {
        let (number, is_to_be_said) = self.names.number(name);
        if is_to_be_said {
            let mut payload = vec![KIND_NAME];
            put(number.into(), &mut payload);
            payload.extend(&name.as_bytes()[..name.floor_char_boundary(NAME_MAX)]);
            frame(&payload, self.salt, out);
        }
        number
    }
}

/// Reads a segment. `named` is its number by its file's name.
pub(super) fn recover(bytes: &[u8], is_broken: bool, named: u64, numbers: &mut Numbers) -> Recovered {
    let mut found = Recovered { next: named, ..Recovered::default() };
    let mut damage = is_broken.then_some(Damage { at: 0, bytes: HEADER_LEN, nameless: 0 });
    let from = HEADER_LEN.min(bytes.len());
    let Some(base) = base(bytes) else {
        // Without it nothing else can be told. A crash cut it off if nothing more was written.
        if bytes.len() > from + FRAME_LEN + BASE_LEN {
            damage.get_or_insert(Damage { at: from, ..Damage::default() }).bytes += bytes.len() - from;
        } else {
            found.torn = bytes.len() - from;
        }
        found.damage = damage;
        return found;
    };
    let first = u64::from_le_bytes(base[1..9].try_into().expect("eight bytes"));
    let begun = Timestamp(i64::from_le_bytes(base[9..17].try_into().expect("eight bytes")));
    found.next = first;
    let mut frames = Frames { bytes, at: from + FRAME_LEN + BASE_LEN, salt: crc(base, 0) };
    let mut names: HashMap<u64, Arc<str>> = HashMap::new();
    let mut works: HashMap<u64, Work> = HashMap::new();
    let mut shares = Vec::new();
    loop {
        let payload = match frames.next() {
            Step::Whole(payload) => payload,
            Step::Broken(at, bytes) => {
                damage.get_or_insert(Damage { at, ..Damage::default() }).bytes += bytes;
                continue;
            }
            Step::End(at) => {
                found.torn = bytes.len() - at;
                break;
            }
        };
        let (kind, mut rest) = (payload[0], &payload[1..]);
        match kind {
            KIND_NAME => {
                if let Some(number) = take(&mut rest) {
                    names.entry(number).or_insert_with(|| String::from_utf8_lossy(rest).into());
                }
            }
            KIND_DIFFICULTY => {
                if let (Some(number), Ok(bits)) = (take(&mut rest), rest.try_into()) {
                    works.insert(number, work_of(bits));
                }
            }
            KIND_WORK => {
                if let (Some(number), Ok(bytes)) = (take(&mut rest), rest.try_into()) {
                    works.insert(number, Work(u128::from_le_bytes(bytes)));
                }
            }
            KIND_SHARE => {
                let fields: Option<Vec<u64>> = (0..5).map(|_| take(&mut rest)).collect();
                if let Some(fields) = fields
                    && let Ok(print) = rest.try_into()
                    && let Some(number) = first.checked_add(fields[0])
                    && let Some(next) = number.checked_add(1)
                {
                    found.next = found.next.max(next);
                    let print = Fingerprint(u64::from_le_bytes(print));
                    found.prints.push(print);
                    shares.push((number, unzigzag(fields[1]), [fields[2], fields[3], fields[4]], print));
                }
            }
            _ => {}
        }
    }
    // Behind all names: of each at least one of two is whole, whichever it is.
    for (number, passed, [rig, account, work], print) in shares {
        let named = (names.get(&rig), names.get(&account), works.get(&work));
        let (Some(rig), Some(account), Some(work)) = named else {
            damage.get_or_insert_default().nameless += 1;
            continue;
        };
        let at = Timestamp(begun.0.saturating_add(passed.saturating_mul(1_000)));
        if numbers.insert(number) {
            let (rig, account, work) = (rig.clone(), account.clone(), *work);
            let record = Record { at, rig, account, work, print };
            found.tally.share(record.key(), record.work);
            found.shares += 1;
        }
    }
    found.damage = damage;
    found
}

/// Whether these bytes have a base frame, whatever their header says.
pub(super) fn has_base(bytes: &[u8]) -> bool {
    base(bytes).is_some()
}

fn base(bytes: &[u8]) -> Option<&[u8]> {
    let payload = whole_frame(bytes.get(HEADER_LEN..)?, 0)?;
    (payload.len() == BASE_LEN && payload[0] == KIND_BASE).then_some(payload)
}

/// Seven bits a byte, the lowest first.
pub(super) fn put(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Small for what is near zero on either side.
pub(super) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
