//! x
/// x
pub fn journal(_: &[u8]) {}
