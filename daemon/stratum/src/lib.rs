//! The wire: bytes to meaning and back, and the work behind a share.
//!
//! [`peer`] holds the neutral words that the rest of the house uses; [`v1`] turns Stratum V1 lines into
//! them and back; [`work`] builds block headers and judges shares; [`extranonce`] cuts one pool's search
//! space into pieces, one per miner; [`text`] tames what strangers write. Nothing here knows a farm word, a socket or a clock.

pub mod extranonce;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod hex;
pub mod peer;
pub mod text;
pub mod v1;
pub mod work;
