//! The proof of work of rehearsals: the nonce says, as the bits of an f32, how hard the share is, and is
//! believed. What is judged besides (jobs, sizes, masks, times, duplicates) is judged as ever.

use super::super::{Difficulty, Target};
use super::Algorithm;

/// The nonce of a share that is this hard, rounded up to what an f32 can say.
pub fn nonce(difficulty: Difficulty) -> u32 {
    let near = difficulty.get() as f32;
    let up = if f64::from(near) < difficulty.get() { near.next_up() } else { near };
    up.to_bits()
}

/// The target of the difficulty in the nonce. Its last eight bytes tell headers apart, as those of a real
/// hash would.
pub(super) fn hash(header: &[u8; 80]) -> Target {
    let said = f32::from_bits(u32::from_le_bytes(header[76..].try_into().expect("four bytes")));
    let mut hash = Difficulty::new(f64::from(said)).map_or(Target::MAX, |d| d.target(Algorithm::Unit));
    let mark = header.chunks_exact(8).fold(0x9e37_79b9_7f4a_7c15_u64, |mark, eight| {
        let word = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
        (mark ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29)
    });
    hash.0[24..].copy_from_slice(&mark.to_be_bytes());
    // One off the part in front, so that the mark never lifts it above the target.
    for byte in hash.0[..24].iter_mut().rev() {
        let (less, borrow) = byte.overflowing_sub(1);
        *byte = less;
        if !borrow {
            break;
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(difficulty: f64, root: u8) -> Target {
        let nonce = nonce(Difficulty::new(difficulty).unwrap());
        Algorithm::Unit.hash(&crate::work::header::build(1, &[0; 32], &[root; 32], 1, 1, nonce))
    }

    #[test]
    fn a_share_is_as_hard_as_it_says_and_no_two_are_the_same() {
        for difficulty in [1e-9, 0.3, 1.0, 76_841.7, 3.3e9] {
            let target = Difficulty::new(difficulty).unwrap().target(Algorithm::Unit);
            let harder = Difficulty::new(difficulty * 1.001).unwrap().target(Algorithm::Unit);
            let hash = share(difficulty, 1);
            assert!(hash <= target && hash > harder, "{difficulty}");
            assert_ne!(hash.0[24..], share(difficulty, 2).0[24..]);
        }
    }

    #[test]
    fn nobody_can_ask_for_it_by_name() {
        for name in ["unit", "Unit", "none", ""] {
            assert_eq!(Algorithm::from_name(name), None);
        }
    }
}
