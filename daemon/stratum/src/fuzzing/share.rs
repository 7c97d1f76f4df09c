//! The share check beside the reference.

use std::sync::Arc;

use super::Source;
use super::reference::{self, Big};
use crate::peer::{Folded, Notify, ToMiner};
use crate::v1::miner;
use crate::work::check::{Solution, solve};
use crate::work::{Algorithm, Difficulty, Job, Share, Target, VersionRule};

/// Judges a share of any job, and judges it again by the reference, which sees only what stands on the wire: the hash,
/// the version, the target of a difficulty and the verdict are the same.
///
/// # Panics
///
/// Where they are not.
pub fn share_check(bytes: &[u8]) {
    let mut source = Source(bytes);
    let (form, aim) = (source.byte(), source.byte());
    let (version, mask, bits) = (source.number(), source.number(), source.number());
    // Bits outside of the mask are refused before anything is hashed.
    let version_bits = (form & 1 == 1).then_some(bits & mask);
    let share_time = source.number();
    let nonce = source.number();
    let difficulty = f64::from_bits(u64::from_be_bytes(source.array()));
    let job = Job {
        id: "1".into(),
        bits: source.number(),
        time: source.number(),
        previous: source.array(),
        coinbase_1: source.some(200).to_vec(),
        coinbase_2: source.some(200).to_vec(),
        branch: (0..source.byte() % 14).map(|_| source.array()).collect(),
        version: if form & 2 == 2 { version & !mask } else { version },
        clean: false,
    };
    let (prefix, filler, own) = (source.some(9).to_vec(), source.some(17), source.some(5));
    let share = Share::new(source.some(17), share_time, nonce, version_bits).expect("no more than 16 bytes");

    // What the miner hears of it.
    let work = Arc::new(Folded::new(job.clone(), prefix.clone()));
    let said = Notify { id: 1, work, filler: filler.into(), time: job.time, clean: false };
    let mut line = Vec::new();
    miner::write(&ToMiner::Notify(said), &mut line);
    let notify: serde_json::Value = serde_json::from_slice(&line).expect("a line is JSON");
    let hash_of = |version: u32| -> [u8; 32] {
        let (own, extranonce_2) = (crate::hex::text(own), crate::hex::text(share.extranonce_2()));
        let header = reference::header(&notify, &own, &extranonce_2, version, share_time, nonce);
        let mut hash = reference::double_sha256(&header.expect("miners know the form"));
        hash.reverse();
        hash.try_into().expect("32 bytes")
    };

    // All readings of what the miner rolled, the first that meets the target first.
    let replaced = reference::rolled(job.version, mask, version_bits.unwrap_or(job.version));
    let readings = match version_bits {
        Some(bits) if job.version & mask != 0 => vec![replaced, job.version ^ bits, job.version | bits],
        _ => vec![replaced],
    };
    let hashes: Vec<[u8; 32]> = readings.iter().map(|version| hash_of(*version)).collect();
    let target = aimed(aim, &hashes, difficulty);
    let meets = |hash: &[u8; 32]| Big::from_bytes(hash).is_at_most(&Big::from_bytes(&target.0));
    let winner = hashes.iter().position(meets).unwrap_or(0);

    let whole_prefix = [&prefix[..], filler, own].concat();
    let found = solve(Algorithm::Sha256d, &job, &whole_prefix, &share, mask, target);
    let expected = Solution { hash: Target(hashes[winner]), version: readings[winner] };
    assert_eq!(found, expected, "of {readings:x?} the one that meets {target:?}");
    assert_eq!(found.hash <= target, meets(&hashes[winner]), "{found:?} meets {target:?}, or does not");
    for rule in VersionRule::ALL {
        let version = rule.apply(job.version, mask, bits & mask);
        assert_eq!(version & !mask, job.version & !mask, "{rule:?} leaves alone what is not the miner's");
    }
}

/// A target: of a difficulty, or just where a hash meets it or does not.
fn aimed(aim: u8, hashes: &[[u8; 32]], difficulty: f64) -> Target {
    let hash = hashes[usize::from(aim >> 4) % hashes.len()];
    match aim % 6 {
        0 => Target(hash),
        1 => Target(one_less(hash)),
        2 => Target::MAX,
        3 => Target([0; 32]),
        n => {
            // Where a share is easy, and anywhere.
            let difficulty = if n == 4 { difficulty.abs() % 1e-9 } else { difficulty };
            let Some(difficulty) = Difficulty::new(difficulty) else { return Target(hash) };
            let target = difficulty.target(Algorithm::Sha256d);
            assert!(
                reference::is_target_of(&target.0, difficulty.get()),
                "{target:?} is the target of {difficulty:?}"
            );
            target
        }
    }
}

fn one_less(mut hash: [u8; 32]) -> [u8; 32] {
    for byte in hash.iter_mut().rev() {
        *byte = byte.wrapping_sub(1);
        if *byte != 0xff {
            break;
        }
    }
    hash
}
