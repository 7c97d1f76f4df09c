//! Litecoin's proof of work: scrypt with the header as password and salt. About 0.3 ms a hash.

/// `scrypt(header, header, N = 1024, r = 1, p = 1)`, 32 bytes.
pub(super) fn hash(header: &[u8; 80]) -> [u8; 32] {
    let params = ::scrypt::Params::new(10, 1, 1).expect("Litecoin's parameters are valid");
    let mut out = [0; 32];
    ::scrypt::scrypt(header, header, &params, &mut out).expect("32 bytes is a valid length");
    out
}

#[cfg(test)]
mod tests {
    use crate::work::Algorithm;

    #[test]
    fn litecoins_genesis_block() {
        let header = crate::hex::array::<80>(
            "010000000000000000000000000000000000000000000000000000000000000000000000d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97b9aa8e4ef0ff0f1ecd513f7c",
        )
        .unwrap();
        let hash = Algorithm::Scrypt.hash(&header);
        assert_eq!(format!("{hash:?}"), "0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00");
    }
}
