//! Targets as CryptoNote pools send them (`login` and `job` of the Monero protocol): four or eight bytes,
//! least significant first. A share is good while the last eight bytes of its hash, read the same way, lie below.

/// The 64-bit target behind the hex of a job. `None` for another length, no hex, or zero.
pub fn target(text: &str) -> Option<u64> {
    let bytes = crate::hex::bytes(text).ok()?;
    match bytes.len() {
        // The short form holds a 32-bit target; both divisions are rounded down, as the miners do it.
        4 => {
            let short = u64::from(u32::from_le_bytes(bytes.try_into().ok()?));
            Some(u64::MAX / (u64::from(u32::MAX).checked_div(short)?))
        }
        8 => Some(u64::from_le_bytes(bytes.try_into().ok()?)).filter(|target| *target > 0),
        _ => None,
    }
}

/// Hashes that a share of this target stands for. `None` for zero, which no share meets.
pub fn difficulty(target: u64) -> Option<u64> {
    u64::MAX.checked_div(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_target_is_none() {
        for text in ["", "00000000", "0000000000000000", "b88d06", "zz8d0600", "b88d0600ff"] {
            assert_eq!(target(text), None, "{text}");
        }
        assert_eq!(difficulty(0), None);
        assert_eq!(target("b88d0600").and_then(difficulty), Some(10_000));
    }
}
