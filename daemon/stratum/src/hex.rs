//! Hex as stratum peers write it: lower case by custom, read without regard to case, `0x` tolerated.

/// Why a hex text could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// A character that is not a hex digit, or an odd number of digits.
    #[error("not hex")]
    NotHex,
    /// More digits than the field holds.
    #[error("too many hex digits")]
    TooLong,
}

fn strip(text: &str) -> &str {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text)
}

/// The digits behind one prefix. What decodes them would take another away.
fn digits(text: &str) -> Result<&str, HexError> {
    let digits = strip(text);
    if strip(digits).len() == digits.len() { Ok(digits) } else { Err(HexError::NotHex) }
}

/// Bytes of any length.
pub fn bytes(text: &str) -> Result<Vec<u8>, HexError> {
    const_hex::decode(digits(text)?).map_err(|_| HexError::NotHex)
}

/// Exactly `N` bytes.
pub fn array<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let mut out = [0; N];
    const_hex::decode_to_slice(digits(text)?, &mut out).map_err(|_| HexError::NotHex)?;
    Ok(out)
}

/// A 32-bit number in big-endian hex. Some firmware leaves leading zeros out, so one to eight digits are
/// read; more are refused.
pub fn number(text: &str) -> Result<u32, HexError> {
    let digits = strip(text);
    if digits.len() > 8 {
        return Err(HexError::TooLong);
    }
    // `from_str_radix` takes a sign, a peer's number has none.
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(HexError::NotHex);
    }
    u32::from_str_radix(digits, 16).map_err(|_| HexError::NotHex)
}

/// Appends `bytes` as lower-case hex.
pub fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    let at = out.len();
    out.resize(at + bytes.len() * 2, 0);
    const_hex::encode_to_slice(bytes, &mut out[at..]).expect("the slice has two digits a byte");
}

/// Lower-case hex of `bytes`.
pub fn text(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_and_bounded() {
        assert_eq!(number("244fa1"), Ok(0x0024_4fa1));
        assert_eq!(number("0xFFFFFFFF"), Ok(u32::MAX));
        assert_eq!(number("100000000"), Err(HexError::TooLong));
        for bad in ["", "+1", "-1", "0x", "zz", " 1"] {
            assert_eq!(number(bad), Err(HexError::NotHex), "{bad:?}");
        }
    }

    #[test]
    fn bytes_round_trip_without_regard_to_case() {
        assert_eq!(bytes("0xDEadBEef").unwrap(), [0xde, 0xad, 0xbe, 0xef]);
        for bad in ["abc", "0x0x00", "0X0x00", "0x0X00"] {
            assert_eq!(bytes(bad), Err(HexError::NotHex), "{bad}");
            assert_eq!(array::<1>(bad), Err(HexError::NotHex), "{bad}");
        }
        let mut out = b"x".to_vec();
        push(&mut out, &[0, 255]);
        assert_eq!(out, b"x00ff");
    }
}
