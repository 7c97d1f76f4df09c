//! The first format, which is read only. Its names and shares are numbered by their order, so behind damage no
//! new name can be told, and a share's number is the least that it can be: none counts twice.

use std::sync::Arc;

use super::{Damage, Frames, MAGIC, Numbers, Record, Recovered, Step, work_of};
use crate::duplicates::Fingerprint;
use crate::time::Timestamp;

pub(super) const HEADER_LEN: usize = MAGIC.len() + 2 + 8;
const KIND_NAME: u8 = 1;
const KIND_SHARE: u8 = 2;

/// Reads a segment whose first share is `named`.
pub(super) fn recover(bytes: &[u8], is_broken: bool, named: u64, numbers: &mut Numbers) -> Recovered {
    let mut found = Recovered { next: named, ..Recovered::default() };
    let mut damage = is_broken.then_some(Damage { at: 0, bytes: HEADER_LEN, nameless: 0 });
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut knows_all_names = true;
    let mut frames = Frames { bytes, at: HEADER_LEN.min(bytes.len()), salt: 0 };
    loop {
        let payload = match frames.next() {
            Step::Whole(payload) => payload,
            Step::Broken(at, bytes) => {
                damage.get_or_insert(Damage { at, ..Damage::default() }).bytes += bytes;
                knows_all_names = false;
                continue;
            }
            Step::End(at) => {
                found.torn = bytes.len() - at;
                break;
            }
        };
        match payload.split_first() {
            Some((&KIND_NAME, name)) if knows_all_names => names.push(String::from_utf8_lossy(name).into()),
            Some((&KIND_SHARE, rest)) if rest.len() == 24 => {
                let Some(next) = found.next.checked_add(1) else { continue };
                let number = std::mem::replace(&mut found.next, next);
                let name = |from: usize| {
                    let id = u32::from_le_bytes(rest[from..from + 4].try_into().expect("four bytes"));
                    names.get(id as usize)
                };
                let (Some(rig), Some(account)) = (name(8), name(12)) else {
                    let at = frames.at;
                    damage.get_or_insert(Damage { at, ..Damage::default() }).nameless += 1;
                    continue;
                };
                let record = Record {
                    at: Timestamp(i64::from_le_bytes(rest[..8].try_into().expect("eight bytes"))),
                    rig: rig.clone(),
                    account: account.clone(),
                    work: work_of(rest[16..24].try_into().expect("eight bytes")),
                    print: Fingerprint(0),
                };
                if numbers.insert(number) {
                    found.tally.share(record.key(), record.work);
                    found.shares += 1;
                }
            }
            _ => {}
        }
    }
    found.damage = damage;
    found
}
