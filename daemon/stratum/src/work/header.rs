//! From a job and an extranonce to the 80 bytes that are hashed.

use bitcoin_hashes::{HashEngine as _, sha256};

use super::algorithm::double_sha256;

/// The beginning of a coinbase transaction, hashed as far as it goes: what all shares for a job have in common.
#[derive(Clone)]
pub struct Coinbase(sha256::HashEngine);

impl Coinbase {
    /// Hashes what all have in common.
    pub fn begin(pieces: &[&[u8]]) -> Self {
        let mut engine = sha256::Hash::engine();
        pieces.iter().for_each(|piece| engine.input(piece));
        Self(engine)
    }

    /// Hash of the transaction that begins so and goes on with these.
    pub fn hash(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut engine = self.0.clone();
        pieces.iter().for_each(|piece| engine.input(piece));
        sha256::Hash::from_engine(engine).hash_again().to_byte_array()
    }
}

impl std::fmt::Debug for Coinbase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of a coinbase", self.0.n_bytes_hashed())
    }
}

/// Climbs from the coinbase to the merkle root; the coinbase is always on the left.
pub fn merkle_root(coinbase: [u8; 32], branch: &[[u8; 32]]) -> [u8; 32] {
    branch.iter().fold(coinbase, |left, right| {
        let mut pair = [0; 64];
        pair[..32].copy_from_slice(&left);
        pair[32..].copy_from_slice(right);
        double_sha256(&pair)
    })
}

/// The block header: numbers little-endian, hashes in hashing order.
pub fn build(
    version: u32,
    previous: &[u8; 32],
    root: &[u8; 32],
    time: u32,
    bits: u32,
    nonce: u32,
) -> [u8; 80] {
    let mut out = [0; 80];
    out[0..4].copy_from_slice(&version.to_le_bytes());
    out[4..36].copy_from_slice(previous);
    out[36..68].copy_from_slice(root);
    out[68..72].copy_from_slice(&time.to_le_bytes());
    out[72..76].copy_from_slice(&bits.to_le_bytes());
    out[76..80].copy_from_slice(&nonce.to_le_bytes());
    out
}

/// Stratum's form of the previous block's hash and back: the bytes inside each 4-byte group are reversed.
pub fn swap_words(hash: &[u8; 32]) -> [u8; 32] {
    let mut out = *hash;
    out.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapping_words_twice_is_nothing() {
        let hash: [u8; 32] = std::array::from_fn(|i| i as u8);
        assert_eq!(swap_words(&hash)[..4], [3, 2, 1, 0]);
        assert_eq!(swap_words(&swap_words(&hash)), hash);
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let whole: Vec<u8> = (0..200).collect();
        for cut in [0, 1, 63, 64, 65, 128, 200] {
            let (first, rest) = whole.split_at(cut);
            let begun = Coinbase::begin(&[first]);
            let (a, b) = rest.split_at(rest.len() / 3);
            assert_eq!(begun.hash(&[a, b"", b]), double_sha256(&whole), "cut at {cut}");
            assert_eq!(begun.hash(&[rest]), double_sha256(&whole), "once more");
        }
    }
}
