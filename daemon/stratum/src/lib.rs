//! The wire: bytes to meaning and back, and the work behind a share.
//!
//! [`peer`] holds the neutral words that the rest of the house uses, and [`Protocol`] turns what is on the wire into
//! them and back: which protocols there are, nobody else knows. [`work`] builds block headers and judges shares; [`extranonce`] cuts one pool's search
//! space into pieces, one per miner; [`text`] tames what strangers write. Nothing here knows a farm word, a socket or a clock.

pub mod extranonce;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod hex;
pub mod line;
pub mod peer;
mod protocol;
pub mod text;
mod v1;
pub mod work;

pub use protocol::{BadLine, Protocol};

/// What stands for some bytes and cannot be continued or guessed: SHA-256 of their SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    work::algorithm::double_sha256(bytes)
}
