//! The list of proof-of-work functions. Adding one is a file beside this one and a row in each match here.

mod scrypt;
mod sha256d;
mod unit;

pub(crate) use sha256d::double_sha256;
pub use sha256d::sha256;
pub use unit::nonce as unit_nonce;

use super::Target;

/// A proof-of-work function over an 80-byte header, and its scale of difficulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Algorithm {
    /// Bitcoin: SHA-256 twice. Whatever does not say what it mines, mines this.
    #[default]
    Sha256d,
    /// Litecoin: scrypt with N = 1024, r = 1, p = 1.
    Scrypt,
    /// No work at all: the nonce says how hard the share is. For rehearsals on a virtual clock alone; it has
    /// no name, so no farm file can ask for it.
    Unit,
}

impl Algorithm {
    /// By the name that farm files use.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256d" => Some(Self::Sha256d),
            "scrypt" => Some(Self::Scrypt),
            _ => None,
        }
    }

    /// The proof-of-work hash of a header, as a number.
    pub fn hash(self, header: &[u8; 80]) -> Target {
        let mut hash = match self {
            Self::Sha256d => sha256d::double_sha256(header),
            Self::Scrypt => scrypt::hash(header),
            Self::Unit => return unit::hash(header),
        };
        hash.reverse();
        Target(hash)
    }

    /// Difficulty 1 is `0xffff << this`.
    pub(crate) fn difficulty_1_shift(self) -> u32 {
        match self {
            Self::Sha256d | Self::Unit => 208,
            Self::Scrypt => 224,
        }
    }

    /// Hashes behind a share of difficulty 1: `2^256 / (T1 + 1)`, 15 ppm over the round power of two.
    pub fn hashes_per_difficulty(self) -> f64 {
        // 2^256 / (0xffff * 2^s + 1) differs from 2^(256 - s) / 0xffff by less than an f64 can tell.
        2f64.powi(256 - self.difficulty_1_shift() as i32) / f64::from(0xffff_u32)
    }
}
