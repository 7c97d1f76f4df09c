//! What a rig hashes next: nonces, then versions, then its part of the extranonce, then the next job.

use std::sync::Arc;
use std::time::Instant;

use stratum::work::Target;

use super::{Counting, VersionBits};
use crate::work::{self, Job, Search};

/// Versions a rig rolls for one extranonce, like cgminer's four.
const VERSIONS_MAX: u32 = 4;

/// A job with all that is needed to work on it.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// The connection it came over.
    pub(super) connection: u64,
    pub(super) job: Arc<Job>,
    pub(super) extranonce_1: Vec<u8>,
    pub(super) extranonce_2_size: usize,
    pub(super) difficulty: f64,
    pub(super) target: Target,
    /// Version bits to roll; none where that was not agreed.
    pub(super) mask: Option<u32>,
}

/// A share, before it is sent.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) connection: u64,
    pub(super) job: Arc<Job>,
    pub(super) difficulty: f64,
    pub(super) extranonce_2: Vec<u8>,
    pub(super) nonce: u32,
    pub(super) version_bits: Option<u32>,
    /// Of its header, in hashing order.
    pub(super) hash: [u8; 32],
}

/// One rig's place in its work.
#[derive(Debug)]
pub(super) struct Hands {
    counting: Counting,
    version_bits: VersionBits,
    nonces: u32,
    work: Option<Work>,
    /// Work that is taken up when the chips have finished what they have.
    next: Option<(Instant, Work, bool)>,
    counter: u64,
    version: u32,
    nonce: u32,
    search: Option<Search>,
}

impl Hands {
    pub(super) fn new(counting: Counting, version_bits: VersionBits, nonces: u32) -> Hands {
        let nonces = nonces.max(1);
        Hands {
            counting,
            version_bits,
            nonces,
            work: None,
            next: None,
            counter: 0,
            version: 0,
            nonce: 0,
            search: None,
        }
    }

    /// New work, to be taken up at this time; `clean` starts the extranonce again.
    pub(super) fn give(&mut self, work: Work, at: Instant, clean: bool) {
        let clean = clean || self.next.as_ref().is_some_and(|(.., clean)| *clean);
        self.next = Some((at, work, clean));
        if self.work.is_none() {
            self.take_next(at);
        }
    }

    /// Nothing to do any more.
    pub(super) fn clear(&mut self) {
        (self.work, self.next, self.search) = (None, None, None);
    }

    /// Does up to `count` hashes and says how many it did: fewer only when there is no work.
    pub(super) fn hash(&mut self, now: Instant, count: u32, mut found: impl FnMut(Found)) -> u32 {
        self.take_next(now);
        let mut done = 0;
        while done < count {
            let Some(work) = &self.work else { break };
            let (mask, target) = (work.mask.filter(|mask| *mask != 0), work.target);
            let mut search = self.search.take().unwrap_or_else(|| {
                let version = rolled(work.job.version, mask, self.version);
                let extranonce = [work.extranonce_1.as_slice(), &self.extranonce_2(work)].concat();
                Search::new(&work.job.header(&extranonce, version, work.job.time, 0))
            });
            let part = (count - done).min(self.nonces - self.nonce);
            let top = u64::from_be_bytes(target.0[..8].try_into().expect("eight of 32 bytes"));
            let mut hits = Vec::new();
            for nonce in self.nonce..self.nonce + part {
                let hash = search.hash(nonce);
                // The last eight bytes decide nearly always.
                let high = u64::from_le_bytes(hash[24..].try_into().expect("eight of 32 bytes"));
                if high <= top && work::meets(&hash, target) {
                    hits.push((nonce, hash));
                }
            }
            for (nonce, hash) in hits {
                let version = rolled(work.job.version, mask, self.version);
                found(Found {
                    connection: work.connection,
                    job: work.job.clone(),
                    difficulty: work.difficulty,
                    extranonce_2: self.extranonce_2(work),
                    nonce,
                    hash,
                    version_bits: mask.map(|mask| match self.version_bits {
                        VersionBits::Masked => version & mask,
                        VersionBits::Flipped => version ^ work.job.version,
                    }),
                });
            }
            done += part;
            self.search = Some(search);
            self.nonce += part;
            if self.nonce == self.nonces {
                self.advance(mask);
            }
        }
        done
    }

    /// All nonces are used up: another version, or another extranonce.
    fn advance(&mut self, mask: Option<u32>) {
        (self.nonce, self.search) = (0, None);
        let versions = mask.map_or(1, |mask| VERSIONS_MAX.min(1 << mask.count_ones().min(8)));
        self.version += 1;
        if self.version >= versions {
            self.version = 0;
            self.counter += 1;
        }
    }

    fn take_next(&mut self, now: Instant) {
        let Some((_, work, clean)) = self.next.take_if(|(at, ..)| *at <= now) else { return };
        self.counter = match self.counting {
            Counting::RestartsOnNotify | Counting::Constant => 0,
            Counting::Continues if clean || self.work.is_none() => 0,
            Counting::Continues => self.counter + 1,
        };
        (self.version, self.nonce, self.search) = (0, 0, None);
        self.work = Some(work);
    }

    /// A counter, low byte first, cut to the size: when it is through it silently begins again.
    fn extranonce_2(&self, work: &Work) -> Vec<u8> {
        let counter = match self.counting {
            Counting::Constant => 1,
            _ => self.counter,
        };
        let mut bytes = counter.to_le_bytes().to_vec();
        bytes.resize(work.extranonce_2_size, 0);
        bytes
    }
}

/// The version with the index spread over the bits of the mask, lowest first.
fn rolled(version: u32, mask: Option<u32>, index: u32) -> u32 {
    let Some(mask) = mask else { return version };
    let mut bits = 0;
    let mut rest = mask;
    for n in 0..mask.count_ones() {
        let lowest = rest & rest.wrapping_neg();
        if index >> n & 1 == 1 {
            bits |= lowest;
        }
        rest &= !lowest;
    }
    (version & !mask) | bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(connection: u64, mask: Option<u32>) -> Work {
        Work {
            connection,
            job: Arc::new(Job {
                id: connection.to_string(),
                previous: [0; 32],
                coinbase_1: vec![1],
                coinbase_2: vec![2],
                branch: Vec::new(),
                version: 0x2000_0000,
                bits: 0,
                time: 5,
                clean: false,
            }),
            extranonce_1: vec![9],
            extranonce_2_size: 2,
            difficulty: 1e-9,
            target: Target::MAX,
            mask,
        }
    }

    fn keys(hands: &mut Hands, count: u32) -> Vec<(Vec<u8>, Option<u32>, u32)> {
        let mut keys = Vec::new();
        let now = Instant::now();
        assert_eq!(hands.hash(now, count, |f| keys.push((f.extranonce_2, f.version_bits, f.nonce))), count);
        keys
    }

    #[test]
    fn nonces_then_versions_then_the_extranonce_and_nothing_twice() {
        let mut hands = Hands::new(Counting::Continues, VersionBits::Masked, 2);
        assert_eq!(hands.hash(Instant::now(), 10, |_| ()), 0, "without work nothing is hashed");
        hands.give(work(1, Some(0x0000_6000)), Instant::now(), true);
        let all = keys(&mut hands, 9);
        let expected = [
            (0, 0, 0),
            (0, 0, 1),
            (0, 0x2000, 0),
            (0, 0x2000, 1),
            (0, 0x4000, 0),
            (0, 0x4000, 1),
            (0, 0x6000, 0),
            (0, 0x6000, 1),
            (1, 0, 0),
        ];
        let expected: Vec<_> =
            expected.into_iter().map(|(extra, bits, nonce)| (vec![extra, 0], Some(bits), nonce)).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn without_an_agreed_mask_no_bits_are_sent() {
        for mask in [None, Some(0)] {
            let mut hands = Hands::new(Counting::Continues, VersionBits::Masked, 1);
            hands.give(work(1, mask), Instant::now(), true);
            assert!(keys(&mut hands, 5).iter().all(|(_, bits, _)| bits.is_none()));
        }
    }

    #[test]
    fn firmware_counts_each_in_its_own_way() {
        let first = |counting, clean| {
            let mut hands = Hands::new(counting, VersionBits::Masked, 1);
            hands.give(work(1, None), Instant::now(), true);
            keys(&mut hands, 3);
            hands.give(work(2, None), Instant::now(), clean);
            keys(&mut hands, 1).remove(0).0
        };
        assert_eq!(first(Counting::RestartsOnNotify, false), [0, 0]);
        assert_eq!(first(Counting::Continues, false), [4, 0]);
        assert_eq!(first(Counting::Continues, true), [0, 0]);
        assert_eq!(first(Counting::Constant, false), [1, 0]);
    }

    #[test]
    fn the_counter_is_cut_to_the_size_and_begins_again() {
        let mut hands = Hands::new(Counting::Continues, VersionBits::Masked, 1);
        let small = Work { extranonce_2_size: 1, ..work(1, None) };
        hands.give(small, Instant::now(), true);
        let all = keys(&mut hands, 257);
        assert_eq!(all[0], all[256]);
        assert_eq!(all[255].0, [255]);
    }
}
