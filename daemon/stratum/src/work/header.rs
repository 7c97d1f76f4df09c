//! From a job and an extranonce to the 80 bytes that are hashed.

use bitcoin_hashes::{HashEngine as _, sha256d};

use super::algorithm::double_sha256;

/// Hash of the coinbase transaction, given in pieces.
pub fn coinbase_hash(pieces: &[&[u8]]) -> [u8; 32] {
    let mut engine = sha256d::Hash::engine();
    for piece in pieces {
        engine.input(piece);
    }
    sha256d::Hash::from_engine(engine).to_byte_array()
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
        assert_eq!(coinbase_hash(&[b"ab", b"", b"c"]), double_sha256(b"abc"));
    }
}
