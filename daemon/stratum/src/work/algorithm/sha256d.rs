//! Bitcoin's proof of work: SHA-256 of SHA-256.

use bitcoin_hashes::{sha256, sha256d};

/// SHA-256 of any bytes, once: a certificate's fingerprint.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha256::hash(bytes).to_byte_array()
}

/// SHA-256 of SHA-256 of `bytes`, in hashing order.
pub(crate) fn double_sha256(bytes: &[u8]) -> [u8; 32] {
    sha256d::hash(bytes).to_byte_array()
}

#[cfg(test)]
mod tests {
    use crate::work::{Algorithm, Target};

    #[test]
    fn the_genesis_block_meets_its_own_bits() {
        let header = crate::hex::array::<80>(
            "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
        )
        .unwrap();
        let hash = Algorithm::Sha256d.hash(&header);
        assert_eq!(format!("{hash:?}"), "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
        assert!(hash <= Target::from_bits(0x1d00_ffff));
        assert!((hash.difficulty(Algorithm::Sha256d) - 2_536.426_298).abs() < 1e-6);
    }
}
