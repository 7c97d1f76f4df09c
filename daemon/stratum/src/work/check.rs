//! Share in, verdict out: builds the header that a share claims and compares its hash with a target.

use super::header::{self, Coinbase};
use super::{Algorithm, Job, Target};

/// The most extranonce 2 bytes that a share may carry.
pub const EXTRANONCE_2_MAX: usize = 16;

/// What a miner sends: the parts of the header that were its own to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    extranonce_2: [u8; EXTRANONCE_2_MAX],
    extranonce_2_len: u8,
    /// Seconds since the Unix epoch.
    pub time: u32,
    /// The header's nonce.
    pub nonce: u32,
    /// BIP 310: the version bits that the miner set, where it rolls them.
    pub version_bits: Option<u32>,
}

impl Share {
    /// `None` when the extranonce is longer than [`EXTRANONCE_2_MAX`].
    pub fn new(extranonce_2: &[u8], time: u32, nonce: u32, version_bits: Option<u32>) -> Option<Self> {
        let mut bytes = [0; EXTRANONCE_2_MAX];
        bytes.get_mut(..extranonce_2.len())?.copy_from_slice(extranonce_2);
        Some(Self {
            extranonce_2: bytes,
            extranonce_2_len: extranonce_2.len() as u8,
            time,
            nonce,
            version_bits,
        })
    }

    /// The bytes that the miner rolled.
    pub fn extranonce_2(&self) -> &[u8] {
        &self.extranonce_2[..usize::from(self.extranonce_2_len)]
    }
}

/// Why a share counts for nothing. The codes on the wire are those of `protocols`, section 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No such job, or none any more.
    UnknownJob,
    /// The pool has moved on to another block since.
    Stale,
    /// The same work was sent before.
    Duplicate,
    /// The hash does not meet the target of its job.
    LowDifficulty,
    /// The user has not been authorized on this connection.
    Unauthorized,
    /// The connection has not subscribed.
    NotSubscribed,
    /// Extranonce 2 has the wrong length.
    ExtranonceSize,
    /// The time lies before the job's or too far ahead.
    TimeOutOfRange,
    /// Version bits outside the mask that was agreed.
    VersionBits,
    /// A field is missing or is not what it should be.
    Malformed,
    /// More shares than a miner that is in no farm file may send.
    TooMany,
    /// Anything else that a pool may say.
    Other,
}

impl Reason {
    /// Every reason, in a fixed order.
    pub const ALL: [Reason; 12] = [
        Reason::UnknownJob,
        Reason::Stale,
        Reason::Duplicate,
        Reason::LowDifficulty,
        Reason::Unauthorized,
        Reason::NotSubscribed,
        Reason::ExtranonceSize,
        Reason::TimeOutOfRange,
        Reason::VersionBits,
        Reason::Malformed,
        Reason::TooMany,
        Reason::Other,
    ];

    /// The error code that miners know.
    pub fn code(self) -> i32 {
        match self {
            Reason::UnknownJob | Reason::Stale => 21,
            Reason::Duplicate => 22,
            Reason::LowDifficulty => 23,
            Reason::Unauthorized => 24,
            Reason::NotSubscribed => 25,
            _ => 20,
        }
    }

    /// A short name for tables and accounts.
    pub fn name(self) -> &'static str {
        match self {
            Reason::UnknownJob => "unknown-job",
            Reason::Stale => "stale",
            Reason::Duplicate => "duplicate",
            Reason::LowDifficulty => "low-difficulty",
            Reason::Unauthorized => "unauthorized",
            Reason::NotSubscribed => "not-subscribed",
            Reason::ExtranonceSize => "extranonce-size",
            Reason::TimeOutOfRange => "time-out-of-range",
            Reason::VersionBits => "version-bits",
            Reason::Malformed => "malformed",
            Reason::TooMany => "too-many",
            Reason::Other => "other",
        }
    }

    /// What the miner's log shows.
    pub fn text(self) -> &'static str {
        match self {
            Reason::UnknownJob => "Job not found",
            Reason::Stale => "Stale share",
            Reason::Duplicate => "Duplicate share",
            Reason::LowDifficulty => "Low difficulty share",
            Reason::Unauthorized => "Unauthorized worker",
            Reason::NotSubscribed => "Not subscribed",
            Reason::ExtranonceSize => "Invalid extranonce2 size",
            Reason::TimeOutOfRange => "Time out of range",
            Reason::VersionBits => "Version bits outside the mask",
            Reason::Malformed => "Malformed request",
            Reason::TooMany => "Too many shares for a miner that is in no farm file",
            Reason::Other => "Rejected",
        }
    }

    /// Reads a pool's refusal: by code first, else by its words. A code means something only for the
    /// request it answers, so this is for answers to a submit alone.
    pub fn from_refusal(code: Option<i64>, text: &str) -> Self {
        match code {
            Some(21 | 36 | 37) => return Reason::Stale,
            Some(22) => return Reason::Duplicate,
            Some(23) => return Reason::LowDifficulty,
            Some(24 | 29) => return Reason::Unauthorized,
            Some(25) => return Reason::NotSubscribed,
            Some(31 | 32) => return Reason::TimeOutOfRange,
            Some(33) => return Reason::VersionBits,
            _ => {}
        }
        let text = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["stale", "job not found", "old", "expired"]) {
            Reason::Stale
        } else if says(&["duplicate", "dupe"]) {
            Reason::Duplicate
        } else if says(&["low", "above target", "high-hash"]) {
            Reason::LowDifficulty
        } else if says(&["unauthor", "worker mismatch", "not authorized"]) {
            Reason::Unauthorized
        } else if says(&["ntime", "time"]) {
            Reason::TimeOutOfRange
        } else if says(&["nonce2", "extranonce"]) {
            Reason::ExtranonceSize
        } else if says(&["version"]) {
            Reason::VersionBits
        } else {
            Reason::Other
        }
    }
}

/// How a miner's version bits become the block's version. All agree while the job's own bits under the
/// mask are zero, which is so for ordinary templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionRule {
    /// BIP 310: the bits replace those under the mask.
    Replace,
    /// The bits are flipped in (AxeOS sends what it rolled XOR the job's version).
    Xor,
    /// The bits are set.
    Or,
}

impl VersionRule {
    /// In the order in which they are tried.
    pub const ALL: [VersionRule; 3] = [VersionRule::Replace, VersionRule::Xor, VersionRule::Or];

    /// The block's version.
    pub fn apply(self, version: u32, mask: u32, bits: u32) -> u32 {
        match self {
            VersionRule::Replace => (version & !mask) | (bits & mask),
            VersionRule::Xor => version ^ bits,
            VersionRule::Or => version | bits,
        }
    }
}

/// What a share turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solution {
    /// The proof of work, as a number.
    pub hash: Target,
    /// The version it was found with.
    pub version: u32,
}

/// Hashes a share. `prefix` is everything between the job's coinbase parts that the miner did not roll
/// (the pool's extranonce 1 and what the hub put behind it). Where the miner's reading of its version
/// bits is open, the first reading that meets `target` wins, else the first of all.
pub fn solve(
    algorithm: Algorithm,
    job: &Job,
    prefix: &[u8],
    share: &Share,
    mask: u32,
    target: Target,
) -> Solution {
    let begun = Coinbase::begin(&[&job.coinbase_1, prefix]);
    finish(algorithm, job, &begun, [&[], &[]], share, mask, target)
}

/// The same for a job whose coinbase was begun before; `own` stands between that and what the miner rolled.
pub(crate) fn finish(
    algorithm: Algorithm,
    job: &Job,
    begun: &Coinbase,
    own: [&[u8]; 2],
    share: &Share,
    mask: u32,
    target: Target,
) -> Solution {
    let coinbase = begun.hash(&[own[0], own[1], share.extranonce_2(), &job.coinbase_2]);
    let root = header::merkle_root(coinbase, &job.branch);
    let attempt = |version| {
        let bytes = header::build(version, &job.previous, &root, share.time, job.bits, share.nonce);
        Solution { hash: algorithm.hash(&bytes), version }
    };
    let Some(bits) = share.version_bits else { return attempt(job.version) };
    let first = attempt(VersionRule::Replace.apply(job.version, mask, bits));
    if first.hash <= target || job.version & mask == 0 {
        return first;
    }
    VersionRule::ALL[1..]
        .iter()
        .map(|rule| rule.apply(job.version, mask, bits))
        .filter(|version| *version != first.version)
        .map(attempt)
        .find(|other| other.hash <= target)
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_by_code_then_by_words() {
        for (code, text, reason) in [
            (Some(21), "Job not found", Reason::Stale),
            (None, "Above target 2", Reason::LowDifficulty),
            (None, "Stale", Reason::Stale),
            (Some(22), "", Reason::Duplicate),
            (Some(23), "high-hash", Reason::LowDifficulty),
            (None, "Worker mismatch", Reason::Unauthorized),
            (None, "Invalid nonce2 length", Reason::ExtranonceSize),
            (None, "Ntime out of range", Reason::TimeOutOfRange),
            (Some(-2), "who knows", Reason::Other),
        ] {
            assert_eq!(Reason::from_refusal(code, text), reason, "{code:?} {text}");
        }
    }

    #[test]
    fn an_extranonce_over_the_limit_is_no_share() {
        assert!(Share::new(&[0; 16], 0, 0, None).is_some());
        assert!(Share::new(&[0; 17], 0, 0, None).is_none());
    }
}
