//! The work behind a share: a pool's job, how hard a share should be, and the target it must meet.
//!
//! Byte orders follow the block header: hashes are kept in the order in which they are hashed, targets as
//! big-endian numbers. [`header`] builds headers, [`check`] judges shares, [`algorithm`] lists the
//! proof-of-work functions.

pub mod algorithm;
pub mod check;
pub mod cryptonote;
pub mod header;

pub use algorithm::Algorithm;
pub use check::{Reason, Share, Solution, VersionRule};

/// A job as a pool hands it out, fields decoded, numbers as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The pool's own name for it; opaque.
    pub id: Box<str>,
    /// Hash of the previous block in header order (not stratum's word-swapped form).
    pub previous: [u8; 32],
    /// Coinbase transaction without witness, up to the extranonce.
    pub coinbase_1: Vec<u8>,
    /// The rest of the coinbase transaction behind the extranonce.
    pub coinbase_2: Vec<u8>,
    /// Merkle siblings from the coinbase up, each to be hashed in on the right.
    pub branch: Vec<[u8; 32]>,
    /// Block version before any rolling.
    pub version: u32,
    /// The network's target in compact form.
    pub bits: u32,
    /// Seconds since the Unix epoch.
    pub time: u32,
    /// Shares for earlier jobs are stale from here on.
    pub clean: bool,
}

/// How hard a share is: a multiple of the "pool difficulty 1" target, `0xffff << 208` for SHA-256d.
/// Always finite and above zero; values below one are normal for small devices.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Difficulty(f64);

impl Difficulty {
    /// `None` for zero, negative, infinite and NaN values, which peers do send.
    pub fn new(value: f64) -> Option<Self> {
        // Below 2^-200 every hash meets the target; nobody means that.
        (value.is_finite() && value > 1e-60).then_some(Self(value))
    }

    /// The number itself.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The easier of two.
    pub fn min(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }

    /// The harder of two.
    pub fn max(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }

    /// The target of `algorithm` at this difficulty: `floor(T1 / d)` with the exact value of the f64,
    /// at most 2^256 - 1.
    pub fn target(self, algorithm: Algorithm) -> Target {
        Target::divide(0xffff, algorithm.difficulty_1_shift(), self.0)
    }

    /// Hashes that a share of this difficulty stands for on average: `d * 2^256 / (T1 + 1)`.
    pub fn hashes(self, algorithm: Algorithm) -> f64 {
        self.0 * algorithm.hashes_per_difficulty()
    }
}

/// A 256-bit number that a hash, read as a number, must not exceed. Big-endian, so that the order of the
/// bytes is the order of the numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(pub [u8; 32]);

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::hex::text(&self.0))
    }
}

impl Target {
    /// Every hash meets it.
    pub const MAX: Target = Target([0xff; 32]);

    /// The target of a block header's compact `bits`. Negative and oversized forms give zero and
    /// [`Target::MAX`], as in Bitcoin Core's arithmetic.
    pub fn from_bits(bits: u32) -> Self {
        let size = (bits >> 24) as usize;
        let mantissa = bits & 0x007f_ffff;
        let mut out = [0u8; 32];
        let bytes = mantissa.to_be_bytes();
        for (i, byte) in bytes[1..].iter().enumerate() {
            // The mantissa's last byte stands at 256^(size - 3).
            let power = size as i64 - 1 - i as i64;
            if *byte == 0 || power < 0 {
                continue;
            }
            if power > 31 {
                return Target::MAX;
            }
            out[31 - power as usize] = *byte;
        }
        Target(out)
    }

    /// The number as an f64, rounded.
    pub fn to_f64(self) -> f64 {
        self.0.iter().fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte))
    }

    /// The difficulty that this number, taken as a hash or a target, has for `algorithm`.
    pub fn difficulty(self, algorithm: Algorithm) -> f64 {
        let one = f64::from(0xffff_u32) * 2f64.powi(algorithm.difficulty_1_shift() as i32);
        one / self.to_f64()
    }

    /// `floor((numerator << shift) / d)` for the exact binary value of `d`.
    fn divide(numerator: u64, shift: u32, d: f64) -> Self {
        let bits = d.to_bits();
        let exponent = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, power) =
            if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) };
        let up = shift as i32 - power;
        let limbs = if up >= 0 {
            divide_limbs(&shifted(numerator, up as u32), mantissa)
        } else {
            // d is over 2^shift: nothing is left but zero.
            vec![0]
        };
        if limbs.iter().skip(4).any(|limb| *limb != 0) {
            return Target::MAX;
        }
        let mut out = [0u8; 32];
        for (i, limb) in limbs.iter().take(4).enumerate() {
            out[24 - 8 * i..32 - 8 * i].copy_from_slice(&limb.to_be_bytes());
        }
        Target(out)
    }
}

/// `value << by`, least significant limb first.
fn shifted(value: u64, by: u32) -> Vec<u64> {
    let (whole, rest) = ((by / 64) as usize, by % 64);
    let wide = u128::from(value) << rest;
    let mut limbs = vec![0; whole];
    limbs.extend([wide as u64, (wide >> 64) as u64]);
    limbs
}

fn divide_limbs(limbs: &[u64], by: u64) -> Vec<u64> {
    let mut out = vec![0; limbs.len()];
    let mut rest = 0u128;
    for i in (0..limbs.len()).rev() {
        let part = (rest << 64) | u128::from(limbs[i]);
        out[i] = (part / u128::from(by)) as u64;
        rest = part % u128::from(by);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difficulty_one_is_the_pool_target() {
        let one = Difficulty::new(1.0).unwrap().target(Algorithm::Sha256d);
        assert_eq!(format!("{one:?}"), "00000000ffff0000000000000000000000000000000000000000000000000000");
        assert_eq!(Target::from_bits(0x1d00_ffff), one);
    }

    #[test]
    fn tiny_and_huge_difficulties_saturate() {
        assert_eq!(Difficulty::new(1e-30).unwrap().target(Algorithm::Sha256d), Target::MAX);
        assert_eq!(Difficulty::new(1e100).unwrap().target(Algorithm::Sha256d), Target([0; 32]));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-320] {
            assert_eq!(Difficulty::new(bad), None);
        }
    }

    #[test]
    fn a_harder_share_has_a_smaller_target() {
        let at = |d: f64| Difficulty::new(d).unwrap().target(Algorithm::Sha256d);
        assert!(at(2.0) < at(1.0) && at(1.0) < at(0.3));
        assert!((at(1234.5).difficulty(Algorithm::Sha256d) / 1234.5 - 1.0).abs() < 1e-12);
    }
}
