//! The share check once more, slow and plain, from what stands on the wire: nothing of the house's own hashing,
//! headers or targets is used. SHA-256 is written from FIPS 180-4, its constants are computed.

use std::sync::OnceLock;

/// A number of any size: bits, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Big(Vec<bool>);

impl Big {
    /// From bytes of which the first is the highest.
    pub(super) fn from_bytes(bytes: &[u8]) -> Big {
        let bits = bytes.iter().rev().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        Big(bits.collect())
    }

    fn from_u64(number: u64) -> Big {
        Big::from_bytes(&number.to_be_bytes())
    }

    fn bit(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }

    fn shifted(&self, by: usize) -> Big {
        Big(std::iter::repeat_n(false, by).chain(self.0.iter().copied()).collect())
    }

    pub(super) fn is_at_most(&self, other: &Big) -> bool {
        let highest = self.0.len().max(other.0.len());
        let first = (0..highest).rev().find(|at| self.bit(*at) != other.bit(*at));
        first.is_none_or(|at| other.bit(at))
    }

    fn plus(&self, other: &Big) -> Big {
        let mut carry = false;
        let mut out = Vec::new();
        for at in 0..=self.0.len().max(other.0.len()) {
            let (a, b) = (self.bit(at), other.bit(at));
            out.push(a ^ b ^ carry);
            carry = (a & b) | (carry & (a ^ b));
        }
        Big(out)
    }

    fn times(&self, other: &Big) -> Big {
        let shifts = (0..self.0.len()).filter(|at| self.bit(*at)).map(|at| other.shifted(at));
        shifts.fold(Big(Vec::new()), |sum, shifted| sum.plus(&shifted))
    }
}

/// Whether `target` is the largest of 256 bits with `target * difficulty <= 0xffff * 2^208`.
pub(super) fn is_target_of(target: &[u8; 32], difficulty: f64) -> bool {
    // A normal f64 is a whole number times a power of two, and tinier ones are no difficulties.
    let bits = difficulty.to_bits();
    let (mantissa, power) = (bits & ((1 << 52) - 1) | 1 << 52, (bits >> 52) as i64 - 1075);
    let (up, down) = (power.max(0) as usize, power.min(0).unsigned_abs() as usize);
    let one = Big::from_u64(0xffff).shifted(208 + down);
    let fits = |target: &Big| target.times(&Big::from_u64(mantissa)).shifted(up).is_at_most(&one);
    let target = Big::from_bytes(target);
    let is_largest = target.0.iter().all(|bit| *bit) || !fits(&target.plus(&Big::from_u64(1)));
    fits(&target) && is_largest
}

/// The 80 bytes that a miner hashes, from a notify line and what else it knows. `None` where the line is not of the
/// form that miners know.
pub(super) fn header(
    notify: &serde_json::Value,
    extranonce_1: &str,
    extranonce_2: &str,
    version: u32,
    time: u32,
    nonce: u32,
) -> Option<Vec<u8>> {
    let params = notify["params"].as_array()?;
    let text = |at: usize| params.get(at)?.as_str();
    let coinbase = [text(2)?, extranonce_1, extranonce_2, text(3)?].concat();
    let mut root = double_sha256(&bytes(&coinbase)?);
    for sibling in params.get(4)?.as_array()? {
        let mut pair = root;
        pair.extend(bytes(sibling.as_str()?)?);
        root = double_sha256(&pair);
    }
    let mut out = Vec::new();
    out.extend(reversed(version));
    // Each group of four bytes of the previous hash is written backwards.
    for group in bytes(text(1)?)?.chunks(4) {
        out.extend(group.iter().rev());
    }
    out.extend(root);
    out.extend(reversed(time));
    out.extend(bytes(text(6)?)?.iter().rev());
    out.extend(reversed(nonce));
    Some(out)
}

fn reversed(number: u32) -> [u8; 4] {
    [number as u8, (number >> 8) as u8, (number >> 16) as u8, (number >> 24) as u8]
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
    Some(digits?.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

/// The block's version, bit by bit: under the mask the miner's, elsewhere the job's.
pub(super) fn rolled(version: u32, mask: u32, bits: u32) -> u32 {
    (0..32).map(|at| if mask >> at & 1 == 1 { bits & 1 << at } else { version & 1 << at }).sum()
}

pub(super) fn double_sha256(bytes: &[u8]) -> Vec<u8> {
    sha256(&sha256(bytes))
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    let mut message = bytes.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend((bytes.len() as u64 * 8).to_be_bytes());
    let (constants, first) = constants();
    let mut hash = first.clone();
    for block in message.chunks(64) {
        let mut words: Vec<u32> = block
            .chunks(4)
            .map(|word| word.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
            .collect();
        for t in 16..64 {
            let (a, b) = (words[t - 15], words[t - 2]);
            let small_0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let small_1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words.push(small_1.wrapping_add(words[t - 7]).wrapping_add(small_0).wrapping_add(words[t - 16]));
        }
        let mut v = hash.clone();
        for t in 0..64 {
            let big_1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let first =
                [big_1, choice, constants[t], words[t]].iter().fold(v[7], |sum, n| sum.wrapping_add(*n));
            let big_0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(first);
            v[0] = first.wrapping_add(big_0).wrapping_add(majority);
        }
        for (sum, part) in hash.iter_mut().zip(v) {
            *sum = sum.wrapping_add(part);
        }
    }
    hash.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The first bits behind the point of the cube roots of the first 64 primes, and of the square roots of the first eight.
fn constants() -> &'static (Vec<u32>, Vec<u32>) {
    static CONSTANTS: OnceLock<(Vec<u32>, Vec<u32>)> = OnceLock::new();
    CONSTANTS.get_or_init(|| {
        let primes: Vec<u128> = (2..312).filter(|n| (2..*n).all(|by| n % by != 0)).collect();
        let cubes = primes.iter().map(|prime| root(prime << 96, 3));
        (cubes.collect(), primes[..8].iter().map(|prime| root(prime << 64, 2)).collect())
    })
}

/// The lowest 32 bits of the whole part of a root.
fn root(of: u128, power: u32) -> u32 {
    let (mut low, mut high) = (0u128, 1 << 42);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if middle.checked_pow(power).is_some_and(|square| square <= of) {
            low = middle
        } else {
            high = middle
        }
    }
    low as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_knows_what_is_published() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        // Bitcoin's first block.
        let notify = serde_json::json!({ "params": [
            "0", "00".repeat(32),
            "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e20",
            "6272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000",
            [], "00000001", "1d00ffff", "495fab29", true,
        ]});
        let bytes = header(&notify, "", "", 1, 0x495f_ab29, 2_083_236_893).unwrap();
        let mut hash = double_sha256(&bytes);
        hash.reverse();
        assert_eq!(hex(hash), "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    }

    #[test]
    fn numbers_of_any_size_are_numbers() {
        let big = |n: u64| Big::from_u64(n);
        assert!(big(7).times(&big(9)).is_at_most(&big(63)) && big(63).is_at_most(&big(7).times(&big(9))));
        assert!(!big(64).is_at_most(&big(63)) && big(5).shifted(3).is_at_most(&big(40)));
        let mut one = [0; 32];
        (one[4], one[5]) = (0xff, 0xff);
        assert!(is_target_of(&one, 1.0) && !is_target_of(&one, 1.000_001));
        one[31] = 1;
        assert!(!is_target_of(&one, 1.0));
    }
}
